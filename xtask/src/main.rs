//! Tasks of this repository: `cargo xtask test` installs what the tests need and runs all of them.

#![forbid(unsafe_code)]

mod apps;
mod autobahn;
mod benchmarks;
mod command;
mod counted;
mod counts;
mod demo;
mod dependencies;
mod fuzz;
mod group;
mod interop;
mod job;
mod js;
mod links;
mod marked;
mod missing;
mod native;
mod npm;
mod oldest;
mod package;
mod page;
mod place;
mod places;
mod platforms;
mod report;
mod reproducible;
mod rules;
mod sanitize;
mod screen;
mod service;
mod setup;
mod size;
mod steps;
mod together;
mod web;
#[cfg(test)]
mod workflows;

use std::process::ExitCode;

use report::Options;

const USAGE: &str = "\
usage: cargo xtask test [--fast] [--list] [--verbose] [FILTER...]

  installs what the tests need and runs them; what this machine lacks is named, and the steps that need it are skipped
  FILTER     run only the steps whose name contains one of these words
  --fast     native tests and the conformance tests in Chromium, in about three minutes
  --list     print the names of the steps
  --verbose  print each step's whole output, not only that of failed steps

       cargo xtask rules [--write | RULE]

  prints how many tests show which rule on which target
  --write    updates docs/rules.md
  RULE       prints where a rule such as S17 is written down, implemented and tested

       cargo xtask bench-web [--rounds N] [--small] [chromium|firefox] [WORD...]

  measures homing beside bare `web_sys::WebSocket` closures in one page
  --rounds   how often each case is repeated
  --small    builds for size rather than speed
  WORD       only the cases whose name contains it

       cargo xtask counts [--write] [WORD...]

  counts the instructions, system calls and allocations of each operation of the native client and of a peer, on Linux
  --write    updates benches/counted/baseline.tsv, by which `cargo xtask test \"counted work\"` finds what has grown
  WORD       only the operations whose name contains it

       cargo xtask counts-web [--write] [WORD...]

  the same for the clients in browsers: instructions of WebAssembly, calls through its boundary, JavaScript and allocations
  --write    updates benches/counted/web/baseline.tsv, for `cargo xtask test \"counted work web\"`

       cargo xtask benchmarks [--write | --table] [--web] [--rounds N] [--only WORD] [--times | --counts]

  measures homing beside other native clients in one run: times, instructions, system calls, allocations and memory
  --write    records the run in benches/peers/recorded.tsv and updates docs/benchmarks.md
  --table    updates docs/benchmarks.md from what is recorded
  --web      the clients of browsers, in Chromium; other words select cases. Without it, the native ones
  --rounds   how often each case is repeated
  --only     only the cases whose name contains the word
  --times    counts no instructions, system calls and allocations
  --counts   measures no times

       cargo xtask size [--write] [parts|frameworks]

  prints what each part of the client costs in an app for browsers, measured by leaving it out, and what the client adds
  to an app of Leptos and of egui, which take minutes to build
  --write    updates docs/benchmarks.md

       cargo xtask autobahn [native|chromium|firefox|webkit|node] [CASE...]

  runs the native client against the Autobahn TestSuite and prints a table; in a browser or in Node, runs the npm class
  beside the class below it
  CASE       run only these, such as 7.* or 12.1.1; all of them take 40 minutes

       cargo xtask interop [--write] [NAME...]

  installs servers, gateways and proxies of other projects, and runs the clients against them, or against these
  --write    updates docs/interop.md

       cargo xtask platforms [NAME...]

  checks the library for other systems, and runs its tests for those whose programs run here: docs/platforms.md

       cargo xtask oldest-dependencies

  checks the library with the oldest versions of its dependencies that its manifest allows

       cargo xtask dependencies [--write]

  prints the crates that the library pulls in
  --write    updates docs/dependencies.md

       cargo xtask fuzz [--seconds N] [--minimize] [TARGET...]
       cargo xtask fuzz coverage [TARGET...]

  runs each fuzz target, or these, for a minute; needs nightly Rust
  --seconds   for how long
  --minimize  adds what was found to fuzz/corpus, and drops what covers nothing of its own
  coverage    prints what of the parsers fuzz/corpus covers

       cargo xtask sanitize (miri|address|thread|shuttle)

  miri      runs the unit tests that need no socket in Miri, which finds undefined behaviour; needs nightly Rust
  address   runs the native tests with this sanitizer of LLVM; needs nightly Rust
  thread    the same for data races
  shuttle   runs threads that share a client in many orders, 2000 of each test (HOMING_ORDERS)

       cargo xtask pressure [chromium|firefox|webkit...] [--clients=rust,index,wasm] [--filter=WORD]

  runs the long forms of the step \"web pressure\": a thousand clients in a page, 10,000 reconnects, 800 MB in blobs,
  pages that are blocked or frozen for a minute
  --clients  only these: the crate, and the entries of the npm package

       cargo xtask demo

  builds a page that shows what the client does, and serves it on loopback until Ctrl-C

       cargo xtask app (dioxus|egui|leptos|yew)

  builds an example app of this framework, and serves it on loopback until Ctrl-C";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let task = args.next();
    let args: Vec<_> = args.collect();
    match (task.as_deref(), args.first().map(String::as_str)) {
        (Some("test"), _) => match parse(args) {
            Ok(options) => report::test(&options),
            Err(message) => usage_error(&message),
        },
        (Some("rules"), word) => print_rules(word),
        (Some("bench-web"), _) => report::task("bench web", |job| page::bench(job, &args)),
        (Some("counts"), _) => report::task("counts", |job| counted::command::<counted::Native>(job, &args)),
        (Some("counts-web"), _) => report::task("counts web", |job| counted::command::<counted::Web>(job, &args)),
        (Some("benchmarks"), _) => report::task("benchmarks", |job| benchmarks::command(job, &args)),
        (Some("size"), _) => report::task("size", |job| size::command(job, &args)),
        (Some("autobahn"), _) => report::task("autobahn", |job| autobahn::command(job, &args)),
        (Some("fuzz"), _) => report::task("fuzz", |job| fuzz::command(job, &args)),
        (Some("interop"), _) => report::task("interop", |job| interop::command(job, &args)),
        (Some("dependencies"), _) => report::task("dependencies", |job| dependencies::command(job, &args)),
        (Some("oldest-dependencies"), None) => report::task("oldest dependencies", oldest::command),
        (Some("platforms"), _) => platforms::command(&args),
        (Some("pressure"), _) => report::task("pressure", |job| page::long_pressure(job, &args)),
        (Some("sanitize"), _) => report::task("sanitize", |job| sanitize::command(job, &args)),
        (Some("app"), Some(name)) if apps::PAGES.contains(&name) => report::task("app", |job| apps::serve(job, name)),
        (Some("app"), _) => usage_error("no app has that name"),
        (Some("demo"), None) => report::task("demo", demo::run),
        (Some("help" | "--help" | "-h"), _) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        (Some("demo" | "oldest-dependencies"), Some(other)) => usage_error(&format!("unknown option `{other}`")),
        (Some(other), _) => usage_error(&format!("no task is named `{other}`")),
        (None, _) => usage_error("no task is given"),
    }
}

fn print_rules(argument: Option<&str>) -> ExitCode {
    match place::Place::find() {
        Ok(place) => rules::print(&place.root, argument),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(args: impl IntoIterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    for arg in args {
        match arg.as_str() {
            "--list" => options.list = true,
            "--fast" => options.fast = true,
            "--verbose" | "-v" => options.verbose = true,
            flag if flag.starts_with('-') => return Err(format!("unknown option `{flag}`")),
            _ => options.filters.push(arg),
        }
    }
    Ok(options)
}

fn usage_error(message: &str) -> ExitCode {
    eprintln!("{message}\n\n{USAGE}");
    ExitCode::from(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, String> {
        parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn options_and_filters_mix() {
        let options = parsed("native --verbose fmt --fast").unwrap();
        assert!(options.verbose && options.fast && !options.list);
        assert_eq!(options.filters, ["native", "fmt"]);
    }

    #[test]
    fn an_unknown_option_is_an_error() {
        assert!(parsed("--vrebose").unwrap_err().contains("--vrebose"));
    }
}
