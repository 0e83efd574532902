//! Where an attempt goes, checked before anything is dialled (S1).

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

/// Checks a request. The browser's own parser reads the URL, as it is the one that will dial it; what it makes of it is
/// simple enough to be taken apart here.
pub(crate) fn resolve(request: &Request, _: &Options) -> Result<Target, ConfigError> {
    check_protocols(&request.protocols)?;
    let fault = |fault: &str| ConfigError::new("url", fault);
    let url = parse(&request.url)?;
    let (scheme, rest) = url.split_once(':').unwrap_or((&url, ""));
    let scheme = match scheme {
        "ws" | "http" => "ws:",
        "wss" | "https" => "wss:",
        other => return Err(fault(&["the scheme is ", other, ", not ws, wss, http or https"].concat())),
    };
    // An empty one too, which the constructor of sockets refuses all the same.
    if rest.contains('#') {
        return Err(fault("has a fragment (#)"));
    }
    let (location, _query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = location.strip_prefix("//").and_then(|rest| rest.split_once('/')).unwrap_or_default();
    let (_credentials, host) = authority.split_once('@').unwrap_or(("", authority));
    if host.ends_with(":0") {
        return Err(fault("the port is 0"));
    }
    Ok(Target {
        url: [scheme, rest].concat(),
        protocols: request.protocols.clone(),
        shown: [scheme, "//", host, "/", path].concat(),
        is_mixed: scheme == "ws:" && page_is_secure() && !is_loopback(host),
    })
}

/// The text is never repeated in errors: it can hold credentials.
fn parse(text: &str) -> Result<String, ConfigError> {
    let base = base();
    let url = glue::Url::new(text, base.as_deref()).map_err(|_| {
        let fault = match base {
            Some(_) => "is not a URL",
            None => "is not an absolute URL, and there is no page to resolve it against",
        };
        ConfigError::new("url", fault)
    })?;
    Ok(url.resolved())
}

/// What relative URLs are resolved against.
fn base() -> Option<String> {
    let document = glue::DOCUMENT.with(|document| document.as_ref().map(glue::Document::base_uri));
    document.or_else(|| {
        glue::LOCATION.with(|location| {
            let location = location.as_ref()?;
            let href = location.href();
            // A worker made from a blob has a URL that nothing can be relative to.
            let base = if href.starts_with("blob:") { location.origin() } else { href };
            (base != "null").then_some(base)
        })
    })
}

fn page_is_secure() -> bool {
    glue::LOCATION.with(|location| location.as_ref().is_some_and(|location| location.href().starts_with("https:")))
}

/// Browsers trust these without TLS.
fn is_loopback(host: &str) -> bool {
    let (name, _port) = host.split_once(':').unwrap_or((host, ""));
    name == "localhost" || name.ends_with(".localhost") || name.starts_with("127.") || host.starts_with("[::1]")
}
