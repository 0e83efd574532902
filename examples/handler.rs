//! Callbacks as a type: a `Handler` has its own state and can be shared between a browser app and a native one.
//!
//! `cargo run --example handler -- ws://host:port/path`

use homing::native::{BuilderExt, RunError};
use homing::{CloseEvent, End, Handler, Handshake, Message, WebSocket};

/// Counts down from three, one message at a time.
struct Countdown {
    next: u32,
}

impl Handler for Countdown {
    fn on_open(&mut self, ws: &WebSocket, _: &Handshake) {
        println!("open, {} to go", self.next);
        self.step(ws);
    }

    fn on_message(&mut self, ws: &WebSocket, message: Message) {
        println!("{message:?} came back");
        self.next -= 1;
        self.step(ws);
    }

    fn on_close(&mut self, _: &WebSocket, event: &CloseEvent) {
        println!("closed with {} {:?}", event.code, event.reason);
    }

    fn on_end(&mut self, _: &WebSocket, end: &End) {
        println!("ended: {}", end.reason);
    }
}

impl Countdown {
    fn step(&self, ws: &WebSocket) {
        let done = match self.next {
            0 => ws.close(3000, "lift-off").map_err(|refused| refused.to_string()),
            number => ws.send(number.to_string()).map_err(|refused| refused.to_string()),
        };
        if let Err(refused) = done {
            println!("{refused}");
        }
    }
}

fn main() -> Result<(), RunError> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:8080".into());
    WebSocket::builder(url).handler(Countdown { next: 3 }).run()?;
    Ok(())
}
