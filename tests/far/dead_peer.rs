//! A peer that stops answering behind a slow link.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use homing::{ErrorKind, Event};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::exchange::Load;
use crate::wire;

impl Load {
    /// Runs a server that only answers Pings, until the connection ends or nothing has arrived for 15 s.
    pub(crate) fn accept(self, at: [u8; 4], listening: &mpsc::Sender<SocketAddr>) {
        self.block_on(async {
            let listener = TcpListener::bind(SocketAddr::from((at, 0))).await.unwrap();
            listening.send(listener.local_addr().unwrap()).unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = tokio_tungstenite::accept_async(stream).await.unwrap();
            while let Ok(Some(Ok(_))) = timeout(Duration::from_secs(15), stream.next()).await {}
        });
    }

    /// Runs a client, cuts the link, and checks that the client detects it.
    pub(crate) fn detect(self, server: SocketAddr, is_cut: &AtomicBool) {
        self.block_on(async {
            let (ws, mut events) = self.client(server, 0);
            let mut cut = None;
            loop {
                match events.next().await.expect("the client lives") {
                    // Heartbeats have been answered before.
                    Event::Latency(_) if ws.stats().heartbeats >= 3 && cut.is_none() => {
                        is_cut.store(true, SeqCst);
                        cut = Some(Instant::now());
                    }
                    Event::Error(error) => {
                        let cut = cut.unwrap_or_else(|| panic!("{error:?} before the link was cut: {:?}", ws.stats()));
                        println!("detected after {:?}: {:?}", cut.elapsed(), ws.stats());
                        assert_eq!(error.kind(), &ErrorKind::HeartbeatTimeout);
                        return;
                    }
                    _ => {}
                }
            }
        });
    }
}

/// A dead peer is still detected.
#[test]
fn s17_a_dead_peer_behind_a_slow_link_is_detected() {
    let wired = wire::Wired { rate: 200_000, delay: Duration::from_millis(500), loss_percent: 0.0 };
    let load = Load { clients: 1, bytes: 0, rate: 1, beat: Some([1, 3].map(Duration::from_secs)) };
    wire::apart(
        wired,
        move |listening| load.accept(wire::SERVER, listening),
        move |server, is_cut| load.detect(server, is_cut),
    );
}
