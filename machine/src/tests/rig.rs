//! The rig: a driver that writes down what it does.

use super::*;

type Reaction = Box<dyn FnOnce(&mut Machine, Timestamp)>;

/// A driver with a scripted socket.
pub(super) struct Rig {
    pub(super) machine: Machine,
    pub(super) now: Timestamp,
    pub(super) lines: Vec<String>,
    /// What callbacks will do, once each, by how the line begins.
    pub(super) reactions: Vec<(&'static str, Reaction)>,
    pub(super) answer: bool,
    /// How many more messages the socket takes.
    pub(super) room: usize,
    /// How many bytes the socket reports as held after each batch, for all messages since it last reported none.
    pub(super) socket_bytes: usize,
    pub(super) socket_messages: u64,
    /// How many times [`Output::Mark`] was emitted.
    pub(super) marks: u64,
}

impl Rig {
    pub(super) fn new(config: Config) -> Self {
        // Not zero, so that a deadline without the present time is noticed.
        let now = Timestamp::from_micros(1_000_000_000);
        let (lines, reactions) = (Vec::new(), Vec::new());
        let machine = Machine::new(config, now);
        let mut rig = Self {
            machine,
            now,
            lines,
            reactions,
            answer: true,
            room: usize::MAX,
            socket_bytes: 0,
            socket_messages: 0,
            marks: 0,
        };
        rig.settle();
        rig
    }

    /// Already open, with nothing in the log.
    pub(super) fn open(config: Config) -> Self {
        let mut rig = Self::new(config);
        rig.opens();
        rig.log();
        rig
    }

    /// What was done since the last look.
    pub(super) fn log(&mut self) -> Vec<String> {
        core::mem::take(&mut self.lines)
    }

    /// In the callback whose line begins so, the next time.
    pub(super) fn inside(&mut self, line: &'static str, reaction: impl FnOnce(&mut Machine, Timestamp) + 'static) {
        self.reactions.push((line, Box::new(reaction)));
    }

    pub(super) fn settle(&mut self) {
        let mut outputs = 0;
        while let Some(output) = self.machine.poll() {
            outputs += 1;
            assert!(outputs < 1000, "the outputs do not end: {output:?}");
            if output == Output::Mark {
                self.marks += 1;
                continue;
            }
            let asks = output == Output::AskRetry;
            let line = self.carry_out(output);
            if let Some(at) = self.reactions.iter().position(|(start, _)| line.starts_with(start)) {
                let (_, react) = self.reactions.remove(at);
                react(&mut self.machine, self.now);
            }
            self.lines.push(line);
            if asks {
                self.machine.retry_answer(self.answer);
            }
        }
        assert!(!self.machine.has_output(), "a driver would never sleep");
    }

    pub(super) fn carry_out(&mut self, output: Output) -> String {
        match output {
            Output::Notify(event) => self.describe(event),
            Output::AskRetry => format!("ask retry {}", self.machine.last_close().unwrap().code),
            Output::Dial(attempt) => format!("dial {}", attempt.get()),
            Output::SetUp => "set up".to_string(),
            Output::Transmit => self.transmit(),
            Output::Mark => unreachable!("counted instead"),
            Output::Heartbeat(number) => format!("heartbeat {number}"),
            Output::Read(on) => format!("read {on}"),
            Output::Close => {
                let (code, reason) = self.machine.close_frame();
                format!("send close {code} {reason}").trim_end().to_string()
            }
            Output::Fail => {
                let (code, reason) = self.machine.close_frame();
                format!("fail {code} {reason}").trim_end().to_string()
            }
            Output::Abort => "abort".to_string(),
        }
    }

    pub(super) fn describe(&mut self, event: Notify) -> String {
        match event {
            Notify::Connect => "connect".to_string(),
            Notify::Open => {
                self.machine.take_handshake();
                "open".to_string()
            }
            Notify::Error => {
                let error = self.machine.last_error().unwrap();
                match error.status() {
                    Some(status) => format!("error status {status}"),
                    None => format!("error {:?}", error.kind),
                }
            }
            Notify::Close => {
                let event = self.machine.last_close().unwrap();
                let clean = if event.clean { " clean" } else { "" };
                let next = event.retry_in.map_or("stop".to_string(), |delay| format!("retry {delay:?}"));
                format!("close {} {:?}{clean}, {next}", event.code, event.initiator)
            }
            Notify::BufferFull => "full".to_string(),
            Notify::BufferDrain => "drain".to_string(),
            Notify::Latency(rtt) => format!("latency {rtt:?}"),
            Notify::End => {
                format!("end {:?}, {} unsent", self.machine.end_reason(), self.machine.unsent())
            }
        }
    }

