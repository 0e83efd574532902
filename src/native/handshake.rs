//! The opening handshake (RFC 6455, section 4), by hyper.

use core::future::poll_fn;
use core::task::Poll;
use core::time::Duration;
use std::io;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::deflate::{self, Agreement, Deflate};
use super::retry_after;
use super::stream::Stream;
use super::target::Target;
use crate::error::{Error, ErrorKind};
use crate::handshake::{Handshake, Headers};

/// The longest answer, without its body.
const MAX_HEAD: usize = 64 * 1024;
/// How much of a refusal's body is kept.
const MAX_BODY: usize = 16 * 1024;
/// How long that is waited for.
const BODY_PATIENCE: Duration = Duration::from_secs(1);

/// The stream after the handshake, and what was read beyond it.
pub(super) struct Agreed {
    pub(super) stream: Stream,
    pub(super) read: Bytes,
    pub(super) handshake: Handshake,
    pub(super) deflate: Option<Agreement>,
}

type Connection = http1::Connection<TokioIo<Stream>, Empty<Bytes>>;

pub(super) async fn shake_hands(stream: Stream, target: &Target, offer: Option<&Deflate>) -> Result<Agreed, Error> {
    let key = generate_key();
    let request = request(target, &key, offer).map_err(|error| not_http(error.to_string()))?;
    let (mut sender, mut connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| broken(&error))?;
    let response = drive(&mut connection, sender.send_request(request)).await.map_err(|error| broken(&error))?;
    // Hyper's own limit is on what it reads at once, and so a little late.
    let length: usize = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if length > MAX_HEAD {
        return Err(not_http(format!("the answer's head is longer than {} KiB", MAX_HEAD / 1024)));
    }
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(refused(response, &mut connection).await);
    }
    let fault = |fault| answer_error(response.headers(), fault);
    let handshake = verify(&response, target, &key).map_err(fault)?;
    let deflate = deflate::agree(response.headers(), offer).map_err(fault)?;
    drop(response);
    // Ready at once: all that is left to do after a 101 is to let go of the stream.
    poll_fn(|cx| connection.poll_without_shutdown(cx)).await.map_err(|error| broken(&error))?;
    let parts = connection.into_parts();
    Ok(Agreed { stream: parts.io.into_inner(), read: parts.read_buf, handshake, deflate })
}

fn request(target: &Target, key: &str, offer: Option<&Deflate>) -> Result<Request<Empty<Bytes>>, http::Error> {
    let mut request = Request::get(target.path_and_query())
        .header(header::HOST, target.authority())
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, key);
    if !target.protocols.is_empty() {
        request = request.header(header::SEC_WEBSOCKET_PROTOCOL, target.protocols.join(", "));
    }
    if let Some(offer) = offer {
        request = request.header(header::SEC_WEBSOCKET_EXTENSIONS, offer.offer());
    }
    let mut request = request.body(Empty::new())?;
    request.headers_mut().extend(target.headers.clone());
    Ok(request)
}

/// Runs the connection for as long as something of it is waited for.
pub(super) async fn drive<T>(connection: &mut Connection, wanted: impl Future<Output = T>) -> T {
    let mut wanted = core::pin::pin!(wanted);
    let mut over = false;
    poll_fn(|cx| {
        if let Poll::Ready(done) = wanted.as_mut().poll(cx) {
            return Poll::Ready(done);
        }
        if !over && connection.poll_without_shutdown(cx).is_ready() {
            over = true;
        }
        wanted.as_mut().poll(cx)
    })
    .await
}

