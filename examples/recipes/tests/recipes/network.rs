//! Changes of the network, in a network namespace of its own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use homing_test_server::{Server, What};
use nix::sched::{CloneFlags, unshare};

use crate::{Program, wait};

/// Calls the program `ip`. Returns why it failed.
fn ip(arguments: &str) -> Result<(), String> {
    let output = Command::new("ip").args(arguments.split(' ')).output().map_err(|error| format!("ip: {error}"))?;
    let problem = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("ip {arguments}: {problem}")) }
}

/// Returns how many Pings arrived.
fn pings(server: &Server) -> usize {
    server.journal().iter().filter(|entry| matches!(entry.what, What::Ping(_))).count()
}

/// Reads until a line that begins like this.
fn until(program: &mut Program, start: &str) -> String {
    loop {
        let line = program.line();
        assert!(!line.is_empty(), "no line {start}");
        if line.starts_with(start) {
            return line;
        }
    }
}

/// Takes the place of the server for one attempt, and refuses it for a minute.
fn refuse(at: SocketAddr) {
    let listener = TcpListener::bind(at).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    let _ = stream.read(&mut [0; 4096]);
    let busy = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n";
    stream.write_all(busy.as_bytes()).unwrap();
}

fn in_namespace() {
    let server = Server::start().unwrap();
    let mut program = Program::start(env!("CARGO_BIN_EXE_network"), &[&server.url("/echo")]);
    until(&mut program, "open");

    // The next heartbeat is 20 s away.
    let (before, opened) = (pings(&server), Instant::now());
    ip("address add 10.93.1.1/32 dev lo").unwrap();
    until(&mut program, "Up(10.93.1.1/32)");
    until(&mut program, "alive");
    assert!(pings(&server) > before && opened.elapsed() < Duration::from_secs(15));

    // The connection is dead, which the change shows: 5 s instead of up to 25 s.
    server.silence(true);
    ip("address del 10.93.1.1/32 dev lo").unwrap();
    until(&mut program, "Down(10.93.1.1/32)");
    until(&mut program, "closed");
    assert!(opened.elapsed() < Duration::from_secs(20), "{:?}", opened.elapsed());
    server.stop();
    server.silence(false);

    // The client waits until the network is there again.
    refuse(server.addr());
    let waiting = Instant::now();
    let delay = loop {
        let line = until(&mut program, "closed, next attempt in ");
        let delay = Duration::from_millis(line.split(' ').nth(4).and_then(|millis| millis.parse().ok()).unwrap());
        if delay >= Duration::from_secs(60) {
            break delay;
        }
    };
    server.restart().unwrap();
    ip("address add 10.93.1.2/32 dev lo").unwrap();
    until(&mut program, "open");
    assert!(waiting.elapsed() < delay / 2, "{:?} of {delay:?}", waiting.elapsed());
    wait(&server, "the connection", |journal| journal.iter().any(|entry| matches!(entry.what, What::Request { .. })));
}

/// Needs root on Linux, and the program `ip`.
#[test]
fn network() {
    let outcome = thread::spawn(|| {
        let namespace = unshare(CloneFlags::CLONE_NEWNET).map_err(|error| error.to_string());
        match namespace.and_then(|()| ip("link set lo up")) {
            Ok(()) => in_namespace(),
            Err(why) => println!("SKIPPED: no network namespaces: {why}"),
        }
    });
    outcome.join().unwrap();
}
