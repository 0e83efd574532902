//! Chains of redirects.

use url::Url;

use crate::native::dial::fuzz::assert_hides;
use crate::native::handshake::redirect::follow;
use crate::native::options::Options;
use crate::native::target::{Target, resolve};
use crate::native::url::parse_url;
use crate::request::Request;

pub(super) const SECRET: &str = "s3cr3t";

/// A `Location` to a line, followed from an origin that the first byte chooses, then dialled if there are cookies.
pub(crate) fn redirects(data: &[u8]) {
    let [first, locations @ ..] = data else { return };
    let start = start(*first);
    followed(&start, locations);
    #[cfg(feature = "cookies")]
    super::chain::dialled(*first, &start, locations);
}

fn start(first: u8) -> Target {
    let url = match first % 4 {
        0 => "ws://server.test/a/b?c".to_owned(),
        1 => "wss://server.test/a/b?c".to_owned(),
        2 => format!("wss://user:{SECRET}@server.test:8443/a/b"),
        _ => "ws://[2001:db8::1]:8080/".to_owned(),
    };
    // As ws, as `resolve` refuses wss in a build without TLS.
    let mut request = Request::new(url.replace("wss:", "ws:")).protocol("chat");
    for (name, value) in [("Cookie", SECRET), ("X-Key", SECRET), ("origin", "https://app.test"), ("USER-AGENT", "test")]
    {
        request.headers.push((name.into(), value.into()));
    }
    let mut start = resolve(&request, &Options::default()).unwrap();
    start.url = parse_url(&url).unwrap();
    start
}

pub(super) fn origin(url: &Url) -> (String, Option<String>, Option<u16>) {
    (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default())
}

/// Whether a server has used the secret itself.
pub(super) fn is_echoed(locations: &[u8]) -> bool {
    // Parsing a URL removes these three, and has the host in lower case.
    let parsed: Vec<u8> =
        locations.iter().filter(|byte| !b"\t\r\n".contains(byte)).map(u8::to_ascii_lowercase).collect();
    parsed.windows(SECRET.len()).any(|window| window == SECRET.as_bytes())
}

fn followed(start: &Target, locations: &[u8]) {
    let is_echoed = is_echoed(locations);
    let (mut target, mut has_left) = (start.clone(), false);
    for location in String::from_utf8_lossy(locations).split('\n') {
        let next = match follow(&target, location) {
            Ok(next) => next,
            Err(fault) => {
                assert_hides(&fault, location);
                assert!(!fault.contains(SECRET), "{fault}");
                return;
            }
        };
        assert!(next.is_secure() || !target.is_secure(), "from {} to {}", target.url, next.url);
        assert!(
            matches!(next.url.scheme(), "ws" | "wss") && next.url.fragment().is_none() && next.url.port() != Some(0)
        );
        has_left |= origin(&next.url) != origin(&start.url);
        assert_eq!(next.is_cross_origin, has_left, "{location}");
        if has_left {
            let kept = next.headers.iter().all(|(name, _)| matches!(name.as_str(), "origin" | "USER-AGENT"));
            assert!(kept && next.headers.len() == 2, "{:?}", next.headers);
            let sent =
                next.headers.iter().any(|(_, value)| value.as_bytes().windows(6).any(|it| it == SECRET.as_bytes()));
            assert!(!sent);
        } else {
            assert_eq!(next.headers, start.headers, "credentials of a redirect's own URL are not used");
        }
        assert_eq!(next.protocols, start.protocols);
        assert!(!next.shown().contains(SECRET) || is_echoed, "{}", next.shown());
        target = next;
    }
}
