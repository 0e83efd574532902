//! Errors about the header `Sec-WebSocket-Extensions` of an answer (RFC 6455, section 9.1).

use http::HeaderValue;

pub(crate) fn not_offered(extension: &HeaderValue) -> String {
    format!("the server chose an extension that was not offered: {}", shown(extension))
}

fn shown(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).chars().take(100).collect()
}
