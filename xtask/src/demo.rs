//! `cargo xtask demo`: a page that shows what the client does, beside a server that misbehaves on request.

use crate::command::{Cmd, cmd};
use crate::counts::Counts;
use crate::job::{Job, Stop};
use crate::{missing, npm, setup};

/// What `www/demo/serve.js` prints before the address.
const ADDRESS: &str = "The page is at ";

/// Serves the page and prints its address, until Ctrl-C.
pub(crate) fn run(job: &mut Job<'_>) -> Result<(), Stop> {
    println!("Building the page, which takes a minute or two the first time.");
    let server = server(job)?;
    job.attend(server)
}

/// The page's tests, against the page as [`run`] serves it.
pub(crate) fn check(job: &mut Job<'_>) -> Result<Counts, Stop> {
    let server = server(job)?;
    job.run("node node_modules/typescript/bin/tsc -p www/demo")?;
    let start = job.output().len();
    let mut service = job.serve(server)?;
    let url = service.wait_for(|| job.output().get(start..).and_then(address).map(String::from))?;
    let tests = ["record", "buttons", "reading", "firefox"].map(|name| format!("tests/js/demo/{name}.test.js"));
    let tests = npm::with_server(job, cmd("node --test --test-reporter=tap").args(tests))?;
    job.tests(tests.env("HOMING_DEMO", url).env("CHROMIUM", missing::find("chromium").unwrap_or_default()))
}

/// Builds what the page needs. Returns the command that serves it.
fn server(job: &mut Job<'_>) -> Result<Cmd, Stop> {
    setup::wasm_target(job)?;
    npm::ensure(job)?;
    npm::with_server(job, cmd("node www/demo/serve.js"))
}

fn address(output: &str) -> Option<&str> {
    output.split_once(ADDRESS)?.1.split_once(' ').map(|(url, _)| url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_what_the_page_prints() {
        let output = format!("something\n{ADDRESS}http://127.0.0.1:8000/ (and so on)\n");
        assert_eq!(address(&output), Some("http://127.0.0.1:8000/"));
        assert_eq!(address("nothing"), None);
        assert!(include_str!("../../www/demo/serve.js").contains(ADDRESS));
    }
}
