//! axum, whose WebSockets are tungstenite's.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::routing::any;
use axum_server::tls_rustls::RustlsConfig;

type LastClose = Arc<Mutex<String>>;

async fn serve(mut socket: WebSocket, last_close: LastClose) {
    while let Some(Ok(message)) = socket.recv().await {
        let answer = match &message {
            Message::Text(text) => match text.split(' ').collect::<Vec<_>>()[..] {
                ["/fragments"] => Message::text("unsupported"),
                ["/ping"] => Message::Ping("from the server".into()),
                ["/close", code, ref reason @ ..] => {
                    let code = code.parse().expect("a code");
                    Message::Close(Some(CloseFrame { code, reason: reason.join(" ").into() }))
                }
                ["/last-close"] => Message::text(last_close.lock().unwrap().clone()),
                _ => message,
            },
            Message::Pong(_) => Message::text("pong"),
            Message::Close(frame) => {
                let frame = frame.as_ref();
                *last_close.lock().unwrap() = frame.map_or(String::new(), |it| format!("{} {}", it.code, it.reason));
                continue;
            }
            // The library answers Pings.
            Message::Ping(_) => continue,
            Message::Binary(_) => message,
        };
        if socket.send(answer).await.is_err() {
            break;
        }
    }
}

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().expect("the first");
    let echo = async |upgrade: WebSocketUpgrade, State(last_close): State<LastClose>| {
        upgrade.on_upgrade(|socket| serve(socket, last_close))
    };
    let app = Router::new().route("/", any(echo)).with_state(LastClose::default()).into_make_service();
    let port = std::env::var("PORT").unwrap().parse().unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    match (std::env::var("CERT"), std::env::var("KEY")) {
        (Ok(certificate), Ok(key)) => {
            let tls = RustlsConfig::from_pem_file(certificate, key).await.unwrap();
            axum_server::bind_rustls(address, tls).serve(app).await.unwrap();
        }
        _ => axum_server::bind(address).serve(app).await.unwrap(),
    }
}
