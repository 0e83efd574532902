//! The life of a connection around its script.

use crate::conn::{Conn, Stream};
use crate::journal::What;
use crate::scripts;
use crate::server::Shared;
use crate::socket::{Socket, is, unless_frozen};
use crate::tls::Acceptor;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum End {
    /// In order: sends everything queued, then the `close_notify` of TLS, then FIN.
    Shut,
    /// FIN at once.
    Fin,
    /// RST at once.
    Rst,
    /// The client ended it first.
    Gone,
}

/// A request of the server to a connection's script.
#[derive(Debug, Clone)]
pub(crate) enum Wish {
    Close {
        code: u16,
        reason: String,
    },
    /// Send this many text messages of this size.
    Flood {
        n: usize,
        size: usize,
    },
}

/// Serves a connection until its script ends, the server cuts it, or the client leaves.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    id: u64,
    socket: Socket,
    acceptor: Option<Acceptor>,
    ended: oneshot::Receiver<End>,
    wishes: mpsc::UnboundedReceiver<Wish>,
) {
    let script = async {
        let stream: Box<dyn Stream> = match acceptor {
            None => Box::new(socket.clone()),
            Some(acceptor) => match acceptor.accept(socket.clone()).await {
                Ok(stream) => Box::new(stream),
                Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                    shared.journal.add(id, What::ProtocolError(format!("TLS: {error}")));
                    return End::Fin;
                }
                Err(_) => {
                    shared.journal.add(id, What::Disconnected);
                    return End::Gone;
                }
            },
        };
        scripts::run(Conn::new(shared.clone(), id, socket.clone(), stream, wishes)).await
    };
    // The script is not polled while the server is frozen, so the client's end is watched here.
    let left_while_silent = async {
        let (mut silence, mut silence_end) = (shared.silence.subscribe(), shared.silence.subscribe());
        loop {
            is(&mut silence, true).await;
            tokio::select! {
                () = socket.gone() => return,
                () = is(&mut silence_end, false) => {}
            }
        }
    };
    let end = tokio::select! {
        biased;
        Ok(end) = ended => end,
        end = unless_frozen(shared.silence.subscribe(), script) => end,
        () = left_while_silent => {
            shared.journal.add(id, What::Disconnected);
            End::Gone
        }
    };
    shared.remove(id);
    match end {
        End::Gone => {}
        End::Rst => socket.reset_on_close(),
        End::Fin | End::Shut => {
            socket.send_fin();
            if socket.drain(Duration::from_secs(10)).await {
                shared.journal.add(id, What::Disconnected);
            }
        }
    }
}
