//! Servers that violate the protocol: the server receives the right close code, and the client an error that says why
//! (S21).

use std::time::Duration;

use homing::native::BuilderExt;
use homing::{CloseCode, ErrorKind, Event, Initiator, Message, Reconnect};
use homing_test_server::frame::{BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close, hex, raw, text};
use homing_test_server::{Server, What};

use crate::support::{PATIENCE, Recorder, client, connect, doings, seen, server};

const MAX_MESSAGE: usize = 1000;
const PROTOCOL: (ErrorKind, u16) = (ErrorKind::Protocol, 1002);
const NOT_UTF8: (ErrorKind, u16) = (ErrorKind::Protocol, 1007);
const TOO_LARGE: (ErrorKind, u16) = (ErrorKind::MessageTooLarge, 1009);

const AFTER_THE_END: &str = "continued after its end";

struct Case {
    name: String,
    frames: Vec<Vec<u8>>,
    expected: (ErrorKind, u16),
}

/// Returns a path where the server sends these frames, 5 ms apart, and then reads without answering.
fn path(frames: &[Vec<u8>]) -> String {
    let frames: Vec<_> = frames.iter().map(|frame| hex(frame)).collect();
    format!("/raw?hex={}", frames.join(","))
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name: String, frames: Vec<Vec<u8>>, expected| cases.push(Case { name, frames, expected });

    for opcode in (3..=7).chain(11..=15) {
        add(format!("reserved opcode {opcode}"), vec![raw(true, 0, opcode, b"")], PROTOCOL);
        add(format!("reserved opcode {opcode} with payload"), vec![raw(true, 0, opcode, b"payload")], PROTOCOL);
    }
    for rsv in 1..=7 {
        add(format!("reserved bits {rsv:03b} on text"), vec![raw(true, rsv, TEXT, b"hello")], PROTOCOL);
    }
    for opcode in [BINARY, PING, PONG, CLOSE] {
        add(format!("RSV1 on opcode {opcode}"), vec![raw(true, 0b100, opcode, b"")], PROTOCOL);
    }
    let rsv_later = vec![raw(false, 0, TEXT, b"a"), raw(true, 0b010, CONTINUATION, b"b")];
    add("RSV2 on a continuation".into(), rsv_later, PROTOCOL);
    for opcode in [TEXT, BINARY, PING, CLOSE] {
        let mut masked = raw(true, 0, opcode, b"");
        masked[1] = 0x80;
        masked.extend([1, 2, 3, 4]);
        add(format!("masked, opcode {opcode}"), vec![masked], PROTOCOL);
    }
    for opcode in [PING, PONG, CLOSE] {
        add(format!("fragmented control frame {opcode}"), vec![raw(false, 0, opcode, b"")], PROTOCOL);
        add(format!("control frame {opcode} of 126 bytes"), vec![raw(true, 0, opcode, &[b'x'; 126])], PROTOCOL);
    }
    for fin in [true, false] {
        add(format!("nothing to continue, fin {fin}"), vec![raw(fin, 0, CONTINUATION, b"x")], PROTOCOL);
    }
    for opcode in [TEXT, BINARY] {
        let frames = vec![raw(false, 0, TEXT, b"a"), raw(true, 0, opcode, b"b")];
        add(format!("message {opcode} within a fragmented one"), frames, PROTOCOL);
    }
    let after_the_end = vec![raw(false, 0, TEXT, b"a"), raw(true, 0, CONTINUATION, b"b"), raw(true, 0, 0, b"c")];
    add(AFTER_THE_END.into(), after_the_end, PROTOCOL);

    for (name, bytes) in [
        ("0xff", &b"good \xff"[..]),
        ("overlong", b"\xc0\xaf"),
        ("surrogate", b"\xed\xa0\x80"),
        ("beyond U+10FFFF", b"\xf4\x90\x80\x80"),
        ("lone continuation byte", b"\x80"),
        ("truncated at the end", b"euro \xe2\x82"),
    ] {
        add(format!("not UTF-8, whole: {name}"), vec![raw(true, 0, TEXT, bytes)], NOT_UTF8);
        let (first, second) = bytes.split_at(bytes.len() - 1);
        let split = vec![raw(false, 0, TEXT, first), raw(true, 0, CONTINUATION, second)];
        add(format!("not UTF-8, split: {name}"), split, NOT_UTF8);
    }
    // Reported at the first invalid fragment, although the message never ends.
    add("not UTF-8, unfinished".into(), vec![raw(false, 0, TEXT, b"\xff")], NOT_UTF8);
    let truncated = vec![raw(false, 0, TEXT, b"\xe2"), raw(false, 0, 0, b"\x82"), raw(true, 0, 0, b"")];
    add("not UTF-8, truncated by an empty fragment".into(), truncated, NOT_UTF8);

    add("reason not UTF-8".into(), vec![raw(true, 0, CLOSE, b"\x03\xe8bad \xff")], NOT_UTF8);
    add("reason truncated".into(), vec![raw(true, 0, CLOSE, b"\x03\xe8\xe2\x82")], NOT_UTF8);
    add("Close of one byte".into(), vec![raw(true, 0, CLOSE, b"\x03")], PROTOCOL);
    for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
        add(format!("close code {code}"), vec![close(Some(code), "why")], PROTOCOL);
    }

    add(format!("{} bytes announced", MAX_MESSAGE + 1), vec![vec![0x82, 126, 3, 233]], TOO_LARGE);
    for (length, expected) in
        [(1 << 32, TOO_LARGE), ((1 << 63) - 1, TOO_LARGE), (1 << 63, PROTOCOL), (u64::MAX, PROTOCOL)]
    {
        let mut header = vec![0x82, 127];
        header.extend(u64::to_be_bytes(length));
        add(format!("{length} bytes announced"), vec![header], expected);
    }
    add("too large".into(), vec![raw(true, 0, TEXT, &[b'x'; MAX_MESSAGE + 1])], TOO_LARGE);
    let parts = vec![raw(false, 0, BINARY, &[0; 600]), raw(true, 0, CONTINUATION, &[0; 401])];
    add("too large in fragments".into(), parts, TOO_LARGE);
    add(
        "too large in fragments, unfinished".into(),
        vec![raw(false, 0, TEXT, &[b'x'; 501]), raw(false, 0, 0, &[b'x'; 500])],
        TOO_LARGE,
    );

    add("garbage".into(), vec![(0x33..0x93).collect()], PROTOCOL);
    let http =
        b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/html\r\nContent-Length: 0\r\nServer: x\r\n\r\n";
    add("HTTP".into(), vec![http.to_vec()], PROTOCOL);
    cases
}

