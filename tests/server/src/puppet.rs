//! A server without scripts: it opens connections and hands them out, to be read and
//! written byte by byte. It keeps nothing in memory.

use crate::handshake::accept;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// Opens every connection to its URL.
pub struct Puppet {
    /// Returns the address that it listens on.
    pub url: String,
    /// The open connections.
    pub opened: Receiver<TcpStream>,
}

impl Puppet {
    /// Listens on a free port of 127.0.0.1 until the receiver of connections is dropped.
    pub fn start() -> io::Result<Puppet> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("ws://{}/", listener.local_addr()?);
        let (open, opened) = channel();
        thread::Builder::new().name("test-puppet".into()).spawn(move || serve(&listener, &open))?;
        Ok(Puppet { url, opened })
    }
}

fn serve(listener: &TcpListener, opened: &Sender<TcpStream>) {
    while let Ok((stream, _)) = listener.accept() {
        // Connections that break before are ignored.
        let Ok(stream) = open(stream) else { continue };
        if opened.send(stream).is_err() {
            return;
        }
    }
}

/// Reads a request. Returns its `Sec-WebSocket-Key`, or an empty text if it has none.
pub fn request_key(stream: &mut impl Read) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(key_of(&String::from_utf8_lossy(&head)).to_owned())
}

/// Returns the `Sec-WebSocket-Key` of a request, or an empty text if it has none.
pub fn key_of(request: &str) -> &str {
    let key = request.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim())
    });
    key.unwrap_or_default()
}

/// Returns the response that opens a connection. `headers` are complete lines.
pub fn opening_response(key: &str, headers: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n{headers}\r\n",
        accept(key)
    )
}

fn open(mut stream: TcpStream) -> io::Result<TcpStream> {
    let key = request_key(&mut stream)?;
    stream.write_all(opening_response(&key, "").as_bytes())?;
    Ok(stream)
}
