//! The check of subprotocols.

use crate::error::ConfigError;

/// More than any server reads, and few enough to compare each with each.
const MAX_PROTOCOLS: usize = 1000;

/// Checks subprotocols: tokens, each once. They are not repeated in errors: where a browser can send no headers, a
/// subprotocol carries the token.
pub(crate) fn check_protocols(protocols: &[String]) -> Result<(), ConfigError> {
    let fault = |fault: &str| Err(ConfigError::new("protocol", fault));
    if protocols.len() > MAX_PROTOCOLS {
        return fault("more than 1,000 are offered");
    }
    for (position, protocol) in protocols.iter().enumerate() {
        if !is_token(protocol) {
            return fault("a subprotocol is not a token (RFC 7230): letters, digits and !#$%&'*+-.^_`|~ only");
        }
        if protocols.iter().take(position).any(|earlier| earlier == protocol) {
            return fault("a subprotocol is offered twice");
        }
    }
    Ok(())
}

/// Whether it is a token (RFC 7230, section 3.2.6).
pub(crate) fn is_token(text: &str) -> bool {
    let is_mark = |byte| matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~');
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte))
}
