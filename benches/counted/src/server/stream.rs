//! The bytes of a connection, with or without TLS.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use tokio_rustls::rustls::{ServerConfig, ServerConnection};

/// How many bytes are sent in a turn: as many as every kernel accepts and delivers at once.
const TURN: usize = 40_000;
/// The first byte of a TLS connection.
const HANDSHAKE: u8 = 22;

pub(crate) struct Stream {
    tcp: TcpStream,
    config: Arc<ServerConfig>,
    /// Made if the first byte is one of TLS.
    tls: Option<ServerConnection>,
    begun: bool,
}

impl Stream {
    pub(crate) fn new(tcp: TcpStream, config: Arc<ServerConfig>) -> Self {
        tcp.set_nonblocking(true).and_then(|()| tcp.set_nodelay(true)).expect("a socket");
        Self { tcp, config, tls: None, begun: false }
    }

    /// Reads all that is there. Returns whether the client may send more.
    pub(crate) fn read(&mut self, received: &mut Vec<u8>) -> io::Result<bool> {
        let mut buffer = [0; 1 << 16];
        loop {
            let length = match self.tcp.read(&mut buffer) {
                Ok(0) => return Ok(false),
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            };
            if !self.begun && buffer[0] == HANDSHAKE {
                self.tls = Some(ServerConnection::new(self.config.clone()).expect("a valid configuration"));
            }
            self.begun = true;
            let mut bytes = &buffer[..length];
            let Some(tls) = &mut self.tls else {
                received.extend_from_slice(bytes);
                continue;
            };
            while !bytes.is_empty() {
                tls.read_tls(&mut bytes)?;
                tls.process_new_packets().map_err(io::Error::other)?;
                match tls.reader().read_to_end(received) {
                    Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                    _ => {}
                }
            }
        }
    }

    /// Removes from the front what can be sent in this turn. Returns whether anything was sent.
    pub(crate) fn write(&mut self, unsent: &mut Vec<u8>) -> io::Result<bool> {
        let mut left = TURN.min(unsent.len());
        if let Some(tls) = &mut self.tls {
            tls.writer().write_all(&unsent[..left])?;
            unsent.drain(..left);
            let any = tls.wants_write();
            while tls.wants_write() {
                tls.write_tls(&mut self.tcp)?;
            }
            return Ok(any);
        }
        let any = left > 0;
        while left > 0 {
            match self.tcp.write(&unsent[..left]) {
                Ok(length) => {
                    unsent.drain(..length);
                    left -= length;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(any)
    }

    /// Nothing more will be sent.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            self.write(&mut Vec::new())?;
        }
        self.tcp.shutdown(Shutdown::Write)
    }
}
