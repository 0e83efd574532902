//! The server drops, refuses and stalls the connection; the client recovers each time.
//!
//! ```text
//! cargo run --example demo
//! ```
//!
//! Starts a server on a port of the loopback interface, prints a timeline, and finally checks that every message arrived at
//! the server once and in order.

// Native only; `examples/web` is an example for browsers.
#![cfg_attr(target_family = "wasm", no_main, cfg(any()))]

use std::error::Error;
use std::io::{IsTerminal, Write, stdout};
use std::time::{Duration, Instant};

use futures::StreamExt;
use homing::{Event, Events, Heartbeat, Reconnect, WebSocket};
use homing_test_server::{Server, What};

/// How long an expected event may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How often the progress line is printed while the demo waits.
const PROGRESS: Duration = Duration::from_millis(100);
/// Moves to the start of the line and clears it.
const CLEAR: &str = "\r\x1b[2K";

struct Demo {
    ws: WebSocket,
    events: Events,
    server: Server,
    started: Instant,
    sent: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let url = server.url("/echo");
    println!("The server listens on {url}\n");
    println!("  time  state       what happened");
    let (ws, events) = WebSocket::builder(url)
        .reconnect(Reconnect::exponential(Duration::from_millis(400), Duration::from_secs(1)))
        .heartbeat(Heartbeat::ping(Duration::from_millis(500), Duration::from_secs(2)))
        .connect_stream()?;
    let mut demo = Demo { ws, events, server, started: Instant::now(), sent: 0 };

    demo.chapter("Three messages are queued before the connection is open, and echoed once it is.");
    demo.send(3)?;
    demo.echoed().await?;
    demo.until("the answer to a heartbeat", |event| matches!(event, Event::Latency(_))).await?;

    demo.chapter("The server drops the connection. Three messages are queued until the next one.");
    demo.server.cut_all();
    demo.closed_then_send(3).await?;
    demo.echoed().await?;

    demo.chapter("The server drops the connection and refuses the next two attempts. Four messages are queued.");
    demo.server.refuse_next(2);
    demo.server.cut_all();
    demo.closed_then_send(4).await?;
    demo.echoed().await?;

    demo.chapter("The server stalls: the connection stays open, but heartbeats are not answered.");
    demo.server.silence(true);
    demo.until("the heartbeat to time out", |event| matches!(event, Event::Error(_))).await?;
    demo.server.silence(false);
    demo.closed_then_send(2).await?;
    demo.echoed().await?;

    demo.chapter("The client closes.");
    demo.ws.close(1000, "done")?;
    demo.until("the closing handshake", |event| matches!(event, Event::End(_))).await?;
    demo.check()
}

impl Demo {
    fn chapter(&self, text: &str) {
        println!("\n{text}");
    }

    fn say(&self, text: &str) {
        let state = format!("{:?}", self.ws.state());
        println!("{:>5.2}s  {state:<10}  {text}", self.started.elapsed().as_secs_f64());
    }

    /// Sends the next `count` numbers as messages.
    fn send(&mut self, count: u32) -> Result<(), Box<dyn Error>> {
        for _ in 0..count {
            self.sent += 1;
            self.ws.send(self.sent.to_string())?;
        }
        self.say(&format!("sent {count} messages, {} bytes buffered", self.ws.buffered_amount()));
        Ok(())
    }

    async fn closed_then_send(&mut self, count: u32) -> Result<(), Box<dyn Error>> {
        self.until("the connection to close", |event| matches!(event, Event::Close(_))).await?;
        self.send(count)
    }

    /// Waits until the server has echoed everything sent so far.
    async fn echoed(&mut self) -> Result<(), Box<dyn Error>> {
        let last = self.sent.to_string();
        let is_last = |event: &Event| matches!(event, Event::Message(message) if message.as_text() == Some(&last));
        self.until("the echo of the last message", is_last).await
    }

    /// Prints events until the wanted one. `name` describes it in the progress line.
    async fn until(&mut self, name: &str, wanted: impl Fn(&Event) -> bool) -> Result<(), Box<dyn Error>> {
        let began = Instant::now();
        let mut progress = tokio::time::interval(PROGRESS);
        loop {
            let event = tokio::select! {
                event = self.events.next() => event.ok_or("no more events")?,
                _ = progress.tick() => {
                    if began.elapsed() >= TIMEOUT {
                        return Err(format!("timeout after {TIMEOUT:?}, waiting for {name}").into());
                    }
                    self.waiting(name, began);
                    continue;
                }
            };
            if stdout().is_terminal() {
                print!("{CLEAR}");
            }
            self.say(&describe(&event));
            if wanted(&event) {
                return Ok(());
            }
        }
    }

    /// Shows in a terminal what the demo waits for, in a line that the next event replaces.
    fn waiting(&self, name: &str, began: Instant) {
        let mut out = stdout();
        if out.is_terminal() {
            let state = format!("{:?}", self.ws.state());
            let (time, waited) = (self.started.elapsed().as_secs_f64(), began.elapsed().as_secs_f64());
            let limit = TIMEOUT.as_secs();
            print!("{CLEAR}{time:>5.2}s  {state:<10}  waiting for {name}, {waited:.1} of at most {limit} s");
            // A progress line that cannot be shown is no reason to stop.
            let _ = out.flush();
        }
    }

    /// Compares what was sent with what arrived at the server.
    fn check(&self) -> Result<(), Box<dyn Error>> {
        let journal = self.server.journal();
        let arrived: Vec<u32> = journal
            .iter()
            .filter_map(|entry| match &entry.what {
                What::Text(number) => number.parse().ok(),
                _ => None,
            })
            .collect();
        let expected: Vec<u32> = (1..=self.sent).collect();
        let stats = self.ws.stats();
        println!(
            "\n{} attempts, {} reconnects, {} heartbeats; {} messages sent, {} arrived: {arrived:?}",
            stats.attempts,
            stats.reconnects,
            stats.heartbeats,
            self.sent,
            arrived.len(),
        );
        if arrived != expected {
            return Err("messages are missing, repeated or out of order".into());
        }
        println!("Every message arrived once and in order.");
        Ok(())
    }
}

fn describe(event: &Event) -> String {
    match event {
        Event::Connect => "TCP is up".into(),
        Event::Open(_) => "open".into(),
        Event::Message(message) => format!("received {message:?}"),
        Event::Latency(round_trip) => format!("heartbeat answered after {:.2} ms", round_trip.as_secs_f64() * 1e3),
        Event::Error(error) => format!("error {}: {error}", error.code()),
        Event::Close(close) => match close.retry_in {
            Some(delay) => format!("closed with {}, next attempt in {:.0} ms", close.code, delay.as_secs_f64() * 1e3),
            None => {
                format!(
                    "closed with {} ({}), no further attempt",
                    close.code,
                    if close.clean { "clean" } else { "not clean" }
                )
            }
        },
        Event::End(end) => format!("ended: {}, {} messages unsent", end.reason, end.unsent),
        other => format!("{other:?}"),
    }
}
