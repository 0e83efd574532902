//! Errors about the header `Sec-WebSocket-Extensions` of an answer (RFC 6455, section 9.1).

pub(crate) fn not_offered(extension: &str) -> String {
    format!("the server chose an extension that was not offered: {}", shown(extension))
}

pub(crate) fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}
