//! What is sent in both directions.

use bytes::Bytes;

const TEXT: &[u8] =
    br#"{"id":18273645,"side":"buy","symbol":"BTCUSDT","price":"64213.50","size":"0.12500","time":1764490211873},"#;

/// Returns a text of this length, which is as compressible as most that clients receive.
pub(crate) fn payload(length: usize) -> Bytes {
    TEXT.iter().copied().cycle().take(length).collect()
}
