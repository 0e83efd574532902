//! Natively: a server in this process, and Tokio's time.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use homing::ErrorKind;
use homing_test_server::{Entry, What};

use super::{Seen, Wire};

pub struct Server(pub homing_test_server::Server);

impl Server {
    pub async fn start() -> Self {
        Self(homing_test_server::Server::start().expect("a test server"))
    }

    pub fn url(&self, path: &str) -> String {
        self.0.url(path)
    }

    /// Runs a command, in the syntax of the test server's remote control.
    pub async fn command(&self, command: &str) {
        let (name, query) = command.split_once('?').unwrap_or((command, ""));
        let parameter = |wanted: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value).expect("a parameter")
        };
        let number = |wanted: &str| parameter(wanted).parse::<u16>().expect("a number");
        match name {
            "cut_all" => self.0.cut_all(),
            "close_all" => self.0.close_all(number("code"), parameter("reason")),
            "refuse_next" => self.0.refuse_next(number("n").into()),
            "silence" => self.0.silence(number("on") == 1),
            "stop" => self.0.stop(),
            "restart" => self.0.restart().expect("the port is reserved"),
            _ => panic!("no such command: {name}"),
        }
    }

    pub async fn journal(&self) -> Vec<Seen> {
        convert(&self.0.journal())
    }

    pub async fn wait_for(&self, patience: Duration, mut wanted: impl FnMut(&[Seen]) -> bool) -> bool {
        self.0.wait_for_async(patience, |entries| wanted(&convert(entries))).await
    }
}

fn convert(entries: &[Entry]) -> Vec<Seen> {
    let wire = |what: &What| {
        Some(match what.clone() {
            What::Accepted => Wire::Accepted,
            What::Request { path, .. } => Wire::Request(path),
            What::Text(text) => Wire::Text(text),
            What::Binary(data) => Wire::Binary(data),
            What::Ping(data) => Wire::Ping(data),
            What::Pong(data) => Wire::Pong(data),
            What::Close { code, reason } => Wire::Close(code, reason),
            What::ProtocolError(why) => Wire::Broken(why),
            What::Disconnected => Wire::Gone,
            _ => return None,
        })
    };
    entries.iter().filter_map(|entry| Some((entry.connection, entry.at, wire(&entry.what)?))).collect()
}

pub async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

pub fn now() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

/// Natively no kind is hidden.
pub fn visible_kind(kind: ErrorKind) -> ErrorKind {
    kind
}

pub const HAS_OWN_PROTOCOL: bool = true;
