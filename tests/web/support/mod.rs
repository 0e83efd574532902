//! What tests in a page, a worker or Node wait with.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(inline_js = r#"
    // Kept, since tests replace it.
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

/// Looks again and again, since a busy machine takes its time.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..5000 {
        if is_so() {
            return;
        }
        sleep(4).await;
    }
    panic!("it never came to this: {what}");
}
