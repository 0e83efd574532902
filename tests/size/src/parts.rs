//! What an app may use of homing: each function uses what the features name.

#![allow(unused_imports, unused_mut, unused_variables)]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;
use homing::web::BuilderExt;
use homing::{BinaryType, Builder, Heartbeat, Reconnect, Request, Session, WebSocket};

#[cfg(any(feature = "callbacks", feature = "error-texts"))]
#[wasm_bindgen::prelude::wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn log(text: &str);
}

pub(crate) fn with(mut builder: Builder) -> Builder {
    #[cfg(feature = "heartbeat")]
    {
        let heartbeat = Heartbeat::message(Duration::from_secs(20), Duration::from_secs(10), "ping");
        builder = builder.heartbeat(heartbeat).heartbeat_reply(|message| message.as_text() == Some("pong"));
    }
    #[cfg(feature = "policy")]
    {
        let policy = Reconnect::exponential(Duration::from_millis(500), Duration::from_secs(10));
        builder = builder.reconnect(policy).retry_if(|close| close.code.get() != 4001);
    }
    #[cfg(feature = "callbacks")]
    {
        builder = builder
            .on_error(|_, error| log(if error.is_timeout() { "timeout" } else { "error" }))
            .on_close(|_, close| log(&close.reason))
            .on_buffer_full(|_| log("full"))
            .on_buffer_drain(|_| log("drained"))
            .on_end(|_, end| log(if end.error.is_some() { "failed" } else { "ended" }));
    }
    #[cfg(feature = "error-texts")]
    {
        builder = builder.on_error(|_, error| log(&error.to_string()));
    }
    #[cfg(feature = "protocols")]
    {
        builder = builder.protocol("chat");
    }
    #[cfg(feature = "blobs")]
    {
        builder = builder.binary_type(BinaryType::Blob);
    }
    #[cfg(feature = "provider")]
    {
        builder = builder.request_provider(|| async { Ok(Request::new("wss://example.com/")) });
    }
    #[cfg(feature = "set-up")]
    {
        builder = builder.setup(|mut session: Session| async move {
            session.send("login")?;
            session.receive().await?;
            Ok(())
        });
    }
    #[cfg(feature = "worker")]
    {
        builder = builder.heartbeat_in_worker(true);
    }
    builder
}

pub(crate) fn used(ws: &WebSocket) {
    let mut cx = Context::from_waker(Waker::noop());
    #[cfg(feature = "futures")]
    {
        let _ = pin!(ws.opened()).poll(&mut cx);
        let _ = pin!(ws.ready()).poll(&mut cx);
        let _ = pin!(ws.flush()).poll(&mut cx);
        let _ = pin!(ws.closed()).poll(&mut cx);
    }
    #[cfg(feature = "pausing")]
    {
        ws.pause();
        ws.resume();
    }
    #[cfg(feature = "by-hand")]
    {
        ws.reconnect();
        let _ = ws.close(1000, "");
    }
    #[cfg(feature = "events")]
    if let Ok((_, events)) = WebSocket::builder("/").connect_stream() {
        let _ = pin!(events).poll_next(&mut cx);
    }
}
