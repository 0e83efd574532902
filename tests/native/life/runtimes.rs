//! What `connect` requires of the runtime.

use homing::native::BuilderExt;
use homing::{ConfigError, WebSocket};
use tokio::runtime::{Builder as RuntimeBuilder, Runtime};

use crate::support::{PATIENCE, client, server};

/// Returns a runtime of each flavour.
fn runtimes(enable: impl Fn(&mut RuntimeBuilder) -> &mut RuntimeBuilder) -> [Runtime; 2] {
    [RuntimeBuilder::new_current_thread(), RuntimeBuilder::new_multi_thread()]
        .map(|mut builder| enable(builder.worker_threads(1)).build().unwrap())
}

fn refusal(result: Result<WebSocket, ConfigError>) -> String {
    let error = result.expect_err("the runtime lacks something");
    assert_eq!(error.option, "connect");
    error.to_string()
}

#[test]
fn s01_a_runtime_without_timers_or_io_is_refused() {
    let connect = || client("ws://127.0.0.1:1/").0.connect();
    // What was found about one runtime is not taken for a fact about the next one on this thread.
    for runtime in runtimes(|builder| builder.enable_all()) {
        drop(runtime.block_on(async { connect() }).expect("it lacks nothing"));
    }
    for runtime in runtimes(|builder| builder) {
        let text = runtime.block_on(async { refusal(connect()) });
        assert!(text.contains("enable_all") && text.contains("enable_time") && text.contains("timers"), "{text}");
        let stream = async { WebSocket::builder("ws://127.0.0.1:1/").connect_stream().map(|(ws, _)| ws) };
        refusal(runtime.block_on(stream));
        // An entered runtime need not run.
        let _entered = runtime.enter();
        refusal(connect());
    }
    for runtime in runtimes(|builder| builder.enable_io()) {
        let text = runtime.block_on(async { refusal(connect()) });
        assert!(text.contains("enable_all") && text.contains("timers"), "{text}");
    }
    for runtime in runtimes(|builder| builder.enable_time()) {
        let text = runtime.block_on(async { refusal(connect()) });
        assert!(text.contains("enable_all") && text.contains("enable_io") && text.contains("I/O"), "{text}");
        #[cfg(unix)]
        refusal(runtime.block_on(async { client("ws://unix/").0.unix_socket("/nowhere").connect() }));
    }
}

/// Streams in memory, by a connector.
#[test]
fn s01_a_connector_needs_no_io() {
    for runtime in runtimes(|builder| builder.enable_time()) {
        let (builder, recorder) = client("ws://memory.example/");
        let (ours, theirs) = tokio::io::duplex(4096);
        let theirs = std::sync::Mutex::new(Some(theirs));
        let connector = move |_| std::future::ready(Ok(theirs.lock().unwrap().take().expect("dialled once")));
        let failed = runtime.block_on(async {
            let ws = builder.connector(connector).connect().expect("there is a timer");
            drop(ours);
            tokio::time::timeout(PATIENCE, ws.closed()).await.expect("an end")
        });
        assert!(failed.error.is_some(), "{failed:?}");
        assert_eq!(recorder.errors().len(), 1);
    }
}

#[test]
fn s01_a_runtime_with_timers_and_io_suffices() {
    let server = server();
    for runtime in runtimes(|builder| builder.enable_time().enable_io()) {
        runtime.block_on(async {
            let (builder, recorder) = client(server.url("/echo"));
            let _ws = builder.connect().unwrap();
            recorder.opened().await;
        });
    }
}
