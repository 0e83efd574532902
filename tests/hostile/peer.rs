//! The peer that plays a script, on a thread of its own.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::scripts::{Script, Stage};

/// Bytes that are written at once.
const CHUNK: usize = 16 * 1024;

pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    thread: JoinHandle<io::Result<()>>,
}

impl Peer {
    /// Plays the script to the first connection, until `length` bytes of it were sent or the client has gone.
    pub(crate) fn start(script: &Script, length: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let script = script.clone();
        Self { address, thread: thread::spawn(move || play(&listener, &script, length)) }
    }

    /// Waits until the client has closed the connection.
    pub(crate) fn join(self) {
        self.thread.join().expect("no panic").expect("the handshake succeeds");
    }
}

/// Reads a request. Returns its `Sec-WebSocket-Key`, or nothing.
pub(crate) fn key(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim())
    });
    Ok(key.unwrap_or_default().to_owned())
}

/// The response to a request with this key.
pub(crate) fn answer(key: &str, compresses: bool) -> String {
    let extension = if compresses { "Sec-WebSocket-Extensions: permessage-deflate\r\n" } else { "" };
    let accept = derive_accept_key(key.as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{extension}\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}

/// Answers the opening handshake.
pub(crate) fn open(stream: &mut TcpStream, compresses: bool) -> io::Result<()> {
    let key = key(stream)?;
    stream.write_all(answer(&key, compresses).as_bytes())
}

fn play(listener: &TcpListener, script: &Script, length: usize) -> io::Result<()> {
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    match script.stage {
        Stage::Handshake | Stage::HttpProxy => drop(key(&mut stream)?),
        Stage::Socks | Stage::Tls => stream.read_exact(&mut [0; 3])?,
        Stage::Open => open(&mut stream, script.compresses)?,
    }
    if script.closes {
        // A masked frame with a code.
        stream.read_exact(&mut [0; 8])?;
    }
    // What the client sends is read, or it would have to stop.
    let mut reader = stream.try_clone()?;
    let reading = thread::spawn(move || while let Ok(1..) = reader.read(&mut [0; 4096]) {});
    let repeated = script.unit.repeat(length.min(CHUNK) / script.unit.len() + 1);
    let mut write = |bytes: &[u8]| stream.write_all(bytes).is_ok();
    let mut left = length / script.unit.len() * script.unit.len();
    let mut goes_on = write(&script.first);
    while goes_on && left > 0 {
        let part = left.min(repeated.len());
        goes_on = write(&repeated[..part]);
        left -= part;
    }
    let _ = stream.shutdown(Shutdown::Write);
    let _ = reading.join();
    Ok(())
}
