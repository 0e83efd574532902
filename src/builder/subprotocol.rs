//! The check of subprotocols.

use crate::error::ConfigError;

/// More than any server reads, and few enough to compare each pair.
const MAX_PROTOCOLS: usize = 1000;

/// Checks that subprotocols are tokens without duplicates. Errors do not repeat them: in browsers, which cannot send headers,
/// subprotocols contain secrets.
pub(crate) fn check_protocols(protocols: &[String]) -> Result<(), ConfigError> {
    let fault = |fault: &str| Err(ConfigError::new("protocol", fault));
    if protocols.len() > MAX_PROTOCOLS {
        return fault("more than 1,000 subprotocols");
    }
    for (position, protocol) in protocols.iter().enumerate() {
        if !is_token(protocol) {
            return fault("invalid subprotocol, expected a token (RFC 9110): letters, digits and !#$%&'*+-.^_`|~");
        }
        if protocols.iter().take(position).any(|earlier| earlier == protocol) {
            return fault("duplicate subprotocol");
        }
    }
    Ok(())
}

/// Returns whether the text is a token (RFC 9110, section 5.6.2).
pub(crate) fn is_token(text: &str) -> bool {
    let is_mark = |byte| matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~');
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte))
}
