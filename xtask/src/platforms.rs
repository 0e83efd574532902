//! The library on other systems: `cargo xtask platforms`, described in docs/platforms.md.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::command::{Cmd, cmd};
use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::steps::{Step, step};
use crate::{report, setup};

const MSVC: &str = "x86_64-pc-windows-msvc";
const MINGW: &str = "x86_64-pc-windows-gnu";
const MACOS: &str = "aarch64-apple-darwin";
const MUSL: &str = "x86_64-unknown-linux-musl";
const I686: &str = "i686-unknown-linux-gnu";
const WASI: &str = "wasm32-wasip1";

/// All features that need no C compiler for the target.
pub(crate) const NO_C: &str =
    "rustls-native-roots,rustls-platform-verifier,rustls-webpki-roots,cookies,deflate,tracing";
/// The TLS library of Linux is OpenSSL, in C; those of other systems are part of them.
const NATIVE_TLS: &str = ",native-tls";
/// All crates that run natively, with their tests.
const TESTS: &str = "-p homing -p homing-machine -p homing-test-server -p homing-tests --lib --tests \
    --features homing-tests/cookies,homing-tests/deflate";

const MINGW_PACKAGES: [(&str, &str); 2] = [("x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64"), ("wine", "wine")];

/// What a program that Rust compiles for Windows imports, and the Wine of Debian 12 does not have.
const BCRYPT: &str = "
int SystemFunction036(void *buffer, unsigned long length);
__declspec(dllexport) int ProcessPrng(void *buffer, unsigned long long length) {
    return SystemFunction036(buffer, length) & 1;
}
";

/// Tests that fail under Wine, whose sockets differ from those of Windows.
const NOT_IN_WINE: [&str; 20] = [
    // A reset arrives as an ordinary end.
    "proxy_forwards_and_ends",
    "drop_and_reset",
    "silent_and_deaf",
    "bad_ends",
    "floods_and_series",
    "a_large_request_is_sent_completely",
    "raw_bytes_and_an_end",
    "s10_s12_a_close_of_the_peer_is_cut_at_each_byte",
    "s10_s12_a_close_of_the_peer_over_tls_is_cut_at_each_byte",
    "stop_kill_and_restart",
    // Other sizes of buffers, and bytes that wait in them for longer.
    "s10_close_waits_while_bytes_leave",
    "s17_a_large_message_that_leaves_slowly",
    "s20_pings_are_answered_between_the_parts",
    "s17_a_half_open_peer_behind_a_full_send_buffer",
    "s21_a_server_that_is_still_sending",
    "tcp_segmentation_does_not_matter",
    // What Wine itself keeps open counts as well.
    "attempts_leave_nothing",
    "s15_every_message_is_accounted_for",
    // Many connections at once take too long.
    "s07_clients_that_fail_together",
    "an_idle_connection_over_tls_takes",
];
/// A program for Windows cannot start these peers, which are programs of Linux.
const PEERS: [&str; 7] = ["NGINX", "TINYPROXY", "SQUID", "DANTED", "MICROSOCKS", "PYTHON", "NODE_MODULES"];

/// Checks these platforms, or all.
pub(crate) fn command(names: &[String]) -> ExitCode {
    let all = all();
    let known: Vec<_> = all.iter().map(|step| step.name).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        eprintln!("no platform is named `{name}`; there are {}", known.join(", "));
        return ExitCode::from(2);
    }
    let steps = all.into_iter().filter(|step| names.is_empty() || names.iter().any(|name| name == step.name));
    report::all_of(&steps.collect::<Vec<_>>(), false)
}

fn all() -> Vec<Step> {
    vec![
        step("windows-msvc", |job| lint(job, MSVC, NATIVE_TLS)),
        step("windows-gnu", windows_gnu),
        step("macos", |job| lint(job, MACOS, NATIVE_TLS)),
        step("ios", |job| lint(job, "aarch64-apple-ios", NATIVE_TLS)),
        step("android", |job| lint(job, "aarch64-linux-android", "")),
        step("linux-musl", linux_musl),
        step("linux-i686", linux_i686),
        step("wasi", wasi),
    ]
}

/// What `cargo xtask test` checks: a system without Unix, and a Unix other than Linux.
pub(crate) fn two(job: &mut Job<'_>) -> Result<Counts, Stop> {
    setup::rust_targets(job, &[MSVC, MACOS])?;
    job.check(&*format!(
        "cargo clippy -p homing --lib --no-default-features --features {NO_C}{NATIVE_TLS} --target {MSVC} --target {MACOS} \
            -- -D warnings"
    ))
}

