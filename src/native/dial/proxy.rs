//! HTTP and SOCKS proxies: their URLs, and connecting through them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use url::Url;

use super::connector::Destination;
use super::stream::Stream;
use super::{socks, tls};
use crate::error::{Error, ErrorKind};
use crate::native::handshake::http1::{Exchange, RequestHead, ResponseHead};
use crate::native::handshake::retry_after;

/// The longest head of a proxy's response, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// A proxy. Not `Debug`, because it may have credentials.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) address: Destination,
    pub(super) kind: Kind,
}

#[derive(Clone)]
pub(super) enum Kind {
    /// HTTP CONNECT (RFC 9110, section 9.3.6).
    Http { secure: bool, authorization: Option<HeaderValue> },
    /// SOCKS 5 (RFC 1928), perhaps with user and password (RFC 1929).
    Socks { credentials: Option<(String, String)> },
}

impl Proxy {
    /// Parses a URL or `host:port`. The fault does not contain the text, which may have credentials.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = Url::parse(&with_scheme).map_err(|error| error.to_string())?;
        let has_credentials = !url.username().is_empty() || url.password().is_some();
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (user, password) = (decode(url.username()), decode(url.password().unwrap_or_default()));
        let (kind, port) = match url.scheme() {
            scheme @ ("http" | "https") => {
                let secure = scheme == "https";
                if secure && !tls::options::AVAILABLE {
                    return Err("https needs TLS: build homing with one of its TLS features".into());
                }
                let authorization = has_credentials.then(|| basic(&user, &password)).flatten();
                (Kind::Http { secure, authorization }, if secure { 443 } else { 80 })
            }
            "socks5" | "socks5h" => {
                if user.len().max(password.len()) > usize::from(socks::MAX_FIELD) {
                    return Err(socks::too_long());
                }
                (Kind::Socks { credentials: has_credentials.then_some((user, password)) }, 1080)
            }
            _ => return Err("scheme is not http, https, socks5 or socks5h".into()),
        };
        match url.host_str() {
            None | Some("") => Err("URL has no host".into()),
            Some(_) if url.port() == Some(0) => Err("port is 0".into()),
            Some(host) => Ok(Self { address: Destination::new(host, url.port().unwrap_or(port)), kind }),
        }
    }

    pub(crate) fn is_secure(&self) -> bool {
        matches!(self.kind, Kind::Http { secure: true, .. })
    }

    /// Adds the proxy to an error of connecting to it, so that it is not mistaken for one of the server.
    pub(crate) fn unreachable(&self, error: &Error) -> Error {
        Error::new(error.kind().clone(), format!("proxy {}: {}", self.address, error.detail()))
    }

    /// Connects through the proxy on `stream`. The proxy resolves the name of the destination.
    pub(crate) async fn connect(&self, mut stream: Stream, to: &Destination) -> Result<Stream, Error> {
        match &self.kind {
            Kind::Http { authorization, .. } => tunnel(stream, to, authorization.clone()).await,
            Kind::Socks { credentials } => {
                socks::connect(&mut stream, to, credentials.as_ref()).await.map_err(not_a_proxy)?;
                Ok(stream)
            }
        }
    }
}

fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Sends a CONNECT request.
async fn tunnel(stream: Stream, to: &Destination, authorization: Option<HeaderValue>) -> Result<Stream, Error> {
    let authority = to.to_string();
    let mut head = RequestHead::new("CONNECT", &authority);
    head.push("Host", &authority);
    if let Some(authorization) = &authorization {
        head.push("Proxy-Authorization", authorization);
    }
    let sent = Exchange::send(stream, head, MAX_HEAD).await;
    // The proxy rejected the request or did not respond as a proxy.
    let (mut exchange, ResponseHead { status, headers }) = sent.map_err(|failure| not_a_proxy(failure.to_string()))?;
    if !status.is_success() {
        let kind = ErrorKind::Proxy { status: Some(status.as_u16()) };
        let error = Error::new(kind, status.canonical_reason().unwrap_or_default());
        return Err(error.with_retry_after(retry_after::delay(status, &headers)));
    }
    exchange.finish().await;
    let (stream, read) = exchange.into_stream();
    if !read.is_empty() {
        // Neither TLS nor HTTP servers send first, so these bytes are the proxy's.
        return Err(Error::new(
            ErrorKind::Proxy { status: Some(status.as_u16()) },
            "unexpected data after the proxy's response",
        ));
    }
    Ok(stream)
}

fn not_a_proxy(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::Proxy { status: None }, detail)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::native::url::parse_url;

    /// `http::Uri` refuses such hosts.
    #[tokio::test]
    async fn any_host_of_a_url_is_dialled_through_a_proxy() {
        let url = parse_url("wss://a{b}\"`.test").unwrap();
        let to = Destination::new(url.host_str().unwrap(), 443);
        let (client, mut server) = tokio::io::duplex(1000);
        server.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let proxy = Proxy::parse("http://proxy.test").unwrap();
        drop(proxy.connect(Stream::of(client), &to).await.unwrap());
        let mut request = String::new();
        server.read_to_string(&mut request).await.unwrap();
        assert_eq!(request, "CONNECT a{b}\"`.test:443 HTTP/1.1\r\nHost: a{b}\"`.test:443\r\n\r\n");
    }
}
