//! The opening handshake's request and the checks of its response (RFC 6455, section 4).

use core::time::Duration;
use std::io;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::http1::{Exchange, RequestHead};
use super::{redirect, retry_after};
use crate::error::{Error, ErrorKind};
use crate::handshake::{Handshake, Headers};
use crate::native::dial::stream::Stream;
use crate::native::dial::tls::advice;
use crate::native::target::Target;
use crate::native::wire::deflate::{self, Agreement, Deflate};

/// The longest head of a response, in bytes.
const MAX_HEAD: usize = 64 * 1024;
/// The most bytes of a refusal's body that are kept.
const MAX_BODY: usize = 16 * 1024;
/// For how long the next bytes of that body are waited for.
const BODY_PATIENCE: Duration = Duration::from_secs(1);

/// For how long the body is waited for since the start of the attempt, unless the open timeout is shorter.
const MOST_PATIENCE: Duration = Duration::from_secs(60);

/// A completed handshake.
pub(crate) struct Upgraded {
    pub(crate) stream: Stream,
    /// Bytes that were read behind the response.
    pub(crate) read: Bytes,
    pub(crate) handshake: Handshake,
    pub(crate) deflate: Option<Agreement>,
}

/// Limits on reading the body of a refusal.
#[derive(Clone, Copy)]
pub(crate) struct BodyLimits {
    /// The latest time, even if bytes keep arriving.
    until: Instant,
    follows_redirects: bool,
}

impl BodyLimits {
    /// Returns the limits for an attempt that started at `began`. The last tenth of its time is left to report the refusal.
    pub(crate) fn new(began: Instant, open_timeout: Option<Duration>, follows_redirects: bool) -> Self {
        let most = open_timeout.map_or(MOST_PATIENCE, |timeout| (timeout / 10 * 9).min(MOST_PATIENCE));
        Self { until: began + most, follows_redirects }
    }
}

pub(crate) async fn upgrade(
    stream: Stream,
    target: &Target,
    offer: Option<&Deflate>,
    limits: BodyLimits,
) -> Result<Upgraded, Error> {
    upgrade_with_key(stream, target, &generate_key(), offer, limits).await
}

pub(crate) async fn upgrade_with_key(
    stream: Stream,
    target: &Target,
    key: &str,
    offer: Option<&Deflate>,
    limits: BodyLimits,
) -> Result<Upgraded, Error> {
    let head = request(target, key, offer).map_err(|error| not_http(error.to_string()))?;
    let (mut exchange, response) = Exchange::send(stream, head, MAX_HEAD)
        .await
        .map_err(|no_response| no_response.instead.map_or_else(|| exchange_failed(&no_response.error), not_http))?;
    // hyper limits its read buffer, which may hold a little more.
    let length: usize = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if length > MAX_HEAD {
        return Err(not_http(format!("response head is longer than {} KiB", MAX_HEAD / 1024)));
    }
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(refusal(response, &mut exchange, limits).await);
    }
    let fault = |fault| answer_error(response.headers(), fault);
    let handshake = verify(&response, target, key).map_err(fault)?;
    let deflate = deflate::agree(response.headers(), offer).map_err(fault)?;
    let (stream, read) = exchange.into_stream(response).await.map_err(|error| exchange_failed(&error))?;
    Ok(Upgraded { stream, read, handshake, deflate })
}

fn request(target: &Target, key: &str, offer: Option<&Deflate>) -> Result<RequestHead, http::Error> {
    let mut head = RequestHead::new(Method::GET, target.path_and_query());
    head.push("Host", &target.authority().try_into()?);
    head.push("Connection", &HeaderValue::from_static("Upgrade"));
    head.push("Upgrade", &HeaderValue::from_static("websocket"));
    head.push("Sec-WebSocket-Version", &HeaderValue::from_static("13"));
    head.push("Sec-WebSocket-Key", &key.try_into()?);
    if !target.protocols.is_empty() {
        head.push("Sec-WebSocket-Protocol", &target.protocols.join(", ").try_into()?);
    }
    if let Some(offer) = offer {
        head.push("Sec-WebSocket-Extensions", &offer.offer().try_into()?);
    }
    target.headers.iter().for_each(|(name, value)| head.push(name, value));
    Ok(head)
}

