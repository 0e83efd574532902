//! Tasks of this repository: `cargo xtask test` installs what the tests need and runs all of them.

#![forbid(unsafe_code)]

mod apps;
mod autobahn;
mod cargo_output;
mod command;
mod demo;
mod group;
mod job;
mod layers;
mod links;
mod nodes;
mod npm;
mod package;
mod page;
mod report;
mod rules;
mod runtimes;
mod setup;
mod size;
mod steps;
mod web;

use std::process::ExitCode;

use report::Options;

const USAGE: &str = "\
usage: cargo xtask test [--list] [--verbose] [FILTER...]

  FILTER     run only the steps whose name contains one of these words
  --list     name the steps and run none
  --verbose  show every step's whole output, not only that of a failed one

       cargo xtask rules [--write | RULE]

  prints how many tests show which rule on which target
  --write    updates docs/rules.md
  RULE       lists the tests of one rule, such as S17, with file and line

       cargo xtask bench-web [--rounds N] [--small] [chromium|firefox] [WORD...]

  measures homing beside bare `web_sys::WebSocket` closures in one page
  --rounds   how often each case is repeated
  --small    builds for size rather than speed
  WORD       only the cases whose name contains it

       cargo xtask autobahn [native|chromium|firefox|webkit|node] [CASE...]

  runs the native client against the Autobahn TestSuite and prints a table; or, in a browser or in Node, the npm class
  beside the one that it stands on
  CASE       run only these, as 7.* or 12.1.1; all of them take an hour

       cargo xtask demo

  builds a page that shows what the client does, and serves it on loopback until Ctrl-C";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("test") => match parse(args) {
            Ok(options) => report::test(&options),
            Err(message) => usage_error(&message),
        },
        Some("rules") => print_rules(args.next().as_deref()),
        Some("bench-web") => page::bench(args),
        Some("autobahn") => autobahn::command(&args.collect::<Vec<_>>()),
        Some("demo") => match args.next() {
            None => demo::run(),
            Some(other) => usage_error(&format!("unknown option `{other}`")),
        },
        Some("help" | "--help" | "-h") => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Some(other) => usage_error(&format!("no task is called `{other}`")),
        None => usage_error("which task?"),
    }
}

fn print_rules(argument: Option<&str>) -> ExitCode {
    match job::Place::find() {
        Ok(place) => rules::print(&place.root, argument),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(args: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    for arg in args {
        match arg.as_str() {
            "--list" => options.list = true,
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
        let options = parsed("native --verbose fmt").unwrap();
        assert!(options.verbose && !options.list);
        assert_eq!(options.filters, ["native", "fmt"]);
    }

    #[test]
    fn an_unknown_option_is_refused_rather_than_ignored() {
        assert!(parsed("--vrebose").unwrap_err().contains("--vrebose"));
    }
}
