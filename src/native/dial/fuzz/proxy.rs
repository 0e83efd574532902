//! URLs of proxies, and what proxies send.

use tokio::io::AsyncReadExt as _;

use super::{Ending, Peer, Script, assert_hides, assert_printable, run};
use crate::native::dial::connector::Destination;
use crate::native::dial::proxy::{Kind, Proxy};

/// A URL or `host:port` of a proxy, and behind the first line break what the proxy sends. Bytes 1 and 2 are the manner.
pub(crate) fn proxy(data: &[u8]) {
    let [manner, seed, data @ ..] = data else { return };
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let text = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let bytes = parts.next().unwrap_or_default().to_vec();
    let proxy = match Proxy::parse(&text) {
        Ok(proxy) => proxy,
        Err(fault) => {
            assert_hides(&fault, &text);
            return assert_printable(&fault);
        }
    };
    assert!(!proxy.address.host.is_empty() && proxy.address.port != 0, "{text:?}");
    let host = match (manner & 8, seed & 1) {
        (0, 0) => "server.test".to_owned(),
        (0, _) => "192.0.2.1".to_owned(),
        (_, 0) => "[2001:db8::1]".to_owned(),
        // Too long for SOCKS, where its length is a byte.
        _ => format!("{}test", "server.".repeat(40)),
    };
    let to = Destination::new(&host, 443);
    let script = |seed| Script {
        bytes: bytes.clone(),
        ending: Ending::of(*manner, manner >> 4),
        seed,
        waits_for_request: false,
        breaks_after: (manner & 4 != 0).then_some(usize::from(seed)),
    };
    let whole = tunnel(&proxy, &to, &script(0));
    let cut = tunnel(&proxy, &to, &script(*seed));
    // In pieces, what is not HTTP is noticed at its end or by the open timeout, and what follows a response only if it
    // arrives with it.
    let may_differ = !is_socks(&proxy) && matches!(whole, Some(Err(_)));
    assert!(manner & 4 != 0 || may_differ || cut == whole, "{cut:?} in pieces, {whole:?} at once");
}

fn is_socks(proxy: &Proxy) -> bool {
    matches!(proxy.kind, Kind::Socks { .. })
}

/// Returns the outcome: the bytes behind the proxy's response, an error, or `None` if it waits for more.
fn tunnel(proxy: &Proxy, to: &Destination, script: &Script) -> Option<Result<Vec<u8>, String>> {
    let (stream, peer) = Peer::connect(script);
    let connected = run(proxy.connect(stream, to));
    let request = peer.request();
    let outcome = connected?.map_err(|error| {
        let text = format!("{error} {error:?}");
        assert_printable(&text);
        text
    });
    let is_socks = is_socks(proxy);
    Some(outcome.map(|mut stream| {
        let bytes = &script.bytes;
        if script.breaks_after.is_some() {
            // A proxy that answers without having read the request.
        } else if !is_socks {
            assert!(request.starts_with(b"CONNECT "), "{request:?}");
            assert!(request.ends_with(b"\r\n\r\n") && request.windows(2).filter(|it| it == b"\n\r").count() <= 1);
            let heads = String::from_utf8_lossy(bytes);
            assert!(
                heads.lines().any(|line| line.starts_with("HTTP/1.") && line.get(8..10) == Some(" 2")),
                "{heads:?}"
            );
            // What follows the response is not the server's.
            assert!(peer.taken().len() >= bytes.len().min(12));
        } else {
            assert!(request.starts_with(&[5]) && bytes.starts_with(&[5]), "{request:?} {bytes:?}");
            // Nothing behind the answer is read, and the destination is asked for in its own form.
            let address = match to.host.as_str() {
                "server.test" => &b"\x05\x01\0\x03\x0bserver.test\x01\xbb"[..],
                "192.0.2.1" => &[5, 1, 0, 1, 192, 0, 2, 1, 1, 0xbb],
                "2001:db8::1" => &[5, 1, 0, 4, 0x20, 1, 0x0d, 0xb8],
                other => panic!("{other} is too long"),
            };
            assert!(request.windows(address.len()).any(|window| window == address), "{request:?}");
        }
        let mut behind = Vec::new();
        if !matches!(script.ending, Ending::Endless(_)) {
            let _ = run(stream.read_to_end(&mut behind));
        }
        if is_socks && !matches!(script.ending, Ending::Endless(_)) && script.breaks_after.is_none() {
            assert_eq!(behind, &script.bytes[socks_answers(&script.bytes)..], "the server's bytes");
        }
        behind
    }))
}

/// Returns the length of the answers of a SOCKS proxy that has connected.
fn socks_answers(bytes: &[u8]) -> usize {
    let start = if bytes[1] == 2 { 4 } else { 2 };
    let address = match bytes[start + 3] {
        1 => 4,
        4 => 16,
        _ => 1 + usize::from(bytes[start + 4]),
    };
    start + 4 + address + 2
}
