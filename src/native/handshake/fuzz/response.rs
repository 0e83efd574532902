//! Responses to the opening handshake.

use core::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::time::Instant;

use crate::error::{Error, ErrorKind};
use crate::native::dial::fuzz::{Ending, Peer, Script, accept, assert_printable, run};
use crate::native::handshake::upgrade::{BodyLimits, Upgraded, upgrade_with_key};
use crate::native::options::Options;
use crate::native::target::{Target, resolve};
use crate::native::wire::deflate::{Agreement, Deflate};
use crate::request::Request;

/// A key and the answer to it, from RFC 6455, section 1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &[u8] = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const SECRET: &str = "s3cr3t";

/// What a client sees of a response.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// With the subprotocol, the extensions, the agreement on compression, and the bytes behind the response.
    Open(Option<String>, String, String, Vec<u8>),
    Failed(String, ErrorKind),
    Waits,
}

/// What the client offers of permessage-deflate.
#[derive(Clone, Copy)]
struct Offer {
    client_bits: u8,
    server_bits: u8,
    client_takeover: bool,
    server_takeover: bool,
}

impl Offer {
    fn of(options: u8) -> Self {
        Self {
            client_bits: if options & 1 == 0 { 12 } else { 15 },
            server_bits: if options & 2 == 0 { 15 } else { 10 },
            client_takeover: options & 4 == 0,
            server_takeover: options & 8 == 0,
        }
    }

    fn deflate(self) -> Deflate {
        let deflate = Deflate::new().client_max_window_bits(self.client_bits).server_max_window_bits(self.server_bits);
        let deflate = if self.client_takeover { deflate } else { deflate.client_no_context_takeover() };
        if self.server_takeover { deflate } else { deflate.server_no_context_takeover() }
    }

    /// Returns what both sides agreed to if the client accepts this answer (RFC 7692, section 7.1).
    fn agreed(self, chosen: &str) -> Agreement {
        let mut parts = chosen.split(';').map(str::trim);
        assert_eq!(parts.next(), Some("permessage-deflate"));
        let mut agreed = Agreement {
            client_takeover: self.client_takeover,
            server_takeover: true,
            client_bits: self.client_bits,
            server_bits: 15,
        };
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let number = value.trim().trim_matches('"').parse().unwrap_or(0_u8);
            match name.trim() {
                "client_max_window_bits" => agreed.client_bits = number,
                "server_max_window_bits" => agreed.server_bits = number,
                "client_no_context_takeover" if value.is_empty() => agreed.client_takeover = false,
                "server_no_context_takeover" if value.is_empty() => agreed.server_takeover = false,
                other => panic!("{other}"),
            }
        }
        assert!((8..=self.client_bits).contains(&agreed.client_bits), "{chosen}");
        assert!((8..=self.server_bits).contains(&agreed.server_bits), "{chosen}");
        assert!(self.server_takeover || !agreed.server_takeover, "{chosen}");
        agreed
    }
}

/// Bytes 1 to 3 are the client's options and the manner of the server; the others are what it
/// sends.
pub(crate) fn handshake(data: &[u8]) {
    let [options, manner, seed, bytes @ ..] = data else { return };
    let offer = (options & 1 != 0).then(|| Offer::of(options >> 4));
    let target = target(options & 2 != 0);
    let follows = options & 4 != 0;
    let mut bytes = bytes.to_vec();
    // Here already, as the same bytes are read again.
    accept(&mut bytes, ACCEPT);
    let script = |seed: u8| Script {
        bytes: bytes.clone(),
        ending: Ending::of(*manner, manner >> 3),
        seed,
        waits_for_request: options & 8 == 0,
        breaks_after: (manner & 4 != 0).then(|| 8 * usize::from(seed)),
    };
    let attempt = |seed| attempt(&target, offer, follows, &script(seed));
    let whole = attempt(0);
    let mut cut = attempt(*seed);
    if manner & 4 != 0 {
        return;
    }
    if let (
        Outcome::Failed(_, ErrorKind::Handshake { body, .. }),
        Outcome::Failed(_, ErrorKind::Handshake { body: other, .. }),
    ) = (&whole, &mut cut)
    {
        // What has arrived of a body that is not waited for.
        if follows {
            other.clone_from(body);
        }
    }
    // What is not HTTP is noticed at its end, or by the open timeout, if it comes in pieces.
    let is_broken = |outcome: &Outcome| match outcome {
        Outcome::Failed(_, kind) => matches!(kind, ErrorKind::Io | ErrorKind::Handshake { status: None, .. }),
        Outcome::Open(..) | Outcome::Waits => false,
    };
    let may_differ = is_broken(&whole) && (is_broken(&cut) || cut == Outcome::Waits);
    assert!(may_differ || cut == whole, "{cut:?} in pieces, {whole:?} at once");
}

fn target(has_protocols: bool) -> Target {
    let url = format!("ws://user:{SECRET}@server.test/feed?token={SECRET}");
    let mut request = Request::new(url);
    if has_protocols {
        request = request.protocol("chat").protocol(format!("bearer.{SECRET}"));
    }
    request.headers.push(("X-Key".into(), SECRET.into()));
    resolve(&request, &Options::default()).unwrap()
}

