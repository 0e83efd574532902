//! What an attempt asks the server for.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::builder::is_token;
use crate::driver::platform::{BoxFuture, MaybeSend, Options, Target, resolve};
use crate::error::{Error, ErrorKind};

/// What a request provider returns: where the next attempt goes, and with what.
///
/// Natively `homing::native::RequestExt` adds headers to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    pub(crate) url: String,
    pub(crate) protocols: Vec<String>,
    pub(crate) headers: Vec<(String, String)>,
}

impl Request {
    /// A request for a `ws`, `wss`, `http` or `https` URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), protocols: Vec::new(), headers: Vec::new() }
    }

    /// Offers a subprotocol; the first offered is the one preferred.
    #[must_use]
    pub fn protocol(mut self, protocol: impl Into<String>) -> Self {
        self.protocols.push(protocol.into());
        self
    }
}

/// Without the URL, the values of headers, and subprotocols, which carry tokens where a browser can send no headers.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is no name may have the value in it.
        let name = |name: &'_ String| if is_token(name) { name.clone() } else { "(not a name)".to_string() };
        let names: Vec<_> = self.headers.iter().map(|(given, _)| name(given)).collect();
        f.debug_struct("Request")
            .field("protocols", &self.protocols.len())
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}

/// Why a request provider could not tell the next request. Any error converts into it.
pub type ProviderError = Box<dyn core::error::Error + Send + Sync>;

/// An async function that tells the request of each attempt. What becomes of its answer is in here too, so that a web
/// app without a provider need not load that.
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

/// Where an attempt goes.
pub(crate) enum Source {
    /// Always to the same place.
    Fixed(Target),
    /// Asked for each attempt.
    Provider(Box<dyn Provider>),
}
