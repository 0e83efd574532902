//! Where an attempt goes, checked before anything is dialled (S1).

use web_sys::Url;

use super::glue;
use super::options::Options;
use crate::builder::check_protocols;
use crate::error::{ConfigError, Error, ErrorKind};
use crate::request::Request;

/// A checked request.
pub(crate) struct Target {
    pub(super) url: String,
    pub(super) protocols: Vec<String>,
    shown: String,
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
    let shown = format!("{}//{}{}", url.protocol(), url.host(), url.pathname());
    let is_mixed = url.protocol() == "ws:" && page_is_secure() && !is_loopback(&url.hostname());
    Ok(Target { url: url.href(), protocols: request.protocols.clone(), shown, is_mixed })
}

/// The text is never repeated in errors: it can hold credentials.
fn parse(text: &str) -> Result<Url, ConfigError> {
    let fault = |fault: &str| ConfigError::new("url", fault);
    let url = match base() {
        Some(base) => Url::new_with_base(text, &base).map_err(|_| fault("is not a URL"))?,
        None => {
            Url::new(text).map_err(|_| fault("is not an absolute URL, and there is no page to resolve it against"))?
        }
    };
    match url.protocol().as_str() {
        "ws:" | "wss:" => {}
        "http:" => url.set_protocol("ws:"),
        "https:" => url.set_protocol("wss:"),
        other => {
            let scheme = other.strip_suffix(':').unwrap_or(other);
            return Err(fault(&format!("the scheme is {scheme}, not ws, wss, http or https")));
        }
    }
    // `hash` is empty for an empty fragment too, which the constructor of sockets refuses all the same.
    if url.href().contains('#') {
        return Err(fault("has a fragment (#)"));
    }
    if url.port() == "0" {
        return Err(fault("the port is 0"));
    }
    Ok(url)
}

/// What relative URLs are resolved against.
fn base() -> Option<String> {
    let document = glue::DOCUMENT.with(|document| document.as_ref()?.base_uri().ok()?);
    document.or_else(|| {
        glue::LOCATION.with(|location| {
            let location = location.as_ref()?;
            let href = location.href().ok()?;
            // A worker made from a blob has a URL that nothing can be relative to.
            let base = if href.starts_with("blob:") { location.origin().ok()? } else { href };
            (base != "null").then_some(base)
        })
    })
}

fn page_is_secure() -> bool {
    let protocol = glue::LOCATION.with(|location| location.as_ref()?.protocol().ok());
    protocol.is_some_and(|protocol| protocol == "https:")
}

/// Browsers trust these without TLS.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "[::1]"
}
