//! One client that reconnects all the time.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::sleep;
use crate::{Server, assert_no_growth, memory};

/// How many reconnects. Chromium delays connections to the same endpoint by about 10 ms each.
const RECONNECTS: usize = 1000;

#[wasm_bindgen_test]
async fn s08a_thousand_reconnects_leak_nothing() {
    let server = Server::start().await;
    let opens = Rc::new(Cell::new(0));
    let closes = Rc::new(Cell::new(0));
    let half = Rc::new(Cell::new((0, 0)));
    let (count, closed, measured) = (opens.clone(), closes.clone(), half.clone());
    let ws = server
        .client("/echo")
        .on_open(move |ws, _| {
            count.set(count.get() + 1);
            if count.get() == RECONNECTS / 2 {
                measured.set(memory());
            }
            if count.get() <= RECONNECTS {
                ws.reconnect();
            }
        })
        .on_close(move |_, event| {
            assert!(event.clean, "{event:?}");
            closed.set(closed.get() + 1);
        })
        .connect()
        .unwrap();
    let (mut last, mut rounds) = (0, 0);
    while opens.get() <= RECONNECTS {
        sleep(20).await;
        rounds = if opens.get() == last { rounds + 1 } else { 0 };
        last = opens.get();
        assert!(rounds < 1500, "{last} times open, and no more within 30 s");
    }
    assert_eq!((opens.get(), closes.get()), (RECONNECTS + 1, RECONNECTS));
    assert_no_growth(half.get(), memory());
    ws.close(1000, "").unwrap();
    ws.closed().await;
    drop(ws);
    sleep(200).await;
    assert_eq!((opens.get(), closes.get()), (RECONNECTS + 1, RECONNECTS + 1));
    // The handler was dropped, and with it all other references.
    assert_eq!(Rc::strong_count(&opens), 1);
    server.end().await;
}
