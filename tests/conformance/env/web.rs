//! In browsers and Node: a server in another process, with remote control over HTTP, and JavaScript's time.

use std::time::Duration;

use homing::ErrorKind;
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::{Seen, Wire};

/// The address of the test server's remote control: `cargo run -p homing-test-server -- 7410 7411`.
const CONTROL: &str = "http://127.0.0.1:7411";

#[wasm_bindgen(inline_js = r#"
    export async function get(url) {
        const response = await fetch(url);
        return response.ok ? await response.text() : undefined;
    }
    export function after(millis) {
        return new Promise((resolve) => setTimeout(resolve, millis));
    }
"#)]
extern "C" {
    fn get(url: &str) -> Promise;
    fn after(millis: f64) -> Promise;
}

async fn ask(path: &str) -> String {
    let url = format!("{CONTROL}{path}");
    let answer = JsFuture::from(get(&url)).await;
    let text = answer.ok().and_then(|text| text.as_string());
    text.unwrap_or_else(|| panic!("no answer to {url}: start `cargo run -p homing-test-server -- 7410 7411`"))
}

pub struct Server {
    port: String,
}

impl Server {
    pub async fn start() -> Self {
        Self { port: ask("/start").await }
    }

    pub fn url(&self, path: &str) -> String {
        format!("ws://127.0.0.1:{}{path}", self.port)
    }

    pub async fn command(&self, command: &str) {
        ask(&format!("/{}/{command}", self.port)).await;
    }

    pub async fn journal(&self) -> Vec<Seen> {
        ask(&format!("/{}/journal", self.port)).await.lines().filter_map(parse).collect()
    }

    /// Polls the journal, as the remote control has no events.
    pub async fn wait_for(&self, patience: Duration, mut wanted: impl FnMut(&[Seen]) -> bool) -> bool {
        let give_up = now() + patience;
        loop {
            if wanted(&self.journal().await) {
                return true;
            }
            if now() > give_up {
                return false;
            }
            sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let path = format!("/{}/end", self.port);
        spawn_local(async move {
            ask(&path).await;
        });
    }
}

/// Parses a line of the journal: connection, microseconds, kind, and fields in hexadecimal, separated by tabs.
fn parse(line: &str) -> Option<Seen> {
    let mut words = line.split('\t');
    let connection = words.next()?.parse().ok()?;
    let at = Duration::from_micros(words.next()?.parse().ok()?);
    let kind = words.next()?;
    let mut bytes = || words.next().map(unhex).unwrap_or_default();
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let wire = match kind {
        "accepted" => Wire::Accepted,
        "request" => Wire::Request(text(bytes())),
        "text" => Wire::Text(text(bytes())),
        "binary" => Wire::Binary(bytes()),
        "ping" => Wire::Ping(bytes()),
        "pong" => Wire::Pong(bytes()),
        "close" => Wire::Close(text(bytes()).parse().ok(), text(bytes())),
        "broken" => Wire::Broken(text(bytes())),
        "gone" => Wire::Gone,
        _ => return None,
    };
    Some((connection, at, wire))
}

fn unhex(text: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    (0..text.len()).step_by(2).map(byte).collect()
}

pub async fn sleep(duration: Duration) {
    let _ = JsFuture::from(after(duration.as_secs_f64() * 1e3)).await;
}

pub fn now() -> Duration {
    // The client's clock, which counts whole milliseconds. A finer clock could measure less than the client waited.
    Duration::from_millis(js_sys::Date::now() as u64)
}

/// Browsers hide the cause of an error, unless the client itself detected it.
pub fn visible_kind(kind: ErrorKind) -> ErrorKind {
    match kind {
        ErrorKind::OpenTimeout
        | ErrorKind::HeartbeatTimeout
        | ErrorKind::MessageTooLarge
        | ErrorKind::Provider
        | ErrorKind::Unsupported => kind,
        _ => ErrorKind::Opaque,
    }
}

pub const HAS_OWN_PROTOCOL: bool = false;
