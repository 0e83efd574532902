//! A day on an unreliable link, in virtual time, with a client that sends about once a second.
//!
//! ```text
//! HOMING_DAY_SEED=123 HOMING_DAY_HOURS=24 cargo test -p homing-tests --test simulation day
//! ```

mod plan;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use homing::memory::{Dial, Network};
use homing::{
    CloseEvent, End, Error, ErrorKind, FlushError, Handler, Handshake, Heartbeat, Message, Reconnect, State, WebSocket,
};

use crate::number;
use plan::{LARGE, Link, Random, Span, message, span, spans, was_up};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
/// The hours of a day, unless more are requested.
const HOURS: u64 = 6;
const LATENCY: Duration = Duration::from_millis(40);
const MAX_DELAY: Duration = Duration::from_secs(10);
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
const BEAT: Duration = Duration::from_secs(8);
/// A client detects a dead connection within this time after its last progress.
const NOTICE: Duration = Duration::from_secs(24);
const LIMIT: usize = 256 * 1024;

/// What is known of the day so far.
#[derive(Default)]
struct Ledger {
    spans: Arc<Vec<Span>>,
    is_open: bool,
    /// The number of the first message of this connection, what its peer got of them, and what came back.
    first: u64,
    received: u64,
    returned: u64,
    /// Since then it has been dialled.
    dialled: Duration,
    error: Option<ErrorKind>,
    /// Numbers of the messages that were lost, by their connections.
    losses: Vec<(u64, u64)>,
    total: Total,
    end: Option<End>,
}

#[derive(Debug, Default)]
struct Total {
    received: u64,
    echoed: u64,
    cut: u64,
    lost: u64,
    unsent: u64,
}

#[derive(Clone)]
struct Day {
    network: Network,
    ledger: Arc<Mutex<Ledger>>,
}

impl Day {
    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what the peer has got, which must be the next messages.
    fn collect(&self) {
        let received = self.network.peer().take_received();
        let mut ledger = self.lock();
        for got in received {
            assert_eq!(got, message(ledger.first + ledger.received));
            ledger.received += 1;
        }
    }

    /// What the next dial meets.
    fn prepare(&self, at: Duration) {
        let (_, link) = span(&self.lock().spans, at);
        self.network.script([match link {
            Link::Up(_) => Dial::Accept,
            Link::Cut(dial) => dial,
            Link::Still { .. } => Dial::Stall,
        }]);
        self.lock().dialled = at;
    }

    /// The link changes.
    fn change(&self, before: Option<Link>, link: Link) {
        if before == Some(Link::Still { recovers: true }) {
            self.network.peer().read(true);
            self.network.peer().silence(false);
        }
        match link {
            Link::Up(rate) => self.network.set_rate(rate),
            Link::Cut(_) => self.network.peer().cut(),
            Link::Still { .. } => {
                self.network.peer().read(false);
                self.network.peer().silence(true);
            }
        }
    }
}

impl Handler for Day {
    fn on_open(&mut self, ws: &WebSocket, _: &Handshake) {
        self.network.peer().echo(true);
        let mut ledger = self.lock();
        assert!(!ledger.is_open);
        ledger.is_open = true;
        ledger.first = ws.stats().messages_sent;
    }
    fn on_message(&mut self, ws: &WebSocket, echo: Message) {
        let mut ledger = self.lock();
        // The peer answers none that arrives while it is silent.
        let given = ws.stats().messages_sent - ledger.first;
        let returned = (ledger.returned..given).find(|number| echo == message(ledger.first + number));
        ledger.returned = returned.expect("a message that was sent, and in order") + 1;
        ledger.total.echoed += 1;
    }
    fn on_error(&mut self, _: &WebSocket, error: &Error) {
        self.lock().error = Some(error.kind().clone());
    }
    fn on_close(&mut self, ws: &WebSocket, event: &CloseEvent) {
        self.collect();
        let now = self.network.now();
        let mut ledger = self.lock();
        let error = ledger.error.take();
        if event.retry_in.is_some() {
            let failed = (ledger.dialled, now, &error);
            assert!(!was_up(&ledger.spans, ledger.dialled, now), "{failed:?}: ended while the link was up");
        }
        let stats = ws.stats();
        let was_open = std::mem::take(&mut ledger.is_open);
        let given = if was_open { stats.messages_sent - ledger.first } else { 0 };
        let (received, returned) = (std::mem::take(&mut ledger.received), std::mem::take(&mut ledger.returned));
        assert!(received + event.lost <= given && returned <= received, "{received} of {given}, {event:?}");
        let cut = given - received - event.lost;
        // What has left arrives within the latency, unless the connection is cut.
        assert!(cut == 0 || error == Some(ErrorKind::Io), "{cut} of {given} neither arrived nor are lost: {error:?}");
        if event.lost > 0 {
            ledger.losses.push((stats.messages_sent - event.lost, stats.messages_sent));
        }
        let total = &mut ledger.total;
        total.received += received;
        total.cut += cut;
        total.lost += event.lost;
        drop(ledger);
        if let Some(delay) = event.retry_in {
            self.prepare(now + delay);
        }
    }
    fn on_end(&mut self, ws: &WebSocket, end: &End) {
        let unsent = ws.take_unsent();
        let numbers = ws.stats().messages_sent..;
        unsent.iter().zip(numbers).for_each(|(unsent, number)| assert_eq!(*unsent, message(number)));
        let mut ledger = self.lock();
        ledger.total.unsent = unsent.len() as u64;
        ledger.end = Some(end.clone());
    }
}

