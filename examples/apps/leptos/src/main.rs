//! A chat with Leptos: callbacks write into signals, and the client closes when its component is removed.

use homing::{ConfigError, State, WebSocket};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

fn main() {
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    let (is_shown, set_shown) = signal(true);
    view! {
        <button on:click=move |_| set_shown.update(|shown| *shown = !*shown)>
            {move || if is_shown.get() { "Leave" } else { "Enter" }}
        </button>
        <Show when=move || is_shown.get()>
            <ErrorBoundary fallback=|errors| view! { <pre>{move || format!("{:?}", errors.get())}</pre> }>
                <Chat />
            </ErrorBoundary>
        </Show>
    }
}

#[component]
fn Chat() -> Result<impl IntoView, ConfigError> {
    let (status, set_status) = signal(String::from("connecting"));
    let (lines, set_lines) = signal(Vec::new());
    let (draft, set_draft) = signal(String::new());
    let show = move |line: String| set_lines.update(|lines| lines.push(line));

    let ws = WebSocket::builder("/echo") // relative to the page
        .on_open(move |_, _| set_status.set("open".into()))
        .on_message(move |_, message| show(format!("server: {}", message.as_text().unwrap_or("(binary)"))))
        .on_close(move |_, close| {
            if let Some(delay) = close.retry_in {
                set_status.set(format!("waiting {:.1} s to reconnect", delay.as_secs_f64()));
            }
        })
        .on_end(move |_, end| set_status.set(format!("ended: {}", end.reason)))
        .connect()?;
    // The component's owner drops the only handle when the component is removed, and the client closes. What its callbacks
    // still write then goes to signals that are disposed, which ignore it.
    let ws = StoredValue::new(ws);

    let send = move |event: SubmitEvent| {
        event.prevent_default();
        let text = draft.get();
        let is_open = ws.with_value(WebSocket::state) == State::Open;
        show(match ws.with_value(|ws| ws.send(text.clone())) {
            Ok(()) if is_open => format!("you: {text}"),
            Ok(()) => format!("you: {text} (queued)"),
            Err(error) => format!("not sent: {error}"),
        });
        set_draft.set(String::new());
    };
    Ok(view! {
        <p><output>{status}</output></p>
        <form on:submit=send>
            <input aria-label="Message" bind:value=(draft, set_draft) />
        </form>
        <ul>{move || lines.get().into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
    })
}
