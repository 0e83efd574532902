//! What the server answered to the opening handshake.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The answer to the opening handshake, as [`on_open`](crate::Handler::on_open) gets it.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Handshake {
    /// The HTTP status, 101. `None` in browsers, which hide it.
    pub status: Option<u16>,
    /// The headers. Empty in browsers, which hide them.
    pub headers: Headers,
    /// The subprotocol that the server chose.
    pub protocol: Option<String>,
    /// The extensions in use, as the server wrote them; empty for none.
    pub extensions: String,
}

/// Without the subprotocol, which can be a token, and the values of headers.
impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = self.protocol.as_ref().map(|_| format_args!(".."));
        f.debug_struct("Handshake")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("protocol", &protocol)
            .field("extensions", &self.extensions)
            .finish()
    }
}

/// HTTP headers, in the order of their arrival. Names compare without regard to case.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The first value of a header.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, String)> for Headers {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(headers: I) -> Self {
        Self(headers.into_iter().collect())
    }
}

/// Names only: values can be secrets, as those of `Set-Cookie` are.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}
