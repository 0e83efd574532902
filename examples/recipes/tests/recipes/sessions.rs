//! What a server knows of its clients, and how they bring it back.

use homing_test_server::Server;

use crate::{Program, texts};

#[test]
fn requests() {
    let server = Server::start().unwrap();
    let (status, lines) = Program::start(env!("CARGO_BIN_EXE_requests"), &[&server.url("/calls")]).end();
    assert!(status.success(), "{status}");
    assert_eq!(lines, ["one two", "Err(TimedOut)", "lost"]);
    let sent = [(1, "1 hold one"), (1, "2 echo two"), (1, "3 never three"), (1, "4 cut four"), (2, "5 echo four")];
    assert_eq!(texts(&server.journal()), sent);
}
