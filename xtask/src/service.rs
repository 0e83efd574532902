//! Programs that run beside the commands of a step.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::group::Guard;
use crate::job::Stop;

/// Returns a free port for a program that is started later. It is none of those that systems assign by themselves, which
/// another program could be given meanwhile.
pub(crate) fn free_port() -> io::Result<u16> {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 10_000;
    static ASKED: AtomicU16 = AtomicU16::new(0);
    // Not the same ones as another xtask that runs now.
    let start = std::process::id().wrapping_mul(97);
    let next =
        || FIRST + ((start.wrapping_add(ASKED.fetch_add(1, Ordering::Relaxed).into())) % u32::from(COUNT)) as u16;
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (0..COUNT).map(|_| next()).find(free).ok_or_else(|| io::Error::other("no port is free"))
}

/// A program that runs beside others.
pub(crate) struct Service {
    child: Child,
    _guard: Guard,
}

impl Service {
    pub(crate) fn new(child: Child, guard: Guard) -> Self {
        Self { child, _guard: guard }
    }

    /// Waits until the program accepts connections at this port of the loopback interface.
    pub(crate) fn wait_for_port(&mut self, port: u16) -> Result<(), Stop> {
        self.wait_for(|| TcpStream::connect(("127.0.0.1", port)).ok()).map(drop)
    }

    /// Waits until `ready` returns something. Fails if the program ends first, or after a minute.
    pub(crate) fn wait_for<T>(&mut self, ready: impl Fn() -> Option<T>) -> Result<T, Stop> {
        let started = Instant::now();
        loop {
            let found = ready();
            // Another server may be what answers at the port.
            if self.child.try_wait()?.is_some() || started.elapsed() > Duration::from_secs(60) {
                return Err(Stop::Failed("the server did not start; its port may be in use".into()));
            }
            if let Some(found) = found {
                return Ok(found);
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
