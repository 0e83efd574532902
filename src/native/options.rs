//! The native part of a builder, as data.

use core::fmt;
use core::time::Duration;
use std::net::IpAddr;
use std::sync::Arc;

use super::connector::{Connect, Resolve};
use super::cookies::Cookies;
use super::deflate::Deflate;
use super::proxies::Choice;
use super::tls::TlsOptions;
use crate::error::ConfigError;

/// The option that makes a connector for Unix sockets.
pub(super) const UNIX_SOCKET: &str = "unix_socket";

/// The seconds that Linux takes. It counts whole ones.
const KEEPALIVE: core::ops::RangeInclusive<u64> = 1..=32767;

/// The native part of a builder.
#[derive(Clone)]
pub(crate) struct Options {
    pub(super) tls: TlsOptions,
    pub(super) nodelay: bool,
    pub(super) keepalive: Option<Duration>,
    pub(super) local_address: Option<IpAddr>,
    pub(super) resolver: Option<Arc<dyn Resolve>>,
    /// And the option that set it.
    pub(super) connector: Option<(&'static str, Arc<dyn Connect>)>,
    /// What is wrong with the path of a Unix socket.
    pub(super) unix_socket_fault: Option<String>,
    pub(super) proxy: Choice,
    pub(super) follows_redirects: bool,
    pub(super) cookies: Cookies,
    pub(super) deflate: Option<Deflate>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            tls: TlsOptions::default(),
            nodelay: true,
            keepalive: None,
            local_address: None,
            resolver: None,
            connector: None,
            unix_socket_fault: None,
            proxy: Choice::None,
            follows_redirects: false,
            cookies: Cookies::default(),
            deflate: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").finish_non_exhaustive()
    }
}

pub(super) fn check(options: &Options) -> Result<(), ConfigError> {
    // What the operating system refuses would be ignored in silence.
    if options.keepalive.is_some_and(|after| !KEEPALIVE.contains(&after.as_secs())) {
        let [least, most] = [KEEPALIVE.start(), KEEPALIVE.end()];
        return Err(ConfigError::new("tcp_keepalive", format!("is not from {least} to {most} seconds")));
    }
    if let Some(fault) = &options.unix_socket_fault {
        return Err(ConfigError::new(UNIX_SOCKET, fault.clone()));
    }
    if let Some((option, _)) = options.connector {
        let for_tcp = [
            ("resolver", options.resolver.is_some()),
            ("local_address", options.local_address.is_some()),
            ("tcp_keepalive", options.keepalive.is_some()),
            ("tcp_nodelay", !options.nodelay),
            ("proxy", option == UNIX_SOCKET && !matches!(options.proxy, Choice::None)),
        ];
        if let Some((other, _)) = for_tcp.into_iter().find(|(_, is_set)| *is_set) {
            return Err(ConfigError::new(option, format!("{other} is set as well, and would have no effect")));
        }
    }
    if let Some(deflate) = &options.deflate {
        deflate.check()?;
    }
    options.tls.check()
}
