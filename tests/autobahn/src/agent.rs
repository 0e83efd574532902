//! The echo client that the fuzzing server tests.

use std::sync::{Arc, Mutex};

use homing::native::{BuilderExt, Deflate};
use homing::{Builder, End, Message, Reconnect, WebSocket};
use serde_json::Value;

pub(crate) const NAME: &str = "homing";
/// The largest message of all cases is 16 MiB, echoed.
const LARGEST: usize = 16 << 20;

/// Runs all cases of the server, or those named, `parallel` at a time. Then the server writes its reports.
pub(crate) async fn run(port: &str, parallel: usize, named: &[&str]) -> Result<(), String> {
    let count: usize = ask(port, "getCaseCount").await?.trim().parse().map_err(|_| "no number of cases")?;
    let mut cases = Vec::new();
    for case in 1..=count {
        if named.is_empty() || named.contains(&name(port, case).await?.as_str()) {
            cases.push(case);
        }
    }
    let next = Arc::new(Mutex::new(cases.into_iter()));
    let tasks = (0..parallel).map(|_| {
        let (next, port) = (next.clone(), port.to_owned());
        tokio::spawn(async move {
            let take = || next.lock().expect("no panic while locked").next();
            while let Some(case) = take() {
                // Shows that the run makes progress.
                println!("case {case} of {count}");
                run_case(&port, case).await?;
            }
            Ok::<_, String>(())
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.map_err(|error| error.to_string())??;
    }
    ask(port, "updateReports").await.map(drop)
}

/// Returns the name of a case, such as 6.4.3.
async fn name(port: &str, case: usize) -> Result<String, String> {
    let info = ask(port, &format!("getCaseInfo?case={case}")).await?;
    let info: Value = serde_json::from_str(&info).map_err(|error| error.to_string())?;
    info["id"].as_str().map(str::to_owned).ok_or_else(|| format!("case {case} has no name"))
}

async fn run_case(port: &str, case: usize) -> Result<(), String> {
    let echo = |ws: &WebSocket, message: Message| {
        // Fails once the server has begun to close.
        let _ = ws.send(message);
    };
    let client = client(port, &format!("runCase?case={case}&agent={NAME}"))
        .deflate(Deflate::new().threshold(0))
        .on_message(echo);
    // Many cases end with an error, as they should.
    end(client).await.map(drop)
}

/// Requests something from the server. Returns the last message of its answer.
async fn ask(port: &str, what: &str) -> Result<String, String> {
    let answer = Arc::new(Mutex::new(String::new()));
    let received = answer.clone();
    let client = client(port, &format!("{what}{}agent={NAME}", if what.contains('?') { '&' } else { '?' })).on_message(
        move |_, message: Message| {
            *received.lock().expect("no panic while locked") = message.as_text().unwrap_or_default().to_owned();
        },
    );
    let end = end(client).await?;
    match end.error {
        Some(error) => Err(format!("{what}: {error}")),
        None => Ok(answer.lock().expect("no panic while locked").clone()),
    }
}

fn client(port: &str, path: &str) -> Builder {
    WebSocket::builder(format!("ws://127.0.0.1:{port}/{path}"))
        .reconnect(Reconnect::never())
        .heartbeat(None)
        .max_message_size(LARGEST)
        .max_send_buffer(2 * LARGEST)
}

async fn end(client: Builder) -> Result<End, String> {
    Ok(client.connect().map_err(|error| error.to_string())?.closed().await)
}
