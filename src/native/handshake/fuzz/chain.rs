//! Chains of redirects that are dialled, through all of the code between an attempt and an open connection.

use core::future::ready;
use std::sync::{Arc, Mutex};

use tokio::time::Instant;

use super::redirects::{SECRET, is_echoed, origin};
use crate::error::Error;
use crate::native::dial::connector::Destination;
use crate::native::dial::dialler::Dialler;
use crate::native::dial::fuzz::{Ending, Noted, Peer, Script, assert_printable, run};
use crate::native::dial::tls::Connector;
use crate::native::dial::tls::options::Peer as TlsPeer;
use crate::native::handshake::cookies::{CookieJar, Cookies};
use crate::native::handshake::redirect::{MAX_REDIRECTS, follow};
use crate::native::open::open;
use crate::native::options::Options;
use crate::native::sync::lock;
use crate::native::target::Target;

/// A longer head is refused.
const MOST: usize = 50_000;

/// The servers of a chain: what each responds, and who was dialled.
#[derive(Default)]
struct Servers {
    scripts: Vec<Script>,
    dialled: Vec<(Destination, Peer)>,
}

/// Each server redirects to one of the lines, and the last one accepts.
pub(super) fn dialled(options: u8, start: &Target, locations: &[u8]) {
    if locations.len() > MOST {
        return;
    }
    // No more than are followed.
    let lines: Vec<_> = locations.split(|byte| *byte == b'\n').take(MAX_REDIRECTS + 2).collect();
    let servers = Arc::new(Mutex::new(Servers { scripts: scripts(options, &lines), dialled: Vec::new() }));
    let jar = CookieJar::new();
    let noted = Noted::new(options & 4 != 0);
    // One of four does not follow redirects.
    let follows = options & 0xC0 != 0xC0;
    let dialler = dialler(&servers, &jar, &noted, follows);
    let opened = run(async {
        let dialled = dialler.dial(start).await.map_err(|error| error.at(&start.shown()))?;
        open(dialled, Arc::new(start.clone()), dialler, None, 100, Instant::now()).await
    });
    let outcome = opened.expect("each server responds").map(drop);

    let (targets, ends) = expected(start, &lines, follows, noted.is_own);
    let dialled = core::mem::take(&mut lock(&servers).dialled);
    assert_eq!(dialled.len(), targets.len(), "{outcome:?}, expected {ends:?}");
    check_end(outcome, ends, locations);
    let mut handshakes = noted.handshakes().into_iter();
    for (number, (to, peer)) in dialled.iter().enumerate() {
        let target = &targets[number];
        assert_eq!(*to, target.destination());
        let has_left = targets[..=number].iter().any(|it| origin(&it.url) != origin(&start.url));
        let tls = if target.url.scheme() == "wss" { handshakes.next() } else { None };
        let shown = if has_left { TlsPeer::OtherOrigin } else { TlsPeer::Server };
        assert_eq!(tls, target.is_secure().then(|| (to.host.clone(), shown)));
        check_request(&peer.request(), &targets[..=number], has_left);
    }
    assert_eq!(handshakes.next(), None);
    let responses = targets.len() - usize::from(ends == NOT_HTTP);
    for target in targets.iter().filter(|target| has_cookies(target)) {
        let kept = jar.cookies(target.url.as_str()).unwrap_or_default();
        assert_eq!(kept, cookies(&targets[..responses], target).join("; "));
    }
}

fn scripts(options: u8, lines: &[&[u8]]) -> Vec<Script> {
    let mut scripts = Vec::new();
    for (number, line) in lines.iter().map(Some).chain([None]).enumerate() {
        let mut bytes = match line {
            Some(line) => {
                let status = [301, 302, 303, 307, 308][(number + usize::from(options)) % 5];
                let head = format!("HTTP/1.1 {status} Elsewhere\r\nLocation: ");
                [head.as_bytes(), line, b"\r\n"].concat()
            }
            None => b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
                Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Accept: {accept}\r\n"
                .to_vec(),
        };
        bytes.extend(format!("Set-Cookie: hop{number}=1; Path=/\r\n\r\n").into_bytes());
        let ending = Ending::of(options >> 4, 1);
        let seed = if options & 8 == 0 { 0 } else { 1 + number as u8 };
        scripts.push(Script { bytes, ending, seed, waits_for_request: true, breaks_after: None });
    }
    scripts
}

