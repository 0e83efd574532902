//! The server: each connection has a thread, and the path of its request says what to do.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use homing_peers::{Kind, Messages};
use homing_test_server::frame::beginning_with as frame;
use homing_test_server::{key_of, opening_response, tls_config};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How many bytes are read at once.
const CHUNK: usize = 512 << 10;
/// One message in so many is compared as a whole.
const COMPARED: usize = 64;
/// The first byte of a TLS connection.
const HANDSHAKE: u8 = 22;

trait Wire: Read + Write + Send {
    /// Says that nothing follows, without which some clients report an error.
    fn end(&mut self) -> Result<()>;
}

impl Wire for TcpStream {
    fn end(&mut self) -> Result<()> {
        self.flush()
    }
}

impl Wire for StreamOwned<ServerConnection, TcpStream> {
    fn end(&mut self) -> Result<()> {
        self.conn.send_close_notify();
        self.flush()
    }
}

type Line = BufReader<Box<dyn Wire>>;

/// Serves with and without TLS on one port, which is printed. Writes its certificate to this file. A server that starts again
/// knows its port, and waits for so many milliseconds before.
pub(crate) fn serve(roots: &str, again: &[String]) {
    homing_peers::pin(homing_peers::SERVER_CORE);
    homing_peers::allow_many_files();
    let (config, authority) = tls_config("127.0.0.1").expect("a certificate");
    std::fs::write(roots, authority).expect("a file for the certificate");
    let port = match again {
        [port, outage] => {
            std::thread::sleep(Duration::from_millis(outage.parse().expect("a number")));
            port
        }
        _ => "0",
    };
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).expect("a port");
    // It is read only once.
    let _ = writeln!(std::io::stdout(), "{}", listener.local_addr().expect("an address").port());
    for stream in listener.incoming() {
        let (stream, config) = (stream.expect("a connection"), config.clone());
        // Thousands of threads. A client that has measured enough disconnects early, which is no error.
        let thread = std::thread::Builder::new().stack_size(256 << 10);
        thread.spawn(move || talk(stream, config)).expect("a thread");
    }
}

fn talk(stream: TcpStream, config: Arc<ServerConfig>) -> Result<()> {
    stream.set_nodelay(true)?;
    let port = stream.local_addr()?.port();
    let mut first = [0];
    stream.peek(&mut first)?;
    let wire: Box<dyn Wire> = if first[0] == HANDSHAKE {
        let session = ServerConnection::new(config).map_err(std::io::Error::other)?;
        Box::new(StreamOwned::new(session, stream))
    } else {
        Box::new(stream)
    };
    let mut line = BufReader::with_capacity(4096, wire);
    let request = head(&mut line)?;
    let path = request.split(' ').nth(1).unwrap_or_default();
    let (job, options) = path.trim_start_matches('/').split_once('+').unwrap_or((path.trim_start_matches('/'), ""));
    let deflate = options.contains("deflate");
    let extension = if deflate { "Sec-WebSocket-Extensions: permessage-deflate\r\n" } else { "" };
    line.get_mut().write_all(opening_response(key_of(&request), extension).as_bytes())?;
    line.get_mut().flush()?;
    let words: Vec<&str> = job.split('/').collect();
    let number = |at: usize| words[at].parse::<usize>().expect("a number");
    let messages = || messages(Kind::parse(words[1]), number(2));
    match words[0] {
        "receive" => send_many(line, &messages(), number(3), deflate),
        "send" | "feed" => {
            // The buffer of this connection alone: thousands have a small one.
            let line = BufReader::with_capacity(CHUNK, line);
            take_many(line, &messages(), number(3), deflate)
        }
        "echo" => echo(line),
        "cycle" => close(line),
        "hold" | "scale" => hold(line),
        "again" => Err(start_again(port, words[1])),
        "many" => many(line, &messages(), number(3), number(4)),
        other => panic!("no such job: {other}"),
    }
}

/// Ends all connections at once, and starts again after so many milliseconds.
fn start_again(port: u16, outage: &str) -> std::io::Error {
    let mut words = std::env::args().skip(1);
    let [verb, roots] = [words.next(), words.next()].map(|word| word.expect("an argument"));
    let program = std::env::current_exe().expect("this program");
    Command::new(program).args([&verb, &roots, &port.to_string(), outage]).exec()
}

/// Returns messages that were made once.
fn messages(kind: Kind, length: usize) -> Arc<Messages> {
    static MADE: LazyLock<Mutex<HashMap<(&'static str, usize), Arc<Messages>>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().expect("no other holder panics");
    made.entry((kind.name(), length)).or_insert_with(|| Arc::new(Messages::new(kind, length))).clone()
}

fn head(line: &mut impl BufRead) -> Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if line.read_line(&mut head)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(head)
}

fn first_byte(kind: Kind) -> u8 {
    if kind == Kind::Binary { 0x82 } else { 0x81 }
}

