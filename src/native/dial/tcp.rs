//! TCP connections to the first address of a name that answers (RFC 8305, "Happy Eyeballs").

use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::Instant;

use super::connector::{Destination, Resolve};
use super::lookup::lookup;
use crate::error::{Error, ErrorKind};
use crate::native::facts::Timings;
use crate::native::options::Options;
use crate::native::sync::BoxFuture;

/// Delay before the next address is dialled as well (RFC 8305, section 8).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// The most addresses that an error lists.
const MAX_REPORTED: usize = 4;

/// The options of TCP connections.
#[derive(Clone)]
pub(crate) struct Tcp {
    resolver: Option<Arc<dyn Resolve>>,
    nodelay: bool,
    keepalive: Option<Duration>,
    local_address: Option<IpAddr>,
}

impl Tcp {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            resolver: options.resolver.clone(),
            nodelay: options.nodelay,
            keepalive: options.keepalive,
            local_address: options.local_address,
        }
    }

    /// Returns a connection, and the address at its other end. Also notes in `timings` how long resolving and connecting
    /// took.
    pub(crate) async fn connect(&self, to: &Destination, timings: &mut Timings) -> Result<Connected, Error> {
        let mut addresses = self.resolve(to, timings).await.map_err(|error| {
            let detail = error.to_string();
            Error::new(ErrorKind::Dns, detail).with_source(error)
        })?;
        let resolved = Instant::now();
        if let Some(local) = self.local_address {
            addresses.retain(|address| address.is_ipv4() == local.is_ipv4());
            if addresses.is_empty() {
                let family = if local.is_ipv4() { "IPv4" } else { "IPv6" };
                let detail = format!("no {family} address to dial from the local address, which is {family}");
                return Err(Error::new(ErrorKind::Connect, detail));
            }
        }
        let connected = match addresses[..] {
            [only] => self.attempt(only).await.map_err(|error| failed(vec![(only, error)])),
            _ => {
                let attempt = |address| -> (_, Attempt) { (address, Box::pin(self.attempt(address))) };
                race(interleaved(addresses).into_iter().map(attempt)).await.map_err(failed)
            }
        };
        timings.connect = Some(resolved.elapsed());
        connected
    }

    /// Returns at least one address.
    async fn resolve(&self, to: &Destination, timings: &mut Timings) -> io::Result<Vec<SocketAddr>> {
        if let Ok(address) = to.host.parse::<IpAddr>() {
            return Ok(vec![(address, to.port).into()]);
        }
        let began = Instant::now();
        let found: Vec<SocketAddr> = match &self.resolver {
            Some(resolver) => {
                let found = resolver.resolve(to.host.clone()).await?;
                found.into_iter().map(|address| (address, to.port).into()).collect()
            }
            None => lookup(&to.host, to.port).await?,
        };
        timings.resolve = Some(began.elapsed());
        if found.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "name has no address"));
        }
        Ok(found)
    }

    fn attempt(&self, address: SocketAddr) -> impl Future<Output = io::Result<Connected>> + Send + use<> {
        let socket = self.socket(address);
        async move { Ok((socket?.connect(address).await?, address)) }
    }

    /// Returns a socket with the options of this client, for a connection to this address.
    fn socket(&self, to: SocketAddr) -> io::Result<TcpSocket> {
        let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        if let Some(local) = self.local_address {
            socket.bind((local, 0).into())?;
        }
        // Without these options a connection still works.
        if self.nodelay {
            let _ = socket.set_nodelay(true);
        }
        if let Some(after) = self.keepalive {
            let _ = SockRef::from(&socket).set_tcp_keepalive(&TcpKeepalive::new().with_time(after));
        }
        Ok(socket)
    }
}

type Connected = (TcpStream, SocketAddr);
type Attempt = BoxFuture<io::Result<Connected>>;
type Failures = Vec<(SocketAddr, io::Error)>;

/// Alternates between IPv6 and IPv4, starting with the family of the first address (RFC 8305, section 4).
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_ipv4 = addresses.first().is_some_and(SocketAddr::is_ipv4);
    let total = addresses.len();
    let (preferred, others): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == first_is_ipv4);
    let (mut preferred, mut others) = (preferred.into_iter(), others.into_iter());
    let mut interleaved = Vec::with_capacity(total);
    while interleaved.len() < total {
        interleaved.extend(preferred.next());
        interleaved.extend(others.next());
    }
    interleaved
}

/// Dials the addresses in turn, [`ATTEMPT_DELAY`] apart or as soon as one fails, and returns the first connection
/// (RFC 8305, section 5). The other attempts are cancelled.
async fn race(mut waiting: impl Iterator<Item = (SocketAddr, Attempt)>) -> Result<Connected, Failures> {
    let mut failures = Failures::new();
    let mut running: Vec<(SocketAddr, Attempt)> = waiting.next().into_iter().collect();
    let mut waiting = waiting.peekable();
    while !running.is_empty() {
        let mut delay = pin!(waiting.peek().is_some().then(|| tokio::time::sleep(ATTEMPT_DELAY)));
        let step = poll_fn(|cx| {
            for (position, (_, attempt)) in running.iter_mut().enumerate() {
                if let Poll::Ready(outcome) = attempt.as_mut().poll(cx) {
                    return Poll::Ready(Some((position, outcome)));
                }
            }
            match delay.as_mut().as_pin_mut() {
                Some(delay) => delay.poll(cx).map(|()| None),
                None => Poll::Pending,
            }
        });
        match step.await {
            Some((_, Ok(connected))) => return Ok(connected),
            Some((position, Err(error))) => failures.push((running.swap_remove(position).0, error)),
            None => {}
        }
        running.extend(waiting.next());
    }
    Err(failures)
}

fn failed(mut failures: Failures) -> Error {
    let detail = match failures.as_slice() {
        [(_, only)] => only.to_string(),
        several => {
            let shown: Vec<_> = several.iter().take(MAX_REPORTED).map(|(at, error)| format!("{at}: {error}")).collect();
            shown.join(", ")
        }
    };
    let error = Error::new(ErrorKind::Connect, detail);
    match failures.pop() {
        Some((_, source)) => error.with_source(source),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_families_alternate() {
        let parse = |list: &str| list.split(' ').map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        for (given, expected) in [
            ("[::1]:1 [::2]:1 [::3]:1 1.1.1.1:1", "[::1]:1 1.1.1.1:1 [::2]:1 [::3]:1"),
            ("1.1.1.1:1 1.1.1.2:1 [::1]:1 [::2]:1", "1.1.1.1:1 [::1]:1 1.1.1.2:1 [::2]:1"),
            ("1.1.1.1:1", "1.1.1.1:1"),
        ] {
            assert_eq!(interleaved(parse(given)), parse(expected));
        }
    }

    #[tokio::test]
    async fn socket_options_are_set() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut timings = Timings::default();
        let to = Destination::new("127.0.0.1", listener.local_addr().unwrap().port());
        let (stream, address) = Tcp::new(&Options::default()).connect(&to, &mut timings).await.unwrap();
        assert_eq!(address, stream.peer_addr().unwrap());
        assert!(stream.nodelay().unwrap(), "on by default");
        assert!(!SockRef::from(&stream).keepalive().unwrap(), "off by default");

        let keepalive = Some(Duration::from_secs(33));
        let tcp = Tcp::new(&Options { nodelay: false, keepalive, ..Options::default() });
        let (stream, _) = tcp.connect(&to, &mut timings).await.unwrap();
        assert!(!stream.nodelay().unwrap());
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        #[cfg(unix)]
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(33));
    }
}
