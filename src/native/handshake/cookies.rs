//! Cookies that are kept across attempts (RFC 6265).

use core::cmp::Reverse;
use core::convert::Infallible;
use core::fmt;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use cookie_store::{Cookie, CookieStore};
use url::Url;

use crate::error::ConfigError;
use crate::handshake::Headers;
use crate::native::sync::lock;
use crate::native::url::parse_url;

/// Limits, so that servers cannot fill the memory. RFC 6265, section 6.1, has the same numbers as minimum.
const MAX_COOKIE: usize = 4096;
const MAX_COOKIES: usize = 50;
const MAX_ORIGINS: usize = 100;

/// Cookies in memory, for [`BuilderExt::cookie_jar`](crate::native::BuilderExt::cookie_jar). Clones share their cookies, so
/// that several clients can use one jar.
///
/// A cookie is sent only to the origin that set it (scheme, host and port), even if it has a `Domain` attribute. `Path`,
/// `Expires`, `Max-Age` and `Secure` work as in RFC 6265; as in browsers, `Secure` cookies are also sent without TLS to
/// loopback addresses and `localhost`. A jar keeps at most 50 cookies of 4 KiB for each of at most 100
/// origins, and discards further ones. The `Debug` output has the number of cookies only.
///
/// ```
/// # fn main() -> Result<(), homing::ConfigError> {
/// use homing::{WebSocket, native::{BuilderExt, CookieJar}};
///
/// let jar = CookieJar::new();
/// jar.add("https://example.com/", "session=0123; Path=/; Secure; HttpOnly")?;
/// let builder = WebSocket::builder("wss://example.com/feed").cookie_jar(jar);
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct CookieJar(Arc<Mutex<HashMap<String, CookieStore>>>);

impl CookieJar {
    /// Returns an empty jar.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a cookie as if a server at this URL (ws, wss, http or https) had set it. `set_cookie` is the value of a
    /// `Set-Cookie` header.
    ///
    /// # Errors
    ///
    /// Fails if the URL or the cookie is invalid, or if the cookie would not be kept: it has expired, is for another host,
    /// or exceeds a limit. The error contains nothing of the cookie.
    pub fn add(&self, url: &str, set_cookie: &str) -> Result<(), ConfigError> {
        let url = parse_url(url)?;
        self.keep(&url, set_cookie).map_err(|fault| ConfigError::new("cookie_jar", fault))
    }

    /// Returns the `Cookie` header of a request to this URL, or `None` if no cookie matches or the URL is invalid. It is
    /// usually a secret.
    pub fn cookies(&self, url: &str) -> Option<String> {
        self.matching(&parse_url(url).ok()?)
    }

    /// Removes all cookies.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, CookieStore>> {
        lock(&self.0)
    }

    fn keep(&self, url: &Url, set_cookie: &str) -> Result<(), &'static str> {
        if set_cookie.len() > MAX_COOKIE {
            return Err("the cookie is longer than 4 KiB");
        }
        // Such a cookie could not be sent, and would keep all others from being sent (RFC 6265bis, section 5.6).
        if set_cookie.contains(|c: char| c.is_ascii_control() && c != '\t') {
            return Err("the cookie has a control character in it");
        }
        // Stands for bytes that are not UTF-8. The server would not recognize the cookie.
        if set_cookie.contains(char::REPLACEMENT_CHARACTER) {
            return Err("the cookie is not valid UTF-8");
        }
        // The store's own method for responses logs cookies with their values.
        let url = as_http(url);
        let cookie = Cookie::parse(set_cookie.to_owned(), &url).map_err(|_| "the cookie is invalid")?;
        let mut origins = self.lock();
        let origin = url.origin().ascii_serialization();
        if origins.len() >= MAX_ORIGINS && !origins.contains_key(&origin) {
            origins.retain(|_, store| store.iter_unexpired().next().is_some());
            if origins.len() >= MAX_ORIGINS {
                return Err("the jar is full: it has cookies of 100 origins");
            }
        }
        let store = origins.entry(origin).or_default();
        if store.iter_any().count() >= MAX_COOKIES && !has(store, &cookie) {
            let live: Vec<_> = store.iter_unexpired().cloned().map(Ok::<_, Infallible>).collect();
            store.clone_from(&CookieStore::from_cookies(live, false).unwrap_or_default());
            if store.iter_any().count() >= MAX_COOKIES {
                return Err("the jar is full: it has 50 cookies of this origin");
            }
        }
        match store.insert(cookie, &url) {
            Ok(_) => Ok(()),
            Err(_) => Err("the cookie has expired, or is for another host"),
        }
    }

    /// Returns the cookies for this URL, those with the longest paths first (RFC 6265, section 5.4).
    fn matching(&self, url: &Url) -> Option<String> {
        let url = as_http(url);
        let origins = self.lock();
        let store = origins.get(&url.origin().ascii_serialization())?;
        let mut cookies = store.matches(&url);
        cookies.sort_by_key(|cookie| (Reverse(String::from(&cookie.path).len()), cookie.name()));
        let pairs: Vec<_> = cookies.iter().map(|cookie| cookie.stripped().to_string()).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

fn has(store: &CookieStore, cookie: &Cookie<'_>) -> bool {
    store.contains_any(&String::from(&cookie.domain), &String::from(&cookie.path), cookie.name())
}

/// The cookie store knows http and https only.
fn as_http(url: &Url) -> Url {
    let mut url = url.clone();
    // Cannot fail: all four are special schemes (WHATWG URL).
    let _ = url.set_scheme(if url.scheme() == "wss" { "https" } else { "http" });
    url
}

/// Cookies are secrets: only their number is printed.
impl fmt::Debug for CookieJar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count: usize = self.lock().values().map(|store| store.iter_unexpired().count()).sum();
        f.debug_struct("CookieJar").field("cookies", &count).finish_non_exhaustive()
    }
}

