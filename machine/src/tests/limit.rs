//! The send buffer's limit and its edges (S14).

use super::*;

const TEN: &str = "0123456789";

fn small() -> Config {
    Config { max_send_buffer: 25, ..config() }
}

#[test]
fn s14_the_message_that_crosses_the_limit_is_taken_and_the_next_handed_back() {
    let mut rig = Rig::new(small());
    rig.send_all(&[TEN, TEN, TEN]);
    assert_eq!(rig.machine.buffered(), 30);
    assert_eq!(rig.send("x"), Err(SendErrorKind::Full));
    assert_eq!(rig.send(""), Err(SendErrorKind::Full));
    assert_eq!(rig.machine.buffered(), 30);
}

#[test]
fn s14_empty_messages_count_too() {
    let mut rig = Rig::new(Config { max_send_buffer: 4, ..config() });
    rig.send_all(&["", "", "", ""]);
    assert_eq!((rig.send(""), rig.machine.buffered()), (Err(SendErrorKind::Full), 0));
    rig.room = 2;
    rig.opens();
    assert_eq!(rig.log().pop().unwrap(), "drain");
    rig.send("").unwrap();
}

#[test]
fn s14_exactly_the_limit_is_full() {
    let mut rig = Rig::new(Config { max_send_buffer: 10, ..config() });
    rig.send(TEN).unwrap();
    assert_eq!((rig.machine.is_full(), rig.send("")), (true, Err(SendErrorKind::Full)));
    // A single message may be larger than everything that is allowed.
    let mut rig = Rig::new(Config { max_send_buffer: 1, ..config() });
    rig.send(TEN).unwrap();
    assert_eq!(rig.send("x"), Err(SendErrorKind::Full));
}

#[test]
fn s14_each_edge_is_reported_once() {
    let mut rig = Rig::new(small());
    rig.send_all(&[TEN, TEN, TEN]);
    rig.send("x").unwrap_err();
    rig.room = 1;
    rig.opens();
    assert_eq!(rig.log(), ["dial 1", "full", "open", &format!("write {TEN}")]);
    // 20 of 25: messages are accepted again, but no room is reported yet.
    assert!(rig.machine.is_full());
    rig.send("x").unwrap();
    rig.room = 1;
    rig.socket(SocketEvent::Writable);
    assert_eq!(rig.log(), [&format!("write {TEN}"), "drain"]);
    assert!(!rig.machine.is_full());
    rig.room = 9;
    rig.socket(SocketEvent::Writable);
    rig.send_all(&[TEN, TEN]);
    assert!(!rig.log().iter().any(|line| line == "full" || line == "drain"));
}

#[test]
fn s14_the_sockets_own_buffer_counts() {
    let mut rig = Rig::open(small());
    rig.socket_bytes = 30;
    rig.send(TEN).unwrap();
    assert_eq!(rig.machine.buffered(), 30);
    assert_eq!(rig.log(), [&format!("write {TEN}"), "full"]);
    assert_eq!(rig.send("x"), Err(SendErrorKind::Full));
    rig.holds(1, 13);
    assert_eq!((rig.log().len(), rig.send("x")), (0, Ok(())));
    rig.log();
    rig.socket_bytes = 0;
    rig.holds(1, 12);
    assert_eq!(rig.log(), ["drain"]);
}

#[test]
fn s14_what_a_lost_socket_held_makes_room() {
    let mut rig = Rig::open(small());
    rig.socket_bytes = 30;
    rig.send(TEN).unwrap();
    rig.log();
    rig.fails(ErrorKind::Io);
    assert_eq!(rig.log(), ["error Io", "drain", "close 1006 Failure, retry 1s"]);
    assert_eq!(rig.machine.buffered(), 0);
}

#[test]
fn s14_a_batch_that_is_out_counts() {
    let mut rig = Rig::open(small());
    rig.room = 0;
    rig.send(TEN).unwrap();
    let mut batch = VecDeque::new();
    rig.machine.offer(&mut batch);
    rig.queue(&[TEN, TEN]);
    assert_eq!(rig.machine.buffered(), 30);
    assert!(rig.machine.send_text("x").is_err());
    rig.machine.restore(&mut batch, 0, 0, Buffered::default());
    assert_eq!(rig.machine.buffered(), 30);
}

#[test]
fn s14_inside_on_buffer_drain_there_is_room() {
    let mut rig = Rig::new(small());
    rig.send_all(&[TEN, TEN, TEN]);
    rig.inside("drain", |machine, _| [TEN, TEN, TEN].into_iter().for_each(|text| machine.send_text(text).unwrap()));
    rig.opens();
    let edges: Vec<_> = rig.log().into_iter().filter(|line| line == "full" || line == "drain").collect();
    assert_eq!(edges, ["full", "drain", "full", "drain"]);
}

#[test]
fn s14_taking_back_makes_room() {
    let mut rig = Rig::new(small());
    rig.send_all(&[TEN, TEN, TEN]);
    rig.request(Request::Abort);
    assert_eq!(rig.machine.take_unsent().len(), 3);
    assert!(!rig.machine.is_full());
    rig.request(Request::Reconnect(Duration::ZERO));
    rig.send(TEN).unwrap();
    assert_eq!(rig.machine.buffered(), 10);
}
