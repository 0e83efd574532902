//! The request of an attempt: URL, subprotocols and headers.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use homing_machine::Fault;

use crate::builder::{check_protocol, is_token};
use crate::driver::platform::{BoxFuture, MaybeSend, Offering, Options, Target, resolve};
use crate::error::{ConfigError, Error, ErrorKind};

/// The request of one attempt: URL, subprotocols and, natively, headers. Returned by a
/// [request provider](crate::Builder::request_provider).
///
/// Natively `homing::native::RequestExt` adds headers. Browsers cannot send headers; a token travels in the URL's query or
/// in a subprotocol there. The `Debug` output contains none of the values, as they are often secrets.
///
/// ```
/// use homing::Request;
///
/// # let token = "0123456789";
/// let request = Request::new(format!("wss://example.com/feed?token={token}")).protocol("v2.feed");
/// assert!(!format!("{request:?}").contains(token));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    pub(crate) url: String,
    pub(crate) protocols: Vec<String>,
    pub(crate) headers: Vec<(String, String)>,
    /// What is wrong with the first subprotocol that cannot be offered.
    fault: Option<Fault>,
    /// `None` if no subprotocols are offered.
    #[allow(dead_code, reason = "used in browsers")]
    pub(crate) offering: Option<Offering>,
}

impl Request {
    /// Returns a request for a `ws`, `wss`, `http` or `https` URL. The URL is checked when the attempt is dialled.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), protocols: Vec::new(), headers: Vec::new(), fault: None, offering: None }
    }

    /// Offers a subprotocol (RFC 6455, section 1.9), in the order of preference. The server must choose one of those offered.
    #[must_use]
    pub fn protocol(mut self, protocol: impl Into<String>) -> Self {
        self.offer(protocol.into());
        self
    }

    /// Adds a subprotocol. Checked here, so that a web app without subprotocols does not load the check.
    pub(crate) fn offer(&mut self, protocol: String) {
        self.fault = self.fault.or(check_protocol(&protocol, &self.protocols).err());
        self.protocols.push(protocol);
        self.offering = Some(Offering::NEW);
    }

    /// Fails if a subprotocol cannot be offered.
    pub(crate) fn check_protocols(&self) -> Result<(), ConfigError> {
        self.fault.map_or(Ok(()), |fault| Err(ConfigError::new("protocol", fault)))
    }
}

/// Omits the URL, the values of headers and the subprotocols: where a browser cannot send headers, these contain tokens.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An invalid name may contain the value.
        let name = |name: &'_ String| if is_token(name) { name.clone() } else { "(not a name)".to_string() };
        let names: Vec<_> = self.headers.iter().map(|(given, _)| name(given)).collect();
        f.debug_struct("Request")
            .field("protocols", &self.protocols.len())
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}

/// The error of a [request provider](crate::Builder::request_provider). Every error type converts into it by `?`.
///
/// The attempt fails with [`ErrorKind::Provider`](crate::ErrorKind::Provider) and this error as its source.
pub type ProviderError = Box<dyn core::error::Error + Send + Sync>;

/// An async function that returns the request of each attempt. It resolves the request as well, so that a web app without
/// a provider does not load that code.
pub(crate) trait Provider: MaybeSend + 'static {
    fn next(&mut self, options: &Options) -> BoxFuture<Result<Target, Error>>;
}

impl<F, A> Provider for F
where
    F: FnMut() -> A + MaybeSend + 'static,
    A: Future<Output = Result<Request, ProviderError>> + MaybeSend + 'static,
{
    fn next(&mut self, options: &Options) -> BoxFuture<Result<Target, Error>> {
        let (request, options) = (self(), options.clone());
        Box::pin(async move { resolve(&request.await.map_err(failed)?, &options).map_err(failed) })
    }
}

fn failed(error: impl Into<ProviderError>) -> Error {
    let error = error.into();
    Error::new(ErrorKind::Provider, error.to_string()).with_source(error)
}

/// Where the target of an attempt comes from.
pub(crate) enum Source {
    /// The same target for every attempt.
    Fixed(Target),
    /// A provider, called for each attempt.
    Provider(Box<dyn Provider>),
}
