//! The connection of the app, without Tauri, so that it can be tested without a window.

use homing::{CloseEvent, ConfigError, Event, Handler, State, WebSocket};
use serde::Serialize;

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", content = "text", rename_all = "lowercase")]
pub enum Update {
    /// The state of the connection has changed.
    Status(String),
    /// A message arrived.
    Line(String),
}

/// Passes what the page shows to a function.
struct Show<F>(F);

impl<F: Fn(Update) + Send + 'static> Handler for Show<F> {
    fn on_event(&mut self, _: &WebSocket, event: Event) {
        let update = match event {
            Event::Open(_) => Update::Status("open".into()),
            Event::Message(message) => Update::Line(format!("server: {}", message.as_text().unwrap_or("(binary)"))),
            Event::Close(CloseEvent { retry_in: Some(delay), .. }) => {
                Update::Status(format!("waiting {:.1} s to reconnect", delay.as_secs_f64()))
            }
            Event::End(end) => Update::Status(format!("ended: {}", end.reason)),
            _ => return,
        };
        (self.0)(update);
    }
}

/// Starts the client. Needs a tokio runtime on the current thread.
pub fn connect(url: &str, show: impl Fn(Update) + Send + 'static) -> Result<WebSocket, ConfigError> {
    WebSocket::builder(url).handler(Show(show)).connect()
}

/// Sends or queues a message. Shows it first: the answer may arrive at once, on another thread.
pub fn send(ws: &WebSocket, text: &str, show: impl Fn(Update)) {
    let queued = if ws.state() == State::Open { "" } else { " (queued)" };
    show(Update::Line(format!("you: {text}{queued}")));
    if let Err(error) = ws.send(text.to_owned()) {
        show(Update::Line(format!("not sent: {error}")));
    }
}

/// Returns the state of the connection, for a page that has been loaded just now.
pub fn status(ws: &WebSocket) -> String {
    format!("{:?}", ws.state()).to_lowercase()
}
