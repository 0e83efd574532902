//! A client's certificate and key, for the TLS library of the operating system.

use native_tls::Identity;

#[allow(dead_code, reason = "rustls is preferred where both are there")]
pub(crate) fn identity(chain: &[u8], key: &[u8]) -> Result<Identity, String> {
    Identity::from_pkcs8(chain, key).map_err(|error| format!("invalid PEM: {error}"))
}
