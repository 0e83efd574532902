//! Parsing and checking URLs.

use url::{Position, Url};

use crate::error::ConfigError;

/// The longest path and query, in bytes. Servers accept less.
const MAX_URL: usize = u16::MAX as usize - 1;

/// Parses a ws, wss, http or https URL; http and https become ws and wss.
///
/// # Errors
/// The URL is invalid or relative, has another scheme, a fragment or port 0, or is too long. Errors do not contain the
/// text, which may have credentials.
pub(crate) fn parse_url(text: &str) -> Result<Url, ConfigError> {
    let fault = |fault: String| ConfigError::new("url", fault);
    let mut url = Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => {
            fault("URL is relative, expected an absolute one that begins with ws:// or wss://".into())
        }
        error => fault(error.to_string()),
    })?;
    let scheme = match url.scheme() {
        "ws" | "wss" => None,
        "http" => Some("ws"),
        "https" => Some("wss"),
        // The scheme is not printed: in `user:password@host` it is the user name.
        _ => return Err(fault("scheme is not ws, wss, http or https".into())),
    };
    // Cannot fail: all four are special schemes (WHATWG URL).
    if let Some(scheme) = scheme {
        let _ = url.set_scheme(scheme);
    }
    if url.fragment().is_some() {
        return Err(fault("URL has a fragment (#)".into()));
    }
    if url.port() == Some(0) {
        return Err(fault("port is 0".into()));
    }
    if url[Position::BeforePath..Position::AfterQuery].len() > MAX_URL {
        return Err(fault(format!("URL is longer than {MAX_URL} bytes")));
    }
    Ok(url)
}
