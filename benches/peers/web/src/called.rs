//! Clients that call back.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use futures::channel::oneshot;

use crate::Result;
use crate::round::{Next, Round};

/// The round of a connection, which its callback takes messages to.
#[derive(Clone, Default)]
pub(crate) struct Rounds(Rc<RefCell<Option<(Round, oneshot::Sender<Result<()>>)>>>);

impl Rounds {
    /// Begins a round. The receiver gets its result.
    pub(crate) fn begin(&self, round: Round) -> oneshot::Receiver<Result<()>> {
        let (done, over) = oneshot::channel();
        *self.0.borrow_mut() = Some((round, done));
        over
    }

    /// Takes a message. Returns what to send.
    #[inline]
    pub(crate) fn take(&self, is_text: bool, payload: &[u8]) -> Option<Bytes> {
        let mut current = self.0.borrow_mut();
        let next = match &mut *current {
            Some((round, _)) => round.take(is_text, payload),
            None => Err("wrong: a message outside of a round".into()),
        };
        let result = match next {
            Ok(Next::More) => return None,
            Ok(Next::Send(payload)) => return Some(payload),
            Ok(Next::Over) => Ok(()),
            Err(error) => Err(error),
        };
        if let Some((_, done)) = current.take() {
            let _ = done.send(result);
        }
        None
    }
}
