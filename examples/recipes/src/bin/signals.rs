//! Ctrl-C and SIGTERM: sends what is queued, closes, and reports by its exit code whether everything has left.

use std::error::Error;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use homing::{SendError, WebSocket};
use tokio::time::{interval, timeout};

/// Less than what the supervisor allows before it kills the process: 10 s for `docker stop`, 30 s in Kubernetes.
const GRACE: Duration = Duration::from_secs(3);

/// Waits for Ctrl-C, or for the request of a supervisor to stop.
async fn stop() -> io::Result<()> {
    #[cfg(unix)]
    let mut request = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    #[cfg(windows)]
    let mut request = tokio::signal::windows::ctrl_shutdown()?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = request.recv() => Ok(()),
    }
}

async fn send_readings(ws: &WebSocket) -> Result<(), SendError> {
    let mut pace = interval(Duration::from_millis(20));
    for number in 1.. {
        pace.tick().await;
        ws.send(format!("reading {number}"))?;
        println!("reading {number}");
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: signals URL")?;
    let ws = WebSocket::builder(url).close_timeout(GRACE).connect()?;
    tokio::select! {
        result = stop() => result?,
        result = send_readings(&ws) => result?,
        end = ws.closed() => return Err(end.reason.to_string().into()),
    }

    // `close` alone would end a client without a connection at once. A second signal ends the waiting.
    tokio::select! {
        _ = timeout(GRACE, ws.flush()) => {}
        _ = stop() => {}
    }
    ws.close(1000, "shutting down")?;
    let end = match timeout(GRACE, ws.closed()).await {
        Ok(end) => end,
        Err(_) => {
            ws.abort();
            ws.closed().await
        }
    };
    for message in ws.take_unsent() {
        println!("not sent: {}", message.as_text().unwrap_or_default());
    }
    let was_clean = end.close.is_some_and(|close| close.clean && close.lost == 0);
    Ok(if was_clean && end.unsent == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
