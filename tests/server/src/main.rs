//! Runs the server on the port given as argument (0 or none: any free one) until stdin closes.

#![forbid(unsafe_code)]

use homing_test_server::Server;
use std::io::{self, Read};

fn main() -> io::Result<()> {
    let port = match std::env::args().nth(1) {
        Some(argument) => argument.parse().map_err(io::Error::other)?,
        None => 0,
    };
    let server = Server::start_at(([127, 0, 0, 1], port).into())?;
    println!("{}", server.url("/"));
    io::copy(&mut io::stdin().by_ref(), &mut io::sink())?;
    Ok(())
}
