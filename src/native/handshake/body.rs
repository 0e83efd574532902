//! The body of a refusal: where it ends (RFC 9112, section 6.3).

use bytes::{Buf, BytesMut};
use http::StatusCode;
use httparse::{Status, parse_chunk_size};

use super::http1::ResponseHead;
use super::values;

/// The longest line in front of a chunk, in bytes.
const MAX_CHUNK_LINE: usize = 1024;

/// What is left of a body.
#[derive(Debug)]
pub(crate) enum Body {
    Length(u64),
    /// What is left of the present chunk. `None` before the first one.
    Chunks(Option<u64>),
    /// All that arrives.
    UntilClosed,
}

impl Body {
    /// # Errors
    /// The response has an invalid length.
    pub(crate) fn of(response: &ResponseHead) -> Result<Self, &'static str> {
        let headers = &response.headers;
        if matches!(response.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
            return Ok(Self::Length(0));
        }
        if let Some(codings) = values(headers, "transfer-encoding").last() {
            let last = codings.rsplit(',').next().unwrap_or_default();
            let is_chunked = last.trim().eq_ignore_ascii_case("chunked");
            return Ok(if is_chunked { Self::Chunks(None) } else { Self::UntilClosed });
        }
        let mut lengths = values(headers, "content-length").flat_map(|value| value.split(',')).map(str::trim);
        let Some(length) = lengths.next() else { return Ok(Self::UntilClosed) };
        let is_number = length.bytes().all(|byte| byte.is_ascii_digit()) && lengths.all(|other| other == length);
        let number = length.parse().ok().filter(|_| is_number);
        number.map(Self::Length).ok_or("invalid content-length parsed")
    }

    /// Takes the next part from what was read: an empty one if more must be read. Returns `None` at the end, also if a chunk is
    /// invalid.
    pub(crate) fn take(&mut self, read: &mut BytesMut) -> Option<BytesMut> {
        match self {
            Self::Length(0) => None,
            Self::Length(left) => Some(part(read, left)),
            Self::UntilClosed => Some(read.split()),
            Self::Chunks(Some(left @ 1..)) => Some(part(read, left)),
            Self::Chunks(left) => {
                // A line break ends the chunk before.
                let line_break: &[u8] = if left.is_some() { b"\r\n" } else { b"" };
                let Some((before, line)) = read.split_at_checked(line_break.len()) else {
                    return Some(BytesMut::new());
                };
                if before != line_break {
                    return None;
                }
                match parse_chunk_size(line) {
                    Ok(Status::Complete((length @ ..=MAX_CHUNK_LINE, size @ 1..))) => {
                        *left = Some(size);
                        read.advance(line_break.len() + length);
                        self.take(read)
                    }
                    Ok(Status::Partial) if line.len() < MAX_CHUNK_LINE => Some(BytesMut::new()),
                    _ => None,
                }
            }
        }
    }
}

/// Takes at most `left` bytes.
fn part(read: &mut BytesMut, left: &mut u64) -> BytesMut {
    let length = usize::try_from(*left).map_or(read.len(), |left| left.min(read.len()));
    *left -= length as u64;
    read.split_to(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the body that is read from these bytes in pieces of this length, and whether it ends there.
    fn read(head: &str, bytes: &[u8], piece: usize) -> Option<(Vec<u8>, bool)> {
        let headers =
            head.lines().filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.into(), value.into()));
        let head = ResponseHead { status: StatusCode::FORBIDDEN, headers: headers.collect() };
        let mut body = Body::of(&head).ok()?;
        let (mut buffer, mut all) = (BytesMut::new(), Vec::new());
        for piece in bytes.chunks(piece) {
            buffer.extend_from_slice(piece);
            loop {
                match body.take(&mut buffer) {
                    None => return Some((all, true)),
                    Some(part) if part.is_empty() => break,
                    Some(part) => all.extend_from_slice(&part),
                }
            }
        }
        let ends = body.take(&mut buffer).is_none();
        Some((all, ends))
    }

    #[test]
    fn s23_bodies_end_where_their_headers_say() {
        let chunked = "transfer-encoding: chunked";
        let long = format!("1{}", ";".repeat(MAX_CHUNK_LINE));
        let [longest, too_long] = [3, 2].map(|less| format!("1{}\r\nx", ";".repeat(MAX_CHUNK_LINE - less)));
        for (head, bytes, expected, ends) in [
            ("", &b"all of it"[..], &b"all of it"[..], false),
            ("transfer-encoding: gzip", b"all of it", b"all of it", false),
            ("content-length: 0", b"x", b"", true),
            ("content-length: 3", b"one, two", b"one", true),
            ("content-length: 3\ncontent-length: 3, 3", b"one, two", b"one", true),
            ("content-length: 9", b"one", b"one", false),
            (chunked, b"3\r\none\r\nA;x=1\r\n, two, six\r\n0\r\n\r\n", b"one, two, six", true),
            ("content-length: 1\ntransfer-encoding: gzip, Chunked", b"3\r\none\r\n0\r\n", b"one", true),
            (chunked, b"3\r\non", b"on", false),
            (chunked, b"3\r\none", b"one", false),
            (chunked, b"3\r\none\r\n", b"one", false),
            // Invalid: what was read before is kept.
            (chunked, b"3\r\none, two", b"one", true),
            (chunked, b"3\r\none\r\nx\r\n", b"one", true),
            (chunked, b"-1\r\n", b"", true),
            (chunked, b"11112222333344445\r\n", b"", true),
            (chunked, long.as_bytes(), b"", true),
            (chunked, longest.as_bytes(), b"x", false),
            (chunked, too_long.as_bytes(), b"", true),
        ] {
            for piece in [1, 2, 3, bytes.len()] {
                let shown = String::from_utf8_lossy(bytes);
                assert_eq!(read(head, bytes, piece), Some((expected.to_vec(), ends)), "{head}, {shown}, by {piece}");
            }
        }
        for length in ["", "-1", "+1", "1x", "1, 2", "99999999999999999999999"] {
            assert_eq!(read(&format!("content-length: {length}"), b"x", 1), None, "{length}");
        }
    }
}
