//! The server's response to the opening handshake.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use crate::driver::platform::Facts;

/// The server's response to the opening handshake (RFC 6455, section 4.2.2), passed to
/// [`on_open`](crate::Handler::on_open).
///
/// Browsers hide the status and the headers. Natively
/// [`native::HandshakeExt`](https://docs.rs/homing/latest/homing/native/trait.HandshakeExt.html) adds the facts of the
/// connection: addresses, TLS, and how long each stage took. The `Debug` output omits the subprotocol and the values of
/// headers, which may be secrets, and certificates.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Handshake {
    /// The HTTP status, which is 101. `None` in browsers.
    pub status: Option<u16>,
    /// The headers of the response. Empty in browsers.
    pub headers: Headers,
    /// The subprotocol that the server chose; `None` if it chose none.
    pub protocol: Option<String>,
    /// The negotiated extensions as the server wrote them, such as `permessage-deflate`. Empty if there are none.
    pub extensions: String,
    pub(crate) facts: Facts,
}

/// Omits the subprotocol, which may be a token, and the values of headers.
impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = self.protocol.as_ref().map(|_| format_args!(".."));
        let mut shown = f.debug_struct("Handshake");
        shown.field("status", &self.status).field("headers", &self.headers).field("protocol", &protocol);
        shown.field("extensions", &self.extensions);
        if let Some(facts) = self.facts.shown() {
            shown.field("connection", facts);
        }
        shown.finish()
    }
}

/// HTTP headers in the order of their arrival. Names are case-insensitive (RFC 9110, section 5.1).
///
/// ```
/// use homing::Headers;
///
/// let headers: Headers = [("Server".to_string(), "example".to_string())].into_iter().collect();
/// assert_eq!(headers.get("server"), Some("example"));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Box<[(String, String)]>);

impl Headers {
    /// Returns the first value of a header, or `None` if there is no such header.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Iterates over all names and values. A name that arrived several times appears several times.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the number of headers.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are no headers.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, String)> for Headers {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(headers: I) -> Self {
        Self(headers.into_iter().collect())
    }
}

/// Shows names only: values may be secrets, such as those of `Set-Cookie`.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}
