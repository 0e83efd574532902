//! The connection of the app through a cut.

use std::time::Duration;

use homing_example_tauri_chat::{Update, connect, send};
use homing_test_server::Server;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

/// Waits for an update whose text contains `text`.
async fn wait_for(updates: &mut UnboundedReceiver<Update>, text: &str) {
    loop {
        let update = timeout(Duration::from_secs(30), updates.recv()).await.expect(text).expect(text);
        let (Update::Status(shown) | Update::Line(shown)) = update;
        if shown.contains(text) {
            return;
        }
    }
}

#[tokio::test]
async fn a_message_sent_while_offline_arrives_after_the_reconnect() {
    let server = Server::start().unwrap();
    let (sender, mut updates) = unbounded_channel();
    let show = move |update| sender.send(update).unwrap();
    let ws = connect(&server.url("/echo"), show.clone()).unwrap();
    wait_for(&mut updates, "open").await;
    send(&ws, "before", &show);
    wait_for(&mut updates, "you: before").await;
    wait_for(&mut updates, "server: before").await;

    server.stop(); // ends the connection and refuses others
    wait_for(&mut updates, "to reconnect").await;
    send(&ws, "offline", &show);
    wait_for(&mut updates, "you: offline (queued)").await;
    server.restart().unwrap();
    wait_for(&mut updates, "server: offline").await;

    ws.close(1000, "").unwrap();
    wait_for(&mut updates, "ended: closed on this side").await;
    send(&ws, "late", &show);
    wait_for(&mut updates, "not sent: ").await;
}
