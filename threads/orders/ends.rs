//! Ends, handles that come and go, and set-ups.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use homing::{EndReason, Session, SetupError, State};
use shuttle::future::block_on;
use shuttle::sync::{Condvar, Mutex};
use shuttle::thread;

use crate::orders;
use crate::socket::{Client, builder, join, start};

#[test]
fn s10_two_threads_that_close_see_the_same_end() {
    orders(|| {
        let ends = Arc::new(AtomicUsize::new(0));
        let counted = ends.clone();
        let builder = builder().on_end(move |_, _| {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        let Client { ws, seen, task } = start(builder, &[]);
        let closers = [3001, 3002].map(|code| {
            let ws = ws.clone();
            thread::spawn(move || {
                let closed = ws.closed();
                ws.close(code, "").unwrap();
                let end = block_on(closed);
                assert_eq!((end.reason, ws.state()), (EndReason::Closed, State::Closed));
                assert!(ws.send("late").is_err());
            })
        });
        join(closers);
        drop(ws);
        task.join().unwrap();
        assert_eq!(ends.load(Ordering::Relaxed), 1);
        assert!(seen.lock().unwrap().closes.len() <= 1);
    });
}

#[test]
fn s07_a_client_that_one_thread_closes_and_another_reconnects_ends_or_is_open() {
    orders(|| {
        let Client { ws, seen: _, task } = start(builder(), &[]);
        let other = ws.clone();
        let thread = thread::spawn(move || other.reconnect());
        ws.close(1000, "").unwrap();
        thread.join().unwrap();
        // If it was closed first, it is open again.
        match block_on(ws.opened()) {
            Ok(()) => {}
            Err(end) => assert_eq!(end.reason, EndReason::Closed),
        }
        drop(ws);
        task.join().unwrap();
    });
}

#[test]
fn s06_a_weak_handle_revives_a_client_or_the_last_handle_closes_it() {
    orders(|| {
        let Client { ws, seen, task } = start(builder(), &[]);
        block_on(ws.opened()).unwrap();
        let weak = ws.downgrade();
        let thread = thread::spawn(move || {
            let Some(ws) = weak.upgrade() else { return false };
            // The upgraded handle keeps the client alive.
            ws.send("alive").unwrap();
            block_on(ws.flush()).unwrap();
            assert_eq!(ws.state(), State::Open);
            true
        });
        drop(ws);
        let revived = thread.join().unwrap();
        task.join().unwrap();
        assert_eq!(seen.lock().unwrap().taken.len(), usize::from(revived));
    });
}

/// Another thread ends the client while its task may be asleep, or about to sleep.
#[test]
fn s06_a_task_ends_with_its_last_handle() {
    orders(|| {
        let Client { ws, seen: _, task } = start(builder(), &[]);
        let other = ws.clone();
        let thread = thread::spawn(move || {
            other.abort();
            block_on(other.closed());
        });
        drop(ws);
        thread.join().unwrap();
        task.join().unwrap();
    });
}

/// A session that another thread uses while its set-up returns.
#[test]
fn s27_what_a_session_takes_leaves() {
    orders(|| {
        let (sender, receiver) = shuttle::sync::mpsc::channel();
        let sender = Mutex::new(Some(sender));
        let builder = builder().setup(move |session: Session| {
            if let Some(sender) = sender.lock().unwrap().take() {
                sender.send(session).unwrap();
            }
            async { Ok::<_, SetupError>(()) }
        });
        let Client { ws, seen, task } = start(builder, &[]);
        let session = receiver.recv().unwrap();
        let taken = session.send("late").is_ok();
        block_on(ws.opened()).unwrap();
        drop((session, ws));
        task.join().unwrap();
        let late = seen.lock().unwrap().taken.iter().filter(|text| *text == "late").count();
        assert_eq!(late, usize::from(taken));
    });
}

/// A set-up that waits for another thread, which wakes it at any time.
#[test]
fn s27_a_setup_is_woken_by_other_threads() {
    orders(|| {
        let gate = Arc::new((Mutex::new((false, None::<std::task::Waker>)), Condvar::new()));
        let known = gate.clone();
        let builder = builder().setup(move |mut session: Session| {
            let gate = known.clone();
            async move {
                session.send("login")?;
                session.receive().await?;
                std::future::poll_fn(|cx| {
                    let (is_open, waker) = &mut *gate.0.lock().unwrap();
                    *waker = Some(cx.waker().clone());
                    gate.1.notify_one();
                    if *is_open { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
                })
                .await;
                Ok::<_, SetupError>(())
            }
        });
        let Client { ws, seen, task } = start(builder, &["welcome"]);
        let other = ws.clone();
        let sender = thread::spawn(move || {
            other.send("queued").unwrap();
            block_on(other.flush()).unwrap();
        });
        // As soon as the set-up waits.
        let (gate, waits) = &*gate;
        let mut gate = waits.wait_while(gate.lock().unwrap(), |(_, waker)| waker.is_none()).unwrap();
        gate.0 = true;
        let waker = gate.1.take().unwrap();
        drop(gate);
        waker.wake();
        block_on(ws.opened()).unwrap();
        sender.join().unwrap();
        drop(ws);
        task.join().unwrap();
        assert_eq!(seen.lock().unwrap().taken, ["login", "queued"]);
    });
}