    pub(super) fn transmit(&mut self) -> String {
        let mut batch = VecDeque::new();
        let (offered, offered_bytes) = self.machine.offer(&mut batch);
        assert_eq!(offered, batch.len());
        assert_eq!(offered_bytes, bytes(&batch));
        let taken: Vec<_> = batch.drain(..self.room.min(offered)).collect();
        self.room -= taken.len();
        let bytes = bytes(&taken);
        self.socket_messages = if self.socket_bytes > 0 { self.socket_messages + taken.len() as u64 } else { 0 };
        let held = Buffered { messages: self.socket_messages, bytes: self.socket_bytes };
        self.machine.restore(&mut batch, taken.len() as u64, bytes, held);
        assert!(batch.is_empty());
        taken.iter().fold("write".to_string(), |line, message| format!("{line} {message}"))
    }

    pub(super) fn input(&mut self, input: Input) {
        input.apply(&mut self.machine, self.now);
        self.settle();
    }

    /// An event of the latest attempt's socket.
    pub(super) fn socket(&mut self, event: SocketEvent) {
        self.input(Input::Socket(self.machine.attempt, event));
    }

    pub(super) fn opens(&mut self) {
        self.socket(SocketEvent::Opened);
    }

    pub(super) fn receives(&mut self, bytes: u64) {
        self.socket(SocketEvent::Received { messages: 1, bytes });
    }

    /// The socket holds less than before.
    pub(super) fn holds(&mut self, messages: u64, bytes: usize) {
        self.socket_messages = messages;
        self.socket(SocketEvent::Left { held: Buffered { messages, bytes }, was_full: false });
    }

    /// The socket was full, and the peer has taken something.
    pub(super) fn takes(&mut self, messages: u64, bytes: usize) {
        self.socket_messages = messages;
        self.socket(SocketEvent::Left { held: Buffered { messages, bytes }, was_full: true });
    }

    pub(super) fn fails(&mut self, kind: ErrorKind) {
        self.socket_messages = 0;
        self.socket(SocketEvent::Failed(Error::new(kind)));
    }

    pub(super) fn is_refused(&mut self, status: u16, retry_after: impl Into<Option<Duration>>) {
        let error = Error::new(ErrorKind::Handshake { status: Some(status) });
        self.socket(SocketEvent::Failed(Error { retry_after: retry_after.into(), ..error }));
    }

    /// The peer's Close frame arrives.
    pub(super) fn peer_closes(&mut self, code: u16) {
        self.socket(SocketEvent::Closing { code: code.into(), reason: "bye".to_string() });
    }

    /// The socket is gone after both Close frames.
    pub(super) fn socket_ends(&mut self, code: u16) {
        self.socket(SocketEvent::Closed { code: code.into(), reason: "bye".to_string(), clean: true });
    }

    pub(super) fn request(&mut self, request: Request) {
        self.machine.request(self.now, request);
        self.settle();
    }

    pub(super) fn close(&mut self) {
        self.request(close());
    }

    pub(super) fn send(&mut self, text: &'static str) -> Result<(), SendErrorKind> {
        let sent = self.machine.send_text(text);
        self.settle();
        sent.map_err(|refused| {
            assert_eq!(refused.message, text);
            refused.kind
        })
    }

    pub(super) fn send_all(&mut self, texts: &[&'static str]) {
        texts.iter().for_each(|text| self.send(text).unwrap());
    }

    /// As another thread does, before the driver gets to run.
    pub(super) fn queue(&mut self, texts: &[&'static str]) {
        texts.iter().for_each(|text| self.machine.send_text(text).unwrap());
    }

    /// Time passes, and the timer fires whenever it is due.
    pub(super) fn after(&mut self, duration: Duration) {
        let target = self.now + duration;
        let mut spins = 0;
        while let Some(deadline) = self.machine.deadline().filter(|deadline| *deadline <= target) {
            spins = if deadline > self.now { 0 } else { spins + 1 };
            assert!(spins < 10, "the timer fires without an effect");
            self.now = deadline;
            self.wake();
        }
        self.now = target;
    }

    /// Time passes, and the timer fires at the end of it, late.
    pub(super) fn sleep(&mut self, duration: Duration) {
        self.now = self.now + duration;
        self.wake();
    }

    pub(super) fn wake(&mut self) {
        self.input(Input::Wake);
        // Or else the driver would spin.
        assert!(self.machine.deadline().is_none_or(|deadline| deadline >= self.now), "the deadline is in the past");
    }

    /// How long until the timer fires.
    pub(super) fn due_in(&self) -> Option<Duration> {
        self.machine.deadline().map(|deadline| deadline - self.now)
    }

    pub(super) fn state(&self) -> State {
        self.machine.state()
    }
}

fn bytes<'a>(messages: impl IntoIterator<Item = &'a &'static str>) -> usize {
    messages.into_iter().map(|text| text.len()).sum()
}

impl Machine {
    pub(super) fn send_text(&mut self, text: &'static str) -> Result<(), SendError<&'static str>> {
        self.send(text, text.len())
    }
}
