//! A chat with Yew: the client's events become messages of a component, which closes the client when it is destroyed.

use homing::{ConfigError, Event, Handler, State, WebSocket};
use web_sys::HtmlInputElement;
use yew::html::Scope;
use yew::prelude::*;

fn main() {
    yew::Renderer::<App>::new().render();
}

#[component]
fn App() -> Html {
    let is_shown = use_state(|| true);
    let toggle = {
        let is_shown = is_shown.clone();
        move |_| is_shown.set(!*is_shown)
    };
    html! {
        <>
            <button onclick={toggle}>{ if *is_shown { "Leave" } else { "Enter" } }</button>
            if *is_shown {
                <Chat />
            }
        </>
    }
}

struct Chat {
    /// The only handle: dropping it with the component closes the client.
    ws: Result<WebSocket, ConfigError>,
    status: String,
    lines: Vec<String>,
    input: NodeRef,
}

enum Msg {
    Event(Event),
    Send,
}

/// Forwards every event to the component. Events that come after the component was destroyed are ignored.
struct Forward(Scope<Chat>);

impl Handler for Forward {
    fn on_event(&mut self, _: &WebSocket, event: Event) {
        self.0.send_message(Msg::Event(event));
    }
}

impl Component for Chat {
    type Message = Msg;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let builder = WebSocket::builder("/echo"); // relative to the page
        Self {
            ws: builder.handler(Forward(ctx.link().clone())).connect(),
            status: "connecting".into(),
            lines: Vec::new(),
            input: NodeRef::default(),
        }
    }

    fn update(&mut self, _: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Event(Event::Open(_)) => self.status = "open".into(),
            Msg::Event(Event::Message(message)) => {
                self.lines.push(format!("server: {}", message.as_text().unwrap_or("(binary)")));
            }
            Msg::Event(Event::Close(close)) => {
                if let Some(delay) = close.retry_in {
                    self.status = format!("waiting {:.1} s to reconnect", delay.as_secs_f64());
                }
            }
            Msg::Event(Event::End(end)) => self.status = format!("ended: {}", end.reason),
            Msg::Event(_) => return false,
            Msg::Send => self.send(),
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        if let Err(error) = &self.ws {
            return html! { <pre>{ error.to_string() }</pre> };
        }
        let send = ctx.link().callback(|event: SubmitEvent| {
            event.prevent_default();
            Msg::Send
        });
        html! {
            <>
                <p><output>{ &self.status }</output></p>
                <form onsubmit={send}><input aria-label="Message" ref={&self.input} /></form>
                <ul>{ for self.lines.iter().map(|line| html! { <li>{ line }</li> }) }</ul>
            </>
        }
    }
}

impl Chat {
    fn send(&mut self) {
        let (Ok(ws), Some(input)) = (&self.ws, self.input.cast::<HtmlInputElement>()) else { return };
        let text = input.value();
        let is_open = ws.state() == State::Open;
        self.lines.push(match ws.send(text.clone()) {
            Ok(()) if is_open => format!("you: {text}"),
            Ok(()) => format!("you: {text} (queued)"),
            Err(error) => format!("not sent: {error}"),
        });
        input.set_value("");
    }
}