/// What a client shows at any time.
fn look(day: &Day, ws: &WebSocket, since: Duration, link: Link, drain: Duration) {
    let state = ws.state();
    let now = day.network.now();
    let ledger = day.lock();
    let what = || format!("{state:?} at {now:?}, {link:?} since {since:?}");
    assert_eq!(ledger.is_open, state == State::Open, "{}", what());
    assert!(ws.buffered_amount() <= LIMIT + LARGE, "{}", what());
    let lasts = now - since;
    match link {
        // What was still dead may have to be noticed first.
        Link::Up(_) if lasts > NOTICE + drain + MAX_DELAY + OPEN_TIMEOUT => {
            assert_eq!(state, State::Open, "{}", what())
        }
        Link::Cut(_) if lasts > LATENCY => assert_ne!(state, State::Open, "{}", what()),
        Link::Still { .. } if lasts > NOTICE + drain => assert_ne!(state, State::Open, "{}", what()),
        _ => {}
    }
}

fn live(seed: u64, length: Duration) {
    let mut random = Random(seed);
    let spans = Arc::new(spans(&mut random, length));
    let network = Network::new();
    network.set_latency(LATENCY);
    let ledger = Ledger { spans: spans.clone(), ..Ledger::default() };
    let day = Day { network: network.clone(), ledger: Arc::new(Mutex::new(ledger)) };
    let ws = network.connect(
        WebSocket::builder("ws://example.com")
            .reconnect(Reconnect::exponential(SECOND, MAX_DELAY))
            .open_timeout(OPEN_TIMEOUT)
            .heartbeat(Heartbeat::ping(BEAT, BEAT))
            .max_send_buffer(LIMIT)
            .jitter_seed(seed)
            .handler(day.clone()),
    );
    let ws = ws.unwrap();
    day.prepare(Duration::ZERO);
    network.advance(Duration::ZERO);

    let (mut accepted, mut refused, mut flushes, mut flushed) = (0, 0, Vec::new(), [0_u64; 2]);
    let mut next_send = SECOND;
    // How long what was sent may go on arriving, at the last rate and this one.
    let mut drains = [Duration::ZERO; 2];
    let mut before = None;
    for (position, &(since, link)) in spans.iter().enumerate() {
        network.advance(since - network.now());
        day.change(before, link);
        if let Link::Up(rate) = link {
            let most = rate.map_or(0, |rate| (LIMIT + 2 * LARGE) as u64 / rate);
            drains = [drains[1], Duration::from_secs(most)];
        }
        before = Some(link);
        let until = spans.get(position + 1).map_or(length.max(since), |(from, _)| *from);
        while next_send < until {
            network.advance(next_send - network.now());
            next_send += Duration::from_millis(500 + random.below(1000));
            match ws.send(message(accepted)) {
                Ok(()) => accepted += 1,
                Err(_) => refused += 1,
            }
            if random.below(10) == 0 {
                flushes.push((ws.flush(), accepted, day.lock().losses.len()));
            }
            network.advance(Duration::ZERO);
            day.collect();
            look(&day, &ws, since, link, drains[0].max(drains[1]));
            // Each answer, as soon as it is there.
            flushes.retain_mut(|(flush, accepted, losses)| {
                let Some(result) = flush.now_or_never() else { return true };
                let was_lost = day.lock().losses[*losses..].iter().any(|(first, _)| first < accepted);
                assert_eq!(result, if was_lost { Err(FlushError::Lost) } else { Ok(()) });
                flushed[usize::from(was_lost)] += 1;
                false
            });
        }
    }
    ws.close(1000, "").unwrap();
    network.advance(60 * SECOND);
    day.collect();

    let ledger = day.lock();
    let (total, stats) = (&ledger.total, ws.stats());
    let outages = spans.len() / 2;
    println!(
        "{length:?}: {outages} outages, {accepted} messages, {refused} refused, {total:?}, {flushed:?} flushes, {stats:?}"
    );
    assert!(ledger.end.is_some());
    assert!(network.peers().iter().all(|peer| peer.take_received().is_empty()), "a peer got something late");
    assert_eq!(total.received + total.cut + total.lost + total.unsent, accepted);
    assert_eq!((stats.messages_lost, stats.messages_sent + total.unsent), (total.lost, accepted));
    assert_eq!(stats.messages_received, total.echoed);
    // On average a delay is half of the longest, after a few that are shorter.
    let down: Duration =
        spans.windows(2).filter(|pair| !matches!(pair[0].1, Link::Up(_))).map(|pair| pair[1].0 - pair[0].0).sum();
    let most = outages as u64 * 8 + (down.as_millis() / (MAX_DELAY / 4).as_millis()) as u64;
    assert!((outages as u64 / 2..most).contains(&stats.attempts), "{} attempts, {most} at most", stats.attempts);
    drop((ledger, ws));
    // The network drops the client, whose handler owns the network.
    network.advance(Duration::ZERO);
}

#[test]
fn s15_a_day_on_a_link_that_flaps() {
    let seed = number("HOMING_DAY_SEED").unwrap_or(24);
    let hours = number("HOMING_DAY_HOURS").unwrap_or(HOURS);
    println!(
        "replay: HOMING_DAY_SEED={seed} HOMING_DAY_HOURS={hours} cargo test -p homing-tests --test simulation day"
    );
    live(seed, HOUR * hours as u32);
}
