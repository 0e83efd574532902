//! Blocking on clients, for programs without a runtime.

use std::io;

use crate::builder::Builder;
use crate::client::WebSocket;
use crate::close::End;
use crate::error::ConfigError;
use crate::machine::State;

/// Why [`run`](crate::native::BuilderExt::run) did not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// An option has a value that cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No runtime could be made.
    #[error("no runtime: {0}")]
    Runtime(#[from] io::Error),
}

pub(crate) fn run(builder: Builder) -> Result<End, RunError> {
    let mut ends = run_all([builder])?;
    // One client went in, so one end came out.
    ends.pop().ok_or_else(|| io::Error::other("no client").into())
}

/// Connects all of these clients on this thread, and blocks until all of them have ended.
///
/// # Errors
/// An option of one of them has a value that cannot work (none is dialled for long then: those before it are
/// aborted), or no runtime can be made, as inside another one.
pub fn run_all(builders: impl IntoIterator<Item = Builder>) -> Result<Vec<End>, RunError> {
    if tokio::runtime::Handle::try_current().is_ok() {
        return Err(io::Error::other("this thread is inside a tokio runtime already: use `connect`").into());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let clients = builders.into_iter().map(Builder::connect).collect::<Result<Vec<_>, _>>()?;
        let mut ends = Vec::with_capacity(clients.len());
        for client in &clients {
            ends.push(end_of(client).await);
        }
        Ok(ends)
    })
}

/// A client that began anew in `on_end` has not ended.
async fn end_of(client: &WebSocket) -> End {
    loop {
        let end = client.closed().await;
        if client.state() == State::Closed {
            return end;
        }
    }
}
