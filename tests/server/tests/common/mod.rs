//! A client that reads and writes bytes as the test says.

#![allow(dead_code, reason = "every test file uses a part of it, and each is a crate")]

use homing_test_server::{Entry, Server, What};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

pub(crate) const SOON: Duration = Duration::from_secs(30);
pub(crate) const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) fn dial(addr: SocketAddr) -> Client {
        Client::try_dial(addr).unwrap()
    }

    pub(crate) fn try_dial(addr: SocketAddr) -> io::Result<Client> {
        let stream = TcpStream::connect(addr)?;
        stream.set_read_timeout(Some(SOON))?;
        stream.set_nodelay(true)?;
        Ok(Client(stream))
    }

    /// Sends a request for a WebSocket with additional header lines.
    pub(crate) fn ask(addr: SocketAddr, path: &str, more: &str) -> Client {
        let mut client = Client::dial(addr);
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {addr}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{more}\r\n"
        );
        client.0.write_all(request.as_bytes()).unwrap();
        client
    }

    /// Opens a WebSocket.
    pub(crate) fn open(server: &Server, path: &str) -> Client {
        let mut client = Client::ask(server.addr(), path, "");
        let head = client.head();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains(&format!("\r\nSec-WebSocket-Accept: {ACCEPT}\r\n")), "{head}");
        client
    }

    /// Reads the head of the response and no byte more.
    pub(crate) fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.extend(self.take(1));
        }
        String::from_utf8(head).unwrap()
    }

    pub(crate) fn take(&mut self, n: usize) -> Vec<u8> {
        let mut bytes = vec![0; n];
        self.0.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Reads everything up to FIN.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).unwrap();
        rest
    }

    pub(crate) fn send(&mut self, opcode: u8, payload: &[u8]) {
        self.send_part(true, opcode, payload);
    }

    pub(crate) fn send_part(&mut self, fin: bool, opcode: u8, payload: &[u8]) {
        assert!(payload.len() < 126);
        let mask = [0xA1, 0xB2, 0xC3, 0xD4];
        let mut frame = vec![u8::from(fin) << 7 | opcode, 0x80 | u8::try_from(payload.len()).unwrap()];
        frame.extend(mask);
        frame.extend(payload.iter().enumerate().map(|(i, byte)| byte ^ mask[i % 4]));
        self.0.write_all(&frame).unwrap();
    }

    pub(crate) fn close(&mut self, code: u16) {
        self.send(8, &code.to_be_bytes());
    }

    /// Reads the next frame. Returns its first byte and its payload.
    pub(crate) fn frame(&mut self) -> (u8, Vec<u8>) {
        let head = self.take(2);
        let length = match head[1] {
            126 => u64::from(u16::from_be_bytes(self.take(2).try_into().unwrap())),
            127 => u64::from_be_bytes(self.take(8).try_into().unwrap()),
            short => u64::from(short),
        };
        (head[0], self.take(usize::try_from(length).unwrap()))
    }

    pub(crate) fn text(&mut self) -> String {
        let (first, payload) = self.frame();
        assert_eq!(first, 0x81);
        String::from_utf8(payload).unwrap()
    }

    /// Returns how the stream ends, if it ends before the next byte.
    pub(crate) fn end(&mut self) -> Result<(), ErrorKind> {
        match self.0.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => panic!("a byte instead of the end"),
            Err(error) => Err(error.kind()),
        }
    }

    /// Checks that nothing is received for a while, not even the end.
    pub(crate) fn quiet(&mut self) -> bool {
        self.0.set_read_timeout(Some(Duration::from_millis(150))).unwrap();
        let result = self.0.read(&mut [0]);
        self.0.set_read_timeout(Some(SOON)).unwrap();
        matches!(result, Err(error) if is_timeout(&error))
    }
}

pub(crate) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

pub(crate) fn has(entries: &[Entry], what: &What) -> bool {
    entries.iter().any(|entry| entry.what == *what)
}

/// Waits until the journal has the entry.
pub(crate) fn saw(server: &Server, what: &What) -> bool {
    server.wait_for(SOON, |entries| has(entries, what))
}

pub(crate) fn saw_error(server: &Server, part: &str) -> bool {
    server.wait_for(SOON, |entries| {
        entries.iter().any(|entry| matches!(&entry.what, What::ProtocolError(why) if why.contains(part)))
    })
}

pub(crate) fn eventually(mut condition: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < SOON {
        if condition() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}