/// Checks the response, in the order of RFC 6455, section 4.1. The server must not choose what was not offered.
fn verify(response: &Response<Incoming>, target: &Target, key: &str) -> Result<Handshake, String> {
    let headers = response.headers();
    if !has_token(headers, &header::UPGRADE, "websocket") {
        return Err("response without `Upgrade: websocket`".into());
    }
    if !has_token(headers, &header::CONNECTION, "upgrade") {
        return Err("response without `Connection: Upgrade`".into());
    }
    match single(headers, &header::SEC_WEBSOCKET_ACCEPT)? {
        None => return Err("response without `Sec-WebSocket-Accept`".into()),
        Some(accept) if accept != &*derive_accept_key(key.as_bytes()) => {
            return Err("wrong `Sec-WebSocket-Accept` in the response".into());
        }
        Some(_) => {}
    }
    let protocol = match single(headers, &header::SEC_WEBSOCKET_PROTOCOL)? {
        None if target.protocols.is_empty() => None,
        // Browsers fail here as well (WHATWG WebSockets, "establish a WebSocket connection").
        None => return Err("the server chose none of the subprotocols".into()),
        Some(chosen) => match target.protocols.iter().find(|offered| chosen == offered.as_str()) {
            Some(chosen) => Some(chosen.clone()),
            // Not printed: it may be a part of an offered one, which may be a token.
            None => return Err("the server chose a subprotocol that was not offered".into()),
        },
    };
    Ok(Handshake {
        status: Some(response.status().as_u16()),
        headers: to_headers(headers),
        protocol,
        extensions: joined(headers, &header::SEC_WEBSOCKET_EXTENSIONS),
        ..Handshake::default()
    })
}

/// Returns the value of a header that must not have several. Ignores empty values and repetitions of the same value.
/// Chromium is stricter and rejects repetitions as well.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, String> {
    let mut values = headers.get_all(name).iter().filter(|value| !value.is_empty());
    let first = values.next();
    match values.find(|value| Some(*value) != first) {
        None => Ok(first),
        Some(_) => Err(format!("two different values of {name} in the response")),
    }
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|value| value.trim().eq_ignore_ascii_case(token))
}

/// Joins the values of a list header, without empty elements (RFC 9110, section 5.6.1).
fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let elements = values.flat_map(|value| value.split(',')).map(str::trim).filter(|element| !element.is_empty());
    elements.collect::<Vec<_>>().join(", ")
}

fn to_headers(headers: &HeaderMap) -> Headers {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

/// Returns the error for a 101 response that is invalid.
fn answer_error(headers: &HeaderMap, fault: String) -> Error {
    let status = Some(StatusCode::SWITCHING_PROTOCOLS.as_u16());
    Error::new(ErrorKind::Handshake { status, headers: to_headers(headers), body: Bytes::new() }, fault)
}

/// Returns the error for a response other than 101.
async fn refusal(response: Response<Incoming>, exchange: &mut Exchange, limits: BodyLimits) -> Error {
    let (head, mut incoming) = response.into_parts();
    let mut body = BytesMut::new();
    let is_followed = limits.follows_redirects && redirect::has_location(head.status, &head.headers);
    while body.len() < MAX_BODY {
        // A stalled body must not turn the refusal, which may be fatal, into an open timeout. The body of a followed
        // redirect is not needed.
        let patience = if is_followed { Duration::ZERO } else { BODY_PATIENCE };
        let patience = limits.until.min(Instant::now() + patience);
        // A part of the body is better than none.
        let Ok(Some(Ok(frame))) = timeout_at(patience, exchange.drive(incoming.frame())).await else {
            break;
        };
        if let Some(data) = frame.data_ref() {
            body.extend_from_slice(&data[..data.len().min(MAX_BODY - body.len())]);
        }
    }
    let detail = head.status.canonical_reason().unwrap_or_default();
    let kind = ErrorKind::Handshake {
        status: Some(head.status.as_u16()),
        headers: to_headers(&head.headers),
        body: body.freeze(),
    };
    Error::new(kind, detail).with_retry_after(retry_after::delay(head.status, &head.headers))
}

/// Returns the error if no response arrived, or if it is not HTTP.
fn exchange_failed(error: &hyper::Error) -> Error {
    // The innermost error is the cause: hyper wraps it in one about the request.
    let causes = || core::iter::successors(core::error::Error::source(error), |cause| cause.source());
    let detail = causes().last().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
    if error.is_parse() {
        return not_http(detail);
    }
    match causes().filter_map(|cause| cause.downcast_ref()).find(|cause| is_of_tls(cause)) {
        Some(cause) => Error::new(ErrorKind::Tls, advice::with_advice(detail, cause)),
        None => Error::new(ErrorKind::Io, detail),
    }
}

/// Whether the error is one of TLS. With TLS 1.3 the client completes its handshake before the server has checked the
/// client's certificate, so an alert may arrive instead of the response. Errors of the operating system have no inner error.
fn is_of_tls(error: &io::Error) -> bool {
    error.get_ref().is_some() && matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::Other)
}

fn not_http(detail: impl Into<String>) -> Error {
    let kind = ErrorKind::Handshake { status: None, headers: Headers::default(), body: Bytes::new() };
    Error::new(kind, detail)
}
