//! A chat with Tauri. The backend has the connection, which survives a reload of the page, and may use what a page cannot:
//! request headers, proxies, certificates. The page shows what the backend emits.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use homing::WebSocket;
use homing_example_tauri_chat::{self as chat, Update};
use tauri::{AppHandle, Emitter, Manager, RunEvent, State, async_runtime, generate_context, generate_handler};

#[tauri::command]
fn send(text: &str, ws: State<'_, WebSocket>, app: AppHandle) {
    chat::send(&ws, text, |update| show(&app, update));
}

#[tauri::command]
fn status(ws: State<'_, WebSocket>) -> String {
    chat::status(&ws)
}

/// Passes an update to the page. A window that is closing gets none.
fn show(app: &AppHandle, update: Update) {
    let _ = app.emit("chat", update);
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:7410/echo".into());
    let app = tauri::Builder::default()
        .invoke_handler(generate_handler![send, status])
        .setup(move |app| {
            let handle = app.handle().clone();
            // Tauri's runtime is tokio's.
            let ws = async_runtime::block_on(async { chat::connect(&url, move |update| show(&handle, update)) })?;
            app.manage(ws);
            Ok(())
        })
        .build(generate_context!())?;
    app.run(|app, event| {
        if let RunEvent::Exit = event {
            // What is queued leaves first, if the client is open.
            let ws = app.state::<WebSocket>();
            if ws.close(1000, "").is_ok() {
                async_runtime::block_on(ws.closed());
            }
        }
    });
    Ok(())
}
