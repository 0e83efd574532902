//! A list of lines in Leptos: those of the user, and with the feature `homing` those of an echo server instead.

use leptos::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(start)]
pub fn start() {
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    let (lines, set_lines) = signal(Vec::<String>::new());
    let show = move |line: String| set_lines.update(|lines| lines.push(line));
    #[cfg(feature = "homing")]
    let ws = homing::WebSocket::builder("/echo")
        .on_message(move |_, message| show(message.as_text().unwrap_or_default().into()))
        .connect()
        .ok();
    let send = move |line: &'static str| {
        #[cfg(feature = "homing")]
        let _ = ws.as_ref().map(|ws| ws.send(line));
        #[cfg(not(feature = "homing"))]
        show(line.into());
    };
    view! {
        <button on:click=move |_| send("hello")>"Send"</button>
        <ul>{move || lines.get().into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
    }
}
