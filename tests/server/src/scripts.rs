//! The scripts: what the server does, by the path of the request.
//!
//! Unless a script says otherwise it answers Pings and Close frames and records what it receives. Every path takes
//! `quiet=1` (messages, Pings and Pongs are not recorded) and `header=Name:Value` (repeatable, added to the
//! answer; with `Sec-WebSocket-Extensions:permessage-deflate` clients may compress messages, and get them back as they
//! are). Values are percent-decoded. A path that is not listed here is answered with 404.
//!
//! # Ordinary ones
//! - `/echo?delay_ms=`: sends back every message, late if asked; Pings are answered at once.
//! - `/count`: only receives. `/sink`: the same with `quiet=1`, for floods.
//! - `/headers`: sends the request's headers as a JSON object (names in lower case), then acts as `/echo`.
//! - `/text?n=1&size=16`, `/flood?n=1&size=16&binary=1`: sends so many messages of that size as fast as possible,
//!   then acts as `/echo`; with `part=16384` in fragments of that size.
//! - `/burst?per=1&n=1&size=16&binary=1`: sends `n` messages of that size each time that `per` have come.
//! - `/series?n=10&size=16&binary=1&distinct=10`: sends so many messages each time that one has come, which repeat after
//!   `distinct`. `/check` with the same: answers these messages with `+` after the last one, and others with what is wrong.
//! - `/numbered?n=10&every_ms=`: sends the texts `0` to `n-1`, then (with `every_ms` meanwhile) acts as `/echo`.
//! - `/ping?n=1&every_ms=`: the same with Pings, whose payloads are the numbers.
//! - `/fragments?parts=3`: sends the text `part0part1part2` in parts, with a Ping `between1`, ... before every part
//!   but the first, then acts as `/echo`.
//!
//! # Ends
//! - `/close?code=4001&reason=bye&after=0&n=0`: sends the texts `0` to `n-1`, and Close after so many received messages;
//!   without `code` it is empty. `linger_ms=` delays the end of TCP after the closing handshake. With `never=1` no Close
//!   of the client is answered and TCP never ends; the server then sends a Close itself only if `code` or `after` is
//!   given.
//! - `/drop?after=0`, `/rst?after=0`: FIN (over TLS without `close_notify`) or RST after so many received messages.
//! - `/silent`: reads and answers nothing after the handshake. `/deaf`: reads, but answers neither Ping nor Close.
//!
//! # Sessions
//! - `/login?uses=`: the first message must be `login TOKEN`, which is answered with `welcome`; then acts as `/echo`.
//!   Anything else is closed with 4401, and so is a token that was used more than `uses` times on this server.
//! - `/topics`: `subscribe TOPIC` is answered with `subscribed TOPIC`. `publish TOPIC TEXT` is answered with `TOPIC TEXT`
//!   while this connection has subscribed to it, and otherwise closed with 4404. `unsubscribe TOPIC` has no answer.
//! - `/events?n=10&cut=`: the first message must be `resume NUMBER`; sends `NUMBER+1 event` to `n event`, and FIN after
//!   `cut` of them if there are more.
//! - `/inbox?cut=`: the first message must be `hello CLIENT`, which is answered with `have NUMBER`, the last number that
//!   this server has of the client (0 at first). Then each message begins with the next number, and is answered with
//!   `ack NUMBER`; another number is closed with 4409. With `cut` the connection ends with FIN in place of that answer.
//! - `/calls`: `ID METHOD TEXT` is answered with `ID TEXT`; the method `never` is not answered, `hold` after the next
//!   answer, and `cut` ends the connection with FIN.
//! - `/ledger?cuts=&within=8&repeats=1`: the first message must be `login CLIENT`, or the connection is closed with 4401.
//!   It is answered with `have NUMBER`, the last number that this server has of the client. Then each message begins with
//!   the next number, is recorded, and answered with `ack NUMBER`. Another number is closed with 4409; with `repeats`, one
//!   that was taken before is acknowledged again. The first `cuts` connections of the server end after up to `within`
//!   messages, of which the last is taken or not: by FIN, RST or Close, or the server is silent. The text `beat` is
//!   answered with `beat` and does not count.
//! - `/limited?burst=5&per_second=50&cut=`: acts as `/echo` for so many messages, and closes with 4429 if there are more.
//!   With `cut` the connection ends with FIN in place of the answer to that message. With `busy=1` that number of TCP
//!   connections, the first ones of the server, is answered with 429, with `Retry-After: retry_after` if it is given.
//!
//! # Handshakes
//! - `/stall`: never answers the request. `/slow?ms=10`: one byte of the answer every `ms`, then acts as `/echo`.
//! - `/http?status=200&body_len=0&location=`: an ordinary answer and the end; `body=` gives the body itself,
//!   `chunked=1` sends it in chunks of 1000 bytes.
//! - `/bad-accept`, `/no-accept`, `/no-upgrade`, `/no-connection`: the header is wrong or missing.
//! - `/extension?name=permessage-deflate`: accepts it, offered or not.
//! - `/protocol?answer=chat`: accepts this subprotocol, offered or not; without `answer` the first that was offered.
//! - `/header-flood?kib=70`: a good answer with one header of that size; `kib=0`: a header that never ends.
//! - `/garbage?n=512`: so many random bytes instead of HTTP, then FIN.
//! - `/early?n=3`: the answer and `n` texts (`0`, `1`, ...) in one write.
//! - `/raw?hex=81026869,887e007e 78*126&pause_ms=5&then=`: writes these bytes after the handshake, or with `instead=1` in
//!   place of the response. A comma is a pause, a space is not, and `*` repeats what is before it up to the space. Then
//!   acts as `/deaf`, with `then=echo` as `/echo`; `fin` and `rst` end the connection. With several `hex=` the connections
//!   of a server take turns. See [`frame`] for making frames.

