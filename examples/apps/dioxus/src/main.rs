//! A chat with Dioxus: a task of the component reads the events, and the client closes when the component is removed.

use dioxus::prelude::*;
use futures_util::StreamExt;
use homing::{ConfigError, Event, State, WebSocket};

fn main() {
    dioxus::launch(App);
}

#[component]
fn App() -> Element {
    let mut is_shown = use_signal(|| true);
    rsx! {
        button { onclick: move |_| is_shown.toggle(), if is_shown() { "Leave" } else { "Enter" } }
        if is_shown() {
            ErrorBoundary {
                handle_error: |error: ErrorContext| rsx! { pre { "{error:?}" } },
                Chat {}
            }
        }
    }
}

#[component]
fn Chat() -> Element {
    let mut status = use_signal(|| String::from("connecting"));
    let mut lines = use_signal(Vec::new);
    let mut draft = use_signal(String::new);

    // The component owns the handle, and its task owns the stream. Dioxus drops both when the component is removed, and the
    // client closes.
    let ws = use_hook(|| {
        let (ws, mut events) = WebSocket::builder("/echo").connect_stream()?; // relative to the page
        spawn(async move {
            while let Some(event) = events.next().await {
                match event {
                    Event::Open(_) => status.set("open".into()),
                    Event::Message(message) => {
                        lines.push(format!("server: {}", message.as_text().unwrap_or("(binary)")));
                    }
                    Event::Close(close) => {
                        if let Some(delay) = close.retry_in {
                            status.set(format!("waiting {:.1} s to reconnect", delay.as_secs_f64()));
                        }
                    }
                    Event::End(end) => status.set(format!("ended: {}", end.reason)),
                    _ => {}
                }
            }
        });
        Ok::<_, ConfigError>(ws)
    })?;

    let send = move |event: FormEvent| {
        event.prevent_default();
        let text = draft.take();
        let is_open = ws.state() == State::Open;
        lines.push(match ws.send(text.clone()) {
            Ok(()) if is_open => format!("you: {text}"),
            Ok(()) => format!("you: {text} (queued)"),
            Err(error) => format!("not sent: {error}"),
        });
    };
    rsx! {
        p { output { "{status}" } }
        form { onsubmit: send,
            input { aria_label: "Message", value: "{draft}", oninput: move |event| draft.set(event.value()) }
        }
        ul {
            for line in lines() {
                li { "{line}" }
            }
        }
    }
}