/// The jar of a client, if it has one.
#[derive(Clone, Default)]
pub(crate) struct Cookies(pub(crate) Option<CookieJar>);

impl Cookies {
    /// The value of the `Cookie` header for this URL, if there are cookies.
    pub(crate) fn matching(&self, url: &Url) -> Option<String> {
        self.0.as_ref()?.matching(url)
    }

    /// Keeps the cookies that a response sets. Ignores those that cannot be kept, as browsers do.
    pub(crate) fn keep(&self, url: &Url, headers: &Headers) {
        let Some(jar) = &self.0 else {
            return;
        };
        for (_, set_cookie) in headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let _ = jar.keep(url, set_cookie);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s26_cookies_are_sent_to_their_origin_only() {
        let jar = CookieJar::new();
        jar.add("https://a.test/", "s=1; Domain=a.test; Path=/x").unwrap();
        jar.add("wss://a.test/", "t=2; Secure").unwrap();
        assert_eq!(jar.cookies("wss://a.test/x/y").as_deref(), Some("s=1; t=2"));
        assert_eq!(jar.cookies("wss://a.test/").as_deref(), Some("t=2"));
        for elsewhere in ["wss://b.a.test/x", "ws://a.test/x", "wss://a.test:444/x", "wss://b.test/x"] {
            assert_eq!(jar.cookies(elsewhere), None, "{elsewhere}");
        }
        jar.add("ws://a.test/", "s=plain").unwrap();
        assert_eq!(jar.cookies("http://a.test:80/").as_deref(), Some("s=plain"));
        jar.clear();
        assert_eq!(jar.cookies("wss://a.test/"), None);
    }

    #[test]
    fn invalid_cookies_are_not_kept() {
        let jar = CookieJar::new();
        let long = format!("s=secret{}", "x".repeat(MAX_COOKIE));
        for bad in [
            "",
            "secret",
            "=secret",
            "s=secret; Domain=b.test",
            "s=secret; Max-Age=0",
            "s=secret\r\nX: y",
            "s=secret; Path=/\0",
            "s=secret\u{fffd}",
            &long,
        ] {
            let error = jar.add("ws://a.test/", bad).expect_err(bad);
            assert!(error.option == "cookie_jar" && !error.to_string().contains("secret"), "{error}");
        }
        assert_eq!(jar.add("/", "s=1").unwrap_err().option, "url");
        jar.add("ws://a.test/", "s=secret").unwrap();
        assert_eq!(format!("{jar:?}"), "CookieJar { cookies: 1, .. }");
        jar.add("ws://a.test/", "s=; Max-Age=0").unwrap();
        assert_eq!(jar.cookies("ws://a.test/"), None);
    }

    /// A server cannot fill the memory; what it may still do is to replace its own, and to let them expire.
    #[test]
    fn limits() {
        let jar = CookieJar::new();
        let add = |origin: usize, cookie: String| jar.add(&format!("ws://{origin}.test/"), &cookie);
        for number in 0..MAX_COOKIES {
            add(0, format!("c{number}=1")).unwrap();
        }
        add(0, "more=1".into()).unwrap_err();
        add(0, "c0=2".into()).unwrap();
        add(0, "c1=; Max-Age=0".into()).unwrap();
        add(0, "more=1".into()).unwrap();
        add(0, "c1=again".into()).unwrap_err();
        for origin in 1..MAX_ORIGINS {
            add(origin, "c=1".into()).unwrap();
        }
        add(MAX_ORIGINS, "c=1".into()).unwrap_err();
        add(1, "c=; Max-Age=0".into()).unwrap();
        add(MAX_ORIGINS, "c=1".into()).unwrap();
    }
}
