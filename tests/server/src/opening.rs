//! Everything before the WebSocket is open, and the paths that never open one.

use crate::conn::Conn;
use crate::connection::End;
use crate::frame;
use crate::handshake;
use crate::http::{Request, Response};
use crate::journal::What;
use crate::raw::Raw;
use std::time::Duration;
use tokio::time::sleep;

/// The paths that upgrade; `/http`, `/stall` and `/garbage` do not.
const UPGRADING: [&str; 34] = [
    "/bad-accept",
    "/burst",
    "/calls",
    "/check",
    "/close",
    "/count",
    "/deaf",
    "/drop",
    "/early",
    "/echo",
    "/events",
    "/extension",
    "/flood",
    "/fragments",
    "/header-flood",
    "/headers",
    "/inbox",
    "/ledger",
    "/limited",
    "/login",
    "/no-accept",
    "/no-connection",
    "/no-upgrade",
    "/numbered",
    "/ping",
    "/protocol",
    "/raw",
    "/rst",
    "/series",
    "/silent",
    "/sink",
    "/slow",
    "/text",
    "/topics",
];

/// Responds to the request. Returns `Ok` once the WebSocket is open, with what `/raw` writes.
pub(crate) async fn open(conn: &mut Conn) -> Result<(Request, Raw), End> {
    let request = conn.request().await?;
    let target = &request.target;
    match target.path.as_str() {
        "/stall" => return Err(conn.left().await),
        "/http" => return Err(answer(conn, Response::requested(target))),
        "/garbage" => {
            conn.write(&garbage(target.number("n").unwrap_or(512))).await?;
            return Err(End::Fin);
        }
        "/limited" if conn.id() <= target.number("busy").unwrap_or(0) => {
            let mut response = error(429, "busy");
            if let Some(delay) = target.get("retry_after") {
                response.push("Retry-After", delay);
            }
            return Err(answer(conn, response));
        }
        path if !UPGRADING.contains(&path) => {
            return Err(answer(conn, error(404, "no such script")));
        }
        _ => {}
    }
    if let Err(why) = handshake::check(&request) {
        let response = error(400, &why);
        conn.record(What::ProtocolError(why));
        return Err(answer(conn, response));
    }
    let Some(raw) = Raw::parse(target, conn.id()) else {
        return Err(answer(conn, error(400, "hex= or then= cannot be read")));
    };
    if target.path == "/raw" && target.flag("instead") {
        return Err(raw.in_place_of_the_response(conn).await?);
    }
    upgrade(conn, &request).await?;
    Ok((request, raw))
}

fn answer(conn: &mut Conn, response: Response) -> End {
    conn.queue(&response.bytes());
    End::Shut
}

fn error(status: u16, why: &str) -> Response {
    Response::ordinary(status, format!("{why}\n").into_bytes(), false)
}

/// Writes the response to the handshake as the path selects.
async fn upgrade(conn: &mut Conn, request: &Request) -> Result<(), End> {
    let target = &request.target;
    let mut response = handshake::answer(request).bytes();
    match target.path.as_str() {
        "/slow" => {
            let pause = target.number("ms").unwrap_or(10);
            for byte in response {
                conn.write(&[byte]).await?;
                sleep(Duration::from_millis(pause)).await;
            }
            Ok(())
        }
        "/early" => {
            for i in 0..target.number("n").unwrap_or(3) {
                response.extend(frame::text(&i.to_string()));
            }
            conn.write(&response).await
        }
        "/header-flood" if target.get("kib") == Some("0") => {
            conn.write(b"HTTP/1.1 101 Switching Protocols\r\nX-Flood: ").await?;
            loop {
                conn.write(&[b'f'; 1024]).await?;
            }
        }
        _ => conn.write(&response).await,
    }
}

/// Returns the same bytes each time. Already the first one is not HTTP.
fn garbage(n: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..n).map(|i| if i == 0 { 0 } else { next() }).collect()
}
