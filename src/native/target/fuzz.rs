//! Bodies of fuzz targets: see `fuzz/`.

use http::Uri;

use super::*;
use crate::native::dial::fuzz::{assert_hides, assert_printable};

/// A URL, compared with what the WHATWG's constructor of `WebSocket` accepts. Behind an empty line, headers: a name, a colon
/// and a value to a line.
pub(crate) fn url(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (text, lines) = text.split_once("\n\n").unwrap_or((&text, ""));
    requested(text, lines);
    // Not `resolve`, which refuses wss in a build without TLS.
    let url = match parse_url(text) {
        Ok(url) => url,
        Err(error) => {
            assert!(error.option == "url" && !is_accepted(text), "{text:?}: {error}");
            assert_printable(&error.to_string());
            return assert_hides(&error.to_string(), text);
        }
    };
    assert!(is_accepted(text), "{text:?}");
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

/// A whole request: the headers that are sent, or the first fault.
fn requested(url: &str, lines: &str) {
    let mut request = Request::new(url.replacen("wss:", "ws:", 1).replacen("https:", "http:", 1));
    for line in lines.split('\n').filter(|line| !line.is_empty()).take(20) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        // Two names stand for too many headers, and for too long ones.
        let (times, value) = match name {
            "x-many" => (1000 * value.len().min(11), String::new()),
            "x-long" => (1, value.chars().take(4).collect::<String>().repeat(1 << 17)),
            _ => (1, value.to_owned()),
        };
        request.headers.extend(core::iter::repeat_n((name.to_owned(), value), times));
    }
    let given = &request.headers;
    let bytes: usize = given.iter().map(|(name, value)| name.len() + value.len()).sum();
    let fits = given.len() <= 10_000 && bytes <= 1 << 20;
    let expected = fits && given.iter().all(|(name, value)| is_sent(name, value));
    match resolve(&request, &Options::default()) {
        Ok(target) => {
            assert!(expected);
            let own = usize::from(target.headers.len() > given.len());
            let has_own = given.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
            let has_credentials = !target.url.username().is_empty() || target.url.password().is_some();
            assert_eq!(own == 1, has_credentials && !has_own);
            for ((name, value), (given, text)) in target.headers.iter().zip(given) {
                assert!(name == given && value.as_bytes() == text.as_bytes() && value.is_sensitive());
            }
        }
        Err(error) if error.option == "header" => {
            assert!(!expected, "{error}");
            assert_printable(&error.to_string());
            // Names may be shown.
            let shown = |it: &str| given.iter().any(|(name, _)| name.to_ascii_lowercase().contains(it));
            let secret = lines.split(|c: char| !c.is_ascii_alphanumeric()).filter(|it| !shown(it)).collect::<Vec<_>>();
            assert_hides(&error.to_string(), &secret.join(" "));
        }
        Err(error) => assert_eq!(error.option, "url"),
    }
}

/// RFC 9110, section 5, and the names of the handshake itself.
fn is_sent(name: &str, value: &str) -> bool {
    let is_token =
        !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&it));
    let name = name.to_ascii_lowercase();
    let is_own = ["host", "upgrade", "connection", "content-length", "transfer-encoding"].contains(&name.as_str());
    let is_text = !value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t');
    is_token && !is_own && !name.starts_with("sec-websocket-") && is_text
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
