//! Order, and what becomes of each message (S13, S15).

use super::*;

#[test]
fn s13_every_state_but_closed_and_closing_takes_messages() {
    let mut rig = Rig::new(config());
    rig.send("connecting").unwrap();
    rig.fails(ErrorKind::Connect);
    rig.send("waiting").unwrap();
    rig.after(SECOND);
    rig.inside("open", |machine, _| machine.send_text("in on_open").unwrap());
    rig.opens();
    rig.send("open").unwrap();
    let writes: Vec<_> = rig.log().into_iter().filter(|line| line.starts_with("write")).collect();
    assert_eq!(writes, ["write connecting waiting in on_open", "write open"]);
    rig.close();
    assert_eq!(rig.send("closing"), Err(SendErrorKind::Closed));
    rig.socket_ends(1000);
    assert_eq!(rig.send("closed"), Err(SendErrorKind::Closed));
}

#[test]
fn s13_what_the_socket_refuses_keeps_its_place() {
    let mut rig = Rig::open(config());
    rig.room = 2;
    rig.queue(&["a", "b", "c", "d"]);
    rig.settle();
    rig.machine.send_text("e").unwrap();
    rig.settle();
    assert_eq!(rig.log(), ["write a b"], "not offered again until there is room");
    rig.room = 9;
    rig.socket(SocketEvent::Writable);
    assert_eq!(rig.log(), ["write c d e"]);
}

#[test]
fn s13_an_empty_socket_has_room() {
    let mut rig = Rig::open(config());
    rig.room = 0;
    rig.socket_bytes = 10;
    rig.send("a").unwrap();
    rig.room = 9;
    rig.holds(1, 5);
    assert_eq!(rig.log(), ["write"]);
    rig.holds(0, 0);
    assert_eq!(rig.log(), ["write a"]);
}

#[test]
fn s13_what_was_not_handed_over_survives_in_order_and_the_rest_is_not_repeated() {
    let mut rig = Rig::open(config());
    rig.room = 2;
    rig.queue(&["a", "b", "c", "d"]);
    rig.settle();
    rig.fails(ErrorKind::Io);
    rig.send("e").unwrap();
    rig.after(SECOND);
    rig.room = 1;
    rig.opens();
    rig.fails(ErrorKind::Io);
    rig.after(SECOND);
    rig.room = 9;
    rig.opens();
    let writes: Vec<_> = rig.log().into_iter().filter(|line| line.starts_with("write")).collect();
    assert_eq!(writes, ["write a b", "write c", "write d e"]);
}

#[test]
fn s13_messages_sent_while_a_batch_is_out_come_behind_it() {
    let mut rig = Rig::open(config());
    rig.room = 0;
    rig.send_all(&["a", "b"]);
    let mut batch = VecDeque::new();
    assert_eq!(rig.machine.offer(&mut batch), (2, 2));
    // Another thread sends while the driver is at the socket.
    rig.machine.send_text("c").unwrap();
    assert_eq!((rig.machine.buffered(), batch.len()), (3, 2));
    assert!(!rig.machine.has_output());
    batch.pop_front();
    rig.machine.restore(&mut batch, 1, 1, Buffered::default());
    rig.room = 9;
    rig.socket(SocketEvent::Writable);
    assert_eq!(rig.log().pop().unwrap(), "write b c");
}

#[test]
fn s13_an_attempt_that_ends_while_a_batch_is_out_loses_nothing() {
    let mut rig = Rig::open(config());
    rig.room = 0;
    rig.send_all(&["a", "b"]);
    let mut batch = VecDeque::new();
    rig.machine.offer(&mut batch);
    // Another thread closes while the driver is at the socket.
    rig.machine.request(rig.now, Request::Abort);
    rig.machine.restore(&mut batch, 0, 0, Buffered::default());
    rig.settle();
    assert_eq!(rig.log().pop().unwrap(), "end Closed, 2 unsent");
    assert_eq!(rig.machine.take_unsent(), ["a", "b"]);
}

#[test]
fn s13_what_is_queued_before_the_close_leaves_though_a_batch_is_out() {
    let mut rig = Rig::open(config());
    rig.room = 0;
    rig.send("a").unwrap();
    let mut batch = VecDeque::new();
    rig.machine.offer(&mut batch);
    rig.machine.request(rig.now, close());
    assert_eq!(rig.machine.poll(), Some(Output::Mark));
    assert!(!rig.machine.has_output(), "the Close frame must not overtake the batch");
    batch.clear();
    rig.machine.restore(&mut batch, 1, 1, Buffered::default());
    rig.settle();
    assert_eq!(rig.log(), ["write", "send close 1000"]);
}

#[test]
fn s15_what_was_still_queued_is_counted_and_handed_back() {
    let mut rig = Rig::open(config());
    rig.room = 1;
    rig.send_all(&["a", "b", "c"]);
    assert!(rig.machine.take_unsent().is_empty(), "the client lives");
    rig.request(Request::Abort);
    assert_eq!(rig.log().pop().unwrap(), "end Closed, 2 unsent");
    assert_eq!(rig.machine.buffered(), 2);
    assert_eq!(rig.machine.take_unsent(), ["b", "c"]);
    assert!(rig.machine.take_unsent().is_empty());
    assert_eq!(rig.machine.buffered(), 0);
}

