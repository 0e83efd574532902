//! Process groups: the processes that a step starts end with the step, and with xtask.

use std::process::{Child, Command};
use std::time::Duration;
use std::{fs, io};

/// Ends what is left of a process group when it is dropped or when xtask ends, even by SIGKILL.
///
/// A helper process waits for the end of a pipe, which closes in both cases.
pub(crate) struct Guard {
    helper: Option<Child>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(mut helper) = self.helper.take() {
            drop(helper.stdin.take());
            let _ = helper.wait();
        }
    }
}

/// Returns whether a child ended, and the processor time of it and of those of its children that ended before it.
///
/// `None` on systems without Linux's `/proc`. The time is complete between the end of the child and `wait`.
pub(crate) fn usage(child: &Child) -> Option<(bool, Duration)> {
    parse(&fs::read_to_string(format!("/proc/{}/stat", child.id())).ok()?)
}

/// Takes fields 3 and 14 to 17 of the line, see proc(5).
fn parse(stat: &str) -> Option<(bool, Duration)> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<_> = fields.split(' ').collect();
    let ticks: u64 = fields.get(11..15)?.iter().filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    // A hundredth of a second on every system.
    Some((fields[0] == "Z", Duration::from_millis(ticks * 10)))
}

/// Starts `command` as the leader of a new process group.
#[cfg(unix)]
pub(crate) fn spawn(command: &mut Command) -> io::Result<(Child, Guard)> {
    use std::os::unix::process::CommandExt;
    use std::process::Stdio;

    // SIGTERM first: some programs have to restore files or end children in other groups.
    const HELPER: &str = r#"
        read -r _
        kill -s TERM -- "-$1" || exit 0
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            kill -s 0 -- "-$1" || exit 0
            sleep 0.1
        done
        kill -s KILL -- "-$1"
    "#;

    let mut child = command.process_group(0).spawn()?;
    let mut helper = Command::new("sh");
    helper.args(["-c", HELPER, "sh", &child.id().to_string()]).process_group(0);
    match helper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
        Ok(helper) => Ok((child, Guard { helper: Some(helper) })),
        Err(error) => {
            let _ = child.kill();
            Err(error)
        }
    }
}

/// Without process groups only `command` itself is ended.
#[cfg(not(unix))]
pub(crate) fn spawn(command: &mut Command) -> io::Result<(Child, Guard)> {
    Ok((command.spawn()?, Guard { helper: None }))
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read;
    use std::process::Stdio;
    use std::thread;
    use std::time::Instant;

    use super::*;

    #[test]
    fn processor_time_is_read_of_a_child_that_ended_with_its_children() {
        let line = "7 (a ) b) Z 1 7 7 0 -1 4 1 2 3 4 100 20 3000 400 20 0 1 0 5\n";
        assert_eq!(parse(line), Some((true, Duration::from_millis(35_200))));
        if !cfg!(target_os = "linux") {
            return;
        }
        let script = "sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done'";
        let (mut child, _guard) = spawn(Command::new("sh").args(["-c", script])).unwrap();
        let used = loop {
            match usage(&child).unwrap() {
                (true, used) => break used,
                (false, _) => thread::sleep(Duration::from_millis(5)),
            }
        };
        child.wait().unwrap();
        assert!(used > Duration::ZERO);
    }

    #[test]
    fn background_processes_of_a_command_are_ended() {
        let started = Instant::now();
        let (mut child, guard) =
            spawn(Command::new("sh").args(["-c", "sleep 60 & echo left"]).stdout(Stdio::piped())).unwrap();
        child.wait().unwrap();
        drop(guard);
        // The pipe ends with the last process that holds it.
        let mut output = String::new();
        child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
        assert_eq!(output, "left\n");
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}
