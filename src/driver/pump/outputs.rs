//! Carries out the outputs of the machine.

use alloc::collections::VecDeque;

use homing_machine::{Notify, Output};

use super::Pump;
use crate::close::CloseEvent;
use crate::driver::{Buffered, Input, Timer, Transport};
use crate::message::{Message, payload};

impl<T: Transport, M: Timer> Pump<T, M> {
    pub(super) fn carry_out(&mut self, output: Output) {
        let before = self.set_working(true);
        self.trace.output(output);
        match output {
            Output::Notify(event) => self.notify(event),
            Output::AskRetry => {
                let close = self.shared.lock().machine.last_close().map(CloseEvent::of);
                // The machine asks only if there is a predicate, and after a close.
                let mut retry = true;
                if let (Some(retry_if), Some(close)) = (&mut self.retry_if, close) {
                    self.shared.callback().run(|| retry_if.ask(&close, &mut retry));
                }
                self.handle(self.now(), Input::RetryAnswer(retry));
            }
            Output::Dial(attempt) => self.in_callback(|transport| transport.dial(attempt)),
            // The set-up itself has taken notice.
            Output::SetUp => {}
            Output::Transmit => self.transmit(),
            Output::Mark => self.mark(),
            Output::Heartbeat(number) => self.send_heartbeat(number),
            Output::Read(on) => self.transport.read(on),
            Output::Close | Output::Fail => {
                let (code, reason) = self.shared.lock().machine.close_frame();
                if output == Output::Close {
                    self.transport.close(code, &reason);
                } else {
                    self.transport.fail(code, &reason);
                }
            }
            // Drops futures and streams of the user.
            Output::Abort => self.in_callback(T::abort),
        }
        self.set_working(before);
    }

    fn notify(&mut self, event: Notify) {
        let Self { handler, ws, shared, trace, .. } = self;
        let callback = shared.callback();
        match event {
            Notify::Connect => callback.run(|| handler.on_connect(ws)),
            Notify::Open => {
                let handshake = shared.lock().machine.take_handshake();
                trace.opened(&handshake);
                callback.run(|| handler.on_open(ws, &handshake));
            }
            Notify::Error => {
                let error = shared.lock().machine.last_error().cloned();
                if let Some(error) = error {
                    trace.failed(&error);
                    callback.run(|| handler.on_error(ws, &error));
                }
            }
            Notify::Close => {
                let close = shared.lock().machine.last_close().map(CloseEvent::of);
                if let Some(close) = close {
                    trace.closed(&close);
                    callback.run(|| handler.on_close(ws, &close));
                }
            }
            Notify::BufferFull => callback.run(|| handler.on_buffer_full(ws)),
            Notify::BufferDrain => callback.run(|| handler.on_buffer_drain(ws)),
            Notify::Latency(round_trip) => callback.run(|| handler.on_latency(ws, round_trip)),
            Notify::End => {
                let end = shared.lock().end().cloned();
                if let Some(end) = end {
                    trace.ended(&end);
                    callback.run(|| handler.on_end(ws, &end));
                }
            }
        }
    }

    /// Offers the queue to the socket. Takes the lock twice: to take the queue, and to return the rest.
    fn transmit(&mut self) {
        let ((offered, offered_bytes), drains) = {
            let mut core = self.shared.lock();
            (core.machine.offer(&mut self.batch), core.machine.is_draining())
        };
        let buffered = offer(&mut self.transport, &mut self.batch);
        if drains {
            self.mark();
        }
        let left = payload(&self.batch);
        let messages = (offered - self.batch.len()) as u64;
        self.trace.sent(messages);
        self.shared.lock().machine.restore(&mut self.batch, messages, offered_bytes - left, buffered);
    }

    fn mark(&mut self) {
        if self.transport.mark() {
            self.shared.lock().machine.progressed(self.now());
        }
    }

    fn send_heartbeat(&mut self, number: u64) {
        match &self.heartbeat {
            Some(message) => self.transport.heartbeat(message.clone()),
            None => self.transport.ping(number),
        }
        self.transport.flush();
    }
}

/// Offers messages to the socket, and returns what it then holds.
pub(super) fn offer<T: Transport>(transport: &mut T, batch: &mut VecDeque<Message>) -> Buffered {
    transport.send(batch);
    transport.flush();
    transport.buffered()
}
