//! Bodies of fuzz targets: see `fuzz/`.

use http::Uri;

use super::*;
use crate::native::dial::fuzz::{assert_hides, assert_printable};

/// A URL, compared with what the WHATWG's constructor of `WebSocket` accepts.
pub(crate) fn url(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // Not `resolve`, which refuses wss in a build without TLS.
    let url = match parse_url(&text) {
        Ok(url) => url,
        Err(error) => {
            assert!(error.option == "url" && !is_accepted(&text), "{text:?}: {error}");
            assert_printable(&error.to_string());
            return assert_hides(&error.to_string(), &text);
        }
    };
    assert!(is_accepted(&text), "{text:?}");
    let has_credentials = !url.username().is_empty() || url.password().is_some();
    assert_eq!(basic(&url).is_some(), has_credentials, "{text:?}");
    let target = Target { url, protocols: Vec::new(), headers: Fields::new(), is_cross_origin: false };
    assert_eq!(parse_url(target.url.as_str()).unwrap(), target.url, "a URL is its own normal form");
    // Everything that is made of it on the way to the server.
    let to = target.destination();
    assert!(!to.host.is_empty() && to.port != 0 && !to.host.contains(['[', ']']), "{text:?}");
    assert!(to.to_string().bytes().all(|byte| byte.is_ascii_graphic()), "the line of a CONNECT request: {to}");
    HeaderValue::try_from(target.authority()).unwrap();
    assert!(target.path_and_query().starts_with('/'));
    let line: Uri = target.path_and_query().parse().unwrap();
    assert_eq!(line.to_string(), target.path_and_query());
    let shown = target.shown();
    assert_printable(&shown);
    assert!(!shown.contains(['?', '#', '@']) || target.url.path().contains('@'), "{shown}");
    // The same text may stand in a part that is shown.
    let is_public =
        |it: &str| it.len() < 12 || [to.host.as_str(), target.url.path()].iter().any(|part| part.contains(it));
    assert!(target.url.password().is_none_or(|it| is_public(it) || !shown.contains(it)), "{shown}");
}

/// The steps of the constructor that concern the URL, with the two limits of this client: port 0, and the length.
fn is_accepted(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_web = matches!(url.scheme(), "ws" | "wss" | "http" | "https");
    is_web && url.fragment().is_none() && url.port() != Some(0) && url.as_str().len() < 60_000
}

#[cfg(test)]
mod tests {
    use crate::fuzzing::check;

    #[test]
    fn url() {
        check("url", super::url);
    }
}
