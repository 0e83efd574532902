//! The opening handshake: checks requests, and builds valid and invalid responses.

use crate::http::{Request, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// Checks a request for a WebSocket by RFC 6455, 4.2.1. The error says what is wrong.
pub(crate) fn check(request: &Request) -> Result<(), String> {
    let header = |name: &str| request.header(name).ok_or_else(|| format!("no {name} header"));
    if request.method != "GET" {
        return Err(format!("method {}", request.method));
    }
    header("host")?;
    if !has_token(header("upgrade")?, "websocket") {
        return Err("Upgrade is not websocket".into());
    }
    if !has_token(header("connection")?, "upgrade") {
        return Err("Connection is not Upgrade".into());
    }
    if header("sec-websocket-version")? != "13" {
        return Err("Sec-WebSocket-Version is not 13".into());
    }
    let key = header("sec-websocket-key")?;
    match STANDARD.decode(key) {
        Ok(key) if key.len() == 16 => Ok(()),
        _ => Err(format!("Sec-WebSocket-Key {key:?} is not 16 bytes of base64")),
    }
}

/// Returns the response that the path selects. `request` has passed [`check`].
pub(crate) fn answer(request: &Request) -> Response {
    let target = &request.target;
    let path = target.path.as_str();
    let mut response = Response::new(101);
    if path == "/header-flood" {
        response.push("X-Flood", "f".repeat(target.number("kib").unwrap_or(70) * 1024));
    }
    if path != "/no-upgrade" {
        response.push("Upgrade", "websocket");
    }
    if path != "/no-connection" {
        response.push("Connection", "Upgrade");
    }
    match path {
        "/no-accept" => {}
        "/bad-accept" => response.push("Sec-WebSocket-Accept", STANDARD.encode([0; 20])),
        _ => response.push("Sec-WebSocket-Accept", accept(request.header("sec-websocket-key").unwrap_or(""))),
    }
    if path == "/extension" {
        response.push("Sec-WebSocket-Extensions", target.get("name").unwrap_or("permessage-deflate"));
    }
    if path == "/protocol" {
        let first = || request.header("sec-websocket-protocol")?.split(',').next();
        if let Some(protocol) = target.get("answer").or_else(first) {
            response.push("Sec-WebSocket-Protocol", protocol.trim());
        }
    }
    response.push_all(target);
    response
}

pub(crate) fn accept(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key.trim());
    hash.update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(hash.finalize())
}

fn has_token(list: &str, token: &str) -> bool {
    list.split(',').any(|item| item.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    #[test]
    fn accept_of_the_rfc() {
        assert_eq!(super::accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