use crate::conn::{Conn, Event};
use crate::connection::End;
use crate::frame;
use crate::http::Request;
use crate::opening;
use crate::query::Target;
use crate::raw::{Raw, Then};
use crate::series;
use crate::sessions;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// What a script still has to send, by time.
type Schedule = VecDeque<(Instant, Vec<u8>)>;

pub(crate) async fn run(mut conn: Conn) -> End {
    let script = async {
        let (request, raw) = opening::open(&mut conn).await?;
        script(&mut conn, &request, raw).await
    };
    let (Ok(end) | Err(end)) = script.await;
    match end {
        End::Shut => conn.shut().await.unwrap_or_else(|end| end),
        end => end,
    }
}

async fn script(conn: &mut Conn, request: &Request, raw: Raw) -> Result<End, End> {
    let target = &request.target;
    let path = target.path.as_str();
    let after = target.number("after");
    conn.quiet = path == "/sink" || target.flag("quiet");
    conn.deaf = path == "/deaf";
    conn.deflates = target.all("header").any(|header| header.starts_with("Sec-WebSocket-Extensions"));
    if let Some(end) = sessions::run(conn, target).await {
        return end;
    }
    let mut schedule = Schedule::new();
    match path {
        "/silent" => {
            conn.socket.shrink_receive_buffer();
            return Ok(conn.left().await);
        }
        "/count" | "/sink" => return receive(conn, None).await,
        "/drop" => return receive(conn, Some((after.unwrap_or(0), End::Fin))).await,
        "/rst" => return receive(conn, Some((after.unwrap_or(0), End::Rst))).await,
        "/deaf" => return listen(conn).await,
        "/close" => return close(conn, target).await,
        "/raw" => {
            raw.write(conn).await?;
            match raw.then {
                Then::Echo => {}
                Then::End(end) => return Ok(end),
                Then::Listen => {
                    conn.deaf = true;
                    return listen(conn).await;
                }
            }
        }
        "/headers" => conn.queue(&frame::text(&request.headers_json())),
        "/burst" => return burst(conn, target).await,
        "/series" => return series::send(conn, target).await,
        "/check" => return series::check(conn, target).await,
        "/text" | "/flood" => {
            let message = message(target);
            send_all(conn, (0..target.number("n").unwrap_or(1)).map(|_: u64| &message)).await?;
        }
        "/numbered" | "/ping" => {
            let (opcode, n) = if path == "/ping" { (frame::PING, 1) } else { (frame::TEXT, 10) };
            let number = |i: u32| frame::raw(true, 0, opcode, i.to_string().as_bytes());
            let numbers = 0..target.number("n").unwrap_or(n);
            let (start, pause) = (Instant::now(), target.millis("every_ms"));
            if pause.is_zero() {
                send_all(conn, numbers.map(number)).await?;
            } else {
                schedule.extend(numbers.map(|i| (start + pause * i, number(i))));
            }
        }
        "/fragments" => conn.queue(&fragments(target.number("parts").unwrap_or(3))),
        _ => {}
    }
    echo(conn, target.millis("delay_ms"), schedule).await
}

