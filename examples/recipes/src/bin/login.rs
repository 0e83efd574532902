//! A login on each connection, with a token that is refreshed when the server says that it has expired.

use std::error::Error;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use homing::{Message, Session, SetupError, WebSocket};

/// The close code of this server for a token that it does not accept.
const UNAUTHORIZED: u16 = 4401;

#[derive(Default)]
struct Login {
    token: Option<String>,
    /// Fetched for this attempt, and not accepted yet.
    is_fresh: bool,
}

/// Stands for a request to the identity provider.
async fn fetch_token() -> io::Result<String> {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    Ok(format!("token{}", NUMBER.fetch_add(1, Relaxed)))
}

async fn log_in(mut session: Session, login: Arc<Mutex<Login>>) -> Result<(), SetupError> {
    let known = login.lock().unwrap().token.clone();
    let is_fresh = known.is_none();
    let token = match known {
        Some(token) => token,
        None => fetch_token().await?,
    };
    session.send(format!("login {token}"))?;
    *login.lock().unwrap() = Login { token: Some(token), is_fresh };
    match session.receive().await? {
        Message::Text(answer) if answer == "welcome" => {
            login.lock().unwrap().is_fresh = false; // it may expire while the connection is open
            Ok(())
        }
        _ => Err(SetupError::new("unexpected answer to the login")),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: login URL")?;
    let login = Arc::<Mutex<Login>>::default();
    let refused = login.clone();
    let ws = WebSocket::builder(url)
        .setup(move |session| log_in(session, login.clone()))
        .on_open(|_, _| println!("logged in"))
        .on_message(|_, message| println!("{message:?}"))
        .on_close(move |ws, close| {
            println!("closed with {}", close.code);
            let mut login = refused.lock().unwrap();
            if close.code == UNAUTHORIZED {
                if login.is_fresh {
                    let _ = ws.close(1000, ""); // the next token would be refused as well
                }
                login.token = None;
            }
        })
        .connect()?;
    ws.send("hello")?; // leaves after the login
    println!("{}", ws.closed().await.reason);
    Ok(())
}
