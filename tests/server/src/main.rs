//! Runs a server until stdin closes: `homing-test-server [PORT] [CONTROL_PORT]`, 0 or none for any free one. With the
//! second one, others are started by remote control. A port may have an address of this machine before it, such as
//! `0.0.0.0:0`.

#![forbid(unsafe_code)]

use homing_test_server::{Server, control};
use std::io::{self, Read};
use std::net::SocketAddr;

fn main() -> io::Result<()> {
    let local = |port: String| -> io::Result<SocketAddr> {
        let address = if port.contains(':') { port } else { format!("127.0.0.1:{port}") };
        address.parse().map_err(io::Error::other)
    };
    let mut ports = std::env::args().skip(1);
    let server = Server::start_at(local(ports.next().unwrap_or_else(|| "0".into()))?)?;
    println!("{}", server.url("/"));
    if let Some(port) = ports.next() {
        println!("http://{}/", control::serve(local(port)?)?);
    }
    io::copy(&mut io::stdin().by_ref(), &mut io::sink())?;
    Ok(())
}
