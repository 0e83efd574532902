//! Drives the app through a cut: types, reads what it shows, and ends its connection at the server.
#![cfg(not(target_family = "wasm"))]

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Ui};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use homing::{Events, Reconnect, WebSocket};
use homing_example_egui::Chat;
use homing_test_server::{Entry, Server, What};

const TIMEOUT: Duration = Duration::from_secs(30);

/// The app without a window.
struct Driven {
    harness: Harness<'static, Chat>,
    /// Has a value for each frame that was requested.
    requested: Receiver<()>,
}

impl Driven {
    fn start(client: (WebSocket, Events)) -> Self {
        let (request, requested) = channel();
        let builder = Harness::builder().with_context_setup(move |ctx| {
            ctx.set_request_repaint_callback(move |_| {
                let _ = request.send(());
            });
        });
        let frame = |ui: &mut Ui, chat: &mut Chat| {
            chat.read_events(ui.ctx());
            chat.show(ui);
        };
        Self { harness: builder.build_ui_state(frame, Chat::new(client)), requested }
    }

    /// Shows frames as the app requests them, until a label contains `text`.
    fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + TIMEOUT;
        while self.harness.query_all_by_label_contains(text).next().is_none() {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(self.requested.recv_timeout(left).is_ok(), "no frame shows {text:?}");
            self.harness.step();
        }
    }

    fn enter(&mut self, text: &str) {
        let input = self.harness.get_by_role(Role::TextInput);
        input.focus();
        input.type_text(text);
        self.harness.key_press(Key::Enter);
        self.harness.step();
    }
}

fn texts(journal: &[Entry]) -> Vec<String> {
    let text = |entry: &Entry| if let What::Text(text) = &entry.what { Some(text.clone()) } else { None };
    journal.iter().filter_map(text).collect()
}

#[test]
fn a_message_entered_while_offline_arrives_after_the_reconnect() {
    let server = Server::start().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _entered = runtime.enter();
    let builder = WebSocket::builder(server.url("/echo")).reconnect(Reconnect::fixed(Duration::from_millis(50)));
    let mut app = Driven::start(builder.connect_stream().unwrap());
    app.wait_for("open");
    app.enter("before");
    app.wait_for("server: before");

    server.stop(); // ends the connection and refuses others
    app.wait_for("to reconnect");
    app.enter("offline");
    app.wait_for("you: offline (queued)");
    server.restart().unwrap();
    app.wait_for("server: offline");
    app.wait_for("open");
    assert_eq!(texts(&server.journal()), ["before", "offline"]);

    // Without its app the client closes.
    drop(app);
    assert!(server.wait_for(TIMEOUT, |journal| journal.iter().any(|entry| matches!(entry.what, What::Close { .. }))));
}
