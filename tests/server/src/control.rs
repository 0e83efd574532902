//! Starts and controls servers over HTTP, for tests in a browser.
//!
//! `GET /start` starts a server and returns its port; `GET /PORT/COMMAND?parameters` calls the method of
//! [`Server`] of that name and returns `ok`. `GET /PORT/journal` returns a line for each entry: connection,
//! microseconds, kind, then the fields of the kind as hexadecimal UTF-8, separated by tabs. `GET /PORT/end` ends a
//! server. `GET /certificate` makes a certificate for `localhost` and its key, as PEM, for a page over https.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::frame::hex;
use crate::query::Target;
use crate::{Entry, Server, What};

type Servers = Arc<Mutex<HashMap<u16, Arc<Server>>>>;

/// Accepts commands until the process ends. Returns the address that it listens on.
///
/// # Errors
/// Fails if it cannot listen on the address.
pub fn serve(addr: SocketAddr) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(addr)?;
    let addr = listener.local_addr()?;
    let servers = Servers::default();
    thread::Builder::new().name("control".into()).spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let servers = servers.clone();
            // The client may disconnect before the response.
            thread::spawn(move || drop(answer(&stream, &servers)));
        }
    })?;
    Ok(addr)
}

fn answer(mut stream: &TcpStream, servers: &Servers) -> io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    // Unread bytes of the request would make closing the socket a reset.
    for line in lines.by_ref() {
        if line?.is_empty() {
            break;
        }
    }
    let target = Target::parse(request.split(' ').nth(1).unwrap_or_default());
    let (status, body) = match command(&target, servers) {
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", "no such command or server".into()),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\
         Access-Control-Allow-Origin: *\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{body}"
    )
}

fn command(target: &Target, servers: &Servers) -> Option<String> {
    let lock = || servers.lock().unwrap_or_else(PoisonError::into_inner);
    if target.path == "/start" {
        let server = Server::start().ok()?;
        let port = server.addr().port();
        lock().insert(port, Arc::new(server));
        return Some(port.to_string());
    }
    #[cfg(feature = "tls")]
    if target.path == "/certificate" {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).ok()?;
        return Some(made.cert.pem() + &made.signing_key.serialize_pem());
    }
    let (port, command) = target.path.strip_prefix('/')?.split_once('/')?;
    let port = port.parse().ok()?;
    if command == "end" {
        // Without the lock, as ending a server takes a moment.
        let server = lock().remove(&port)?;
        drop(server);
        return Some("ok".into());
    }
    let server = lock().get(&port)?.clone();
    match command {
        "stop" => server.stop(),
        "kill" => server.kill(),
        "restart" => server.restart().ok()?,
        "refuse_next" => server.refuse_next(target.number("n")?),
        "close_all" => server.close_all(target.number("code")?, target.get("reason").unwrap_or_default()),
        "flood_all" => server.flood_all(target.number("n")?, target.number("size")?),
        "cut_all" => server.cut_all(),
        "reset_all" => server.reset_all(),
        "silence" => server.silence(target.flag("on")),
        "journal" => return Some(journal(&server.journal())),
        "connections" => return Some(server.connections().to_string()),
        _ => return None,
    }
    Some("ok".into())
}

fn journal(entries: &[Entry]) -> String {
    let mut text = String::new();
    for entry in entries {
        let (kind, fields): (_, Vec<Vec<u8>>) = match &entry.what {
            What::Accepted => ("accepted", vec![]),
            What::Refused => ("refused", vec![]),
            What::Request { path, .. } => ("request", vec![path.clone().into()]),
            What::Text(text) => ("text", vec![text.clone().into()]),
            What::Binary(data) => ("binary", vec![data.clone()]),
            What::Compressed(data) => ("compressed", vec![data.clone()]),
            What::Ping(data) => ("ping", vec![data.clone()]),
            What::Pong(data) => ("pong", vec![data.clone()]),
            What::Close { code, reason } => {
                let code = code.map_or_else(String::new, |code| code.to_string());
                ("close", vec![code.into(), reason.clone().into()])
            }
            What::ProtocolError(why) => ("broken", vec![why.clone().into()]),
            What::Disconnected => ("gone", vec![]),
        };
        // Writing to a string cannot fail.
        let _ = write!(text, "{}\t{}\t{kind}", entry.connection, entry.at.as_micros());
        for field in fields {
            let _ = write!(text, "\t{}", hex(&field));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn get(addr: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(addr).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {addr}\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    #[test]
    fn a_server_is_started_commanded_and_ended() {
        let control = serve(([127, 0, 0, 1], 0).into()).unwrap();
        let port: u16 = get(control, "/start").parse().unwrap();
        assert_eq!(get(control, &format!("/{port}/refuse_next?n=1")), "ok");
        let mut refused = TcpStream::connect(("127.0.0.1", port)).unwrap();
        assert!(matches!(refused.read(&mut [0]), Err(_) | Ok(0)));
        assert!(get(control, &format!("/{port}/journal")).contains("\trefused\n"));
        assert_eq!(get(control, &format!("/{port}/end")), "ok");
        assert_eq!(get(control, &format!("/{port}/journal")), "no such command or server");
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    }
}
