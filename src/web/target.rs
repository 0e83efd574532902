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
    /// The page was loaded over https and the URL is ws, which browsers forbid except for loopback addresses.
    pub(super) is_mixed: bool,
}

impl Target {
    /// Returns the URL without credentials and query.
    pub(crate) fn shown(&self) -> String {
        self.shown.clone()
    }

    /// Returns the error of a connection that the page may not open, and that no further attempt can open.
    pub(super) fn forbidden(&self) -> Error {
        Error::new(ErrorKind::Unsupported, "a page loaded over https may not connect to ws, only to wss")
    }
}

/// Checks a request. The URL is parsed by the browser, which is going to dial it.
// Not inlined, which keeps its many temporary values apart from those of `connect`.
#[inline(never)]
pub(crate) fn resolve(request: &Request, _: &Options) -> Result<Target, ConfigError> {
    request.check_protocols()?;
    let url = parse(&request.url)?;
    let part = |name| glue::text(&url, name);
    let (scheme, is_secure) = match part("protocol").as_str() {
        "ws:" | "http:" => ("ws:", false),
        "wss:" | "https:" => ("wss:", true),
        // The scheme is not repeated: without one, a secret before the first colon would be taken for it.
        _ => return fault("the scheme is not ws, wss, http or https"),
    };
    // Not every browser dials http and https.
    glue::set(&url, "protocol", &scheme.into());
    let href = part("href");
    // Also an empty fragment: the browser's constructor rejects it as well.
    if href.bytes().any(|byte| byte == b'#') {
        return fault("has a fragment (#)");
    }
    if part("port") == "0" {
        return fault("the port is 0");
    }
    Ok(Target {
        url: href,
        offered: request.offering.map(|offering| offering.of(&request.protocols)),
        shown: joined(&[scheme, "//", &part("host"), &part("pathname")]),
        is_mixed: !is_secure && page_is_secure() && !is_loopback(&part("hostname")),
    })
}

fn fault<T>(fault: &str) -> Result<T, ConfigError> {
    Err(ConfigError::new("url", fault))
}

/// Parses a URL. Errors never repeat the text, which can contain credentials.
fn parse(text: &str) -> Result<JsValue, ConfigError> {
    let base = base();
    match (glue::parse_url(text, base.as_deref()), base) {
        (Some(url), _) => Ok(url),
        (None, Some(_)) => fault("is not a URL"),
        (None, None) => fault("is not an absolute URL, and there is no page to resolve it against"),
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

/// Returns whether browsers allow this host without TLS.
fn is_loopback(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost") || is_127(name) || name == "[::1]"
}

/// Returns whether this is an IPv4 address of the loopback network. Names can begin like one; a name of only digits and
/// dots is parsed as an address.
fn is_127(name: &str) -> bool {
    name.starts_with("127.") && name.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit())
}
