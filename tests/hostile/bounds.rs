//! Each script costs the client a bounded amount for each byte that it receives, and the program sees the right end.

use crate::ALONE;
use crate::scripts::{self, Script, Stage};
use crate::secure::RECORD;
use crate::victim::{Client, Outcome, attack};

/// Bytes of each script.
const LENGTH: usize = 100_000;
const KIB: usize = 1024;
/// The most bytes that are read of a response to the opening handshake, with the last read.
const HANDSHAKE: usize = 132 * KIB;

/// Returns what is beyond its bound.
fn excesses(script: &Script, outcome: &Outcome) -> Vec<String> {
    let Outcome { sees, messages, used } = outcome;
    let mut excesses = Vec::new();
    let mut check = |what: &str, actual: usize, bound: usize| {
        if actual > bound {
            excesses.push(format!("{what}: {actual}, the bound is {bound}"));
        }
    };
    check("bytes of memory", used.peak, script.memory);
    // One for the payload of each message, and a few for the connection and its buffers.
    let controls = used.read_bytes / if script.slow { 3 } else { 50 };
    check("allocations", used.allocations, 300 + messages + controls);
    // Two polls for each byte where they arrive one by one; otherwise buffers grow to 64 KiB.
    check("reads", used.reads, if script.slow { 2 * used.read_bytes + 10 } else { 40 + used.read_bytes / (8 * KIB) });
    // A Pong has a mask of four bytes more than its Ping, which has two at least. The request takes the rest.
    let tls = if script.secure { 300 + RECORD as usize * used.writes } else { 0 };
    check("bytes of answers", used.written_bytes, 3 * used.read_bytes + 400 + tls);
    let writes = if script.slow { used.read_bytes / 3 } else { used.written_bytes / KIB };
    // A hello, the end of its handshake, and that of the connection.
    check("writes", used.writes, 4 + writes + if script.secure { 3 } else { 0 });
    if script.stage != Stage::Open {
        check("bytes read before it is open", used.read_bytes, HANDSHAKE);
    }
    if !sees.starts_with(script.sees) {
        excesses.push(format!("the program sees {sees:?}, not {:?}", script.sees));
    }
    excesses
}

#[test]
fn s20b_s21_s24_each_script_has_bounds() {
    let _alone = ALONE.blocking_lock();
    let mut failures = Vec::new();
    for script in scripts::all().into_iter().filter(Script::is_chosen) {
        let outcome = attack(Client::Homing, &script, LENGTH);
        for excess in excesses(&script, &outcome) {
            failures.push(format!("{}: {excess}: {outcome:?}", script.name));
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

/// Informational responses end, however many there are.
#[test]
fn s24_informational_responses_are_limited() {
    let _alone = ALONE.blocking_lock();
    let script = scripts::all().into_iter().find(|script| script.name == "endless 1xx").expect("a script");
    let short = attack(Client::Homing, &script, 1_000_000);
    let long = attack(Client::Homing, &script, 5_000_000);
    for outcome in [&short, &long] {
        let (used, sees) = (outcome.used, &outcome.sees);
        assert!(used.read_bytes <= HANDSHAKE, "{used:?}");
        assert!(sees.contains("too many informational responses"), "{sees}");
    }
    assert!(long.used.peak <= short.used.peak + 64 * KIB, "{long:?}, {short:?}");
}
