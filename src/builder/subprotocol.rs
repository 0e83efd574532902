//! The check of subprotocols.

use homing_machine::Fault;

/// More than any server reads, and few enough to compare each pair.
const MAX_PROTOCOLS: usize = 1000;

/// Checks that a subprotocol is a token, and none of the earlier ones. Errors do not repeat it: in browsers, which cannot send
/// headers, subprotocols contain secrets.
pub(crate) fn check_protocol(protocol: &String, earlier: &[String]) -> Result<(), Fault> {
    if earlier.len() >= MAX_PROTOCOLS {
        return Err("more than 1,000 subprotocols");
    }
    if !is_token(protocol) {
        return Err("invalid subprotocol, expected a token (RFC 9110): letters, digits and !#$%&'*+-.^_`|~");
    }
    if earlier.contains(protocol) {
        return Err("duplicate subprotocol");
    }
    Ok(())
}

/// Returns whether the text is a token (RFC 9110, section 5.6.2).
pub(crate) fn is_token(text: &str) -> bool {
    let is_mark = |byte| matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~');
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte))
}
