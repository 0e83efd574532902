//! The options of a client, from an object of JavaScript with the names of the npm package.

use std::time::Duration;

use homing::web::BuilderExt;
use homing::{BinaryType, Builder, Heartbeat, Reconnect, Session};
use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// The message of heartbeats, and the answer to them.
const BEAT: &str = "beat";

fn member(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap_or_default()
}

/// Returns a duration of milliseconds.
fn millis(of: &JsValue, name: &str) -> Option<Duration> {
    member(of, name).as_f64().map(|millis| Duration::from_secs_f64(millis / 1000.0))
}

pub(crate) fn apply(mut builder: Builder, options: &JsValue) -> Builder {
    let reconnect = member(options, "reconnect");
    if let (Some(min), Some(max)) = (millis(&reconnect, "min"), millis(&reconnect, "max")) {
        let policy = Reconnect::exponential(min, max).jitter(member(&reconnect, "jitter").as_f64().unwrap_or(1.0));
        builder = builder.reconnect(policy);
    }
    if reconnect == false {
        builder = builder.reconnect(Reconnect::never());
    }
    if let Some(bytes) = member(options, "maxSendBuffer").as_f64() {
        builder = builder.max_send_buffer(bytes as usize);
    }
    let heartbeat = member(options, "heartbeat");
    if let (Some(interval), Some(timeout)) = (millis(&heartbeat, "interval"), millis(&heartbeat, "timeout")) {
        builder = builder
            .heartbeat(Heartbeat::message(interval, timeout, BEAT))
            .heartbeat_reply(|message| message.as_text() == Some(BEAT))
            .heartbeat_in_worker(member(&heartbeat, "inWorker").is_truthy());
    }
    if let Some(timeout) = millis(options, "openTimeout") {
        builder = builder.open_timeout(timeout);
    }
    if let Some(timeout) = millis(options, "closeTimeout") {
        builder = builder.close_timeout(timeout);
    }
    if let Some(timeout) = millis(options, "setupTimeout") {
        builder = builder.setup_timeout(timeout).setup(|mut session: Session| async move {
            session.send("set-up")?;
            session.receive().await?;
            Ok(())
        });
    }
    if member(options, "binaryType").as_string().as_deref() == Some("blob") {
        builder = builder.binary_type(BinaryType::Blob);
    }
    builder
}
