//! Reaching a server, and keeping to its limits.

use std::time::Duration;

use homing_test_server::{Server, What};

use crate::{Program, requests, texts, wait};

#[test]
fn addresses() {
    let [first, second, third] = [(); 3].map(|()| Server::start().unwrap());
    first.stop();
    second.refuse_next(1);
    let urls = [first.url("/text"), second.url("/text"), third.url("/text")];
    let mut program = Program::start(env!("CARGO_BIN_EXE_addresses"), &urls.each_ref().map(String::as_str));
    let opened = |program: &mut Program| {
        assert_eq!([program.line(), program.line()], ["open", "Text(\"xxxxxxxxxxxxxxxx\")"]);
    };
    opened(&mut program);
    assert_eq!([&second, &third].map(|server| requests(&server.journal())), [0, 1]);

    // A lost connection is first tried at the same address, a server that leaves is not.
    third.cut_all();
    opened(&mut program);
    assert_eq!(requests(&third.journal()), 2);
    first.restart().unwrap();
    third.close_all(1012, "restart");
    opened(&mut program);
    assert_eq!([&first, &second, &third].map(|server| requests(&server.journal())), [1, 0, 2]);
    first.stop();
    opened(&mut program);
    assert_eq!([&first, &second, &third].map(|server| requests(&server.journal())), [1, 1, 2]);
}

#[test]
fn startup() {
    let server = Server::start().unwrap();
    server.refuse_next(2);
    let mut program = Program::start(env!("CARGO_BIN_EXE_startup"), &[&server.url("/echo")]);
    assert_eq!([(); 3].map(|()| program.line()), ["closed with 1006", "closed with 1006", "ready"]);

    // More failures than are allowed at first.
    server.refuse_next(4);
    server.cut_all();
    wait(&server, "six attempts after the first open", |journal| {
        let refused = journal.iter().filter(|entry| entry.what == What::Refused).count();
        refused == 6 && requests(journal) == 2
    });
    assert_eq!([(); 5].map(|()| program.line()), ["closed with 1006"; 5]);
}

#[test]
fn startup_without_a_server() {
    let server = Server::start().unwrap();
    server.refuse_next(100);
    let (status, lines) = Program::start(env!("CARGO_BIN_EXE_startup"), &[&server.url("/echo")]).end();
    assert_eq!(status.code(), Some(1));
    assert_eq!(lines, ["closed with 1006"; 3]);
    assert_eq!(server.journal().len(), 3);
}

#[test]
fn rate_limits() {
    let server = Server::start().unwrap();
    // A program that queued messages while it waited would send more than 15 of them at once. The cut comes long before the
    // program has sent all of its messages.
    let url = server.url("/limited?burst=15&per_second=5&cut=16&busy=1&retry_after=3");
    let (status, lines) = Program::start(env!("CARGO_BIN_EXE_rate_limits"), &[&url]).end();
    assert!(status.success(), "{status}");
    // The server would have closed with 4429.
    assert_eq!(lines, ["closed with 1006", "closed with 1006", "closed with 1000"]);

    let journal = server.journal();
    let dialled: Vec<_> = journal.iter().filter(|entry| matches!(entry.what, What::Request { .. })).collect();
    assert_eq!(dialled.len(), 3);
    assert!(dialled[1].at - dialled[0].at >= Duration::from_secs(3), "{dialled:?}");
    // Only messages that left while the connection ended are lost: those that follow the cut.
    let (cut, last): (Vec<_>, Vec<_>) = texts(&journal).into_iter().partition(|(connection, _)| *connection == 2);
    assert!(matches!(last.len(), 1..=14), "{last:?}");
    let expected = (1..=16).chain(31 - last.len()..=30).map(|number| format!("message {number}"));
    assert!(cut.iter().chain(&last).map(|(_, text)| *text).eq(expected), "{cut:?} {last:?}");
}
