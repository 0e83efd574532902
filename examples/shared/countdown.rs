//! A handler for every target: `examples/handler.rs` and `examples/web` use this file.

use homing::{CloseEvent, End, Handler, Handshake, Message, WebSocket};

/// Counts down: sends the next number when the last one has been echoed, and closes at zero.
pub(crate) struct Countdown {
    next: u32,
    print: fn(&str),
}

impl Countdown {
    pub(crate) fn new(from: u32, print: fn(&str)) -> Self {
        Self { next: from, print }
    }

    fn step(&self, ws: &WebSocket) {
        let done = match self.next {
            0 => ws.close(3000, "lift-off").map_err(|error| error.to_string()),
            number => ws.send(number.to_string()).map_err(|error| error.to_string()),
        };
        if let Err(error) = done {
            (self.print)(&error);
        }
    }
}

impl Handler for Countdown {
    fn on_open(&mut self, ws: &WebSocket, _: &Handshake) {
        (self.print)(&format!("open, {} to go", self.next));
        self.step(ws);
    }

    fn on_message(&mut self, ws: &WebSocket, message: Message) {
        (self.print)(&format!("{message:?} came back"));
        self.next -= 1;
        self.step(ws);
    }

    fn on_close(&mut self, _: &WebSocket, event: &CloseEvent) {
        (self.print)(&format!("closed with {} {:?}", event.code, event.reason));
    }

    fn on_end(&mut self, _: &WebSocket, end: &End) {
        (self.print)(&format!("ended: {}", end.reason));
    }
}
