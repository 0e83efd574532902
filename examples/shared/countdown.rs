//! What a native program and a page have in common: this file is used unchanged by `examples/handler.rs` and by
//! `examples/web`.

use homing::{CloseEvent, End, Handler, Handshake, Message, WebSocket};

/// Counts down, one message at a time, and says what happens.
pub(crate) struct Countdown {
    next: u32,
    say: fn(&str),
}

impl Countdown {
    pub(crate) fn new(from: u32, say: fn(&str)) -> Self {
        Self { next: from, say }
    }

    fn step(&self, ws: &WebSocket) {
        let done = match self.next {
            0 => ws.close(3000, "lift-off").map_err(|refused| refused.to_string()),
            number => ws.send(number.to_string()).map_err(|refused| refused.to_string()),
        };
        if let Err(refused) = done {
            (self.say)(&refused);
        }
    }
}

impl Handler for Countdown {
    fn on_open(&mut self, ws: &WebSocket, _: &Handshake) {
        (self.say)(&format!("open, {} to go", self.next));
        self.step(ws);
    }

    fn on_message(&mut self, ws: &WebSocket, message: Message) {
        (self.say)(&format!("{message:?} came back"));
        self.next -= 1;
        self.step(ws);
    }

    fn on_close(&mut self, _: &WebSocket, event: &CloseEvent) {
        (self.say)(&format!("closed with {} {:?}", event.code, event.reason));
    }

    fn on_end(&mut self, _: &WebSocket, end: &End) {
        (self.say)(&format!("ended: {}", end.reason));
    }
}
