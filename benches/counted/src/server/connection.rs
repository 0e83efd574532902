//! A connection of the server. The first segment of the request's path says what it does.

use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::sync::Arc;

use tokio_rustls::rustls::ServerConfig;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::frame::{batch, frame, take_frame};
use super::stream::Stream;
use crate::payload::payload;

const PING: u8 = 9;
const CLOSE: u8 = 8;
const TEXT: u8 = 1;
const BINARY: u8 = 2;

/// What is sent without being asked for.
enum Job {
    /// Sends these bytes, a batch of messages, whenever the client has read the last ones.
    Send(Vec<u8>),
    /// Answers once so many messages have arrived.
    Take(usize),
    /// Returns each message.
    Echo,
    /// Closes the connection.
    Drop,
}

pub(crate) struct Connection {
    stream: Stream,
    received: Vec<u8>,
    unsent: Vec<u8>,
    /// Known after the handshake.
    job: Option<Job>,
    closes: bool,
}

impl Connection {
    pub(crate) fn new(tcp: TcpStream, tls: Arc<ServerConfig>) -> Self {
        let stream = Stream::new(tcp, tls);
        Self { stream, received: Vec::new(), unsent: Vec::new(), job: None, closes: false }
    }

    /// Does all that can be done without waiting. Returns whether there was anything. An error means that the connection is
    /// over.
    pub(crate) fn act(&mut self) -> io::Result<bool> {
        let open = self.stream.read(&mut self.received)?;
        let arrived = !self.received.is_empty();
        match &self.job {
            None => self.shake_hands(),
            Some(Job::Drop) => self.closes = true,
            Some(Job::Send(batch)) if self.unsent.is_empty() && !self.closes => self.unsent.extend_from_slice(batch),
            Some(_) => {}
        }
        while let Some((opcode, payload)) = take_frame(&mut self.received) {
            self.answer(opcode, &payload);
        }
        let written = self.stream.write(&mut self.unsent)?;
        if self.unsent.is_empty() && self.closes {
            self.stream.end()?;
        }
        if open { Ok(arrived || written) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }

    fn shake_hands(&mut self) {
        let Some(end) = self.received.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return };
        let head: Vec<u8> = self.received.drain(..end + 4).collect();
        let head = String::from_utf8(head).expect("a request");
        let header = |wanted: &str| {
            let headers = head.lines().filter_map(|line| line.split_once(": "));
            headers.filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value).next()
        };
        let accept = derive_accept_key(header("sec-websocket-key").expect("a key").as_bytes());
        let deflate = header("sec-websocket-extensions").is_some();
        let extension = if deflate { "Sec-WebSocket-Extensions: permessage-deflate\r\n" } else { "" };
        let response = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n{extension}\r\n"
        );
        self.unsent.extend_from_slice(response.as_bytes());
        let path = head.split(' ').nth(1).expect("a path");
        self.job = Some(job(&path.split('/').skip(1).collect::<Vec<_>>(), deflate));
    }

    fn answer(&mut self, opcode: u8, payload: &[u8]) {
        match (opcode, &mut self.job) {
            (PING, _) => frame(0x80 | 10, payload, &mut self.unsent),
            (CLOSE, _) => {
                frame(0x80 | CLOSE, payload, &mut self.unsent);
                self.closes = true;
            }
            (TEXT | BINARY, Some(Job::Echo)) => frame(0x80 | opcode, payload, &mut self.unsent),
            (TEXT | BINARY, Some(Job::Take(missing))) => {
                *missing -= 1;
                if *missing == 0 {
                    frame(0x80 | BINARY, b"all of them", &mut self.unsent);
                }
            }
            _ => {}
        }
    }
}

fn job(path: &[&str], deflate: bool) -> Job {
    let number = |text: &str| text.parse::<usize>().expect("a number");
    match *path {
        ["send", text, length, count] => {
            let opcode = if text == "true" { TEXT } else { BINARY };
            Job::Send(batch(opcode, &payload(number(length)), number(count), deflate))
        }
        ["take", count] => Job::Take(number(count)),
        ["echo"] => Job::Echo,
        ["drop"] => Job::Drop,
        _ => panic!("no such job: {path:?}"),
    }
}
