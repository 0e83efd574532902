//! URL and subprotocols of an attempt, checked before it dials (S1).

use wasm_bindgen::JsValue;

use super::glue;
use super::options::Options;
use super::protocols::Offered;
use crate::error::{ConfigError, Error, ErrorKind, joined};
use crate::request::Request;

/// A request that was checked.
pub(crate) struct Target {
    pub(super) url: String,
    /// The subprotocols; `None` if there are none.
    pub(super) offered: Option<Box<dyn Offered>>,
    /// The URL without credentials and query, for errors (S26).
    pub(super) shown: String,
    /// The URL is ws, and the host no loopback address: pages that were loaded over https may not dial it.
    pub(super) is_insecure: bool,
}

impl Target {
    /// Returns the URL without credentials and query.
    pub(crate) fn shown(&self) -> String {
        self.shown.clone()
    }

    /// Returns whether browsers forbid the connection to this page.
    pub(super) fn is_mixed(&self) -> bool {
        self.is_insecure && page_is_secure()
    }

    /// Returns the error of a connection that the page may not open, and that no further attempt can open.
    pub(super) fn forbidden(&self) -> Error {
        Error::new(ErrorKind::Unsupported, "a page loaded over https may not connect to ws, only to wss")
    }
}

/// Checks a request. The URL is parsed by the browser, which is going to dial it. To read one of its properties takes three calls of
/// JavaScript, so the scheme is taken from its text.
// Not inlined, which keeps its many temporary values apart from those of `connect`.
#[inline(never)]
pub(crate) fn resolve(request: &Request, _: &Options) -> Result<Target, ConfigError> {
    request.check_protocols()?;
    let url = parse(&request.url)?;
    let href = glue::text(&url, "href");
    let Some((is_secure, rest)) = after_scheme(&href) else {
        // The scheme is not repeated: without one, a secret before the first colon would be taken for it.
        return fault("the scheme is not ws, wss, http or https");
    };
    // Also an empty fragment: the browser's constructor rejects it as well.
    if href.bytes().any(|byte| byte == b'#') {
        return fault("has a fragment (#)");
    }
    let host = glue::text(&url, "host");
    if host.ends_with(":0") {
        return fault("the port is 0");
    }
    // Not every browser dials http and https.
    let scheme = if is_secure { "wss://" } else { "ws://" };
    Ok(Target {
        url: joined(&[scheme, rest]),
        offered: request.offering.map(|offering| offering.of(&request.protocols)),
        shown: joined(&[scheme, &host, &glue::text(&url, "pathname")]),
        is_insecure: !is_secure && !is_loopback(&host),
    })
}

fn fault<T>(fault: &str) -> Result<T, ConfigError> {
    Err(ConfigError::new("url", fault))
}

/// What a URL that can be dialled begins with. The last two mean TLS.
const STARTS: [&str; 4] = ["ws://", "http://", "wss://", "https://"];

/// Returns whether a URL that can be dialled is secure, and what follows its scheme.
fn after_scheme(url: &str) -> Option<(bool, &str)> {
    STARTS.iter().enumerate().find_map(|(at, start)| url.strip_prefix(start).map(|rest| (at > 1, rest)))
}

/// Parses a URL. Errors never repeat the text, which can contain credentials.
fn parse(text: &str) -> Result<JsValue, ConfigError> {
    let is_absolute = after_scheme(text).is_some();
    let base = if is_absolute { None } else { base() };
    match glue::parse_url(text, base.as_deref()) {
        Some(url) => Ok(url),
        None if is_absolute || base.is_some() => fault("is not a URL"),
        None => fault("is not an absolute URL, and there is no page to resolve it against"),
    }
}

/// Returns the URL that relative ones are resolved against, if there is one.
fn base() -> Option<String> {
    if let Some(document) = glue::global("document") {
        return Some(glue::text(&document, "baseURI"));
    }
    let location = glue::global("location")?;
    let href = glue::text(&location, "href");
    // Nothing can be relative to a blob URL, which many workers have.
    let base = if href.starts_with("blob:") { glue::text(&location, "origin") } else { href };
    (base != "null").then_some(base)
}

/// Returns whether the page was loaded over https. By its origin, as the URL of a worker may be a blob URL.
fn page_is_secure() -> bool {
    glue::global("location").is_some_and(|location| glue::text(&location, "origin").starts_with("https:"))
}

/// Returns whether browsers allow this host without TLS, which a port may follow.
fn is_loopback(host: &str) -> bool {
    let port_at = host.bytes().position(|byte| byte == b':').unwrap_or(host.len());
    let name = host.get(..port_at).unwrap_or_default();
    name == "localhost" || name.ends_with(".localhost") || is_127(name) || host.starts_with("[::1]")
}

/// Returns whether this is an IPv4 address of the loopback network. Names can begin like one; a name of only digits and
/// dots is parsed as an address.
fn is_127(name: &str) -> bool {
    name.starts_with("127.") && name.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit())
}
