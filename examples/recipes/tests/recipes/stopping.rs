//! Signals to the process.
#![cfg(unix)]

use std::process::Command;

use homing_test_server::{Server, What};

use crate::{Program, texts, wait};

const SIGNALS: &str = env!("CARGO_BIN_EXE_signals");

fn send(program: &Program, signal: &str) {
    let status = Command::new("kill").args([signal, &program.child.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
}

/// Everything that was sent after the last cut arrives, then a clean Close.
fn arrives_before_the_close(signal: &str) {
    let server = Server::start().unwrap();
    let program = Program::start(SIGNALS, &[&server.url("/count")]);
    wait(&server, "readings", |journal| texts(journal).len() > 3);
    server.cut_all();
    wait(&server, "readings after the cut", |journal| {
        texts(journal).iter().filter(|(connection, _)| *connection == 2).count() > 3
    });
    send(&program, signal);
    let (status, lines) = program.end();
    assert_eq!(status.code(), Some(0), "{lines:?}");

    let journal = server.journal();
    let arrived: Vec<_> = texts(&journal).into_iter().filter(|(connection, _)| *connection == 2).collect();
    let sent = &lines[lines.len() - arrived.len()..];
    assert!(arrived.iter().map(|(_, text)| *text).eq(sent), "{arrived:?}\n{lines:?}");
    let close = What::Close { code: Some(1000), reason: "shutting down".into() };
    assert!(journal.iter().any(|entry| entry.connection == 2 && entry.what == close), "{journal:?}");
}

#[test]
fn sigterm_sends_the_queue_first() {
    arrives_before_the_close("-TERM");
}

#[test]
fn ctrl_c_sends_the_queue_first() {
    arrives_before_the_close("-INT");
}

#[test]
fn a_program_without_a_connection_reports_what_was_not_sent() {
    let server = Server::start().unwrap();
    server.stop();
    let mut program = Program::start(SIGNALS, &[&server.url("/count")]);
    assert_eq!(program.line(), "reading 1");
    // By then it listens to signals.
    assert_eq!(program.line(), "reading 2");
    send(&program, "-TERM");
    // The second one ends the wait for a connection.
    send(&program, "-TERM");
    let (status, lines) = program.end();
    assert_eq!(status.code(), Some(1));
    assert!(lines.contains(&"not sent: reading 1".to_owned()), "{lines:?}");
}