/// Asserts that the server receives this close code, then the end of the connection, and nothing else.
async fn is_told(server: &Server, connection: u64, name: &str, code: u16) {
    seen(server, name, |journal| {
        let doings = doings(journal, connection);
        let has_code = doings.iter().any(|what| matches!(what, What::Close { code: Some(it), .. } if *it == code));
        has_code && doings.contains(&&What::Disconnected)
    })
    .await;
    let journal = server.journal();
    let closes = doings(&journal, connection).iter().filter(|what| matches!(what, What::Close { .. })).count();
    let faults = doings(&journal, connection).iter().filter(|what| matches!(what, What::ProtocolError(_))).count();
    // A malformed frame would be in the journal of the server.
    assert_eq!((closes, faults), (1, 0), "{name}: {journal:?}");
}

async fn is_reported(recorder: &Recorder, name: &str, kind: &ErrorKind) {
    let (error, close) = recorder.failed().await;
    assert_eq!(error.kind(), kind, "{name}: {error}");
    assert_eq!(error.code(), 3, "{name}: {error}");
    assert_eq!((close.code, close.clean, close.initiator), (CloseCode::ABNORMAL, false, Initiator::Failure), "{name}");
    assert_eq!(recorder.count(|event| matches!(event, Event::Error(_) | Event::Close(_))), 2, "{name}");
}

