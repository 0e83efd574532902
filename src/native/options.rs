//! The native options of a builder, as data, and their check (rule S1).

use core::fmt;
use core::time::Duration;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use crate::client::WebSocket;
use crate::error::ConfigError;
use crate::native::dial::connector::{Connect, Resolve};
use crate::native::dial::proxy_choice::ProxyChoice;
use crate::native::dial::tls::options::TlsOptions;
use crate::native::handshake::cookies::Cookies;
use crate::native::wire::deflate::Deflate;

/// Name of the option that connects to a Unix socket.
pub(crate) const UNIX_SOCKET: &str = "unix_socket";

/// The range that Linux accepts for `TCP_KEEPIDLE`, in seconds.
const KEEPALIVE: core::ops::RangeInclusive<u64> = 1..=32767;

/// The native options of a builder.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) tls: TlsOptions,
    pub(crate) nodelay: bool,
    pub(crate) keepalive: Option<Duration>,
    pub(crate) local_address: Option<IpAddr>,
    pub(crate) resolver: Option<Arc<dyn Resolve>>,
    /// With the name of the option that set it.
    pub(crate) connector: Option<(&'static str, Arc<dyn Connect>)>,
    /// Why the path of the Unix socket is invalid, if it is.
    pub(crate) unix_socket_fault: Option<String>,
    pub(crate) proxy: ProxyChoice,
    pub(crate) follows_redirects: bool,
    pub(crate) cookies: Cookies,
    pub(crate) deflate: Option<Deflate>,
    pub(crate) on_ping: Option<ControlCallback>,
    pub(crate) on_pong: Option<ControlCallback>,
}

/// A callback for control frames. Locked by the client's task only.
pub(crate) type ControlCallback = Arc<Mutex<dyn FnMut(&WebSocket, Bytes) + Send>>;

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
            proxy: ProxyChoice::None,
            follows_redirects: false,
            cookies: Cookies::default(),
            deflate: None,
            on_ping: None,
            on_pong: None,
        }
    }
}

impl Options {
    /// Only browsers have blobs.
    #[allow(clippy::unused_self, reason = "the options of browsers have the same method")]
    pub(crate) fn read_blobs(&mut self, _: bool) {}

    /// Returns what is still needed once a dialler has been made of these options.
    pub(crate) fn parsed(&self) -> Self {
        Self { tls: self.tls.parsed(), ..self.clone() }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").finish_non_exhaustive()
    }
}

pub(crate) fn check(options: &Options) -> Result<(), ConfigError> {
    // The operating system would refuse the value later, without an error that the user sees.
    if options.keepalive.is_some_and(|after| !KEEPALIVE.contains(&after.as_secs())) {
        let [least, most] = [KEEPALIVE.start(), KEEPALIVE.end()];
        return Err(ConfigError::new("tcp_keepalive", format!("time is not from {least} to {most} seconds")));
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
            ("proxy", option == UNIX_SOCKET && !matches!(options.proxy, ProxyChoice::None)),
        ];
        if let Some((other, _)) = for_tcp.into_iter().find(|(_, is_set)| *is_set) {
            return Err(ConfigError::new(option, format!("{other} is set as well, but has no effect with it")));
        }
    }
    if let Some(deflate) = &options.deflate {
        deflate.check()?;
    }
    options.tls.check()
}
