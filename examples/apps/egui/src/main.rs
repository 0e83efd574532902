//! Starts the app: in a window, or in the canvas of `index.html`.

use homing::WebSocket;
use homing_example_egui::Chat;

/// The client is a task of tokio, on a thread beside that of the window.
#[cfg(not(target_family = "wasm"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:7410/echo".into());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let _entered = runtime.enter();
    let client = WebSocket::builder(url).connect_stream()?;
    let ws = client.0.clone();
    let options = eframe::NativeOptions::default();
    eframe::run_native("homing with egui", options, Box::new(|_| Ok(Box::new(Chat::new(client)))))?;

    // The window is closed. What is queued leaves first, if the client is open.
    ws.close(1000, "")?;
    runtime.block_on(ws.closed());
    Ok(())
}

/// The client runs on the page's own events.
#[cfg(target_family = "wasm")]
fn main() {
    use eframe::wasm_bindgen::JsCast;

    let canvas = eframe::web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id("app"))
        .and_then(|element| element.dyn_into().ok())
        .expect("index.html has a canvas `app`");
    wasm_bindgen_futures::spawn_local(async {
        let client = WebSocket::builder("/echo").connect_stream().expect("the options are valid"); // relative to the page
        let runner = eframe::WebRunner::new();
        let started =
            runner.start(canvas, eframe::WebOptions::default(), Box::new(|_| Ok(Box::new(Chat::new(client)))));
        started.await.expect("the browser has WebGL");
    });
}
