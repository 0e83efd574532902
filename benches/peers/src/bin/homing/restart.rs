//! All connections of a process after their server has restarted: `restart/NUMBER/MILLISECONDS`, for which the server is away.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use homing::{Heartbeat, WebSocket};
use homing_peers::{CLIENT_CORE, Meter, allow_many_files, pin, resident, resident_peak, stop};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;

/// How many connections are opened at once.
const AT_ONCE: usize = 64;
/// The first delay of a client is spread over this time.
const SPREAD: Duration = Duration::from_secs(1);
const BUCKET: Duration = Duration::from_millis(100);

/// What the clients report: when they were open, and when an attempt is due.
struct Reports {
    opened: Mutex<Vec<Instant>>,
    due: Mutex<Vec<Instant>>,
    /// When the first connection ended: the server takes seconds to end thousands of threads before that.
    ended: OnceLock<Instant>,
    open: watch::Sender<usize>,
}

impl Reports {
    async fn open(&self, count: usize) {
        let mut open = self.open.subscribe();
        let _ = open.wait_for(|open| *open >= count).await;
    }

    /// Returns how long after `start` each was, in order.
    fn since(times: &Mutex<Vec<Instant>>, start: Instant) -> Vec<Duration> {
        let times = times.lock().expect("no other holder panics");
        let mut times: Vec<_> = times.iter().map(|time| time.saturating_duration_since(start)).collect();
        times.sort();
        times
    }
}

fn connect(url: &str, reports: &Arc<Reports>) -> WebSocket {
    let (opened, closed) = (reports.clone(), reports.clone());
    let ws = WebSocket::builder(url)
        .heartbeat(Heartbeat::ping(Duration::from_secs(20), Duration::from_secs(10)))
        .on_open(move |_, _| {
            opened.opened.lock().expect("no other holder panics").push(Instant::now());
            opened.open.send_modify(|open| *open += 1);
        })
        .on_close(move |_, event| {
            let now = Instant::now();
            closed.ended.get_or_init(|| now);
            let due = event.retry_in.map(|delay| now + delay);
            closed.due.lock().expect("no other holder panics").extend(due);
        })
        .connect();
    ws.unwrap_or_else(|error| stop(error))
}

/// Prints the seconds until half and all are back, the most attempts and the most connections in a tenth of a second as
/// multiples of an even spread, the attempts of each, its CPU time in microseconds, and the KiB by which memory grew for it.
pub(crate) fn main(count: usize, outage: Duration, port: u16) {
    pin(CLIENT_CORE);
    allow_many_files();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let figures = runtime.block_on(async {
        let reports = Arc::new(Reports {
            opened: Mutex::default(),
            due: Mutex::default(),
            ended: OnceLock::new(),
            open: watch::Sender::new(0),
        });
        let url = format!("ws://127.0.0.1:{port}/scale");
        let mut clients = Vec::with_capacity(count);
        while clients.len() < count {
            let more = AT_ONCE.min(count - clients.len());
            clients.extend((0..more).map(|_| connect(&url, &reports)));
            reports.open(clients.len()).await;
        }
        reports.opened.lock().expect("no other holder panics").clear();
        let before = resident();
        homing_peers::forget_peak();
        let meter = Meter::start();
        restart(port, outage).await.unwrap_or_else(|error| stop(error));
        reports.open(2 * count).await;
        let [cpu, _] = meter.each(count);
        let grown = resident_peak().saturating_sub(before) as f64 / 1024.0 / count as f64;
        drop(clients);
        let gone = *reports.ended.get().expect("all connections have ended");
        let (due, opened) = (Reports::since(&reports.due, gone), Reports::since(&reports.opened, gone + outage));
        let even = count as f64 * BUCKET.as_secs_f64() / SPREAD.as_secs_f64();
        [
            opened[count / 2].as_secs_f64(),
            opened[count - 1].as_secs_f64(),
            peak(&due) / even,
            peak(&opened) / even,
            due.len() as f64 / count as f64,
            cpu / 1e3,
            grown,
        ]
    });
    println!("{}", figures.map(|figure| figure.to_string()).join(" "));
}

/// Has the server end all connections and listen again after this time.
async fn restart(port: u16, outage: Duration) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(format!("GET /again/{} HTTP/1.1\r\n\r\n", outage.as_millis()).as_bytes()).await
}

/// Returns the most within a bucket.
fn peak(times: &[Duration]) -> f64 {
    let mut most = 0;
    let buckets =
        times.chunk_by(|one, other| one.as_millis() / BUCKET.as_millis() == other.as_millis() / BUCKET.as_millis());
    for bucket in buckets {
        most = most.max(bucket.len());
    }
    most as f64
}
