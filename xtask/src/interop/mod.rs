//! Servers, gateways and proxies of others: installs them, starts each, and runs the native client, the npm class
//! and clients in a browser against it. The results are the table of `docs/interop.md`.

mod install;
mod run;
mod server;
mod servers;
mod table;

use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::missing::needs;
use crate::{npm, page, setup};
use run::Others;
use server::Server;
use servers::{SERVERS, names};
use table::Row;

/// `cargo xtask interop [--write] [NAME...]`: all servers, or those named.
pub(crate) fn command(job: &mut Job<'_>, words: &[String]) -> Result<(), Stop> {
    println!("the log is {}", job.log_path().display());
    let (options, wanted): (Vec<_>, Vec<_>) = words.iter().map(String::as_str).partition(|word| word.starts_with('-'));
    let unknown = wanted.iter().find(|name| SERVERS.iter().all(|server| server.name != **name));
    if let Some(unknown) = unknown.or_else(|| options.iter().find(|option| **option != "--write")) {
        return Err(Stop::Failed(format!("unknown server `{unknown}`; there are: {}", names())));
    }
    let chosen = SERVERS.iter().filter(|server| wanted.is_empty() || wanted.contains(&server.name));
    let others = others(job);
    let rows: Vec<_> = chosen
        .map(|server| {
            let row = examine(job, server, &others);
            println!("{}", row.line());
            row
        })
        .collect();
    if !options.is_empty() {
        table::write(&job.place.root, &rows)?;
    }
    let faults: Vec<_> = rows.iter().flat_map(Row::faults).collect();
    if faults.is_empty() { Ok(()) } else { Err(Stop::Failed(faults.join("\n"))) }
}

/// Builds the other clients. One that cannot be built here leaves its column empty.
fn others(job: &mut Job<'_>) -> Others {
    let npm = needs(&["node", "npm"]).and_then(|()| npm::ensure(job));
    let is_built = npm.is_ok();
    let pages = npm.and_then(|()| setup::chromium(job)).and_then(|()| page::clients(job));
    if let Err(Stop::Failed(problem) | Stop::Skipped(problem)) = &pages {
        println!("without Chromium: {problem}");
    }
    Others { npm: is_built, pages: pages.ok() }
}

/// A step of `cargo xtask test`: the servers that need nothing but what other steps install.
pub(crate) fn check(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let mut counts = Counts::default();
    for server in SERVERS.iter().filter(|server| server.always) {
        let row = examine(job, server, &Others::default());
        job.note(&row.line());
        let faults = row.faults();
        counts.add(match row.problem {
            Some(problem) => problem.counts(),
            None if faults.is_empty() => Counts::passed(row.found.len()),
            None => Stop::Failed(faults.join("\n")).counts(),
        });
    }
    Ok(counts)
}

/// Runs the checks with one server. What cannot be installed or does not start is a result as well.
fn examine(job: &mut Job<'_>, server: &'static Server, others: &Others) -> Row {
    let mut row = Row::new(server);
    job.note(&format!("--- {}", server.name));
    let ended = (server.install)(job).and_then(|version| {
        row.version = version;
        run::checks(job, server, others)
    });
    match ended {
        Ok(found) => row.found = found,
        Err(problem) => row.problem = Some(problem),
    }
    row
}
