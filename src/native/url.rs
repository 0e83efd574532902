//! Reading URLs.

use http::Uri;
use url::Url;

use crate::error::ConfigError;

/// The longest path and query that the HTTP library takes.
const MAX_URL: usize = u16::MAX as usize - 1;

/// The text is never repeated in errors: it can hold credentials.
pub(crate) fn parse_url(text: &str) -> Result<Url, ConfigError> {
    let fault = |fault: String| ConfigError::new("url", fault);
    let mut url = Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => fault("a relative URL has nothing to be resolved against".into()),
        error => fault(error.to_string()),
    })?;
    let scheme = match url.scheme() {
        "ws" | "wss" => None,
        "http" => Some("ws"),
        "https" => Some("wss"),
        // Which one is not told: `user:password@host` without a scheme has one by mistake.
        _ => return Err(fault("the scheme is not ws, wss, http or https".into())),
    };
    // Cannot fail: all four are schemes of the same kind.
    if let Some(scheme) = scheme {
        let _ = url.set_scheme(scheme);
    }
    if url.fragment().is_some() {
        return Err(fault("has a fragment (#)".into()));
    }
    if url.port() == Some(0) {
        return Err(fault("the port is 0".into()));
    }
    // What the HTTP library cannot send must not wait for the first attempt to be refused.
    match url[url::Position::BeforePath..url::Position::AfterQuery].parse::<Uri>() {
        Ok(_) => Ok(url),
        Err(_) if url.as_str().len() >= MAX_URL => Err(fault(format!("is longer than {MAX_URL} bytes"))),
        Err(error) => Err(fault(error.to_string())),
    }
}
