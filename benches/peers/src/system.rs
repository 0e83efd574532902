//! Queries and settings of the operating system for this process.

use std::time::Duration;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;

pub const CLIENT_CORE: usize = 0;
pub const SERVER_CORE: usize = 1;

/// Pins this process to a core, if the machine has it.
pub fn pin(core: usize) {
    let mut cores = CpuSet::new();
    if cores.set(core).is_ok() && sched_setaffinity(Pid::from_raw(0), &cores).is_err() {
        eprintln!("cannot pin to core {core}");
    }
}

/// Returns the CPU time of this process: some clients have threads of their own.
pub(crate) fn cpu() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).expect("process clock").into()
}

/// Returns the resident memory of this process in bytes.
pub fn resident() -> usize {
    status("VmRSS:") * 1024
}

/// Returns the most resident memory since [`forget_peak`] in bytes.
pub fn resident_peak() -> usize {
    status("VmHWM:") * 1024
}

/// Makes the present memory the most.
pub fn forget_peak() {
    if std::fs::write("/proc/self/clear_refs", "5").is_err() {
        eprintln!("the peak of memory is that of the whole process");
    }
}

/// Returns how often this process has waited.
pub(crate) fn wake_ups() -> usize {
    status("voluntary_ctxt_switches:")
}

fn status(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("status");
    let value = status.lines().find_map(|line| line.strip_prefix(name)).expect("a value");
    value.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
}

/// Raises the limit on open files as far as permitted.
pub fn allow_many_files() {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("limit");
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).expect("limit");
}
