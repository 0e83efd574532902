//! Stands in for `identity.rs` on iOS and its relatives, where native-tls panics instead of reading PEM.

use native_tls::Identity;

#[allow(dead_code, reason = "rustls is preferred where both are there")]
pub(crate) fn identity(_: &[u8], _: &[u8]) -> Result<Identity, String> {
    let fault = "native-tls reads no PEM on this system: build homing with rustls, or set native_tls_connector with an \
        identity read from PKCS#12";
    Err(fault.into())
}
