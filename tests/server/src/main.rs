//! Runs a server until stdin closes: `homing-test-server [PORT] [CONTROL_PORT]`, 0 or none for any free one. With the
//! second one, others are started by remote control.

#![forbid(unsafe_code)]

use homing_test_server::{Server, control};
use std::io::{self, Read};
use std::net::SocketAddr;

fn main() -> io::Result<()> {
    let local = |port: String| -> io::Result<SocketAddr> {
        Ok(([127, 0, 0, 1], port.parse().map_err(io::Error::other)?).into())
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