/// Checks the library and those of its tests that need no C compiler.
fn lint(job: &mut Job<'_>, target: &str, more: &str) -> Result<Counts, Stop> {
    setup::rust_targets(job, &[target])?;
    job.check(&*format!(
        "cargo clippy -p homing -p homing-machine --lib --tests --examples --no-default-features --features {NO_C}{more} \
            --target {target} -- -D warnings"
    ))
}

/// The tests run under Wine.
fn windows_gnu(job: &mut Job<'_>) -> Result<Counts, Stop> {
    setup::rust_targets(job, &[MINGW])?;
    setup::apt(job, &MINGW_PACKAGES, Vec::new())?;
    let mut counts = job.check(&*format!("cargo clippy {TESTS} --target {MINGW} -- -D warnings"))?;
    let library = bcrypt(job)?;
    let skipped = NOT_IN_WINE.map(|name| format!(" --skip {name}")).concat();
    // The examples are started by Cargo. A program that Wine itself could not start is started again.
    let filters = format!("-E not(binary(examples)|test(=silence)) --retries 1 --{skipped}");
    let runner = format!("env{} wine", PEERS.map(|peer| format!(" -u HOMING_TEST_{peer}")).concat());
    counts.add(tests(job, MINGW, &filters, |cmd| {
        let cmd = cmd.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", runner).env("WINEDEBUG", "-all");
        cmd.env("WINEPREFIX", library.join("prefix")).env("WINEPATH", &library)
    })?);
    Ok(counts)
}

/// Returns the directory of the library.
fn bcrypt(job: &mut Job<'_>) -> Result<PathBuf, Stop> {
    setup::install(job, "wine", BCRYPT, |job, dir| {
        fs::create_dir_all(dir)?;
        let source = dir.join("bcryptprimitives.c");
        fs::write(&source, BCRYPT)?;
        let library = dir.join("bcryptprimitives.dll");
        job.run(cmd("x86_64-w64-mingw32-gcc -shared -o").arg(library).arg(source).arg("-ladvapi32"))?;
        // Before several programs want it at once.
        job.run(cmd("wine wineboot --init").env("WINEPREFIX", dir.join("prefix")).env("WINEDEBUG", "-all"))
    })?;
    Ok(job.place.own("wine"))
}

/// ring needs a C compiler for musl.
fn linux_musl(job: &mut Job<'_>) -> Result<Counts, Stop> {
    setup::rust_targets(job, &[MUSL])?;
    setup::apt(job, &[("musl-gcc", "musl-tools")], Vec::new())?;
    tests(job, MUSL, "", |cmd| cmd)
}

/// 32 bits.
fn linux_i686(job: &mut Job<'_>) -> Result<Counts, Stop> {
    setup::rust_targets(job, &[I686])?;
    let compiles = cmd("sh -c").arg("echo 'int main(void) { return 0; }' | gcc -m32 -x c -o /dev/null -");
    let missing = if job.ask(compiles).is_some() { Vec::new() } else { vec!["gcc-multilib"] };
    setup::apt(job, &[], missing)?;
    // A seed means another plan there, as the generator draws numbers of 32 bits, and kinds of events that are rare for
    // the 64-bit one can be missing.
    tests(job, I686, "-- --skip every_kind_of_event_comes_up", |cmd| cmd)
}

fn tests(job: &mut Job<'_>, target: &str, filters: &str, with: impl FnOnce(Cmd) -> Cmd) -> Result<Counts, Stop> {
    setup::nextest(job)?;
    // Handshakes with cryptography that is not optimized take seconds, without the assembly that 64 bits have.
    let ring = "--config profile.dev.package.ring.opt-level=2";
    let run = format!("cargo nextest run --profile xtask {ring} {TESTS} --target {target} {filters}");
    job.tests(with(cmd(&run)))
}

/// Not supported: the library does not compile, and says so.
fn wasi(job: &mut Job<'_>) -> Result<Counts, Stop> {
    setup::rust_targets(job, &[WASI])?;
    let check = format!("! cargo check -p homing --lib --no-default-features --target {WASI}");
    refusal(&job.run(cmd("sh -c").arg(check))?)
}

/// Whether the compiler said what is missing.
fn refusal(output: &str) -> Result<Counts, Stop> {
    const TEXT: &str = "error: homing runs natively and on wasm32-unknown-unknown";
    match output.lines().find(|line| line.starts_with("error")) {
        Some(first) if first.starts_with(TEXT) => Ok(Counts::passed(1)),
        other => Err(Stop::Failed(format!("expected `{TEXT}`, found {other:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_on_wasi_is_that_of_the_library() {
        let text = "error: homing runs natively and on wasm32-unknown-unknown in browsers";
        assert!(refusal(&format!("   Compiling x\n{text}\nerror: could not compile `homing`")).is_ok());
        for other in ["    Finished `dev` profile", &format!("error: wasm is not supported\n{text}")] {
            assert!(refusal(other).is_err(), "{other}");
        }
    }
}
