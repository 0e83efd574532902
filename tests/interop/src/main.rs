//! The native client against a server of another library. Called by `cargo xtask interop`, which installs and starts the
//! servers in `servers`.
//!
//! All servers echo, and obey a few texts: `/fragments`, `/ping`, `/close CODE REASON`, and `/last-close`, which asks for
//! the code and the reason that the latest closed connection ended with. A server whose library cannot do what is asked
//! answers `unsupported`.
//!
//! `check` prints a line for each check: its name, a tab, and the result. `ok` means that everything was as expected, `no`
//! that the server cannot do it, and other words say what differed. Where it prints `restart`, it expects that the server
//! is killed and started again, and then a line on standard input.

#![forbid(unsafe_code)]

mod checks;
mod client;

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use client::Target;

const USAGE: &str = "\
usage: homing-interop check URL SECURE_URL CERTIFICATE [PROXY]
       homing-interop certificate DIRECTORY";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = match words[..] {
        ["check", url, secure_url, authority, ref proxy @ ..] if proxy.len() < 2 => {
            fs::read_to_string(authority).map(|authority| {
                let [url, secure_url] = [url, secure_url].map(str::to_owned);
                let proxy = proxy.first().map(|&proxy| proxy.to_owned());
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                runtime.block_on(checks::run(&Target { url, secure_url, authority, proxy }));
            })
        }
        ["certificate", directory] => certificate(Path::new(directory)),
        _ => Err(io::Error::other(USAGE)),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}

/// Writes a certificate for `localhost` and its key.
fn certificate(directory: &Path) -> io::Result<()> {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).map_err(io::Error::other)?;
    let (certificate, key) = (certified.cert.pem(), certified.signing_key.serialize_pem());
    fs::write(directory.join("certificate.pem"), &certificate)?;
    fs::write(directory.join("key.pem"), &key)?;
    // HAProxy wants both in one file.
    fs::write(directory.join("both.pem"), certificate + &key)
}
