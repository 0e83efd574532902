//! The request of an attempt, checked before anything is dialled (rule S1).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, header};
use url::{Position, Url};

use crate::error::ConfigError;
use crate::native::dial::connector::Destination;
use crate::native::dial::tls;
use crate::native::options::{Options, check};
use crate::native::url::parse_url;
use crate::request::Request;

/// A checked request: URL, subprotocols and headers.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) url: Url,
    pub(crate) protocols: Vec<String>,
    /// The user's headers, and the URL's credentials as `Authorization`.
    pub(crate) headers: Fields,
    /// A redirect from another origin led here: nothing may be sent that identifies this client.
    pub(crate) is_cross_origin: bool,
}

/// Headers with names in the spelling of the user.
pub(crate) type Fields = Vec<(String, HeaderValue)>;

/// Limits of a request: number of headers, and bytes of their names and values. Above what servers accept, and small
/// enough to copy for each attempt.
const MAX_FIELDS: usize = 10_000;
const MAX_FIELD_BYTES: usize = 1 << 20;

impl Target {
    /// Returns the URL for errors and logs, without credentials and query.
    pub(crate) fn shown(&self) -> String {
        [&self.url[..Position::BeforeUsername], &self.url[Position::BeforeHost..Position::AfterPath]].concat()
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.url.scheme() == "wss"
    }

    fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Returns the value of the `Host` header. It omits the scheme's default port.
    pub(crate) fn authority(&self) -> &str {
        &self.url[Position::BeforeHost..Position::AfterPort]
    }

    /// Returns the host and port to connect to.
    pub(crate) fn destination(&self) -> Destination {
        Destination::new(self.host(), self.url.port_or_known_default().unwrap_or_default())
    }

    /// Returns the same target with these cookies, in one header with those of the user (RFC 6265, section 5.4).
    pub(crate) fn with_cookies(&self, cookies: &str) -> Self {
        let mut target = self.clone();
        let is_cookie = |name: &str| name.eq_ignore_ascii_case("cookie");
        let own = self.headers.iter().filter(|(name, _)| is_cookie(name)).map(|(_, value)| value.as_bytes());
        let all = own.chain([cookies.as_bytes()]).collect::<Vec<_>>().join(&b"; "[..]);
        // Cookies come from valid headers, so this cannot fail in practice.
        if let Ok(mut value) = HeaderValue::from_bytes(&all) {
            value.set_sensitive(true);
            let spelled = self.headers.iter().find(|(name, _)| is_cookie(name)).map(|(name, _)| name.clone());
            target.headers.retain(|(name, _)| !is_cookie(name));
            target.headers.push((spelled.unwrap_or_else(|| "Cookie".to_owned()), value));
        }
        target
    }

    /// Returns path and query, as the request line has them.
    pub(crate) fn path_and_query(&self) -> &str {
        &self.url[Position::BeforePath..Position::AfterQuery]
    }
}

/// Checks a request and the options that it is dialled with.
pub(crate) fn resolve(request: &Request, options: &Options) -> Result<Target, ConfigError> {
    let url = parse_url(&request.url)?;
    request.check_protocols()?;
    check(options)?;
    let is_secure = url.scheme() == "wss";
    if let Some(fault) = is_secure.then(|| tls::fault(&options.tls)).flatten() {
        return Err(ConfigError::new("url", fault));
    }
    let mut headers = headers(&request.headers)?;
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
        headers.extend(basic(&url).map(|credentials| ("Authorization".to_owned(), credentials)));
    }
    Ok(Target { url, protocols: request.protocols.clone(), headers, is_cross_origin: false })
}

