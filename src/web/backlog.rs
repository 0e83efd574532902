//! What arrived and could not be delivered at once: behind a blob that must be read first, or while paused.

use alloc::collections::VecDeque;
use alloc::rc::Rc;

use js_sys::ArrayBuffer;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Blob;

use super::client::{Client, News};
use super::glue;
use super::socket::{End, bytes};
use crate::driver::{AttemptId, SocketEvent};
use crate::message::Message;

/// What arrived from a socket.
pub(super) enum Held {
    Message(Message),
    /// Must be read first, and everything behind it waits for that.
    Blob(Blob),
    End(End),
    Event(SocketEvent),
}

/// In the order of arrival.
#[derive(Default)]
pub(super) struct Backlog {
    held: VecDeque<Held>,
    /// The first is a blob that is being read.
    reads: bool,
}

impl Backlog {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    pub(super) fn push(&mut self, held: Held) {
        self.held.push_back(held);
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// What comes next, if that may be delivered; `wanted` tells whether messages may.
    #[inline]
    pub(super) fn next(&mut self, wanted: bool, client: &Rc<Client>, attempt: AttemptId) -> Option<Held> {
        match self.held.front()? {
            Held::Blob(blob) => {
                // One at a time: the browser may finish a later one first.
                if !core::mem::replace(&mut self.reads, true) {
                    read(client, attempt, blob);
                }
                None
            }
            Held::Message(_) if !wanted => None,
            _ => self.held.pop_front(),
        }
    }

    /// The first was read, or could not be. Returns `false` if everything behind it is lost with it.
    pub(super) fn was_read(&mut self, buffer: Option<&JsValue>) -> bool {
        if !core::mem::replace(&mut self.reads, false) {
            return true;
        }
        match (self.held.front_mut(), buffer) {
            (Some(first @ Held::Blob(_)), Some(buffer)) => *first = Held::Message(bytes(buffer)),
            (Some(Held::Blob(_)), None) => return false,
            _ => {}
        }
        true
    }
}

fn read(client: &Rc<Client>, attempt: AttemptId, blob: &Blob) {
    let client = client.clone();
    // Frees itself when called, which is once: a promise is fulfilled or rejected.
    let settled = Closure::once_into_js(move |result: JsValue| {
        client.tell(News::Read(attempt, result.has_type::<ArrayBuffer>().then_some(result)));
    });
    let promise: glue::Promise = blob.array_buffer().unchecked_into();
    promise.then(&settled, &settled);
}