/// Section 4.1, the client's checks of the answer, in its order. What was not offered must not be chosen.
fn verify(response: &Response<Incoming>, target: &Target, key: &str) -> Result<Handshake, String> {
    let headers = response.headers();
    if !has_token(headers, &header::UPGRADE, "websocket") {
        return Err("the answer has no Upgrade: websocket".into());
    }
    if !has_token(headers, &header::CONNECTION, "upgrade") {
        return Err("the answer has no Connection: Upgrade".into());
    }
    match headers.get(header::SEC_WEBSOCKET_ACCEPT) {
        None => return Err("the answer has no Sec-WebSocket-Accept".into()),
        Some(accept) if accept != &*derive_accept_key(key.as_bytes()) => {
            return Err("the answer's Sec-WebSocket-Accept is wrong".into());
        }
        Some(_) => {}
    }
    let protocol = match headers.get(header::SEC_WEBSOCKET_PROTOCOL) {
        None if target.protocols.is_empty() => None,
        // Browsers fail here as well (WHATWG, "establish a WebSocket connection").
        None => return Err("the server chose none of the subprotocols".into()),
        Some(chosen) => match target.protocols.iter().find(|offered| chosen == offered.as_str()) {
            Some(chosen) => Some(chosen.clone()),
            None => {
                return Err(format!("the server chose a subprotocol that was not offered: {}", shown(chosen)));
            }
        },
    };
    Ok(Handshake {
        status: Some(response.status().as_u16()),
        headers: copied(headers),
        protocol,
        extensions: listed(headers, &header::SEC_WEBSOCKET_EXTENSIONS),
    })
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|value| value.trim().eq_ignore_ascii_case(token))
}

/// All values of a header, as one.
fn listed(headers: &HeaderMap, name: &HeaderName) -> String {
    let values: Vec<_> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    values.join(", ")
}

pub(super) fn not_offered(extension: &HeaderValue) -> String {
    format!("the server chose an extension that was not offered: {}", shown(extension))
}

fn shown(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).chars().take(100).collect()
}

fn copied(headers: &HeaderMap) -> Headers {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

/// A 101 that is not an agreement.
fn answer_error(headers: &HeaderMap, fault: String) -> Error {
    let status = Some(StatusCode::SWITCHING_PROTOCOLS.as_u16());
    Error::new(ErrorKind::Handshake { status, headers: copied(headers), body: Bytes::new() }, fault)
}

/// An ordinary HTTP answer.
async fn refused(response: Response<Incoming>, connection: &mut Connection) -> Error {
    let (head, mut incoming) = response.into_parts();
    let mut body = BytesMut::new();
    let read = async {
        while body.len() < MAX_BODY {
            // Whatever ends the body early, what there is of it helps.
            let Some(Ok(frame)) = drive(connection, incoming.frame()).await else {
                break;
            };
            if let Some(data) = frame.data_ref() {
                body.extend_from_slice(&data[..data.len().min(MAX_BODY - body.len())]);
            }
        }
    };
    // A body without an end must not make an open timeout of the refusal, which may be fatal.
    let _ = tokio::time::timeout(BODY_PATIENCE, read).await;
    let detail = head.status.canonical_reason().unwrap_or_default();
    let kind = ErrorKind::Handshake {
        status: Some(head.status.as_u16()),
        headers: copied(&head.headers),
        body: body.freeze(),
    };
    Error::new(kind, detail).with_retry_after(retry_after::asked(head.status, &head.headers))
}

/// No answer, or none that is HTTP.
fn broken(error: &hyper::Error) -> Error {
    // A connection that broke before it took the request wraps its own error in one of the request.
    let causes = || core::iter::successors(core::error::Error::source(error), |cause| cause.source());
    let detail = causes().last().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
    let is_tls = causes().filter_map(|cause| cause.downcast_ref()).any(is_of_tls);
    if error.is_parse() {
        return not_http(detail);
    }
    Error::new(if is_tls { ErrorKind::Tls } else { ErrorKind::Io }, detail)
}

/// With TLS 1.3 a client's part of the handshake is over before the server has judged its certificate: a refusal comes
/// in place of the answer. What the operating system has to say has no error inside.
fn is_of_tls(error: &io::Error) -> bool {
    error.get_ref().is_some() && matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::Other)
}

fn not_http(detail: String) -> Error {
    let kind = ErrorKind::Handshake { status: None, headers: Headers::default(), body: Bytes::new() };
    Error::new(kind, detail)
}
