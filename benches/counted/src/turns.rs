//! Client and server take turns: whenever the client's runtime has nothing left to do, the server does all that it can, and
//! only then the runtime waits. So the number of messages that a client reads at once is the same in each run, on each
//! machine, and however slow a tool makes the program.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use tokio::runtime::{Builder, Runtime};

pub(crate) const SERVE: &str = "serve";

static SERVER: OnceLock<Mutex<Server>> = OnceLock::new();

/// A process that ends when its input does.
struct Server {
    _child: Child,
    input: ChildStdin,
    output: ChildStdout,
}

/// Starts the server. Returns the client's runtime, and the server's address and certificate.
pub(crate) fn start() -> (Runtime, String, String) {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new(program);
    let mut child = command.arg(SERVE).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a server");
    let input = child.stdin.take().expect("a pipe");
    let mut output = child.stdout.take().expect("a pipe");
    let mut address = String::new();
    let mut certificate = Vec::new();
    let mut lines = BufReader::with_capacity(1, &mut output);
    lines.read_line(&mut address).expect("an address");
    lines.read_until(0, &mut certificate).expect("a certificate");
    assert_eq!(certificate.pop(), Some(0), "the server runs");
    assert!(SERVER.set(Mutex::new(Server { _child: child, input, output })).is_ok(), "one server");
    let runtime = Builder::new_current_thread().enable_all().on_thread_park(server).build().expect("a runtime");
    (runtime, address.trim().to_owned(), String::from_utf8(certificate).expect("a certificate"))
}

/// Lets the server do all that it can.
pub(crate) fn server() {
    toggles_count();
}

/// Not counted, as [`counted`](crate::counted) explains.
#[inline(never)]
fn toggles_count() {
    let Some(server) = SERVER.get() else { return };
    let mut server = server.lock().unwrap_or_else(PoisonError::into_inner);
    server.input.write_all(&[0]).expect("the server runs");
    server.output.read_exact(&mut [0]).expect("the server runs");
}
