//! The peer that plays a script, on a thread of its own.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use homing_test_server::request_key;
use tokio_rustls::rustls::ServerConfig;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::scripts::{Script, Stage};
use crate::secure::{self, Wire};

/// Bytes that are written at once.
const CHUNK: usize = 16 * 1024;

pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    /// That of TLS, or nothing.
    pub(crate) certificate: Vec<u8>,
    thread: JoinHandle<io::Result<()>>,
}

impl Peer {
    /// Plays the script to the first connection, until `length` bytes of it were sent or the client has gone.
    pub(crate) fn start(script: &Script, length: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let script = script.clone();
        let (config, certificate) = script.secure.then(secure::server).unzip();
        let thread = thread::spawn(move || play(&listener, &script, length, config));
        Self { address, certificate: certificate.unwrap_or_default(), thread }
    }

    /// Waits until the client has closed the connection.
    pub(crate) fn join(self) {
        self.thread.join().expect("no panic").expect("the handshake succeeds");
    }
}

/// Serves one connection. Returns the URL of the server, and the thread.
pub(crate) fn serve<T: Send + 'static>(
    script: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("ws://{}/", listener.local_addr().expect("it listens"));
    let serve = move || {
        let (stream, _) = listener.accept().expect("a connection");
        // A reset would discard what is held back until the client has acknowledged what was sent before.
        stream.set_nodelay(true).expect("an open stream");
        script(stream)
    };
    (url, thread::spawn(serve))
}

/// As [`serve`], after the opening handshake.
pub(crate) fn serve_open<T: Send + 'static>(
    script: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (String, JoinHandle<T>) {
    serve(move |mut stream| {
        open(&mut stream, false).expect("the handshake succeeds");
        script(stream)
    })
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
pub(crate) fn open(stream: &mut (impl Read + Write), compresses: bool) -> io::Result<()> {
    let key = request_key(stream)?;
    stream.write_all(answer(&key, compresses).as_bytes())
}

fn play(listener: &TcpListener, script: &Script, length: usize, tls: Option<Arc<ServerConfig>>) -> io::Result<()> {
    let (stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let mut stream = Wire::new(stream, tls);
    match script.stage {
        Stage::Handshake | Stage::HttpProxy => drop(request_key(&mut stream)?),
        Stage::Socks | Stage::Tls => stream.read_exact(&mut [0; 3])?,
        Stage::Open => open(&mut stream, script.compresses)?,
    }
    if script.closes {
        // A masked frame with a code.
        stream.read_exact(&mut [0; 8])?;
    }
    // What the client sends is read, or it would have to stop.
    let mut reader = stream.tcp().try_clone()?;
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
    stream.finish();
    let _ = reading.join();
    Ok(())
}