fn dialler(servers: &Arc<Mutex<Servers>>, jar: &CookieJar, noted: &Noted, follows_redirects: bool) -> Arc<Dialler> {
    let servers = servers.clone();
    let connect = move |to: Destination| {
        let servers = &mut *lock(&servers);
        let (_, peer) = Peer::connect(&servers.scripts[servers.dialled.len()]);
        servers.dialled.push((to, peer.clone()));
        ready(Ok(peer))
    };
    let options = Options {
        connector: Some(("connector", Arc::new(connect))),
        follows_redirects,
        cookies: Cookies(Some(jar.clone())),
        ..Options::default()
    };
    let dialler = Dialler::new(&options, None).unwrap();
    Arc::new(dialler.with_tls(Connector::Noted(noted.clone())))
}

/// How a chain ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Open,
    NotFollowed,
    /// With this text in the error.
    Refused(&'static str),
}

/// A header must not have control characters in it.
const NOT_HTTP: End = End::Refused("header");

/// Returns the targets that are to be dialled.
fn expected(start: &Target, lines: &[&[u8]], follows: bool, is_own: bool) -> (Vec<Target>, End) {
    let mut targets = vec![start.clone()];
    for line in lines {
        if line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            return (targets, NOT_HTTP);
        }
        if !follows {
            return (targets, End::NotFollowed);
        }
        if targets.len() > MAX_REDIRECTS {
            return (targets, End::Refused("more than 5 redirects"));
        }
        let location = String::from_utf8_lossy(line);
        match follow(&targets[targets.len() - 1], &location) {
            Ok(next) if is_own && next.is_cross_origin && next.is_secure() => {
                return (targets, End::Refused("connector"));
            }
            Ok(next) => targets.push(next),
            Err(_) => return (targets, End::Refused("redirect")),
        }
    }
    (targets, End::Open)
}

fn check_end(outcome: Result<(), Error>, ends: End, locations: &[u8]) {
    let Err(error) = outcome else { return assert_eq!(ends, End::Open) };
    let text = format!("{error} {error:?}");
    assert_printable(&text);
    assert!(is_echoed(locations) || !text.contains(SECRET), "{text}");
    match ends {
        End::Open => panic!("{text}"),
        End::NotFollowed => {}
        End::Refused(why) => assert!(text.contains(why), "{text} instead of {why}"),
    }
}

/// The request to the last of these targets.
fn check_request(request: &[u8], targets: &[Target], has_left: bool) {
    let (target, before) = targets.split_last().expect("there is one");
    let request = core::str::from_utf8(request).unwrap();
    let mut lines = request.strip_suffix("\r\n\r\n").expect("a whole request").split("\r\n");
    assert_eq!(lines.next(), Some(&*format!("GET {} HTTP/1.1", target.path_and_query())));
    let headers: Vec<_> = lines.map(|line| line.split_once(": ").unwrap()).collect();
    let values = |name: &str| headers.iter().filter(|(it, _)| *it == name).map(|(_, value)| *value).collect::<Vec<_>>();
    assert_eq!(values("Host"), [target.authority()]);
    assert_eq!(values("Sec-WebSocket-Protocol"), ["chat"]);
    assert_eq!((values("origin"), values("USER-AGENT")), (vec!["https://app.test"], vec!["test"]));
    let has_credentials = !has_left && !targets[0].url.username().is_empty();
    assert_eq!(values("Authorization").len(), usize::from(has_credentials));
    assert_eq!(values("X-Key").len(), usize::from(!has_left));
    let own = [SECRET.to_owned()].into_iter().filter(|_| !has_left);
    let cookies: Vec<_> = own.chain(cookies(before, target)).collect();
    let cookie = (!cookies.is_empty()).then(|| cookies.join("; "));
    assert!(
        !has_cookies(target) || values("Cookie") == Vec::from_iter(cookie.as_deref()),
        "{request} without {cookie:?}"
    );
}

/// No server has a name that begins with a dot.
fn has_cookies(target: &Target) -> bool {
    !target.destination().host.starts_with('.')
}

/// Returns the cookies that servers of the same origin have set before, of which there is one for each response.
fn cookies(before: &[Target], target: &Target) -> Vec<String> {
    let is_same = |(_, it): &(usize, &Target)| origin(&it.url) == origin(&target.url);
    before.iter().enumerate().filter(is_same).map(|(number, _)| format!("hop{number}=1")).collect()
}
