//! Servers that take less CPU time than any client: they parse no frames, as each job says beforehand what is sent.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use homing_test_server::frame::raw;
use homing_test_server::{key_of, opening_response};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::clients::runtime;
use crate::system;

pub(crate) const BUSY: &str = "serve-busy";
pub(crate) const IDLE: &str = "serve-idle";

/// How many bytes are written or read at once.
pub(crate) const CHUNK: usize = 512 * 1024;
const GREETING: usize = 100;
/// Long enough that the client never reads the greeting together with the handshake.
const GREETING_DELAY: Duration = Duration::from_millis(300);

/// A server in a process of its own, which ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
}

impl Server {
    pub(crate) fn busy() -> Self {
        Self::start(&[BUSY])
    }

    /// Starts a server with permessage-deflate.
    #[cfg(feature = "deflate")]
    pub(crate) fn deflating() -> Self {
        Self::start(&[crate::deflate_server::DEFLATING])
    }

    /// Starts a server with and without TLS on one port. Writes its root certificate to this file, with those of the system.
    #[cfg(feature = "tls")]
    pub(crate) fn tls(roots: &str) -> Self {
        Self::start(&[crate::tls_server::TLS, roots])
    }

    /// Starts a server that holds any number of connections, greets clients if the job says so, and answers Pings.
    pub(crate) fn idle(port: u16) -> Self {
        Self::start(&[IDLE, &port.to_string()])
    }

    fn start(arguments: &[&str]) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program).args(arguments).stdout(Stdio::piped()).spawn().expect("a server");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("a port");
        Self { child, port: line.trim().parse().expect("a port") }
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns an unmasked frame whose payload is valid as text.
fn frame(opcode: u8, length: usize) -> Vec<u8> {
    raw(true, 0, opcode, &vec![b'x'; length])
}

/// Returns the size of a client's frame with a payload of this length.
fn masked(length: usize) -> usize {
    frame(2, length).len() + 4
}

/// Returns the response to an opening handshake. `headers` are complete lines.
pub(crate) fn answer(request: &str, headers: &str) -> String {
    opening_response(key_of(request), headers)
}

/// Returns the segments of the path of a request: the job of the connection.
pub(crate) fn job(request: &str) -> Vec<&str> {
    request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').split('/').collect()
}

pub(crate) fn busy() {
    accept(serve);
}

/// Serves each connection on a thread of its own.
pub(crate) fn accept(serve: fn(TcpStream) -> std::io::Result<()>) {
    system::pin(system::SERVER_CORE);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("{}", listener.local_addr().expect("an address").port());
    for stream in listener.incoming() {
        let stream = stream.expect("a connection");
        // A client that has measured enough disconnects early, which is no error.
        std::thread::spawn(move || serve(stream));
    }
}

/// Reads a request.
pub(crate) fn head(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let request = head(&mut stream)?;
    stream.write_all(answer(&request, "").as_bytes())?;
    let job = job(&request);
    let number = |position: usize| job[position].parse::<usize>().expect("a number");
    match job[0] {
        "receive" => send_many(&mut stream, number(1), number(2), number(3)),
        "send" => take_many(&mut stream, number(1), number(2)),
        "round-trip" => echo(&mut stream, number(1)),
        other => panic!("no such job: {other}"),
    }
}

fn send_many(stream: &mut TcpStream, opcode: usize, length: usize, count: usize) -> std::io::Result<()> {
    let frame = frame(opcode as u8, length);
    let per_chunk = (CHUNK / frame.len()).max(1);
    let chunk = frame.repeat(per_chunk);
    for _ in 0..count.div_ceil(per_chunk) {
        stream.write_all(&chunk)?;
    }
    stream.read_to_end(&mut Vec::new()).map(drop)
}

fn take_many(stream: &mut TcpStream, length: usize, count: usize) -> std::io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    let mut left = masked(length) * count;
    while left > 0 {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            read => left = left.saturating_sub(read),
        }
    }
    stream.write_all(&frame(2, 1))?;
    stream.read_to_end(&mut Vec::new()).map(drop)
}

fn echo(stream: &mut TcpStream, length: usize) -> std::io::Result<()> {
    let mut taken = vec![0; masked(length)];
    let echoed = frame(2, length);
    loop {
        stream.read_exact(&mut taken)?;
        stream.write_all(&echoed)?;
    }
}

/// Listens on every loopback address, as one alone has too few ports for many clients.
pub(crate) fn idle(port: &str) {
    system::pin(system::SERVER_CORE);
    system::allow_many_files();
    runtime().block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("reuse");
        socket.bind(format!("0.0.0.0:{port}").parse().expect("an address")).expect("a port");
        let listener = socket.listen(4096).expect("listen");
        println!("{}", listener.local_addr().expect("an address").port());
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            tokio::spawn(hold(stream));
        }
    });
}

async fn hold(stream: tokio::net::TcpStream) -> std::io::Result<()> {
    hold_any(stream, "").await
}

/// Answers a request with these header lines, and holds the connection.
pub(crate) async fn hold_any(mut stream: impl AsyncRead + AsyncWrite + Unpin, headers: &str) -> std::io::Result<()> {
    let mut buffer = [0; 1024];
    let mut length = 0;
    while !buffer[..length].ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer[length..]).await? {
            0 => return Ok(()),
            read => length += read,
        }
    }
    let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
    stream.write_all(answer(&request, headers).as_bytes()).await?;
    stream.flush().await?;
    if job(&request)[0] == "greet" {
        tokio::time::sleep(GREETING_DELAY).await;
        stream.write_all(&frame(2, GREETING)).await?;
        stream.flush().await?;
    }
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        // Idle clients send only Ping frames, each with a payload of 8 bytes.
        if let [0x89, 0x88, mask @ .., _, _, _, _, _, _, _, _] = &mut buffer[..length] {
            let mask: [u8; 4] = (&*mask).try_into().expect("a mask");
            let mut pong = [0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0];
            for (position, byte) in buffer[6..14].iter().enumerate() {
                pong[2 + position] = byte ^ mask[position % 4];
            }
            stream.write_all(&pong).await?;
            stream.flush().await?;
        }
    }
}
