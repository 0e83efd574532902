//! What is known of a server, a gateway or a proxy.

use std::path::Path;

use crate::command::Cmd;
use crate::job::{Job, Stop};

#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Kind {
    /// Speaks WebSocket itself. Started twice: without and with TLS.
    Server,
    /// Between the client and a server that it forwards to, with TLS on a second port.
    Gateway,
    /// The client names it as its proxy, by an URL with this scheme.
    Proxy(&'static str),
}

pub(crate) struct Server {
    /// The argument of `cargo xtask interop`.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) kind: Kind,
    /// Whether `cargo xtask test` runs it.
    pub(crate) always: bool,
    /// Returns the version.
    pub(crate) install: fn(&mut Job<'_>) -> Result<String, Stop>,
    /// The program reads the variables `PORT`, and with TLS `CERT` and `KEY`. The path is that of `config`.
    pub(crate) start: fn(&mut Job<'_>, &Path) -> Result<Cmd, Stop>,
    /// Files that are copied with the ports in place of `@PORT@` and others.
    pub(crate) config: &'static [&'static str],
    /// What this server does in another way: check, result or [`ANY`], and the reason.
    pub(crate) differs: &'static [(&'static str, &'static str, &'static str)],
}

impl Server {
    pub(crate) const fn new(
        name: &'static str,
        title: &'static str,
        install: fn(&mut Job<'_>) -> Result<String, Stop>,
        start: fn(&mut Job<'_>, &Path) -> Result<Cmd, Stop>,
    ) -> Self {
        Self { name, title, kind: Kind::Server, always: false, install, start, config: &[], differs: &[] }
    }

    pub(crate) const fn kind(mut self, kind: Kind, config: &'static [&'static str]) -> Self {
        self.kind = kind;
        self.config = config;
        self
    }

    pub(crate) const fn always(mut self) -> Self {
        self.always = true;
        self
    }

    pub(crate) const fn differs(mut self, differs: &'static [(&'static str, &'static str, &'static str)]) -> Self {
        self.differs = differs;
        self
    }
}

/// A result that differs from time to time.
pub(crate) const ANY: &str = "*";
