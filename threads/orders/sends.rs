//! Messages, and the futures that wait for them.

use std::sync::Arc;

use homing::{FlushError, Message};
use shuttle::future::block_on;
use shuttle::sync::Mutex;
use shuttle::thread;

use crate::orders;
use crate::socket::{Client, builder, join, start};

#[test]
fn s15_each_flush_is_woken() {
    orders(|| {
        let Client { ws, seen, task } = start(builder(), &[]);
        let senders = ["a", "b"].map(|text| {
            let (ws, seen) = (ws.clone(), seen.clone());
            thread::spawn(move || {
                ws.send(text).unwrap();
                assert_eq!(block_on(ws.flush()), Ok(()));
                assert!(seen.lock().unwrap().taken.iter().any(|taken| taken == text));
            })
        });
        join(senders);
        drop(ws);
        task.join().unwrap();
        assert_eq!(seen.lock().unwrap().taken.len(), 2);
    });
}

#[test]
fn s14_each_sender_is_woken_when_there_is_room() {
    orders(|| {
        let Client { ws, seen, task } = start(builder().max_send_buffer(1), &[]);
        let senders = [["a", "b", "c"], ["1", "2", "3"]].map(|texts| {
            let ws = ws.clone();
            thread::spawn(move || {
                for text in texts {
                    while ws.send(text).is_err() {
                        block_on(ws.ready());
                    }
                }
            })
        });
        join(senders);
        drop(ws);
        task.join().unwrap();
        let taken = seen.lock().unwrap().taken.concat();
        let of = |set: &str| taken.chars().filter(|c| set.contains(*c)).collect::<String>();
        assert_eq!((of("abc"), of("123"), taken.len()), ("abc".into(), "123".into(), 6));
    });
}

#[test]
fn s28_s30_opened_and_pings_are_woken() {
    orders(|| {
        let Client { ws, seen: _, task } = start(builder(), &[]);
        let others = [(); 2].map(|()| {
            let ws = ws.clone();
            thread::spawn(move || {
                block_on(ws.opened()).unwrap();
                block_on(ws.ping()).unwrap();
            })
        });
        block_on(ws.opened()).unwrap();
        join(others);
        drop(ws);
        task.join().unwrap();
    });
}

#[test]
fn s06_what_was_sent_before_handles_are_dropped_leaves() {
    orders(|| {
        let Client { ws, seen, task } = start(builder(), &[]);
        let others = ["a", "b"].map(|text| {
            let ws = ws.clone();
            thread::spawn(move || {
                ws.send(text).unwrap();
                drop(ws);
            })
        });
        // Not before it is open, as then the attempt would be abandoned.
        block_on(ws.opened()).unwrap();
        drop(ws);
        join(others);
        task.join().unwrap();
        let seen = seen.lock().unwrap();
        assert_eq!((seen.taken.len(), &*seen.closes), (2, &[1000][..]));
    });
}

#[test]
fn s15_every_message_is_in_one_place_when_another_thread_aborts() {
    orders(|| {
        let Client { ws, seen, task } = start(builder(), &[]);
        let other = ws.clone();
        let sender = thread::spawn(move || {
            let mut accepted = 0;
            for text in ["a", "b", "c"] {
                accepted += usize::from(other.send(text).is_ok());
            }
            let flush = other.flush();
            // A flush reports what is lost from then on.
            let lost = other.stats().messages_lost;
            (accepted, lost, block_on(flush))
        });
        block_on(ws.opened()).unwrap();
        ws.abort();
        let (accepted, lost, flushed) = sender.join().unwrap();
        block_on(ws.closed());
        let (stats, unsent) = (ws.stats(), ws.take_unsent());
        let taken = seen.lock().unwrap().taken.len();
        assert_eq!(stats.messages_sent, taken as u64);
        assert_eq!(taken + unsent.len(), accepted);
        assert_eq!(ws.buffered_amount(), 0);
        match flushed {
            Ok(()) => assert_eq!((unsent.len(), stats.messages_lost), (0, lost)),
            Err(FlushError::Lost) => assert!(stats.messages_lost > 0),
            Err(_) => assert!(unsent.len() + stats.messages_lost as usize > 0 || accepted == 0, "{stats:?}"),
        }
        drop(ws);
        task.join().unwrap();
    });
}

/// Every callback calls the handle, while others do.
#[test]
fn s03_callbacks_and_threads_call_the_handle() {
    orders(|| {
        let received = Arc::new(Mutex::new(0));
        let counted = received.clone();
        let builder = builder()
            .on_connect(|ws| drop(ws.send("connect")))
            .on_open(|ws, _| drop((ws.send("open"), block_on(ws.flush()))))
            .on_message(move |ws, message: Message| {
                *counted.lock().unwrap() += 1;
                ws.pause();
                drop(ws.send(message));
                ws.resume();
            })
            .on_close(|ws, _| assert_eq!(ws.stats().attempts, 1))
            .on_end(|ws, _| drop(ws.downgrade().upgrade()));
        let Client { ws, seen: _, task } = start(builder, &["1", "2"]);
        let other = ws.clone();
        let thread = thread::spawn(move || {
            other.pause();
            let _ = (other.send("other"), other.stats(), other.state());
            other.resume();
        });
        block_on(ws.opened()).unwrap();
        block_on(ws.flush()).unwrap();
        thread.join().unwrap();
        drop(ws);
        task.join().unwrap();
        assert!(*received.lock().unwrap() <= 2);
    });
}
