//! Starts a server and runs the clients against it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use super::install::{PROGRAMS, dir};
use super::server::{Kind, Server};
use super::servers::BACKEND;
use super::table::{CHROMIUM, NPM};
use crate::command::{Cmd, cmd};
use crate::group;
use crate::job::{Job, Stop};
use crate::native::WORKSPACE;
use crate::service::{Service, free_port};

/// A check, and what a client found.
pub(crate) type Found = (String, String);

/// Addresses and files of one run.
struct Run {
    port: u16,
    secure_port: u16,
    /// Of the server behind a gateway or a proxy.
    backend: u16,
}

/// The clients that run besides the native one.
#[derive(Default)]
pub(crate) struct Others {
    pub(crate) npm: bool,
    /// The module with the clients of pages in Chromium.
    pub(crate) pages: Option<PathBuf>,
}

/// Runs the native client, and then others. The names of their checks begin with the column of the table and the client.
pub(crate) fn checks(job: &mut Job<'_>, server: &Server, others: &Others) -> Result<Vec<Found>, Stop> {
    job.run(&*format!("cargo build {WORKSPACE} --bin homing-interop"))?;
    let client = job.place.target.join("debug/homing-interop");
    let certificate = dir(job.place, "certificate");
    if !certificate.join("both.pem").exists() {
        fs::create_dir_all(&certificate)?;
        job.run(Cmd::program(&client).arg("certificate").arg(&certificate))?;
    }
    let [port, secure_port, backend, secure_backend] = [free_port()?, free_port()?, free_port()?, free_port()?];
    let run = Run { port, secure_port, backend };
    let mut services = Services::default();
    let (url, secure_url, proxy) = match server.kind {
        Kind::Server => {
            services.restarted = Some(start(job, server, port, false)?);
            services.others.push(start(job, server, secure_port, true)?);
            (port, secure_port, None)
        }
        Kind::Gateway => {
            services.restarted = Some(start(job, &BACKEND, backend, false)?);
            services.others.push(start_between(job, server, &run)?);
            (port, secure_port, None)
        }
        Kind::Proxy(scheme) => {
            services.restarted = Some(start(job, &BACKEND, backend, false)?);
            services.others.push(start(job, &BACKEND, secure_backend, true)?);
            services.others.push(start_between(job, server, &run)?);
            (backend, secure_backend, Some(format!("{scheme}://127.0.0.1:{port}")))
        }
    };
    let urls = [format!("ws://localhost:{url}/"), format!("wss://localhost:{secure_url}/")];
    let authority = certificate.join("certificate.pem");
    let native = Cmd::program(client).arg("check").args(&urls).arg(&authority).args(&proxy);
    let mut restart = |job: &mut Job<'_>| {
        services.restarted = None;
        let (server, port) = if server.kind == Kind::Server { (server, port) } else { (&BACKEND, backend) };
        services.restarted = Some(start(job, server, port, false)?);
        Ok(())
    };
    let mut found = converse(job, &native, &mut restart)?;
    let mut more: Vec<(String, Cmd)> = Vec::new();
    if others.npm && proxy.is_none() {
        for entry in ["index", "wasm"] {
            let check = cmd("node --experimental-websocket tests/interop/npm.js").arg(entry).args(&urls);
            more.push((format!("{NPM} {entry}"), check.env("NODE_EXTRA_CA_CERTS", &authority)));
        }
    }
    if let Some(module) = &others.pages {
        for client in ["rust", "index"] {
            let check = cmd("node tests/interop/chromium.js").arg(client).args(&urls).arg(&authority).args(&proxy);
            more.push((format!("{CHROMIUM} {client}"), check.env("HOMING_PAGES", module)));
        }
    }
    for (client, check) in more {
        let results = converse(job, &check, &mut restart)?;
        found.extend(results.into_iter().map(|(check, result)| (format!("{client} {check}"), result)));
    }
    Ok(found)
}

/// The processes of a run, which end with it.
#[derive(Default)]
struct Services {
    restarted: Option<Service>,
    others: Vec<Service>,
}

/// Starts a server that speaks WebSocket itself.
fn start(job: &mut Job<'_>, server: &Server, port: u16, secure: bool) -> Result<Service, Stop> {
    let mut command = (server.start)(job, Path::new(""))?.env("PORT", port.to_string());
    if secure {
        let certificate = dir(job.place, "certificate");
        command = command.env("CERT", certificate.join("certificate.pem")).env("KEY", certificate.join("key.pem"));
        command = command.env("BOTH", certificate.join("both.pem"));
    }
    let mut service = job.serve(command)?;
    service.wait_for_port(port)?;
    Ok(service)
}

/// Starts a gateway or a proxy, which gets a configuration of its own.
fn start_between(job: &mut Job<'_>, server: &Server, run: &Run) -> Result<Service, Stop> {
    let dir_of_run = dir(job.place, &format!("run-{}", server.name));
    let _ = fs::remove_dir_all(&dir_of_run);
    fs::create_dir_all(&dir_of_run)?;
    let certificates = dir(job.place, "certificate").display().to_string();
    let values = [
        ("SECURE_PORT", run.secure_port.to_string()),
        ("BACKEND", run.backend.to_string()),
        ("PORT", run.port.to_string()),
        ("CERTIFICATES", certificates),
        ("DIR", dir_of_run.display().to_string()),
    ];
    for file in server.config {
        let mut text = fs::read_to_string(job.place.root.join(PROGRAMS).join(file))?;
        for (name, value) in &values {
            text = text.replace(&format!("@{name}@"), value);
        }
        fs::write(dir_of_run.join(file), text)?;
    }
    let command = (server.start)(job, &dir_of_run)?.env("PORT", run.port.to_string());
    let mut service = job.serve(command)?;
    service.wait_for_port(run.port)?;
    if server.kind == Kind::Gateway {
        service.wait_for_port(run.secure_port)?;
        service.wait_for(|| forwards(run.port))?;
    }
    Ok(service)
}

/// Whether a gateway has read its routes: then the server behind it answers a request that is none for a WebSocket.
fn forwards(port: u16) -> Option<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET / HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n").ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    line.starts_with("HTTP/1.1 426").then_some(())
}

/// Runs a client, and restarts the server when it says so. Returns what it found.
fn converse(
    job: &mut Job<'_>,
    client: &Cmd,
    restart: &mut impl FnMut(&mut Job<'_>) -> Result<(), Stop>,
) -> Result<Vec<Found>, Stop> {
    job.note(&format!("$ {}", client.line()));
    let mut command = job.prepare(client)?;
    let (mut child, _guard) = group::spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
    let mut input = child.stdin.take();
    let mut found = Vec::new();
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        let line = line?;
        job.note(&line);
        if line == "restart" {
            restart(job)?;
            input.as_mut().map_or(Ok(()), |input| writeln!(input, "restarted"))?;
        } else if let Some((check, result)) = line.split_once('\t') {
            found.push((check.into(), result.into()));
        }
    }
    let status = child.wait()?;
    if status.success() { Ok(found) } else { Err(Stop::Failed(format!("{}: {status}", client.line()))) }
}
