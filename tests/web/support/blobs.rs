//! Blobs whose reading a test can hold up.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(inline_js = r#"
    const read = Blob.prototype.arrayBuffer
    let held = 0, release
    export function hold_blobs() {
        held = 0
        const gate = new Promise((resolve) => (release = resolve))
        Blob.prototype.arrayBuffer = async function () {
            held++
            await gate
            return read.call(this)
        }
    }
    export function held_blobs() {
        return held
    }
    export function release_blobs() {
        Blob.prototype.arrayBuffer = read
        release()
    }
"#)]
extern "C" {
    /// From now on, reading a blob completes only after [`release_blobs`].
    pub(crate) fn hold_blobs();
    /// Returns the number of blobs that are being read.
    pub(crate) fn held_blobs() -> usize;
    /// Completes all of them, and reads further blobs normally.
    pub(crate) fn release_blobs();
}
