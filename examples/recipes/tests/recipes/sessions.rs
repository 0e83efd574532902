//! What a server knows of its clients, and how they bring it back.

use homing_test_server::{Server, What};

use crate::{Program, texts, wait};

#[test]
fn login() {
    let server = Server::start().unwrap();
    // Each token is good for one connection.
    let mut program = Program::start(env!("CARGO_BIN_EXE_login"), &[&server.url("/login?uses=1")]);
    assert_eq!([program.line(), program.line()], ["logged in", "Text(\"hello\")"]);
    server.cut_all();
    assert_eq!([program.line(), program.line(), program.line()], ["closed with 1006", "closed with 4401", "logged in"]);
    let sent = [(1, "login token1"), (1, "hello"), (2, "login token1"), (3, "login token2")];
    assert_eq!(texts(&server.journal()), sent);
}

/// A server that refuses a new token is not asked again.
#[test]
fn login_refused() {
    let server = Server::start().unwrap();
    let (_, lines) = Program::start(env!("CARGO_BIN_EXE_login"), &[&server.url("/login?uses=0")]).end();
    assert_eq!(lines, ["closed with 4401", "closed on this side"]);
    assert_eq!(texts(&server.journal()), [(1, "login token1")]);
}

/// A token that expires on the connection for which it was fetched is replaced.
#[test]
fn login_expired() {
    let server = Server::start().unwrap();
    let mut program = Program::start(env!("CARGO_BIN_EXE_login"), &[&server.url("/login?uses=9")]);
    assert_eq!([program.line(), program.line()], ["logged in", "Text(\"hello\")"]);
    server.close_all(4401, "expired");
    assert_eq!([program.line(), program.line()], ["closed with 4401", "logged in"]);
    assert_eq!(texts(&server.journal()), [(1, "login token1"), (1, "hello"), (2, "login token2")]);
}

#[test]
fn subscriptions() {
    let server = Server::start().unwrap();
    let mut program = Program::start(env!("CARGO_BIN_EXE_subscriptions"), &[&server.url("/topics")]);
    assert_eq!([program.line(), program.line()], ["subscribed EURUSD", "EURUSD 1.09"]);
    server.cut_all();
    assert_eq!(program.line(), "subscribed EURUSD");
    let sent = [(1, "subscribe EURUSD"), (1, "publish EURUSD 1.09"), (2, "subscribe EURUSD")];
    assert_eq!(texts(&server.journal()), sent);
}

#[test]
fn events() {
    let server = Server::start().unwrap();
    let mut program = Program::start(env!("CARGO_BIN_EXE_events"), &[&server.url("/events?n=20&cut=7")]);
    for number in 1..=20 {
        assert_eq!(program.line(), format!("{number} event"));
    }
    assert_eq!(texts(&server.journal()), [(1, "resume 0"), (2, "resume 7"), (3, "resume 14")]);
}

#[test]
fn outbox() {
    let server = Server::start().unwrap();
    // Attempts fail while messages are queued: these are not repeated.
    server.refuse_next(3);
    let (status, lines) = Program::start(env!("CARGO_BIN_EXE_outbox"), &[&server.url("/inbox?cut=20")]).end();
    assert!(status.success(), "{status}");
    assert_eq!(lines, ["all acknowledged, 5 reconnects"]);
    wait(&server, "the Close frame", |journal| {
        journal.iter().any(|entry| matches!(entry.what, What::Close { code: Some(1000), .. }))
    });
    // The server closes with 4409 after a number that is not the next one.
    let journal = server.journal();
    let received: Vec<_> = texts(&journal).into_iter().filter(|(_, text)| *text != "hello client7").collect();
    let expected: Vec<_> =
        (1..=100).map(|number| ((number - 1) / 20 + 4, format!("{number} reading {number}"))).collect();
    assert!(received.iter().copied().eq(expected.iter().map(|(connection, text)| (*connection, text.as_str()))));
}

#[test]
fn requests() {
    let server = Server::start().unwrap();
    let (status, lines) = Program::start(env!("CARGO_BIN_EXE_requests"), &[&server.url("/calls")]).end();
    assert!(status.success(), "{status}");
    assert_eq!(lines, ["one two", "Err(TimedOut)", "lost"]);
    let sent = [(1, "1 hold one"), (1, "2 echo two"), (1, "3 never three"), (1, "4 cut four"), (2, "5 echo four")];
    assert_eq!(texts(&server.journal()), sent);
}
