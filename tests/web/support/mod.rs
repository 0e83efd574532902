//! Waiting, in pages, workers and Node.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(inline_js = r#"
    // Kept, as tests replace it.
    const { setTimeout } = globalThis;
    export function after(millis) {
        return new Promise((resolve) => setTimeout(resolve, millis));
    }
"#)]
extern "C" {
    fn after(millis: i32) -> Promise;
}

pub(crate) async fn sleep(millis: i32) {
    JsFuture::from(after(millis)).await.unwrap();
}

/// Waits until a condition is true. Panics with `what` after about 20 seconds.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..5000 {
        if is_so() {
            return;
        }
        sleep(4).await;
    }
    panic!("timeout while waiting for: {what}");
}
