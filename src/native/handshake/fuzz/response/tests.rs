//! Single responses.

use super::*;

fn respond(bytes: Vec<u8>, seed: u8) -> Outcome {
    let script = Script { bytes, ending: Ending::Eof, seed, waits_for_request: true, breaks_after: None };
    attempt(&target(false), None, false, &script)
}

fn answer(head: &str, seed: u8) -> Outcome {
    let rest = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n";
    respond([head, "\r\n", rest].concat().into_bytes(), seed)
}

#[test]
fn s24_an_answer_of_http_1_0_fails_the_attempt() {
    assert!(matches!(answer("HTTP/1.1 101 Switching Protocols", 0), Outcome::Open(..)));
    let Outcome::Failed(text, _) = answer("HTTP/1.0 101 Switching Protocols", 0) else { panic!("open") };
    assert!(text.contains("HTTP version"), "{text}");
}

#[test]
fn s24_empty_lines_may_precede_an_answer() {
    let head = "\n\r\n".repeat(300) + "HTTP/1.1 101 Switching Protocols";
    for seed in [0, 1, 7] {
        assert!(matches!(answer(&head, seed), Outcome::Open(..)), "{seed}");
    }
}

/// Its first byte alone is invalid HTTP.
#[test]
fn s23_a_tls_alert_in_pieces_is_recognized() {
    for seed in [0, 1, 7] {
        let Outcome::Failed(text, _) = respond(b"\x15\x03\x03\0\x02\x02\x28".to_vec(), seed) else { panic!("{seed}") };
        assert!(text.contains("TLS"), "{text}");
    }
}
