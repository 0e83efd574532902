//! The opening handshake's request and the checks of its response (RFC 6455, section 4).

use core::time::Duration;
use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::body::Body;
use super::http1::{Exchange, NoResponse, RequestHead, ResponseHead};
use super::{redirect, retry_after, values};
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

const EXTENSIONS: &str = "sec-websocket-extensions";

/// A completed handshake.
pub(crate) struct Upgraded {
    pub(crate) stream: Stream,
    /// Bytes that were read behind the response.
    pub(crate) read: BytesMut,
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
    // 16 random bytes (RFC 6455, section 4.1), as one number: an array of bytes would take a number for each.
    let key = STANDARD.encode(rand::random::<u128>().to_ne_bytes());
    upgrade_with_key(stream, target, &key, offer, limits).await
}

pub(crate) async fn upgrade_with_key(
    stream: Stream,
    target: &Target,
    key: &str,
    offer: Option<&Deflate>,
    limits: BodyLimits,
) -> Result<Upgraded, Error> {
    let sent = Exchange::send(stream, request(target, key, offer), MAX_HEAD).await;
    let (mut exchange, response) = sent.map_err(exchange_failed)?;
    if response.status != StatusCode::SWITCHING_PROTOCOLS {
        // Boxed, so that attempts that succeed have no room for it.
        return Err(Box::pin(refusal(response, exchange, limits)).await);
    }
    let checked = verify(&response.headers, target, key)
        .and_then(|protocol| Ok((protocol, deflate::agree(&response.headers, offer)?)));
    let ResponseHead { status, headers } = response;
    let status = Some(status.as_u16());
    let (protocol, deflate) = match checked {
        Ok(checked) => checked,
        Err(fault) => return Err(Error::new(ErrorKind::Handshake { status, headers, body: Bytes::new() }, fault)),
    };
    let extensions = joined(&headers, EXTENSIONS);
    let handshake = Handshake { status, headers, protocol, extensions, ..Handshake::default() };
    exchange.finish().await;
    let (stream, read) = exchange.into_stream();
    Ok(Upgraded { stream, read, handshake, deflate })
}

fn request(target: &Target, key: &str, offer: Option<&Deflate>) -> RequestHead {
    let mut head = RequestHead::new("GET", target.path_and_query());
    head.push("Host", target.authority());
    head.push("Connection", "Upgrade");
    head.push("Upgrade", "websocket");
    head.push("Sec-WebSocket-Version", "13");
    head.push("Sec-WebSocket-Key", key);
    if !target.protocols.is_empty() {
        head.push("Sec-WebSocket-Protocol", target.protocols.join(", "));
    }
    if let Some(offer) = offer {
        head.push("Sec-WebSocket-Extensions", offer.offer());
    }
    target.headers.iter().for_each(|(name, value)| head.push(name, value));
    head
}

/// Checks the response, in the order of RFC 6455, section 4.1, and returns the subprotocol. The server must not choose what
/// was not offered.
fn verify(headers: &Headers, target: &Target, key: &str) -> Result<Option<String>, String> {
    if !has_token(headers, "upgrade", "websocket") {
        return Err("response without `Upgrade: websocket`".into());
    }
    if !has_token(headers, "connection", "upgrade") {
        return Err("response without `Connection: Upgrade`".into());
    }
    match single(headers, "sec-websocket-accept")? {
        None => return Err("response without `Sec-WebSocket-Accept`".into()),
        Some(accept) if accept != derive_accept_key(key.as_bytes()) => {
            return Err("wrong `Sec-WebSocket-Accept` in the response".into());
        }
        Some(_) => {}
    }
    match single(headers, "sec-websocket-protocol")? {
        None if target.protocols.is_empty() => Ok(None),
        // Browsers fail here as well (WHATWG WebSockets, "establish a WebSocket connection").
        None => Err("the server chose none of the subprotocols".into()),
        Some(chosen) if target.protocols.iter().any(|offered| chosen == offered) => Ok(Some(chosen.to_owned())),
        // Not printed: it may be a part of an offered one, which may be a token.
        Some(_) => Err("the server chose a subprotocol that was not offered".into()),
    }
}

/// Returns the value of a header that must not have several. Ignores empty values and repetitions of the same value.
/// Chromium is stricter and rejects repetitions as well.
fn single<'a>(headers: &'a Headers, name: &'static str) -> Result<Option<&'a str>, String> {
    let mut values = values(headers, name).filter(|value| !value.is_empty());
    let first = values.next();
    match values.find(|value| Some(*value) != first) {
        None => Ok(first),
        Some(_) => Err(format!("two different values of {name} in the response")),
    }
}

fn has_token(headers: &Headers, name: &'static str, token: &str) -> bool {
    values(headers, name).any(|value| elements(value).any(|element| element.eq_ignore_ascii_case(token)))
}

/// Joins the values of a list header, without empty elements (RFC 9110, section 5.6.1).
fn joined(headers: &Headers, name: &'static str) -> String {
    values(headers, name).flat_map(elements).filter(|element| !element.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Returns the elements of a list, none if it is not ASCII.
fn elements(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').filter(|_| list.is_ascii()).map(str::trim_ascii)
}

/// Returns the error for a response other than 101.
async fn refusal(response: ResponseHead, mut exchange: Exchange, limits: BodyLimits) -> Error {
    let mut rest = match Body::of(&response) {
        Ok(body) => body,
        Err(fault) => return not_http(fault),
    };
    let ResponseHead { status, headers } = response;
    let mut body = BytesMut::new();
    let is_followed = limits.follows_redirects && redirect::has_location(status, &headers);
    while body.len() < MAX_BODY {
        // A stalled body must not turn the refusal, which may be fatal, into an open timeout. The body of a followed
        // redirect is not needed.
        let patience = if is_followed { Duration::ZERO } else { BODY_PATIENCE };
        let patience = limits.until.min(Instant::now() + patience);
        // A part of the body is better than none.
        let Ok(Some(part)) = timeout_at(patience, exchange.next_part(&mut rest)).await else {
            break;
        };
        body.extend_from_slice(&part[..part.len().min(MAX_BODY - body.len())]);
    }
    let detail = status.canonical_reason().unwrap_or_default();
    let retry_after = retry_after::delay(status, &headers);
    let kind = ErrorKind::Handshake { status: Some(status.as_u16()), headers, body: body.freeze() };
    Error::new(kind, detail).with_retry_after(retry_after)
}

/// Returns the error if no response arrived, or if it is not HTTP.
fn exchange_failed(failure: NoResponse) -> Error {
    let error = match failure {
        NoResponse::NotHttp(fault) => return not_http(fault),
        NoResponse::Closed => return Error::new(ErrorKind::Io, failure.to_string()),
        NoResponse::Io(error) => error,
    };
    // The innermost error is the cause.
    let causes = || core::iter::successors(Some(&error as &dyn core::error::Error), |cause| cause.source());
    let detail = format!("connection error: {}", causes().last().unwrap_or(&error));
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
