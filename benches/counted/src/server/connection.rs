//! A connection of the server. The first segment of the request's path says what it does.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// How many bytes are sent in a turn: as many as every kernel accepts and delivers at once.
const TURN: usize = 40_000;

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
    stream: TcpStream,
    received: Vec<u8>,
    unsent: Vec<u8>,
    /// Known after the handshake.
    job: Option<Job>,
    closes: bool,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        stream.set_nonblocking(true).and_then(|()| stream.set_nodelay(true)).expect("a socket");
        Self { stream, received: Vec::new(), unsent: Vec::new(), job: None, closes: false }
    }

    /// Does all that can be done without waiting. Returns whether there was anything. An error means that the connection is
    /// over.
    pub(crate) fn act(&mut self) -> io::Result<bool> {
        let open = self.read()?;
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
        let written = self.write()?;
        if self.unsent.is_empty() && self.closes {
            self.stream.shutdown(Shutdown::Write)?;
        }
        if open { Ok(arrived || written) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }

    /// Returns whether the client may send more.
    fn read(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 1 << 16];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Ok(false),
                Ok(length) => self.received.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns whether there was anything to write.
    fn write(&mut self) -> io::Result<bool> {
        let any = !self.unsent.is_empty();
        let mut left = TURN.min(self.unsent.len());
        while left > 0 {
            match self.stream.write(&self.unsent[..left]) {
                Ok(length) => {
                    self.unsent.drain(..length);
                    left -= length;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(any)
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
        let response = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        self.unsent.extend_from_slice(response.as_bytes());
        let path = head.split(' ').nth(1).expect("a path");
        self.job = Some(job(&path.split('/').skip(1).collect::<Vec<_>>()));
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

fn job(path: &[&str]) -> Job {
    let number = |text: &str| text.parse::<usize>().expect("a number");
    match *path {
        ["send", kind, length, count] => {
            let opcode = if kind == "text" { TEXT } else { BINARY };
            let mut batch = Vec::new();
            (0..number(count)).for_each(|_| frame(0x80 | opcode, &vec![b'x'; number(length)], &mut batch));
            Job::Send(batch)
        }
        ["take", count] => Job::Take(number(count)),
        ["echo"] => Job::Echo,
        ["drop"] => Job::Drop,
        _ => panic!("no such job: {path:?}"),
    }
}

/// Appends an unmasked frame with this first byte.
fn frame(first: u8, payload: &[u8], out: &mut Vec<u8>) {
    out.push(first);
    match payload.len() {
        short @ 0..126 => out.push(short as u8),
        medium @ 126..65536 => {
            out.push(126);
            out.extend((medium as u16).to_be_bytes());
        }
        long => {
            out.push(127);
            out.extend((long as u64).to_be_bytes());
        }
    }
    out.extend(payload);
}

/// Removes the first frame from the front. Returns its opcode and payload if it is complete.
fn take_frame(received: &mut Vec<u8>) -> Option<(u8, Vec<u8>)> {
    let (&[first, second], rest) = received.split_first_chunk()?;
    let (length, rest) = match second & 0x7f {
        126 => rest.split_first_chunk().map(|(length, rest)| (u64::from(u16::from_be_bytes(*length)), rest))?,
        127 => rest.split_first_chunk().map(|(length, rest)| (u64::from_be_bytes(*length), rest))?,
        length => (u64::from(length), rest),
    };
    let (mask, rest) = rest.split_first_chunk::<4>()?;
    let payload = rest.get(..length as usize)?;
    let payload = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    let used = received.len() - rest.len() + length as usize;
    received.drain(..used);
    Some((first & 0xf, payload))
}
