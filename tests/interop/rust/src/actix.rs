//! Actix Web, by actix-ws.

use std::sync::Mutex;

use actix_web::web::{self, Data, Payload};
use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseReason, Item, Session};
use futures_util::StreamExt;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

type LastClose = Data<Mutex<String>>;

async fn echo(request: HttpRequest, body: Payload, last_close: LastClose) -> Result<HttpResponse, Error> {
    let (response, session, messages) = actix_ws::handle(&request, body)?;
    let messages = messages.max_frame_size(1 << 24).aggregate_continuations().max_continuation_size(1 << 24);
    actix_web::rt::spawn(serve(session, messages, last_close));
    Ok(response)
}

async fn serve(mut session: Session, mut messages: AggregatedMessageStream, last_close: LastClose) {
    while let Some(Ok(message)) = messages.next().await {
        let sent = match message {
            AggregatedMessage::Text(text) => match text.split(' ').collect::<Vec<_>>()[..] {
                ["/fragments"] => {
                    let parts = ["part0", "part1", "part2"].map(Into::into);
                    let [first, second, last] = parts;
                    let _ = session.continuation(Item::FirstText(first)).await;
                    let _ = session.continuation(Item::Continue(second)).await;
                    session.continuation(Item::Last(last)).await
                }
                ["/ping"] => session.ping(b"from the server").await,
                ["/close", code, ref reason @ ..] => {
                    let code = code.parse::<u16>().expect("a code").into();
                    let reason = CloseReason { code, description: Some(reason.join(" ")) };
                    return session.close(Some(reason)).await.unwrap_or_default();
                }
                ["/last-close"] => {
                    let answer = last_close.lock().unwrap().clone();
                    session.text(answer).await
                }
                _ => session.text(text).await,
            },
            AggregatedMessage::Binary(bytes) => session.binary(bytes).await,
            AggregatedMessage::Ping(payload) => session.pong(&payload).await,
            AggregatedMessage::Pong(_) => session.text("pong").await,
            AggregatedMessage::Close(reason) => {
                let seen = reason.as_ref().map(|it| (u16::from(it.code), it.description.clone().unwrap_or_default()));
                *last_close.lock().unwrap() = seen.map_or(String::new(), |(code, reason)| format!("{code} {reason}"));
                return session.close(reason).await.unwrap_or_default();
            }
        };
        if sent.is_err() {
            break;
        }
    }
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    rustls::crypto::ring::default_provider().install_default().expect("the first");
    let last_close = LastClose::default();
    let server = HttpServer::new(move || App::new().app_data(last_close.clone()).route("/", web::get().to(echo)));
    let port: u16 = std::env::var("PORT").unwrap().parse().unwrap();
    let server = server.workers(1);
    match (std::env::var("CERT"), std::env::var("KEY")) {
        (Ok(certificate), Ok(key)) => {
            let certificate = CertificateDer::from_pem_file(certificate).unwrap();
            let key = PrivateKeyDer::from_pem_file(key).unwrap();
            let tls = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
            server.bind_rustls_0_23(("127.0.0.1", port), tls)?.run().await
        }
        _ => server.bind(("127.0.0.1", port))?.run().await,
    }
}