/// Returns a message of the requested size and kind.
fn message(target: &Target) -> Vec<u8> {
    let payload = vec![b'x'; target.number("size").unwrap_or(16)];
    let opcode = if target.flag("binary") { frame::BINARY } else { frame::TEXT };
    let Some(part) = target.number::<usize>("part").filter(|part| *part > 0) else {
        return frame::raw(true, 0, opcode, &payload);
    };
    let parts = payload.chunks(part).enumerate().map(|(i, part_of_it)| {
        let opcode = if i == 0 { opcode } else { frame::CONTINUATION };
        frame::raw((i + 1) * part >= payload.len(), 0, opcode, part_of_it)
    });
    parts.collect::<Vec<_>>().concat()
}

/// Sends as fast as possible, many frames with each write.
pub(crate) async fn send_all(conn: &mut Conn, messages: impl Iterator<Item = impl AsRef<[u8]>>) -> Result<(), End> {
    for message in messages {
        conn.queue(message.as_ref());
        if conn.queued() >= 64 * 1024 {
            conn.flush().await?;
        }
    }
    conn.flush().await
}

fn fragments(parts: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for i in 0..parts {
        if i > 0 {
            out.extend(frame::raw(true, 0, frame::PING, format!("between{i}").as_bytes()));
        }
        let opcode = if i == 0 { frame::TEXT } else { frame::CONTINUATION };
        out.extend(frame::raw(i + 1 == parts, 0, opcode, format!("part{i}").as_bytes()));
    }
    out
}

async fn echo(conn: &mut Conn, delay: Duration, mut schedule: Schedule) -> Result<End, End> {
    loop {
        let due = schedule.front().map(|(at, _)| *at);
        let time = async {
            match due {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = time => {
                if let Some((_, bytes)) = schedule.pop_front() {
                    conn.queue(&bytes);
                }
            }
            event = conn.next() => match event? {
                Event::Message { opcode, compressed, payload } => {
                    let rsv = if compressed { 0b100 } else { 0 };
                    let message = frame::raw(true, rsv, opcode, &payload);
                    if delay.is_zero() {
                        conn.queue(&message);
                    } else {
                        schedule.push_back((Instant::now() + delay, message));
                    }
                }
                Event::Close(code) => return Ok(answer_close(conn, code)),
            },
        }
    }
}

/// Only receives: this many messages, or until the client leaves.
async fn receive(conn: &mut Conn, until: Option<(usize, End)>) -> Result<End, End> {
    let mut received = 0;
    loop {
        match until {
            Some((count, end)) if received >= count => return Ok(end),
            _ => {}
        }
        match conn.next().await? {
            Event::Message { .. } => received += 1,
            Event::Close(code) => return Ok(answer_close(conn, code)),
        }
    }
}

async fn burst(conn: &mut Conn, target: &Target) -> Result<End, End> {
    let message = message(target);
    let (per, n) = (target.number("per").unwrap_or(1), target.number::<u64>("n").unwrap_or(1));
    let mut received = 0_u64;
    loop {
        match conn.next().await? {
            Event::Message { .. } => {
                received += 1;
                if received >= per {
                    received = 0;
                    send_all(conn, (0..n).map(|_| &message)).await?;
                }
            }
            Event::Close(code) => return Ok(answer_close(conn, code)),
        }
    }
}

/// Receives until the client ends the connection.
async fn listen(conn: &mut Conn) -> Result<End, End> {
    loop {
        conn.next().await?;
    }
}

async fn close(conn: &mut Conn, target: &Target) -> Result<End, End> {
    let (code, after) = (target.number("code"), target.number::<usize>("after"));
    let never = target.flag("never");
    let sends = !never || code.is_some() || after.is_some();
    let mut left = sends.then_some(after.unwrap_or(0));
    let numbers = 0..target.number("n").unwrap_or(0);
    send_all(conn, numbers.map(|number: u32| frame::text(&number.to_string()))).await?;
    loop {
        if left == Some(0) {
            left = None;
            conn.send_close(code, target.get("reason").unwrap_or(""));
        }
        match conn.next().await? {
            Event::Message { .. } => left = left.map(|left| left - 1),
            Event::Close(_) if never => left = None,
            Event::Close(code) => {
                let end = answer_close(conn, code);
                conn.flush().await?;
                return tokio::select! {
                    () = sleep(target.millis("linger_ms")) => Ok(end),
                    end = conn.left() => Ok(end),
                };
            }
        }
    }
}

/// Does nothing if the server has sent a Close frame already.
pub(crate) fn answer_close(conn: &mut Conn, code: Option<u16>) -> End {
    conn.send_close(code, "");
    End::Shut
}
