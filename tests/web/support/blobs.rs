//! Blobs that take as long to read as a test wants.

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
    /// From now on they are read only when they are released.
    pub(crate) fn hold_blobs();
    /// How many are waited for.
    pub(crate) fn held_blobs() -> usize;
    pub(crate) fn release_blobs();
}
