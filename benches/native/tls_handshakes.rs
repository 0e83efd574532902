//! CPU time of handshakes over TLS, full and resumed, beside tokio-tungstenite with the same configuration.

use std::sync::Arc;

use futures::StreamExt;
use homing::WebSocket;
use homing::native::BuilderExt;
use tokio::sync::oneshot;
use tokio_rustls::rustls::client::ClientConfig;

use crate::clients::runtime;
use crate::idle::child_with;
use crate::report::{self, Target};
use crate::rounds::{Options, Side, take_turns};
use crate::server::Server;
use crate::system;
use crate::tls_clients::{ROOTS, config, connect_bare, connect_homing, url};

pub(crate) const HANDSHAKES: &str = "tls-handshakes";

const COUNT: usize = 400;
/// Handshakes before those that are measured.
const WARM_UP: usize = 20;
const AT_ONCE: usize = 4;

pub(crate) fn run(options: &Options) {
    for mode in ["full", "resumed"] {
        let name = format!("tls handshakes, {mode}, a second");
        if !options.wants(&name) {
            continue;
        }
        let roots = format!("{}/tls-handshakes.pem", env!("CARGO_TARGET_TMPDIR"));
        let server = Server::tls(&roots);
        let port = server.port.to_string();
        let pairs = take_turns(options, options.rounds(15), |side| {
            child_with::<1>(&[HANDSHAKES, side.name(), &port, mode], Some((ROOTS, &roots)))
        });
        let (homing, bare) = (pairs.homing(0).median, pairs.bare(0).median);
        report::row(&name, homing, bare, pairs.ratio(0), Target::None);
    }
}

/// Prints how many connections a core opens in a second of its time.
pub(crate) fn child(side: &str, port: &str, mode: &str) {
    system::pin(system::CLIENT_CORE);
    let (side, resumes) = (Side::parse(side), mode == "resumed");
    let config = config(resumes);
    runtime().block_on(async {
        // A server sends two tickets, each of which resumes one session, so these collect enough for several at once.
        for _ in 0..WARM_UP {
            open(side, port, &config).await;
        }
        let start = system::process_cpu();
        // The core never waits.
        let opened = futures::stream::iter(0..COUNT).map(|_| open(side, port, &config)).buffer_unordered(AT_ONCE);
        opened.for_each(async |kind| assert_eq!(kind, if resumes { "Resumed" } else { "Full" })).await;
        println!("{}", COUNT as f64 / (system::process_cpu() - start).as_secs_f64());
    });
}

/// Opens a connection and ends it. Returns the kind of its handshake.
async fn open(side: Side, port: &str, config: &Arc<ClientConfig>) -> String {
    let url = url("wss", port);
    match side {
        Side::Homing => {
            let (open, opened) = oneshot::channel();
            let mut open = Some(open);
            let ws = connect_homing(WebSocket::builder(url).rustls_config(config.clone()), move |kind| {
                open.take().expect("it is opened once").send(kind.to_owned()).expect("it is waited for");
            });
            let kind = opened.await.expect("a connection");
            ws.abort();
            kind
        }
        Side::Bare => {
            let (_, answer) = connect_bare(url, Some(config.clone())).await;
            answer.headers()["tls-handshake"].to_str().expect("a word").to_owned()
        }
    }
}
