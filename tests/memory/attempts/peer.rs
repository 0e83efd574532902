//! A server and proxy that ends each connection as the client asks: by the path of the URL, or by the name of the host where
//! there is a proxy. It keeps nothing.

use std::io;
use std::net::SocketAddr;

use homing_test_server::frame;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The first byte of SOCKS 5, and of TLS.
const SOCKS: u8 = 5;
const TLS: u8 = 22;
/// The length of a client's Close frame without a reason: header, mask and code.
const CLOSE: usize = 2 + 4 + 2;

/// Starts a listener on this runtime.
pub(super) async fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // The client may have left already.
            tokio::spawn(async move { drop(serve(stream).await) });
        }
    });
    address
}

async fn serve(mut stream: TcpStream) -> io::Result<()> {
    let mut head = [0; 4096];
    let mut len = 0;
    loop {
        len += match stream.read(&mut head[len..]).await? {
            0 => return Ok(()),
            read => read,
        };
        match head[..len] {
            [SOCKS, ..] => return socks(stream).await,
            [TLS, ..] => return stream.write_all(b"no TLS").await,
            [.., b'\r', b'\n', b'\r', b'\n'] => break,
            _ => {}
        }
    }
    let head = String::from_utf8_lossy(&head[..len]).into_owned();
    let mut words = head.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if method == "CONNECT" {
        return connect(stream, target.split('.').next().unwrap_or_default()).await;
    }
    let key = words.skip_while(|word| !word.eq_ignore_ascii_case("sec-websocket-key:")).nth(1).unwrap_or_default();
    respond(stream, target, key).await
}

/// As an HTTP proxy.
async fn connect(mut stream: TcpStream, host: &str) -> io::Result<()> {
    match host {
        "unauthorized" => stream.write_all(b"HTTP/1.1 407 Who are you\r\nContent-Length: 2\r\n\r\nno").await,
        "garbage" => stream.write_all(b"what?\r\n\r\n").await,
        "refused" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            stream.read_exact(&mut [0; 16]).await?;
            stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno").await
        }
        _ => Ok(()),
    }
}

async fn socks(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(&[SOCKS, 0]).await?;
    let mut head = [0; 5];
    stream.read_exact(&mut head).await?;
    let mut name = vec![0; usize::from(head[4]) + 2];
    stream.read_exact(&mut name).await?;
    if name.starts_with(b"refused") {
        return stream.write_all(&[SOCKS, 5, 0, 1, 0, 0, 0, 0, 0, 0]).await;
    }
    stream.write_all(b"what?").await
}

/// As a server, whose response to the request is `path`.
async fn respond(mut stream: TcpStream, path: &str, key: &str) -> io::Result<()> {
    let accept = derive_accept_key(key.as_bytes());
    let opens = |more: &str| {
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n{more}\r\n"
        )
    };
    match path {
        "/half" => return stream.write_all(&opens("").as_bytes()[..60]).await,
        "/garbage" => return stream.write_all(b"SSH-2.0-OpenSSH_10.0\r\n\r\n").await,
        "/refused" => return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno").await,
        "/redirected" => {
            return stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: /refused\r\nContent-Length: 0\r\n\r\n").await;
        }
        "/key" => return stream.write_all(opens("").replace(&accept, "AAAA").as_bytes()).await,
        "/protocol" => return stream.write_all(opens("Sec-WebSocket-Protocol: other\r\n").as_bytes()).await,
        "/reset" => return stream.set_zero_linger(),
        // Until the client gives up.
        "/silent" => return stream.read(&mut [0]).await.map(drop),
        _ => {}
    }
    stream.write_all(opens("").as_bytes()).await?;
    match path {
        "/open/cut" => {}
        "/open/reset" => stream.set_zero_linger()?,
        "/open/closed" => {
            stream.write_all(&frame::close(Some(1001), "bye")).await?;
            stream.read_exact(&mut [0; CLOSE]).await?;
        }
        "/open/messages" => {
            stream.write_all(&frame::text(&"x".repeat(10_000))).await?;
            // What `on_open` sent.
            stream.read_exact(&mut [0; 64]).await?;
        }
        "/open/half" => stream.write_all(&frame::text(&"x".repeat(10_000))[..5000]).await?,
        "/open/opcode" => stream.write_all(&frame::raw(true, 0, 7, b"")).await?,
        "/open/utf8" => stream.write_all(&frame::raw(true, 0, frame::TEXT, b"\xff")).await?,
        "/open/large" => stream.write_all(&frame::binary(&[0; 20_000])).await?,
        // The client closes the connection.
        _ => {
            stream.read_exact(&mut [0; CLOSE]).await?;
            stream.write_all(&frame::close(Some(1000), "")).await?;
        }
    }
    Ok(())
}
