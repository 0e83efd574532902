//! The servers, gateways and proxies, in the order of the table.

use std::path::{Path, PathBuf};

use super::install::{PROGRAMS, debian, dir, npm_version, pip, python};
use crate::command::{Cmd, cmd};
use crate::job::{Job, Stop};
use crate::{js, missing, setup};

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
    /// What this server does in another way: check, result, and the reason.
    pub(crate) differs: &'static [(&'static str, &'static str, &'static str)],
}

impl Server {
    const fn new(
        name: &'static str,
        title: &'static str,
        install: fn(&mut Job<'_>) -> Result<String, Stop>,
        start: fn(&mut Job<'_>, &Path) -> Result<Cmd, Stop>,
    ) -> Self {
        Self { name, title, kind: Kind::Server, always: false, install, start, config: &[], differs: &[] }
    }

    const fn kind(mut self, kind: Kind, config: &'static [&'static str]) -> Self {
        self.kind = kind;
        self.config = config;
        self
    }

    const fn always(mut self) -> Self {
        self.always = true;
        self
    }

    const fn differs(mut self, differs: &'static [(&'static str, &'static str, &'static str)]) -> Self {
        self.differs = differs;
        self
    }
}

/// What is behind gateways and proxies.
pub(crate) const BACKEND: Server = Server::new("ws", "ws", ws, |job, _| {
    Ok(program("node", "ws.cjs").env("NODE_PATH", job.place.root.join("node_modules")))
});

pub(crate) const SERVERS: &[Server] = &[
    BACKEND.always(),
    Server::new("websockets", "websockets", websockets, |job, _| {
        Ok(program(python(&job.place.own("venv")), "websockets_server.py"))
    })
    .always(),
    Server::new(
        "aiohttp",
        "aiohttp",
        |job| pip(job, "aiohttp", &["aiohttp==3.14.5"]),
        |job, _| in_venv(job, "aiohttp", "aiohttp_server.py"),
    )
    .differs(&[
        ("fragments", "no", "The library sends whole messages only."),
        ("close", "with 1000", "The library answers every Close with 1000, and drops the reason."),
    ]),
    Server::new(
        "bun",
        "Bun (uWebSockets)",
        |job| js::bun_program(job).and_then(|bun| version(job, bun)),
        |job, _| js::bun_program(job).map(|bun| program(bun, "bun.js")),
    )
    .differs(&[("fragments", "no", "The library sends whole messages only.")])
    .always(),
    Server::new(
        "deno",
        "Deno",
        |job| js::deno_program(job).and_then(|deno| version(job, deno)),
        |job, _| js::deno_program(job).map(|deno| program(Cmd::program(deno).args(["run", "--allow-all"]), "deno.js")),
    )
    .differs(&[
        ("fragments", "no", "The interface is that of browsers, which cannot do it."),
        ("compression", "no", "The server does not compress."),
        ("pinged", "no", "The interface is that of browsers, which cannot do it."),
    ])
    .always(),
    Server::new(
        "nginx",
        "nginx",
        |job| debian(job, &["nginx-light"]),
        |_, dir| Ok(tool("nginx").arg("-p").arg(dir).arg("-c").arg(dir.join("nginx.conf"))),
    )
    .kind(Kind::Gateway, &["nginx.conf"])
    .always(),
    Server::new(
        "squid",
        "Squid",
        |job| debian(job, &["squid-openssl"]),
        |_, dir| Ok(tool("squid").args(["-N", "-f"]).arg(dir.join("squid.conf"))),
    )
    .kind(Kind::Proxy("http"), &["squid.conf"]),
    Server::new(
        "microsocks",
        "microsocks (SOCKS 5)",
        |job| debian(job, &["microsocks"]),
        |_, dir| {
            // Its arguments have the port, which a configuration has elsewhere.
            Ok(cmd("sh").arg(dir.join("microsocks.sh")))
        },
    )
    .kind(Kind::Proxy("socks5h"), &["microsocks.sh"]),
];

pub(crate) fn names() -> String {
    SERVERS.iter().map(|server| server.name).collect::<Vec<_>>().join(" ")
}

/// A program of `tests/interop/servers`, run by this interpreter.
fn program(interpreter: impl Into<Cmd>, file: &str) -> Cmd {
    interpreter.into().arg(format!("{PROGRAMS}/{file}"))
}

fn in_venv(job: &Job<'_>, name: &str, file: &str) -> Result<Cmd, Stop> {
    Ok(program(python(&dir(job.place, name)), file))
}

/// A program of a package of Debian, which may be outside of PATH.
fn tool(name: &str) -> Cmd {
    Cmd::program(missing::find(name).unwrap_or_else(|| name.into()))
}

/// Returns the first number that a program gives as its version.
fn version(job: &mut Job<'_>, program: PathBuf) -> Result<String, Stop> {
    let said = job.run(Cmd::program(program).arg("--version"))?;
    let is_number = |word: &&str| word.starts_with(|first: char| first.is_ascii_digit()) && word.contains('.');
    Ok(said.split_whitespace().find(is_number).unwrap_or_default().into())
}

fn ws(job: &mut Job<'_>) -> Result<String, Stop> {
    missing::needs(&["node", "npm"])?;
    setup::npm(job)?;
    npm_version(&job.place.root.join("node_modules"), "ws")
}

fn websockets(job: &mut Job<'_>) -> Result<String, Stop> {
    setup::python(job)?;
    Ok(setup::WEBSOCKETS.into())
}
