//! Runs every example as a reader would, and checks its output.
#![cfg(not(all(target_family = "wasm", target_os = "unknown")))]

use std::env::consts::EXE_SUFFIX;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use homing_test_server::{Entry, Server, What};

const PATIENCE: Duration = Duration::from_secs(20);

/// Calls cargo for an example.
fn cargo(command: &str, example: &str) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    // Cargo sets these for tests. Build scripts of dependencies that read them would run again, with all that follows.
    for (variable, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| variable.to_string_lossy().starts_with(start)) {
            cargo.env_remove(variable);
        }
    }
    cargo.args([command, "--quiet", "--example", example]).current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo
}

/// Returns the command that starts an example: cargo, or the program in `HOMING_TEST_EXAMPLES`, the directory where
/// they were built before.
fn command(name: &str) -> Command {
    if let Some(dir) = std::env::var_os("HOMING_TEST_EXAMPLES") {
        return Command::new(Path::new(&dir).join(format!("{name}{EXE_SUFFIX}")));
    }
    // At first, so that a slow build does not count as a slow example.
    let built = cargo("build", name).status().expect("cargo runs");
    assert!(built.success(), "{name} does not build");
    let mut cargo = cargo("run", name);
    cargo.arg("--");
    cargo
}

/// Starts an example.
fn example(name: &str, arguments: &[&str]) -> Child {
    command(name)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the example starts")
}

/// Runs an example to its end, which must be a success, and returns its output.
fn output(name: &str, arguments: &[&str]) -> String {
    let output = example(name, arguments).wait_with_output().expect("the example ends");
    let text = String::from_utf8(output.stdout).expect("output in UTF-8");
    assert!(output.status.success(), "{name} failed: {}\n{text}", output.status);
    text
}

/// Kills the example on drop, and cargo if it runs it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("pkill").args(["-P", &self.0.id().to_string()]).status();
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns the text messages that arrived at the server.
fn texts(journal: &[Entry]) -> Vec<&str> {
    let mut texts = Vec::new();
    for entry in journal {
        if let What::Text(text) = &entry.what {
            texts.push(text.as_str());
        }
    }
    texts
}

#[test]
fn demo() {
    let text = output("demo", &[]);
    assert!(text.contains("heartbeat timeout") && text.contains("12 messages sent, 12 arrived"), "{text}");
    assert!(text.ends_with("Every message arrived once and in order.\n"), "{text}");
}

#[test]
fn closures() {
    let server = Server::start().expect("a server");
    let mut running = Running(example("closures", &[&server.url("/echo")]));
    assert!(server.wait_for(PATIENCE, |journal| texts(journal) == ["hello"]));
    let journal = server.journal();
    let request = journal.iter().find(|entry| matches!(entry.what, What::Request { .. })).expect("a request");
    assert_eq!(request.what.header("cookie"), Some("session=0123456789"));
    assert_eq!(request.what.header("x-client"), Some("homing"));
    assert_eq!(request.what.header("sec-websocket-version"), Some("13"));

    // The client reconnects a second after the connection was cut, and sends "hello" again.
    server.cut_all();
    assert!(server.wait_for(PATIENCE, |journal| texts(journal) == ["hello", "hello"]));
    let opened: Vec<_> = server
        .journal()
        .iter()
        .filter(|entry| matches!(entry.what, What::Request { .. }))
        .map(|entry| entry.at)
        .collect();
    assert!(opened[1] - opened[0] >= Duration::from_millis(990), "{opened:?}");

    let mut lines = BufReader::new(running.0.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let said: Vec<_> = lines.by_ref().take(4).collect();
    assert_eq!(said[0], "TCP is up");
    assert!(said[1].starts_with("open: status Some(101)"), "{said:?}");
    assert_eq!(said[2], "message: Text(\"hello\")");
    assert!(said[3].starts_with("error 3: connection broken"), "{said:?}");
}

#[test]
fn cat() {
    let server = Server::start().expect("a server");
    let mut child = example("cat", &[&server.url("/echo")]);
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    writeln!(stdin, "first line").expect("the example reads");
    let mut line = String::new();
    stdout.read_line(&mut line).expect("the example prints");
    assert_eq!(line, "first line\n");

    server.cut_all();
    writeln!(stdin, "second line\nthird line").expect("the example reads");
    drop(stdin);
    let status = child.wait().expect("the example ends");
    assert!(status.success(), "{status}");
    // A message sent on the connection that was being cut may be lost, but none arrives twice or out of order.
    let journal = server.journal();
    let arrived = texts(&journal);
    assert_eq!(arrived[0], "first line");
    assert!(
        arrived.is_sorted_by_key(|line| ["first line", "second line", "third line"].iter().position(|l| l == line))
    );
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("output in UTF-8");
    assert!(!rest.contains("first line"), "{rest}");
}

#[test]
fn shutdown() {
    let server = Server::start().expect("a server");
    let mut child = example("shutdown", &[&server.url("/echo")]);
    assert!(server.wait_for(PATIENCE, |journal| texts(journal).contains(&"reading 2")));
    drop(child.stdin.take());
    let output = child.wait_with_output().expect("the example ends");
    assert!(output.status.success(), "{}", output.status);
    let text = String::from_utf8(output.stdout).expect("output in UTF-8");
    assert!(text.ends_with("\nclosed on this side: 0 messages not sent, 0 lost with the connection\n"), "{text}");

    // Without a server, the queue is returned.
    server.stop();
    let mut child = example("shutdown", &[&server.url("/echo")]);
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("the example prints");
    assert_eq!(line, "reading 1\n");
    drop(child.stdin.take());
    let status = child.wait().expect("the example ends");
    assert!(status.success(), "{status}");
    let mut text = String::new();
    stdout.read_to_string(&mut text).expect("output in UTF-8");
    assert!(text.contains("closed on this side: ") && text.contains("\nnot sent: Text(\"reading 1\")\n"), "{text}");
}

#[test]
fn stream() {
    let server = Server::start().expect("a server");
    let text = output("stream", &[&server.url("/echo")]);
    assert!(text.starts_with("Connect\nOpen("), "{text}");
    assert!(text.contains("Message(Text(\"greeting 3\"))"), "{text}");
    assert_eq!(texts(&server.journal()), ["greeting 1", "greeting 2", "greeting 3"]);
}

#[test]
fn handler() {
    let server = Server::start().expect("a server");
    let text = output("handler", &[&server.url("/echo")]);
    assert!(text.contains("Text(\"1\") came back\nclosed with 3000"), "{text}");
    assert_eq!(texts(&server.journal()), ["3", "2", "1"]);
}

#[test]
fn custom_transport() {
    let text = output("custom_transport", &[]);
    let lines: Vec<_> = text.lines().take(8).collect();
    let round = |first: u32, second: u32| {
        ["open".to_owned(), format!("Text(\"{first}\") came back"), format!("Text(\"{second}\") came back")]
    };
    let enough = "closed with 1001 \"enough\"";
    assert_eq!(lines[..4], [round(1, 2).as_slice(), &[enough.to_owned()]].concat());
    assert_eq!(lines[4..7], round(3, 4));
    // Both sides close now, in any order.
    assert!([enough, "closed with 1000 \"\""].contains(&lines[7]), "{text}");
}
