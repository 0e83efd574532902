//! From a URL to a byte stream: names, proxies, TLS.

#[cfg(any(feature = "__rustls", feature = "native-tls"))]
pub(crate) mod client_certificates;
pub(crate) mod dialling;
pub(crate) mod dialling_table;
pub(crate) mod facts;
pub(crate) mod many_clients;
#[cfg(feature = "__rustls")]
pub(crate) mod providers;
pub(crate) mod proxies;
pub(crate) mod proxy_faults;
#[cfg(feature = "__rustls")]
pub(crate) mod resumption;
pub(crate) mod tls;
#[cfg(any(feature = "__rustls", feature = "native-tls"))]
pub(crate) mod tls_facts;
#[cfg(feature = "__rustls")]
pub(crate) mod tls_faults;
#[cfg(any(feature = "__rustls", feature = "native-tls"))]
pub(crate) mod tls_options;
#[cfg(unix)]
mod unix_sockets;
