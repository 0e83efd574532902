//! Messages that are sent and received.

use alloc::collections::VecDeque;
use alloc::string::String;
use core::fmt;
use core::ops::Deref;

use bytes::Bytes;

/// A text or binary message (RFC 6455, section 5.6).
///
/// The payload is reference counted: cloning a message does not copy it. `&'static str`, `String` and [`Text`] convert into
/// text messages; `&'static [u8]`, `Vec<u8>` and [`Bytes`] into binary ones, so that they can be passed to
/// [`send`](crate::WebSocket::send) directly.
///
/// The `Debug` output shows at most the first 64 characters or bytes of the payload.
///
/// ```
/// use homing::Message;
///
/// let message = Message::text("hello");
/// assert_eq!(message.as_text(), Some("hello"));
/// assert_eq!(message, "hello".into());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum Message {
    /// A text message. Its payload is always valid UTF-8.
    Text(Text),
    /// A binary message.
    Binary(Bytes),
}

impl Message {
    /// Returns a text message.
    pub fn text(text: impl Into<Text>) -> Self {
        Self::Text(text.into())
    }

    /// Returns a binary message.
    pub fn binary(data: impl Into<Bytes>) -> Self {
        Self::Binary(data.into())
    }

    /// Returns the length of the payload in bytes.
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Returns whether the payload is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether this is a text message.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// Returns whether this is a binary message.
    pub fn is_binary(&self) -> bool {
        matches!(self, Self::Binary(_))
    }

    /// Returns the text of a text message, or `None` for a binary message.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Binary(_) => None,
        }
    }

    /// Returns the payload of either kind. For text this is its UTF-8.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(data) => data,
        }
    }

    /// Returns the payload of either kind without copying it.
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::Text(text) => text.into(),
            Self::Binary(data) => data,
        }
    }
}

/// Shows only the start of the payload, as messages may be large.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 64;
        let shown = match self {
            Self::Text(text) => {
                let start: String = text.chars().take(SHOWN).collect();
                write!(f, "Text({start:?}")?;
                start.len()
            }
            Self::Binary(data) => {
                let start = data.slice(..data.len().min(SHOWN));
                write!(f, "Binary({start:?}")?;
                start.len()
            }
        };
        if shown < self.len() {
            write!(f, ".. {} bytes", self.len())?;
        }
        f.write_str(")")
    }
}

impl From<&'static str> for Message {
    fn from(text: &'static str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<Text> for Message {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<&'static [u8]> for Message {
    fn from(data: &'static [u8]) -> Self {
        Self::binary(data)
    }
}

impl From<alloc::vec::Vec<u8>> for Message {
    fn from(data: alloc::vec::Vec<u8>) -> Self {
        Self::binary(data)
    }
}

impl From<Bytes> for Message {
    fn from(data: Bytes) -> Self {
        Self::Binary(data)
    }
}

/// Reference-counted text: [`Bytes`] that are valid UTF-8. Dereferences to `str`; cloning does not copy.
///
/// ```
/// use bytes::Bytes;
/// use homing::Text;
///
/// # fn main() -> Result<(), core::str::Utf8Error> {
/// let text = Text::try_from(Bytes::from_static(b"hello"))?;
/// assert_eq!(text.len(), 5);
/// assert!(Text::try_from(Bytes::from_static(b"\xff")).is_err());
/// # Ok(()) }
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Bytes);

impl Text {
    /// Returns text that refers to a static string, without an allocation.
    pub const fn from_static(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// Takes ownership of a string without shrinking its buffer.
    #[allow(dead_code, reason = "native transports receive text in a buffer of bytes")]
    pub(crate) fn owning(text: String) -> Self {
        // As bytes, which binary messages own as well: each type of owner adds code to a web app.
        Self(Bytes::from_owner(text.into_bytes()))
    }

    /// Returns the text as a `str`.
    pub fn as_str(&self) -> &str {
        // SAFETY: every way to construct a `Text` starts from a `str`, checks the bytes, or promises that they are
        // valid (`from_utf8_unchecked`), and `Bytes` cannot be changed afterwards. Checking again at each access
        // would cost every reader a pass over the payload.
        #[allow(unsafe_code)]
        unsafe {
            core::str::from_utf8_unchecked(&self.0)
        }
    }

    /// Takes bytes whose UTF-8 was checked before.
    ///
    /// # Safety
    /// `bytes` must be valid UTF-8.
    #[allow(unsafe_code, dead_code, reason = "transports that check UTF-8 themselves need not check twice")]
    pub(crate) unsafe fn from_utf8_unchecked(bytes: Bytes) -> Self {
        debug_assert!(core::str::from_utf8(&bytes).is_ok());
        Self(bytes)
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl From<&'static str> for Text {
    fn from(text: &'static str) -> Self {
        Self::from_static(text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<Text> for Bytes {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl TryFrom<Bytes> for Text {
    type Error = core::str::Utf8Error;

    /// Checks that the bytes are valid UTF-8. Does not copy them.
    ///
    /// # Errors
    /// Returns the position of the first invalid byte.
    fn try_from(bytes: Bytes) -> Result<Self, Self::Error> {
        core::str::from_utf8(&bytes)?;
        Ok(Self(bytes))
    }
}

/// The frame type of [`send_payload`](crate::WebSocket::send_payload), and in browsers the
/// [`binaryType`](https://websockets.spec.whatwg.org/#dom-websocket-binarytype) of the socket.
///
/// In browsers this is also the form in which binary messages arrive. A `Blob` is read asynchronously, but text and binary
/// messages are still delivered in the order of their arrival, and always as [`Message::Binary`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BinaryType {
    /// `send_payload` sends text messages. Invalid UTF-8 is an error.
    Blob,
    /// `send_payload` sends binary messages. This is the default.
    #[default]
    ArrayBuffer,
}

/// Returns the payload of messages in bytes.
pub(crate) fn payload(messages: &VecDeque<Message>) -> usize {
    messages.iter().map(Message::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn debug_shows_only_the_start_of_a_payload() {
        let long = format!("{:?}", Message::text("x".repeat(1000)));
        assert!(long.len() < 100 && long.ends_with(".. 1000 bytes)"), "{long}");
        let binary = format!("{:?}", Message::binary(alloc::vec![0_u8; 1000]));
        assert!(binary.len() < 300 && binary.ends_with(".. 1000 bytes)"), "{binary}");
        assert_eq!(format!("{:?}", Message::text("hi")), "Text(\"hi\")");
        assert_eq!(format!("{:?}", Message::binary(&b"hi"[..])), "Binary(b\"hi\")");
    }

    #[test]
    fn text_is_checked_once() {
        assert!(Text::try_from(Bytes::from_static(b"\xff")).is_err());
        let text = Text::try_from(Bytes::from_static("Grüße".as_bytes())).unwrap();
        assert_eq!(text, "Grüße");
        assert_eq!(text.chars().count(), 5);
    }
}
