//! Two network namespaces, each with a TUN device, and the forwarding of packets between them.

use std::net::{Ipv4Addr, SocketAddr};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sched::{CloneFlags, unshare};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc as queue, watch};
use tokio::time::{Instant, sleep_until};
use tokio_tun::Tun;

pub(crate) const CLIENT: [u8; 4] = [10, 93, 0, 1];
pub(crate) const SERVER: [u8; 4] = [10, 93, 0, 2];

/// The MTU of Ethernet.
const MTU: i32 = 1500;
/// The most packets that wait in each direction, as in `tc netem`.
const QUEUE: usize = 1000;

/// The properties of a wire.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wired {
    /// Bytes per second in each direction.
    pub(crate) rate: u64,
    pub(crate) delay: Duration,
    pub(crate) loss_percent: f64,
}

/// Forwards packets between its two ends, until it is dropped.
pub(crate) struct Wire {
    pub(crate) counts: Arc<Counts>,
    /// If set, every packet is lost.
    pub(crate) is_cut: Arc<AtomicBool>,
    /// The devices, in the order of the last bytes of their addresses.
    ends: [watch::Sender<Option<Arc<Tun>>>; 2],
    runtime: Option<Runtime>,
}

#[derive(Debug, Default)]
pub(crate) struct Counts {
    carried: AtomicU64,
    lost: AtomicU64,
    /// Packets for which the queue had no room.
    dropped: AtomicU64,
}

impl Wire {
    pub(crate) fn start(wired: Wired) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let ends: [watch::Sender<Option<Arc<Tun>>>; 2] = Default::default();
        let counts = Arc::new(Counts::default());
        let is_cut = Arc::new(AtomicBool::new(false));
        for (seed, [from, to]) in [(1, [0, 1]), (2, [1, 0])] {
            let (from, to) = (ends[from].subscribe(), ends[to].subscribe());
            let (counts, is_cut) = (counts.clone(), is_cut.clone());
            runtime
                .spawn(async move { carry(device(from).await, device(to).await, wired, seed, &counts, &is_cut).await });
        }
        Self { counts, is_cut, ends, runtime: Some(runtime) }
    }

    /// Runs a function on a thread with a network namespace of its own, at this address. Fails if that is not possible.
    pub(crate) fn end(
        &self,
        at: [u8; 4],
        peer: [u8; 4],
        run: impl FnOnce() + Send + 'static,
    ) -> Result<JoinHandle<()>, String> {
        let runtime = self.runtime.as_ref().expect("a running wire").handle().clone();
        let end = self.ends[usize::from(at[3]) - 1].clone();
        let (started, ready) = mpsc::channel();
        let thread = thread::spawn(move || {
            let device = unshare(CloneFlags::CLONE_NEWNET).map_err(|error| error.to_string()).and_then(|()| {
                let _entered = runtime.enter();
                let (at, peer) = (Ipv4Addr::from(at), Ipv4Addr::from(peer));
                let device = Tun::builder().name("far").address(at).destination(peer).mtu(MTU).up().build();
                device.map_err(|error| format!("/dev/net/tun: {error}"))
            });
            let is_up = device.map(|mut devices| {
                end.send_replace(devices.pop().map(Arc::new));
            });
            let runs = is_up.is_ok();
            let _ = started.send(is_up);
            if runs {
                run();
            }
        });
        ready.recv().unwrap_or_else(|_| Err("no device".into())).map(|()| thread)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.runtime.take().into_iter().for_each(Runtime::shutdown_background);
    }
}

async fn device(mut end: watch::Receiver<Option<Arc<Tun>>>) -> Arc<Tun> {
    match end.wait_for(Option::is_some).await.ok().and_then(|end| end.clone()) {
        Some(device) => device,
        None => std::future::pending().await,
    }
}

/// Forwards packets in one direction.
async fn carry(from: Arc<Tun>, to: Arc<Tun>, wired: Wired, seed: u64, counts: &Counts, is_cut: &AtomicBool) {
    let (packets, mut arriving) = queue::channel::<(Instant, Vec<u8>)>(QUEUE);
    let taking = async {
        let mut buffer = [0; MTU as usize];
        let mut free = Instant::now();
        let mut random = seed;
        while let Ok(length) = from.recv(&mut buffer).await {
            // The upper bits of an LCG are random enough for losses.
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if ((random >> 32) as f64) < f64::from(u32::MAX) * wired.loss_percent / 100.0 || is_cut.load(Relaxed) {
                counts.lost.fetch_add(1, Relaxed);
                continue;
            }
            let takes = Duration::from_nanos(length as u64 * 1_000_000_000 / wired.rate);
            let leaves = free.max(Instant::now()) + takes;
            if packets.try_send((leaves + wired.delay, buffer[..length].to_vec())).is_ok() {
                free = leaves;
                counts.carried.fetch_add(1, Relaxed);
            } else {
                counts.dropped.fetch_add(1, Relaxed);
            }
        }
    };
    let giving = async {
        while let Some((at, packet)) = arriving.recv().await {
            sleep_until(at).await;
            // Fails if the device was dropped.
            let _ = to.send(&packet).await;
        }
    };
    tokio::join!(taking, giving);
}

/// Runs a server and a client, each in a network namespace of its own. Skips them if namespaces are not available.
pub(crate) fn apart(
    wired: Wired,
    server: impl FnOnce(&mpsc::Sender<SocketAddr>) + Send + 'static,
    client: impl FnOnce(SocketAddr, &AtomicBool) + Send + 'static,
) {
    let wire = Wire::start(wired);
    let (listening, addr) = mpsc::channel();
    let is_cut = wire.is_cut.clone();
    let server = wire.end(SERVER, CLIENT, move || server(&listening));
    let client = wire.end(CLIENT, SERVER, move || client(addr.recv().expect("the server listens"), &is_cut));
    match server.and_then(|server| Ok((server, client?))) {
        Ok((server, client)) => {
            let outcomes = [client.join(), server.join()];
            outcomes.into_iter().for_each(|outcome| outcome.unwrap_or_else(|panic| resume_unwind(panic)));
            println!("{:?}", wire.counts);
        }
        Err(why) => println!("SKIPPED: no network namespaces: {why}"),
    }
}
