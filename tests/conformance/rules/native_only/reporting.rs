//! Errors, handshakes and secrets (S23 to S26).

use homing::native::{BuilderExt, RequestExt};
use homing::{Error, ErrorKind, Request, WebSocket};

use crate::rules::*;

async fn fails(env: &Env, url: &str) -> Error {
    let log = env.log();
    let builder = WebSocket::builder(url).reconnect(homing::Reconnect::never()).open_timeout(None);
    let _ws = builder.handler(log.handler()).connect().unwrap();
    log.failed(1).await
}

/// Native only: a browser reports that an attempt failed, but not why.
pub async fn s23_error_kinds(env: Env) {
    let is_handshake = |error: &Error, status: Option<u16>| {
        matches!(error.kind(), ErrorKind::Handshake { status: actual, .. } if *actual == status)
            && error.is_before_open()
    };
    for path in ["/bad-accept", "/no-accept", "/no-upgrade", "/no-connection"] {
        let error = fails(&env, &env.url(path)).await;
        assert!(is_handshake(&error, Some(101)), "{path}: {error:?}");
    }
    let error = fails(&env, &env.url("/garbage")).await;
    assert!(is_handshake(&error, None), "{error:?}");
    let error = fails(&env, &env.url("/echo").replace("ws:", "wss:")).await;
    assert_eq!((error.kind(), error.code()), (&ErrorKind::Tls, 1), "{error:?}");
    env.server().refuse_next(1).await;
    let error = fails(&env, &env.url("/echo")).await;
    assert_eq!(error.code(), 1, "{error:?}");
    env.server().stop().await;
    let error = fails(&env, &env.url("/echo")).await;
    assert_eq!((error.kind(), error.code()), (&ErrorKind::Connect, 1), "{error:?}");
    let error = fails(&env, "ws://nowhere.invalid/").await;
    assert_eq!((error.kind(), error.code()), (&ErrorKind::Dns, 1), "{error:?}");
}

/// Native only, as [`s23_error_kinds`].
pub async fn s23_rejected_handshake_has_status_headers_and_body(env: Env) {
    let error = fails(&env, &env.url("/http?status=403&body=not%20you&header=X-Why:because")).await;
    let ErrorKind::Handshake { status, headers, body } = error.kind() else { panic!("{error:?}") };
    assert_eq!((*status, headers.get("x-WHY"), &body[..]), (Some(403), Some("because"), &b"not you"[..]));
    assert_eq!(error.status(), Some(403));
    let error = fails(&env, &env.url("/http?status=403&body_len=100000&chunked=1")).await;
    let ErrorKind::Handshake { body, .. } = error.kind() else { panic!("{error:?}") };
    assert_eq!(body.len(), 16 << 10);
}

/// Native only: browsers differ in how they treat credentials in a URL.
pub async fn s23_credentials_are_sent_but_never_shown(env: Env) {
    let with_credentials = |path: &str| env.url(path).replace("ws://", "ws://anna:hush@");
    let log = env.log();
    let _ws = WebSocket::builder(with_credentials("/headers")).handler(log.handler()).connect().unwrap();
    assert!(log.texts(1).await[0].contains(r#""authorization":"Basic YW5uYTpodXNo""#));
    for path in ["/http?status=401", "/drop?token=hush", "/bad-accept"] {
        let error = fails(&env, &with_credentials(path)).await;
        assert!(error.to_string().contains("ws://127.0.0.1"), "{error}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hush") && !shown.contains("anna"), "{shown}");
    }
}

/// Native only: a browser hides status and headers.
pub async fn s24_handshake_has_status_and_headers(env: Env) {
    let log = env.log();
    let _ws = env.once("/echo?header=X-Server:homing").handler(log.handler()).connect().unwrap();
    let handshake = log.opened(1).await;
    assert_eq!((handshake.status, handshake.headers.get("x-server")), (Some(101), Some("homing")));
}

/// Native only: a browser chooses the extensions itself.
pub async fn s24_extension_that_was_not_offered_fails(env: Env) {
    let error = fails(&env, &env.url("/extension")).await;
    assert!(matches!(error.kind(), ErrorKind::Handshake { .. }) && error.is_before_open(), "{error:?}");
}

/// Native only: a browser hides headers.
pub async fn s26_headers_are_never_shown(env: Env) {
    let log = env.log();
    let path = "/http?status=401&header=Set-Cookie:session%3Dhush&token=hush";
    let ws = env.once(path).header("Cookie", "session=hush").handler(log.handler()).connect().unwrap();
    let end = log.ended(1).await;
    let shown = format!("{:?} {ws:?} {end:?} {}", log.events(), log.failed(1).await);
    assert!(!shown.contains("hush"), "{shown}");
    let request = Request::new(env.url("/echo?token=hush")).header("Cookie", "session=hush");
    assert!(!format!("{request:?}").contains("hush"), "{request:?}");
    let error = env.once("/echo").header("Cookie", "hush\n").connect().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
    let log = env.log();
    let _ws = env.once("/echo?header=Set-Cookie:session%3Dhush").handler(log.handler()).connect().unwrap();
    let handshake = log.opened(1).await;
    assert!(!format!("{handshake:?}").contains("hush"), "{handshake:?}");
}
