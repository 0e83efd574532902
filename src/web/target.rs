//! Where an attempt goes, checked before anything is dialled (S1).

use wasm_bindgen::JsValue;

use super::glue;
use super::options::Options;
use crate::builder::check_protocols;
use crate::error::{ConfigError, Error, ErrorKind, joined};
use crate::request::Request;

/// A checked request.
pub(crate) struct Target {
    pub(super) url: String,
    pub(super) protocols: Vec<String>,
    /// The URL without credentials and query.
    pub(super) shown: String,
    /// The page may not connect there, as it was loaded over https and this is ws.
    pub(super) is_mixed: bool,
}

impl Target {
    /// Without credentials and query.
    pub(crate) fn shown(&self) -> String {
        self.shown.clone()
    }

    /// Why a mixed one cannot be dialled. It is the page that forbids it: the next attempt would meet the same.
    pub(super) fn forbidden(&self) -> Error {
        Error::new(ErrorKind::Unsupported, "a page loaded over https may not connect to ws, only to wss")
    }
}

/// Checks a request. The browser's own parser reads the URL, as it is the one that will dial it.
pub(crate) fn resolve(request: &Request, _: &Options) -> Result<Target, ConfigError> {
    check_protocols(&request.protocols)?;
    let url = parse(&request.url)?;
    let part = |name| glue::text(&url, name);
    let (scheme, href) = (part("protocol"), part("href"));
    let is_secure = match scheme.as_str() {
        "ws:" | "http:" => false,
        "wss:" | "https:" => true,
        // Which one is not told: text without a scheme has its beginning taken for one.
        _ => return fault("the scheme is not ws, wss, http or https"),
    };
    // An empty one too, which the constructor of sockets refuses all the same.
    if href.bytes().any(|byte| byte == b'#') {
        return fault("has a fragment (#)");
    }
    if part("port") == "0" {
        return fault("the port is 0");
    }
    let dialled = if is_secure { "wss:" } else { "ws:" };
    Ok(Target {
        url: joined(&[dialled, href.get(scheme.len()..).unwrap_or_default()]),
        protocols: request.protocols.clone(),
        shown: joined(&[dialled, "//", &part("host"), &part("pathname")]),
        is_mixed: !is_secure && page_is_secure() && !is_loopback(&part("hostname")),
    })
}

fn fault<T>(fault: &str) -> Result<T, ConfigError> {
    Err(ConfigError::new("url", fault))
}

/// The text is never repeated in errors: it can hold credentials.
fn parse(text: &str) -> Result<JsValue, ConfigError> {
    let base = base();
    match (glue::parse_url(text, base.as_deref()), base) {
        (Some(url), _) => Ok(url),
        (None, Some(_)) => fault("is not a URL"),
        (None, None) => fault("is not an absolute URL, and there is no page to resolve it against"),
    }
}

/// What relative URLs are resolved against.
fn base() -> Option<String> {
    if let Some(document) = glue::global("document") {
        return Some(glue::text(&document, "baseURI"));
    }
    let location = glue::global("location")?;
    let href = glue::text(&location, "href");
    // A worker made from a blob has a URL that nothing can be relative to.
    let base = if href.starts_with("blob:") { glue::text(&location, "origin") } else { href };
    (base != "null").then_some(base)
}

/// By its origin: the URL of a worker may be a blob's.
fn page_is_secure() -> bool {
    glue::global("location").is_some_and(|location| glue::text(&location, "origin").starts_with("https:"))
}

/// Browsers trust these without TLS.
fn is_loopback(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost") || is_127(name) || name == "[::1]"
}

/// Names can begin like that too. Of digits and dots alone the parser makes an IPv4 address.
fn is_127(name: &str) -> bool {
    name.starts_with("127.") && name.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit())
}
