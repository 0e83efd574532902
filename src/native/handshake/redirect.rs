//! The target of a redirect, and what may be sent to it (RFC 9110, section 15.4).

use http::StatusCode;

use crate::error::{Error, ErrorKind};
use crate::handshake::Headers;
use crate::native::target::Target;
use crate::native::url::parse_url;

/// The most redirects that an attempt follows.
pub(crate) const MAX_REDIRECTS: usize = 5;

/// Whether this response is a redirect with a `Location`.
pub(crate) fn has_location(status: StatusCode, headers: &Headers) -> bool {
    is_redirect(status.as_u16()) && headers.get("location").is_some()
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Returns the `Location` of a redirect.
pub(crate) fn location(error: &Error) -> Option<&str> {
    match error.kind() {
        ErrorKind::Handshake { status: Some(status), headers, .. } if is_redirect(*status) => headers.get("location"),
        _ => None,
    }
}

/// Returns the target of a redirect.
///
/// # Errors
/// The redirect must not be followed. Errors do not contain the location, which may have secrets.
pub(crate) fn follow(from: &Target, location: &str) -> Result<Target, String> {
    let mut url = from.url.join(location).map_err(|error| format!("invalid redirect URL: {error}"))?;
    // A fragment is a part of the response, which a WebSocket has not.
    url.set_fragment(None);
    let url = parse_url(url.as_str()).map_err(|error| format!("invalid redirect URL: {}", error.fault))?;
    let mut next = Target { url, ..from.clone() };
    if from.is_secure() && !next.is_secure() {
        return Err("insecure redirect from wss to ws".into());
    }
    if next.url.origin() != from.url.origin() {
        // Other headers may have secrets of the original server.
        next.headers.retain(|(name, _)| ["origin", "user-agent"].iter().any(|kept| name.eq_ignore_ascii_case(kept)));
        next.is_cross_origin = true;
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::options::Options;
    use crate::native::target::resolve;
    use crate::request::Request;

    const HEADERS: [(&str, &str); 5] = [
        ("Authorization", "Bearer secret"),
        ("Cookie", "a=secret"),
        ("X-Key", "secret"),
        ("Origin", "https://app.example"),
        ("User-Agent", "test"),
    ];

    fn from(url: &str) -> Target {
        let mut request = Request::new(url).protocol("chat");
        request.headers = HEADERS.map(|(name, value)| (name.into(), value.into())).into();
        resolve(&request, &Options::default()).unwrap()
    }

    fn has(target: &Target, name: &str) -> bool {
        target.headers.iter().any(|(known, _)| known == name)
    }

    fn to(url: &str, location: &str) -> Result<(String, usize), String> {
        let next = follow(&from(url), location)?;
        assert_eq!(next.protocols, ["chat"]);
        assert!(has(&next, "Origin") && has(&next, "User-Agent"));
        assert_eq!(next.is_cross_origin, next.headers.len() == 2);
        Ok((next.url.into(), next.headers.len()))
    }

    #[test]
    fn locations() {
        let all = HEADERS.len();
        for (url, location, expected, headers) in [
            ("ws://a/b/c?d", "e?f=1#top", "ws://a/b/e?f=1", all),
            ("ws://a/b/c", "/x", "ws://a/x", all),
            ("ws://a/b", "http://a:80/x", "ws://a/x", all),
            ("wss://a:1/b", "https://a:1/x", "wss://a:1/x", all),
            ("ws://a/b", "//other/x", "ws://other/x", 2),
            ("ws://a/b", "ws://a:81/x", "ws://a:81/x", 2),
            ("ws://a/b", "wss://a/x", "wss://a/x", 2),
            ("wss://a/b", "wss://sub.a/x", "wss://sub.a/x", 2),
        ] {
            assert_eq!(to(url, location).unwrap(), (expected.to_owned(), headers), "{url} to {location}");
        }
        // A redirect back does not restore them.
        let back = follow(&follow(&from("ws://a"), "ws://b").unwrap(), "ws://a").unwrap();
        assert_eq!((back.headers.len(), back.is_cross_origin), (2, true));
        // Credentials in the redirect's URL are not used.
        let elsewhere = follow(&from("ws://a"), "ws://user:pass@b").unwrap();
        assert!(!has(&elsewhere, "Authorization"));
    }

    #[test]
    fn refused_locations() {
        for (url, location) in [
            ("wss://a", "ws://a/?secret"),
            ("wss://a", "http://a/?secret"),
            ("ws://a", "ftp://a/?secret"),
            ("ws://a", "ws://a:0/?secret"),
            ("ws://a", "ws://[secret"),
        ] {
            let fault = to(url, location).expect_err(location);
            assert!(!fault.contains("secret"), "{fault}");
        }
    }
}
