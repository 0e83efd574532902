//! Memory of idle connections over TLS, beside tokio-tungstenite and beside sessions of rustls alone.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use homing::WebSocket;
use homing::native::BuilderExt;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::rustls::client::ClientConfig;

use crate::clients::runtime;
use crate::idle::child_with;
use crate::report::{self, Target};
use crate::rounds::Options;
use crate::server::Server;
use crate::tls_clients::{ROOTS, Session, authority, config, connect_bare, connect_homing, connect_session, url};
use crate::{MEMORY as ALLOCATED, system};

pub(crate) const MEMORY: &str = "tls-memory";

const CONNECTIONS: usize = 2_000;
/// Time for memory of the handshakes to be released.
const SETTLE: Duration = Duration::from_millis(1500);

/// What holds the connections, with a description.
const KINDS: [(&str, &str); 8] = [
    ("homing", "homing, as it is by default"),
    ("homing-config", "homing, own configuration, shared"),
    ("homing-pem", "homing, root certificate of its own as PEM"),
    ("homing-plain", "homing without TLS"),
    ("session", "rustls session alone, shared configuration"),
    ("tcp", "TCP alone"),
    ("bare-shared", "tokio-tungstenite, shared configuration"),
    ("bare", "tokio-tungstenite, as it is by default"),
];

pub(crate) fn run(options: &Options) {
    let name = "tls idle memory, KiB each";
    if !options.wants(name) {
        return;
    }
    let roots = format!("{}/tls-idle.pem", env!("CARGO_TARGET_TMPDIR"));
    let server = Server::tls(&roots);
    println!("{name}: {:<36} {:>8} {:>8}", "", "heap", "resident");
    let mut heaps = Vec::new();
    for (kind, description) in KINDS {
        let [heap, resident] = child_with(&[MEMORY, kind, &server.port.to_string()], Some((ROOTS, &roots)));
        println!("    {description:<56} {:>8.2} {:>8.2}", heap / 1024.0, resident / 1024.0);
        heaps.push(heap / 1024.0);
    }
    let [homing, _, _, plain, session, tcp, shared, default] = heaps[..] else { return };
    // TLS takes what a session takes, and no more than chance adds.
    let alone = session - tcp;
    report::figure("  of which TLS, beside a session", homing - plain, Some(alone), Target::AtMost(alone + 0.1));
    report::figure("  all, beside a shared configuration", homing, Some(shared), Target::AtMost(shared - 100.0));
    report::figure("  all, beside the default", homing, Some(default), Target::AtMost(default - 100.0));
}

pub(crate) fn memory_child(kind: &str, port: &str) {
    system::pin(system::CLIENT_CORE);
    system::allow_many_files();
    runtime().block_on(async {
        let shared = Shared::new(kind);
        // The first connections allocate what all share.
        let held = hold(&shared, port, 10).await;
        let before = (ALLOCATED.current_usage(), system::resident());
        let more = hold(&shared, port, CONNECTIONS).await;
        let after = (ALLOCATED.current_usage(), system::resident());
        let each = |before: usize, after: usize| (after - before) as f64 / CONNECTIONS as f64;
        println!("{} {}", each(before.0, after.0), each(before.1, after.1));
        drop((held, more));
    });
}

/// What the connections of a kind share.
enum Shared {
    Homing { scheme: &'static str, config: Option<Arc<ClientConfig>>, pem: Option<Vec<u8>> },
    Session(Option<Arc<ClientConfig>>),
    Bare(Option<Arc<ClientConfig>>),
}

impl Shared {
    fn new(kind: &str) -> Self {
        let homing = |scheme, config, pem| Self::Homing { scheme, config, pem };
        match kind {
            "homing" => homing("wss", None, None),
            "homing-config" => homing("wss", Some(config(true)), None),
            "homing-pem" => homing("wss", None, Some(authority())),
            "homing-plain" => homing("ws", None, None),
            "session" => Self::Session(Some(config(true))),
            "tcp" => Self::Session(None),
            "bare-shared" => Self::Bare(Some(config(true))),
            "bare" => Self::Bare(None),
            _ => panic!("unknown kind: {kind}"),
        }
    }
}

/// Only to be dropped at the end.
enum Held {
    Client { _ws: WebSocket },
    Task { _task: JoinHandle<()> },
}

async fn hold(shared: &Shared, port: &str, count: usize) -> Vec<Held> {
    let mut held = Vec::with_capacity(count);
    let opened = Arc::new(Notify::new());
    for _ in 0..count {
        held.push(match shared {
            Shared::Homing { scheme, config, pem } => {
                let mut builder = WebSocket::builder(url(scheme, port));
                if let Some(config) = config {
                    builder = builder.rustls_config(config.clone());
                }
                if let Some(pem) = pem {
                    builder = builder.root_certificates_pem(pem.clone());
                }
                let open = opened.clone();
                let ws = connect_homing(builder, move |_| open.notify_one());
                opened.notified().await;
                Held::Client { _ws: ws }
            }
            Shared::Bare(config) => {
                let (mut ws, _) = connect_bare(url("wss", port), config.clone()).await;
                Held::Task { _task: tokio::spawn(async move { while let Some(Ok(_)) = ws.next().await {} }) }
            }
            Shared::Session(config) => Held::Task {
                _task: match connect_session(port, config.clone()).await {
                    Session::Plain(stream) => tokio::spawn(wait(stream)),
                    Session::Tls(stream) => tokio::spawn(wait(stream)),
                },
            },
        });
    }
    tokio::time::sleep(SETTLE).await;
    held
}

/// Waits for the next byte, as any client does.
async fn wait(mut stream: impl AsyncRead + Unpin) {
    let _ = stream.read(&mut [0]).await;
}