/// Returns all messages once, as frames. Compressed ones can be repeated, as none refers to data before the first.
fn frames(messages: &Messages, deflate: bool) -> Vec<Vec<u8>> {
    let mut state = Compress::new(Compression::default(), false);
    let frame = |message: &bytes::Bytes| {
        if !deflate {
            return frame(first_byte(messages.kind), message);
        }
        let mut payload = Vec::with_capacity(message.len() + 64);
        state.compress_vec(message, &mut payload, FlushCompress::Sync).expect("compressed");
        payload.truncate(payload.len() - 4);
        frame(first_byte(messages.kind) | 0x40, &payload)
    };
    messages.all.iter().map(frame).collect()
}

fn send_many(mut line: Line, messages: &Messages, count: usize, deflate: bool) -> Result<()> {
    let frames = frames(messages, deflate);
    let all = frames.concat();
    let wire = line.get_mut();
    for _ in 0..count / frames.len() {
        wire.write_all(&all)?;
    }
    wire.write_all(&frames[..count % frames.len()].concat())?;
    wire.flush()?;
    line.read_to_end(&mut Vec::new()).map(drop)
}

/// Receives a frame of a client. Returns its first byte and its mask.
fn take(line: &mut impl BufRead, payload: &mut Vec<u8>) -> Result<(u8, [u8; 4])> {
    let mut head = [0; 2];
    line.read_exact(&mut head)?;
    let mut extended = [0; 8];
    let length = match head[1] & 0x7f {
        126 => {
            line.read_exact(&mut extended[6..])?;
            u64::from_be_bytes(extended) as usize
        }
        127 => {
            line.read_exact(&mut extended)?;
            u64::from_be_bytes(extended) as usize
        }
        short => usize::from(short),
    };
    let mut mask = [0; 4];
    line.read_exact(&mut mask)?;
    payload.resize(length, 0);
    line.read_exact(payload)?;
    Ok((head[0], mask))
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
}

/// Receives all messages, and answers `+`, or which one was wrong.
fn take_many(mut line: BufReader<Line>, messages: &Messages, count: usize, deflate: bool) -> Result<()> {
    let mut state = Decompress::new(false);
    let (mut payload, mut plain) = (Vec::new(), Vec::new());
    let mut wrong = None;
    for number in 0..count {
        let (first, mask) = take(&mut line, &mut payload)?;
        let due = messages.nth(number);
        let whole = deflate || number % COMPARED == 0;
        // The server must not take longer than the client: of most messages, only the number is looked at.
        let looked_at = if whole { payload.len() } else { payload.len().min(2) };
        unmask(&mut payload[..looked_at], mask);
        let mut received = &payload;
        if deflate && first & 0x40 != 0 {
            payload.extend([0, 0, 0xff, 0xff]);
            plain.clear();
            plain.reserve(due.len() + 64);
            state.decompress_vec(&payload, &mut plain, FlushDecompress::Sync).map_err(std::io::Error::other)?;
            received = &plain;
        }
        let matches = first & 0xbf == 0x82 && messages.is_nth(number, messages.kind != Kind::Binary, received, whole);
        if !matches && wrong.is_none() {
            wrong = Some(format!("message {number} of {count} is wrong: {first:x}, {} bytes", received.len()));
        }
    }
    let line = line.get_mut();
    line.get_mut().write_all(&frame(0x82, wrong.as_deref().unwrap_or("+").as_bytes()))?;
    line.get_mut().flush()?;
    line.read_to_end(&mut Vec::new()).map(drop)
}

fn echo(mut line: Line) -> Result<()> {
    let mut payload = Vec::new();
    loop {
        let (first, mask) = take(&mut line, &mut payload)?;
        unmask(&mut payload, mask);
        let wire = line.get_mut();
        wire.write_all(&frame(first, &payload))?;
        wire.flush()?;
    }
}

/// Answers Ping frames.
fn hold(mut line: Line) -> Result<()> {
    let mut payload = Vec::new();
    loop {
        if let (0x89, mask) = take(&mut line, &mut payload)? {
            unmask(&mut payload, mask);
            let wire = line.get_mut();
            wire.write_all(&frame(0x8a, &payload))?;
            wire.flush()?;
        }
    }
}

/// Answers a Close frame, and ends the connection.
fn close(mut line: Line) -> Result<()> {
    let mut payload = Vec::new();
    let mask = loop {
        if let (0x88, mask) = take(&mut line, &mut payload)? {
            break mask;
        }
    };
    unmask(&mut payload, mask);
    let wire = line.get_mut();
    wire.write_all(&frame(0x88, &payload))?;
    wire.end()
}

/// Waits for the other connections of the same job. The last one sends a message to each in turn, and so on.
fn many(line: Line, messages: &Messages, connections: usize, each: usize) -> Result<()> {
    static WAITING: Mutex<Vec<Line>> = Mutex::new(Vec::new());
    let mut lines = {
        let mut waiting = WAITING.lock().expect("no other holder panics");
        waiting.push(line);
        if waiting.len() < connections {
            return Ok(());
        }
        std::mem::take(&mut *waiting)
    };
    let frames = frames(messages, false);
    for number in 0..each {
        for line in &mut lines {
            line.get_mut().write_all(&frames[number % frames.len()])?;
            line.get_mut().flush()?;
        }
    }
    lines[0].read_to_end(&mut Vec::new()).map(drop)
}
