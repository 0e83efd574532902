//! A chat in egui, for windows and pages. Its client's events are read before each frame, and new ones request a frame.

use std::sync::Arc;
use std::task::{self, Poll, Wake, Waker};

use eframe::egui;
use futures_util::StreamExt;
use homing::{Event, Events, State, WebSocket};

pub struct Chat {
    ws: WebSocket,
    events: Events,
    status: String,
    lines: Vec<String>,
    draft: String,
}

/// Requests a frame when there is an event to read. egui needs no async runtime for that: a waker suffices.
struct Repaint(egui::Context);

impl Wake for Repaint {
    fn wake(self: Arc<Self>) {
        self.0.request_repaint();
    }
}

impl Chat {
    /// Takes what [`connect_stream`](homing::Builder::connect_stream) returned.
    pub fn new((ws, events): (WebSocket, Events)) -> Self {
        Self { ws, events, status: "connecting".into(), lines: Vec::new(), draft: String::new() }
    }

    /// Reads the events that have come since the last frame.
    pub fn read_events(&mut self, ctx: &egui::Context) {
        let waker = Waker::from(Arc::new(Repaint(ctx.clone())));
        let mut cx = task::Context::from_waker(&waker);
        while let Poll::Ready(Some(event)) = self.events.poll_next_unpin(&mut cx) {
            match event {
                Event::Open(_) => self.status = "open".into(),
                Event::Message(message) => {
                    self.lines.push(format!("server: {}", message.as_text().unwrap_or("(binary)")));
                }
                Event::Close(close) => {
                    if let Some(delay) = close.retry_in {
                        self.status = format!("waiting {:.1} s to reconnect", delay.as_secs_f64());
                    }
                }
                Event::End(end) => self.status = format!("ended: {}", end.reason),
                _ => {}
            }
        }
    }

    /// Shows the chat.
    pub fn show(&mut self, ui: &mut egui::Ui) {
        ui.label(&self.status);
        let name = ui.label("Message");
        let input = ui.text_edit_singleline(&mut self.draft).labelled_by(name.id);
        if input.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter)) {
            self.send();
            input.request_focus();
        }
        for line in &self.lines {
            ui.label(line);
        }
    }

    fn send(&mut self) {
        let text = std::mem::take(&mut self.draft);
        let is_open = self.ws.state() == State::Open;
        self.lines.push(match self.ws.send(text.clone()) {
            Ok(()) if is_open => format!("you: {text}"),
            Ok(()) => format!("you: {text} (queued)"),
            Err(error) => format!("not sent: {error}"),
        });
    }
}

impl eframe::App for Chat {
    /// Runs for hidden windows as well, so that events do not wait until the window is shown.
    fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
        self.read_events(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        egui::CentralPanel::default().show(ui, |ui| self.show(ui));
    }
}