/// Checks how the client handles a case.
async fn check(server: &Server, connection: u64, case: &Case) -> Result<(), String> {
    let (kind, code) = &case.expected;
    let (builder, recorder) = client(server.url(&path(&case.frames)));
    let _ws = builder.max_message_size(MAX_MESSAGE).connect().map_err(|error| error.to_string())?;
    // A shorter limit than elsewhere, so that all cases run even if one hangs.
    let patience = Duration::from_secs(20);
    let ended = recorder.until(&case.name, |events| events.iter().any(|event| matches!(event, Event::End(_))));
    let ended = tokio::time::timeout(patience, ended).await.is_ok();
    let has_code = |what: &&What| matches!(what, What::Close { code: Some(it), .. } if it == code);
    let has_code = server.wait_for_async(patience, |journal| doings(journal, connection).iter().any(has_code)).await;
    if !ended || !has_code || !recorder.errors().iter().any(|error| error.kind() == kind) {
        let journal = server.journal();
        return Err(format!(
            "the client reported {:?}, the server saw {:?}",
            recorder.events(),
            doings(&journal, connection)
        ));
    }
    is_reported(&recorder, &case.name, kind).await;
    is_told(server, connection, &case.name, *code).await;
    // Only the case that continues a complete message delivers one.
    let good = usize::from(case.name == AFTER_THE_END);
    let messages = recorder.messages();
    if messages.len() == good { Ok(()) } else { Err(format!("{messages:?} delivered")) }
}

#[tokio::test]
async fn s21_every_violation_is_answered() {
    let server = server();
    let mut failures = Vec::new();
    for (position, case) in cases().into_iter().enumerate() {
        if let Err(failure) = check(&server, position as u64 + 1, &case).await {
            failures.push(format!("{}: {failure}", case.name));
        }
    }
    assert!(failures.is_empty(), "{} cases:\n{}", failures.len(), failures.join("\n"));
}

/// The violation is in the answer to our Close frame, after which nothing may be sent.
#[tokio::test]
async fn s21_a_forbidden_code_in_the_answer_to_a_close() {
    let server = server();
    let (ws, recorder) = connect(server.url(&path(&[text("close, please"), close(Some(999), "")])));
    recorder.messages_are(1).await;
    ws.close(4000, "").unwrap();
    is_reported(&recorder, "answer", &ErrorKind::Protocol).await;
    assert_eq!(ws.closed().await.error.as_ref().map(homing::Error::kind), Some(&ErrorKind::Protocol));
    seen(&server, "the end", |journal| doings(journal, 1).contains(&&What::Disconnected)).await;
    let journal = server.journal();
    let closes = doings(&journal, 1).into_iter().filter(|what| matches!(what, What::Close { .. })).count();
    assert_eq!(closes, 1, "{journal:?}");
}

/// The header alone is invalid, so the server is answered although it sends no payload.
#[tokio::test]
async fn s21_an_invalid_header_is_answered_without_its_payload() {
    let server = server();
    let unfinished = [
        ("reserved bits", vec![0xC1, 5]),
        ("masked", vec![0x81, 0x85, 1, 2, 3, 4]),
        ("fragmented Ping", vec![0x09, 5]),
        ("Ping of 126 bytes", vec![0x89, 126, 0, 126]),
        ("Ping longer than any message", vec![0x89, 127, 0, 0, 0, 1, 0, 0, 0, 0]),
        ("nothing to continue", vec![0x80, 5]),
        ("length not in its shortest form", vec![0x82, 126, 0, 1, b'x']),
    ];
    for (position, (name, bytes)) in unfinished.into_iter().enumerate() {
        let (_ws, recorder) = connect(server.url(&path(&[bytes])));
        is_reported(&recorder, name, &ErrorKind::Protocol).await;
        is_told(&server, position as u64 + 1, name, 1002).await;
    }
}