#[test]
fn s15_what_was_not_taken_back_is_sent_after_a_reconnect() {
    let mut rig = Rig::new(config());
    rig.send("a").unwrap();
    rig.request(Request::Abort);
    rig.request(Request::Reconnect(Duration::ZERO));
    rig.after(Duration::ZERO);
    assert!(rig.machine.take_unsent().is_empty());
    rig.opens();
    assert_eq!(rig.log().pop().unwrap(), "write a");
}

#[test]
fn s15_a_flush_is_over_when_the_socket_is_empty_too() {
    let mut rig = Rig::new(config());
    assert!(rig.machine.has_left(rig.machine.mark()), "nothing was queued");
    rig.send("a").unwrap();
    let first = rig.machine.mark();
    assert!(!rig.machine.has_left(first));
    rig.socket_bytes = 1;
    rig.opens();
    assert!(!rig.machine.has_left(first), "the socket still holds it");
    rig.room = 0;
    rig.send("b").unwrap();
    let second = rig.machine.mark();
    rig.holds(0, 0);
    rig.socket_bytes = 0;
    rig.socket(SocketEvent::Writable);
    assert!(rig.machine.has_left(first) && !rig.machine.has_left(second));
    rig.room = 1;
    rig.socket(SocketEvent::Writable);
    assert!(rig.machine.has_left(second));
}

#[test]
fn s15_what_was_handed_back_has_not_left() {
    let mut rig = Rig::new(config());
    rig.send("a").unwrap();
    rig.request(Request::Abort);
    let mark = rig.machine.mark();
    rig.machine.take_unsent();
    assert!(rig.machine.is_lost(mark));
    let mark = rig.machine.mark();
    rig.machine.take_unsent();
    assert!(!rig.machine.is_lost(mark), "there was nothing any more");
    rig.request(Request::Reconnect(Duration::ZERO));
    rig.after(Duration::ZERO);
    rig.send("b").unwrap();
    let later = rig.machine.mark();
    assert!(!rig.machine.has_left(later));
    rig.opens();
    assert!(rig.machine.has_left(later));
}

#[test]
fn s15_what_was_lost_with_the_socket_is_reported_and_not_sent_again() {
    let mut rig = Rig::open(config());
    rig.send("arrived").unwrap();
    rig.socket_bytes = 1;
    rig.send_all(&["a", "b"]);
    rig.room = 0;
    rig.send("kept").unwrap();
    rig.inside("close", |machine, now| {
        let stats = machine.stats(now);
        assert_eq!((stats.messages_sent, stats.messages_lost), (3, 2));
    });
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.machine.last_close.as_ref().map(|close| close.lost), Some(2));
    (rig.room, rig.socket_bytes) = (9, 0);
    rig.after(SECOND);
    rig.opens();
    assert_eq!(rig.log().pop().unwrap(), "write kept");
    // Nothing more is lost from an empty socket.
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.machine.last_close.as_ref().map(|close| close.lost), Some(0));
}

#[test]
fn s13_a_socket_that_holds_some_messages_holds_those_behind_what_on_open_sent() {
    let mut rig = Rig::new(config());
    rig.send("queued").unwrap();
    let queued = rig.machine.mark();
    rig.socket_bytes = 1;
    rig.inside("open", |machine, _| machine.enqueue("login", 5, true).unwrap());
    rig.opens();
    assert_eq!(rig.log(), ["dial 1", "open", "write login queued"]);
    rig.holds(1, 1);
    assert!(!rig.machine.has_left(queued));
    rig.fails(ErrorKind::Io);
    assert!(rig.machine.is_lost(queued));
}

#[test]
fn s15_what_the_socket_takes_while_another_thread_aborts_is_lost() {
    let mut rig = Rig::open(config());
    rig.machine.send_text("a").unwrap();
    let flush = rig.machine.mark();
    let mut batch = VecDeque::new();
    assert_eq!(rig.machine.poll(), Some(Output::Transmit));
    rig.machine.offer(&mut batch);
    rig.machine.request(rig.now, Request::Abort);
    batch.clear();
    rig.machine.restore(&mut batch, 1, 1, Buffered { messages: 1, bytes: 1 });
    assert!(rig.machine.has_left(flush) && rig.machine.is_lost(flush));
    assert_eq!((rig.machine.buffered(), rig.machine.stats(rig.now).messages_lost), (0, 1));
    rig.settle();
    assert_eq!(rig.machine.last_close.as_ref().map(|close| close.lost), Some(1));
}

#[test]
fn s14_the_memory_of_a_burst_does_not_stay() {
    let mut rig = Rig::open(Config { max_send_buffer: 20_000, ..config() });
    rig.room = 0;
    rig.send("first").unwrap();
    for _ in 0..10_000 {
        rig.machine.send_text("a").unwrap();
    }
    let mut batch = VecDeque::new();
    let (messages, bytes) = rig.machine.offer(&mut batch);
    batch.clear();
    rig.machine.restore(&mut batch, messages as u64, bytes, Buffered::default());
    assert!(batch.capacity() < 10_000, "{}", batch.capacity());
}