fn headers(given: &[(String, String)]) -> Result<Fields, ConfigError> {
    let fault = |fault: String| Err(ConfigError::new("header", fault));
    if given.len() > MAX_FIELDS {
        return fault(format!("{} headers are more than the limit of {MAX_FIELDS}", given.len()));
    }
    let bytes = given.iter().fold(0, |bytes: usize, (name, value)| bytes.saturating_add(name.len() + value.len()));
    if bytes > MAX_FIELD_BYTES {
        return fault(format!("names and values have {bytes} bytes, more than the limit of {MAX_FIELD_BYTES}"));
    }
    let mut headers = Fields::with_capacity(given.len());
    for (position, (given, value)) in given.iter().enumerate() {
        // An invalid name is not printed: it may contain the value.
        let Ok(name) = HeaderName::from_bytes(given.as_bytes()) else {
            return fault(format!("name of header {} is not a token (RFC 9110, section 5.6.2)", position + 1));
        };
        if name.as_str().starts_with("sec-websocket-") {
            return fault("Sec-WebSocket-* is set by the handshake itself".into());
        }
        if OWN.contains(&name) {
            return fault(format!("{name} is set by the handshake itself"));
        }
        let Ok(mut value) = HeaderValue::from_bytes(value.as_bytes()) else {
            return fault(format!("the value of {name} has a control character in it"));
        };
        value.set_sensitive(true);
        headers.push((given.clone(), value));
    }
    Ok(headers)
}

const OWN: [HeaderName; 5] =
    [header::HOST, header::UPGRADE, header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// Credentials in the URL become Basic authentication (RFC 7617).
fn basic(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decode = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
    let mut credentials = decode(url.username());
    credentials.push(b':');
    credentials.extend(decode(url.password().unwrap_or_default()));
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(credentials))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod beside_node;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(url: &str) -> Result<Target, ConfigError> {
        resolve(&Request::new(url), &Options::default())
    }

    #[test]
    fn s01_urls() {
        let target = resolved("http://user:p%40ss@example.com/a/b?token=secret").unwrap();
        assert!(!target.is_secure());
        assert_eq!(target.shown(), "ws://example.com/a/b");
        assert_eq!(target.authority(), "example.com");
        assert_eq!(target.path_and_query(), "/a/b?token=secret");
        assert_eq!(target.headers, [("Authorization".to_owned(), HeaderValue::from_static("Basic dXNlcjpwQHNz"))]);
        assert_eq!(target.destination().to_string(), "example.com:80");

        let target = resolved("ws://[::1]:8080").unwrap();
        assert_eq!((target.authority(), target.path_and_query()), ("[::1]:8080", "/"));
        assert_eq!((&*target.destination().host, target.destination().port), ("::1", 8080));

        for refused in ["/relative", "example.com", "ftp://example.com", "ws://example.com/#top", "ws://", "ws://a:0"] {
            let error = resolved(refused).err().expect(refused);
            assert_eq!(error.option, "url", "{error}");
        }
    }

    /// The URL standard of browsers: Punycode for hosts, percent-encoding for the rest, IPv4 addresses in their usual form.
    #[test]
    fn s01_urls_are_read_as_browsers_read_them() {
        for (given, host, path) in [
            ("ws://BÜCHER.example/ü?q=ö", "xn--bcher-kva.example", "/%C3%BC?q=%C3%B6"),
            ("ws://münchen。example", "xn--mnchen-3ya.example", "/"),
            ("ws://faß.example/a/../b c", "xn--fa-hia.example", "/b%20c"),
            ("ws://0x7f.1", "127.0.0.1", "/"),
        ] {
            let target = resolved(given).unwrap();
            assert_eq!((target.authority(), target.path_and_query()), (host, path), "{given}");
        }
        for refused in ["ws://xn--a", "ws://exa mple", "ws://1.2.3.4.5", "ws://a<b"] {
            assert!(resolved(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn s01_headers() {
        let with = |name: &str, value: &str| {
            let mut request = Request::new("ws://example.com");
            request.headers.push((name.into(), value.into()));
            resolve(&request, &Options::default())
        };
        assert!(with("Cookie", "a=b").is_ok());
        assert!(with("X-Name", "Grüße").is_ok());
        for (name, value) in [("a b", "x"), ("", "x"), ("Host", "x"), ("sec-websocket-key", "x"), ("Upgrade", "h2c")] {
            assert_eq!(with(name, value).err().expect(name).option, "header");
        }
        for value in ["secret\r\nX: y", "secret\n", "secret\0"] {
            let error = with("Cookie", value).err().expect("a control character");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