fn attempt(target: &Target, offer: Option<Offer>, follows: bool, script: &Script) -> Outcome {
    let (stream, peer) = Peer::connect(script);
    let deflate = offer.map(Offer::deflate);
    let upgraded = run(async {
        let limits = BodyLimits::new(Instant::now(), Some(Duration::from_secs(10)), follows);
        upgrade_with_key(stream, target, KEY, deflate.as_ref(), limits).await
    });
    let Some(upgraded) = upgraded else {
        assert!(script.ending == Ending::Silence, "only a peer that is silent is waited for");
        return Outcome::Waits;
    };
    if script.breaks_after.is_none() {
        check_request(&peer.request());
    }
    match upgraded {
        Ok(upgraded) => opened(target, offer, upgraded, script, &peer),
        Err(error) => failed(&error.at(&target.shown()), &script.bytes),
    }
}

/// The request is one head with a line for each header, whatever the server does meanwhile.
fn check_request(request: &[u8]) {
    let Some(head) = request.strip_suffix(b"\r\n\r\n") else {
        // The response arrived before the request was sent.
        return;
    };
    let head = core::str::from_utf8(head).unwrap();
    assert!(head.starts_with(&format!("GET /feed?token={SECRET} HTTP/1.1\r\nHost: server.test\r\n")), "{head}");
    assert_eq!(head.matches("Sec-WebSocket-Key: ").count(), 1);
}

fn failed(error: &Error, sent: &[u8]) -> Outcome {
    let text = format!("{error} {error:?}");
    assert_printable(&text);
    let echoes = sent.windows(SECRET.len()).any(|window| window.eq_ignore_ascii_case(SECRET.as_bytes()));
    assert!(echoes || !text.contains(SECRET), "{text}");
    if let ErrorKind::Handshake { body, headers, .. } = error.kind() {
        assert!(body.len() <= 16 * 1024, "{}", body.len());
        let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        // What is not UTF-8 is replaced with three bytes.
        assert!(headers.len() <= 256 && bytes <= 3 * 64 * 1024, "{} headers of {bytes} bytes", headers.len());
    }
    Outcome::Failed(error.to_string(), error.kind().clone())
}

/// Reads the response again, in a simple way, and checks what RFC 6455, section 4.1, requires.
fn opened(target: &Target, offer: Option<Offer>, upgraded: Upgraded, script: &Script, peer: &Peer) -> Outcome {
    let Upgraded { mut stream, read, handshake, deflate } = upgraded;
    let mut behind = read.to_vec();
    let is_endless = matches!(script.ending, Ending::Endless(_));
    if !is_endless {
        let _ = run(stream.read_to_end(&mut behind));
    }
    let taken = peer.taken();
    let mut rest = &taken[..];
    let headers = loop {
        let (status, headers, after) = head(rest).expect("a head");
        rest = after;
        if status == 101 {
            break headers;
        }
        assert!((100..200).contains(&status), "{status}");
    };
    let values = |name: &str| {
        let values = headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        values.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty()).collect::<Vec<_>>()
    };
    let lists = |name: &str, token: &str| {
        values(name).iter().flat_map(|value| value.split(',')).any(|it| it.trim().eq_ignore_ascii_case(token))
    };
    assert!(lists("upgrade", "websocket") && lists("connection", "upgrade"), "{headers:?}");
    let accepts = values("sec-websocket-accept");
    assert!(!accepts.is_empty() && accepts.iter().all(|value| value.as_bytes() == ACCEPT), "{accepts:?}");
    let protocols = values("sec-websocket-protocol");
    assert_eq!(protocols.is_empty(), target.protocols.is_empty());
    assert!(protocols.iter().all(|chosen| target.protocols.iter().any(|offered| offered == chosen)), "{protocols:?}");
    assert_eq!(handshake.protocol.as_deref(), protocols.first().copied());
    let extensions = values("sec-websocket-extensions").join(",");
    let mut extensions = extensions.split(',').map(str::trim).filter(|it| !it.is_empty());
    let chosen = extensions.next();
    assert!(extensions.next().is_none(), "several extensions");
    assert_eq!(chosen.is_some(), deflate.is_some());
    if let Some((chosen, agreed)) = chosen.zip(deflate.as_ref()) {
        assert_eq!(&offer.expect("what was not offered is not accepted").agreed(chosen), agreed, "{chosen}");
    }
    assert_eq!(handshake.status, Some(101));
    assert!(
        !format!("{handshake:?}").contains(SECRET) || chosen.is_some_and(|it| it.contains(SECRET)) || named(&headers)
    );

    // Frames may arrive with the response: not one byte is lost.
    assert_eq!(behind, rest);
    if is_endless {
        // How much was read behind the script depends on the pieces.
        let head = taken.len() - rest.len();
        behind = script.bytes.get(head..).unwrap_or_default().to_vec();
    }
    Outcome::Open(handshake.protocol, handshake.extensions, format!("{deflate:?}"), behind)
}

/// Whether the server uses it in the name of a header. Names are kept in lower case.
fn named(headers: &[(String, String)]) -> bool {
    headers.iter().any(|(name, _)| name.to_ascii_lowercase().contains(SECRET))
}

type Head<'a> = (u16, Vec<(String, String)>, &'a [u8]);

/// Splits a head into lines. Returns its status, its headers, and what follows.
fn head(mut bytes: &[u8]) -> Option<Head<'_>> {
    let mut line = || {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let (line, after) = bytes.split_at(end);
        bytes = &after[1..];
        Some(String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned())
    };
    let mut status = line()?;
    while status.is_empty() {
        status = line()?;
    }
    assert!(status.starts_with("HTTP/1."), "{status}");
    let number = status.get(9..12)?.parse().ok()?;
    let mut headers = Vec::new();
    loop {
        let line = line()?;
        if line.is_empty() {
            return Some((number, headers, bytes));
        }
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()));
    }
}

#[cfg(test)]
mod tests;
