//! Records what callbacks are given.

use std::cell::RefCell;
use std::rc::Rc;

use homing::{Builder, Message};

use crate::support::sleep;

/// The calls of a client's callbacks, one line for each.
#[derive(Clone, Default)]
pub(crate) struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, line: impl Into<String>) {
        self.0.borrow_mut().push(line.into());
    }

    /// Adds callbacks that record to this log.
    pub(crate) fn of(&self, builder: Builder) -> Builder {
        let log = || self.clone();
        let (open, message, error, close, end) = (log(), log(), log(), log(), log());
        let (full, drain) = (log(), log());
        builder
            .on_open(move |_, _| open.add("open"))
            .on_message(move |_, arrived| match arrived {
                Message::Text(text) => message.add(format!("text {text}")),
                Message::Binary(data) => message.add(format!("binary {data:?}")),
            })
            .on_error(move |_, failure| error.add(format!("error {:?} {}", failure.kind(), failure.code())))
            .on_close(move |_, event| {
                close.add(format!("close {} {:?} {} {:?}", event.code, event.reason, event.clean, event.initiator));
            })
            .on_buffer_full(move |_| full.add("full"))
            .on_buffer_drain(move |_| drain.add("drain"))
            .on_end(move |_, reported| end.add(format!("end {:?}", reported.reason)))
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.borrow().clone()
    }

    /// Returns how often a line occurs.
    pub(crate) fn count(&self, line: &str) -> usize {
        self.lines().iter().filter(|known| *known == line).count()
    }

    /// Waits until a line has occurred this often.
    pub(crate) async fn until(&self, count: usize, line: &str) {
        for _ in 0..3000 {
            if self.count(line) >= count {
                return;
            }
            sleep(10).await;
        }
        panic!("no {line:?}: {:?}", self.lines());
    }
}