/// RFC 6455, section 1.4: data after a Close frame is discarded, and the closing handshake completes.
#[tokio::test]
async fn data_after_a_close_frame_is_discarded() {
    let server = server();
    for (position, late) in [text("late"), raw(true, 0, PING, b"late"), vec![0xFF; 100]].into_iter().enumerate() {
        let both = [close(Some(4001), "bye"), late].concat();
        let (_ws, recorder) = connect(server.url(&path(&[both])));
        let closed = recorder.closed().await;
        assert_eq!((closed.code.get(), closed.reason.as_str(), closed.clean), (4001, "bye", true));
        assert_eq!(recorder.messages(), []);
        assert_eq!(recorder.errors(), []);
        is_told(&server, position as u64 + 1, "late data", 4001).await;
    }
}

/// The frame that is being sent is completed first.
#[tokio::test]
async fn s21_the_close_frame_does_not_interrupt_a_frame() {
    let server = server();
    let (builder, recorder) = client(server.url(&path(&[raw(true, 0b100, TEXT, b"x")])));
    // The message may take longer than the usual timeout on a busy machine.
    let ws = builder.max_send_buffer(32 << 20).close_timeout(PATIENCE).connect().unwrap();
    let payload = vec![7; 16 << 20];
    ws.send(payload.clone()).unwrap();
    is_reported(&recorder, "busy", &ErrorKind::Protocol).await;
    is_told(&server, 1, "busy", 1002).await;
    let journal = server.journal();
    assert!(doings(&journal, 1).contains(&&What::Binary(payload)), "the message before it is whole");
}

/// The server reads the Close frame after it has sent everything. The connection must not be reset until then.
#[tokio::test]
async fn s21_a_server_that_is_still_sending_gets_the_close_code() {
    let server = server();
    let (builder, recorder) = client(server.url("/flood?n=10000&size=2000"));
    // It reads 20 MB until then.
    let _ws = builder.max_message_size(MAX_MESSAGE).close_timeout(PATIENCE).connect().unwrap();
    is_reported(&recorder, "flood", &ErrorKind::MessageTooLarge).await;
    is_told(&server, 1, "flood", 1009).await;
}

/// The same over TLS.
#[cfg(feature = "__rustls")]
#[tokio::test]
async fn s21_violations_over_tls_are_answered() {
    let server = Server::start_tls("localhost").unwrap();
    let (builder, recorder) = client(server.url(&path(&[raw(true, 0, TEXT, b"\xff")])));
    let _ws = builder.root_certificates_pem(server.ca_pem()).connect().unwrap();
    is_reported(&recorder, "TLS", &ErrorKind::Protocol).await;
    is_told(&server, 1, "TLS", 1007).await;
}

/// A blocking program exits right after the error. The server receives the Close frame nevertheless.
#[test]
fn s21_the_close_frame_leaves_before_the_runtime_ends() {
    let server = server();
    let (builder, _) = client(server.url(&path(&[raw(true, 0, TEXT, b"\xff")])));
    let end = builder.run().unwrap();
    assert_eq!(end.error.as_ref().map(homing::Error::kind), Some(&ErrorKind::Protocol), "{end:?}");
    let has_code = |what: &&What| matches!(what, What::Close { code: Some(1007), .. });
    let seen = server.wait_for(PATIENCE, |journal| doings(journal, 1).iter().any(has_code));
    assert!(seen, "{:?}", server.journal());
}

/// The client reconnects and sends the messages that were queued.
#[tokio::test]
async fn s21_a_violation_is_retried() {
    let server = server();
    let (builder, recorder) = client(server.url(&path(&[raw(true, 0, 3, b"")])));
    let ws = builder.reconnect(Reconnect::fixed(Duration::from_millis(20))).connect().unwrap();
    let opens = |events: &[Event]| events.iter().filter(|event| matches!(event, Event::Open(_))).count();
    recorder.until("three attempts", |events| opens(events) >= 3).await;
    assert_eq!(recorder.closed().await.retry_in, Some(Duration::from_millis(20)));
    assert!(ws.send(Message::text("still there")).is_ok());
}
