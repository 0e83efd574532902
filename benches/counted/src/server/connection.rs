//! A connection of the server. The first segment of the request's path says what it does.

use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::sync::Arc;

use homing_test_server::frame::{BINARY, CLOSE, PING, PONG, TEXT, raw};
use homing_test_server::{key_of, opening_response};
use tokio_rustls::rustls::ServerConfig;

use super::frame::{batch, take_frame};
use super::stream::Stream;
use crate::payload::payload;

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
        while let Some((reserved, opcode, payload)) = take_frame(&mut self.received) {
            self.answer(reserved, opcode, &payload);
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
        let deflate = head.to_ascii_lowercase().contains("sec-websocket-extensions");
        let extension = if deflate { "Sec-WebSocket-Extensions: permessage-deflate\r\n" } else { "" };
        self.unsent.extend_from_slice(opening_response(key_of(&head), extension).as_bytes());
        let path = head.split(' ').nth(1).expect("a path");
        self.job = Some(job(&path.split('/').skip(1).collect::<Vec<_>>(), deflate));
    }

    fn answer(&mut self, reserved: u8, opcode: u8, payload: &[u8]) {
        match (opcode, &mut self.job) {
            (PING, _) => self.unsent.extend(raw(true, 0, PONG, payload)),
            (CLOSE, _) => {
                self.unsent.extend(raw(true, 0, CLOSE, payload));
                self.closes = true;
            }
            // What is compressed is returned as it is, and the client inflates what it has deflated.
            (TEXT | BINARY, Some(Job::Echo)) => self.unsent.extend(raw(true, reserved, opcode, payload)),
            (TEXT | BINARY, Some(Job::Take(missing))) => {
                *missing -= 1;
                if *missing == 0 {
                    self.unsent.extend(raw(true, 0, BINARY, b"all of them"));
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
