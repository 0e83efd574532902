//! Every method inside every callback (S5). Each `Log` checks that callbacks never nest or overlap.

use std::sync::{Arc, Mutex};

use homing::{Builder, EndReason, Event, SendErrorKind, State, WebSocket};

use super::*;

/// A callback, and a client that reaches it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum In {
    Open,
    Message,
    Error,
    Close,
    End,
}

const EVERY: [In; 5] = [In::Open, In::Message, In::Error, In::Close, In::End];

impl In {
    fn is(self, event: &Event) -> bool {
        match self {
            Self::Open => matches!(event, Event::Open(_)),
            Self::Message => matches!(event, Event::Message(_)),
            Self::Error => matches!(event, Event::Error(_)),
            Self::Close => matches!(event, Event::Close(_)),
            Self::End => matches!(event, Event::End(_)),
        }
    }

    /// Returns a client that runs forever if no method is called, or for `End`, one that ends.
    fn client(self, env: &Env) -> Builder {
        match self {
            Self::Open | Self::Message => env.client("/text?n=2&size=2"),
            Self::Error | Self::Close => env.client("/drop?after=1"),
            Self::End => env.once("/drop?after=1"),
        }
    }

    /// Starts a client that calls a method in the first call of this callback.
    fn calls(self, env: &Env, method: impl Fn(&WebSocket) + Send + 'static) -> (WebSocket, Log) {
        let log = if matches!(self, Self::Open | Self::Message) { env.log() } else { env.log().greet_on_open() };
        let mut called = false;
        let then = move |ws: &WebSocket, event: &Event| {
            if self.is(event) && !std::mem::replace(&mut called, true) {
                method(ws);
            }
        };
        (self.client(env).handler(log.then(then)).connect().unwrap(), log)
    }
}

pub async fn s05_send_in_every_callback(env: Env) {
    let log = env.log();
    let refused = Arc::new(Mutex::new(None));
    let refusal = refused.clone();
    let send = move |ws: &WebSocket, event: &Event| match event {
        Event::Open(_) => ws.send("o").unwrap(),
        Event::Message(message) if message.as_text() == Some("o") => ws.send("m").unwrap(),
        Event::Error(_) => ws.send("e").unwrap(),
        Event::Close(close) if close.retry_in.is_some() => ws.send("c").unwrap(),
        Event::End(_) => *refusal.lock().unwrap() = ws.send("late").err(),
        _ => {}
    };
    let ws = env.client("/echo").handler(log.then(send)).connect().unwrap();
    assert_eq!(log.texts(2).await, ["o", "m"]);
    env.server().cut_all().await;
    assert_eq!(log.texts(6).await, ["o", "m", "o", "e", "c", "m"]);
    ws.abort();
    log.ended(1).await;
    let error = refused.lock().unwrap().take().expect("sent in on_end");
    assert_eq!((error.kind(), error.message().as_text()), (SendErrorKind::Closed, Some("late")));
}

pub async fn s05_close_in_every_callback(env: Env) {
    for callback in EVERY {
        let (ws, log) = callback.calls(&env, |ws| ws.close(1000, "").unwrap());
        log.ended(1).await;
        env.sleep(A_WHILE / 3).await;
        let summary = match callback {
            In::Open => "open, close 1000, end",
            In::Message => "open, xx, close 1000, end",
            In::Error | In::Close | In::End => "open, error, close 1006, end",
        };
        assert_eq!(log.summary(), summary, "in {callback:?}");
        let reason = if callback == In::End { EndReason::Exhausted } else { EndReason::Closed };
        assert_eq!((ws.state(), ws.closed().await.reason), (State::Closed, reason), "in {callback:?}");
    }
}

pub async fn s05_abort_in_every_callback(env: Env) {
    for callback in EVERY {
        let (ws, log) = callback.calls(&env, WebSocket::abort);
        log.ended(1).await;
        env.sleep(A_WHILE / 3).await;
        let summary = match callback {
            In::Open => "open, close 1006, end",
            In::Message => "open, xx, close 1006, end",
            In::Error | In::Close | In::End => "open, error, close 1006, end",
        };
        assert_eq!((ws.state(), log.summary().as_str()), (State::Closed, summary), "in {callback:?}");
    }
}

pub async fn s05_reconnect_in_every_callback(env: Env) {
    for callback in EVERY {
        let (_ws, log) = callback.calls(&env, WebSocket::reconnect);
        log.opened(2).await;
        let summary = match callback {
            In::Open => "open, close 1000, open",
            In::Message => "open, xx, close 1000, open",
            In::Error | In::Close => "open, error, close 1006, open",
            In::End => "open, error, close 1006, end, open",
        };
        assert!(log.summary().starts_with(summary), "in {callback:?}: {}", log.summary());
    }
}

pub async fn s05_pause_in_every_callback(env: Env) {
    for callback in EVERY {
        let log = env.log();
        let pause = move |ws: &WebSocket, event: &Event| {
            if callback.is(event) {
                ws.pause();
            }
            if matches!(event, Event::End(_)) {
                ws.reconnect();
            }
        };
        let reconnect = matches!(callback, In::Error | In::Close | In::End);
        let ws = env.once("/early?n=3").handler(log.then(pause)).connect().unwrap();
        if reconnect {
            log.messages(3).await;
            env.server().cut_all().await;
            log.opened(2).await;
        } else if callback == In::Message {
            log.messages(1).await;
        } else {
            log.opened(1).await;
        }
        env.sleep(A_WHILE).await;
        let before = log.events().iter().filter(|event| matches!(event, Event::Message(_))).count();
        let expected = if reconnect { 3 } else { usize::from(callback == In::Message) };
        assert_eq!(before, expected, "delivered while paused in {callback:?}: {}", log.summary());
        // `on_message` pauses after each message, so each one needs another resume.
        let all = if reconnect { 6 } else { 3 };
        for count in before + 1..=all {
            ws.resume();
            log.messages(count).await;
        }
        let texts = log.texts(all).await;
        assert_eq!(texts[all - 3..], ["0", "1", "2"], "in {callback:?}");
    }
}

pub async fn s05_dropping_the_last_handle_in_every_callback(env: Env) {
    for callback in EVERY {
        let slot = Arc::new(Mutex::new(None::<WebSocket>));
        let theirs = slot.clone();
        let (ws, log) = callback.calls(&env, move |_| drop(theirs.lock().unwrap().take()));
        *slot.lock().unwrap() = Some(ws);
        log.ended(1).await;
        env.sleep(A_WHILE / 3).await;
        let summary = match callback {
            In::Open => "open, close 1000, end",
            In::Message => "open, xx, close 1000, end",
            In::Error | In::Close | In::End => "open, error, close 1006, end",
        };
        assert_eq!(log.summary(), summary, "in {callback:?}");
        assert!(slot.lock().unwrap().is_none());
    }
}

pub async fn s05_calls_from_outside_do_not_overlap_callbacks(env: Env) {
    let log = env.log();
    let ws = env.client("/echo").max_send_buffer(64).handler(log.handler()).connect().unwrap();
    log.opened(1).await;
    // Calls from outside cause full and drain events as well as messages, which must not overlap.
    for number in 0..200 {
        ws.ready().await;
        ws.send(format!("number {number:04}")).unwrap();
    }
    let texts = log.texts(200).await;
    assert!(texts.is_sorted(), "{texts:?}");
    assert!(log.count("full") > 0, "the buffer was never full");
}
