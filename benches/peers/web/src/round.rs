//! What is sent and what must arrive.

use std::rc::Rc;

use bytes::Bytes;

use crate::Result;
use crate::messages::Messages;

/// What the server answers to messages that were sent, if they were right.
const ACKNOWLEDGED: &[u8] = b"+";
/// One message in so many is compared as a whole.
const COMPARED: usize = 64;

/// What to do after a message.
pub(crate) enum Next {
    More,
    Send(Bytes),
    Over,
}

pub(crate) struct Round {
    pub(crate) messages: Rc<Messages>,
    pub(crate) is_text: bool,
    /// How many messages are sent first.
    pub(crate) sent: usize,
    pub(crate) received: usize,
    /// Each message but the last one is answered with the next.
    pub(crate) answers: bool,
    pub(crate) acknowledged: bool,
    pub(crate) arrived: usize,
}

impl Round {
    /// Returns the messages that are sent first.
    pub(crate) fn first(&self) -> impl Iterator<Item = Bytes> + use<> {
        let messages = self.messages.clone();
        (0..self.sent).map(move |number| messages.nth(number).clone())
    }

    /// Checks and counts a message.
    #[inline]
    pub(crate) fn take(&mut self, is_text: bool, payload: &[u8]) -> Result<Next> {
        if self.acknowledged {
            return if payload == ACKNOWLEDGED {
                Ok(Next::Over)
            } else {
                Err(wrong(&String::from_utf8_lossy(payload)))
            };
        }
        if !self.messages.is_nth(self.arrived, is_text, payload, self.arrived % COMPARED == 0) {
            return Err(wrong(&format!("message {} of {} bytes", self.arrived, payload.len())));
        }
        self.arrived += 1;
        Ok(match self.arrived {
            arrived if arrived == self.received => Next::Over,
            arrived if self.answers => Next::Send(self.messages.nth(arrived).clone()),
            _ => Next::More,
        })
    }
}

/// The page ends the run for errors that begin like this.
fn wrong(what: &str) -> Box<dyn std::error::Error> {
    format!("wrong: {what}").into()
}
