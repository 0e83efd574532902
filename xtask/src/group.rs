//! The processes that a step starts end with it, and with us.

use std::io;
use std::process::{Child, Command};

/// Ends all that is left of a process group when dropped, and also when this process is no more: Ctrl-C does not reach
/// a group of its own, and after SIGKILL nobody could tidy up. So a helper process waits for the end of a pipe that
/// closes either way.
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

/// Starts `command` at the head of a process group of its own.
#[cfg(unix)]
pub(crate) fn spawn(command: &mut Command) -> io::Result<(Child, Guard)> {
    use std::os::unix::process::CommandExt;
    use std::process::Stdio;

    // First politely, for what has files to put back or children in other groups to end.
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
    let helper = Command::new("sh")
        .args(["-c", HELPER, "sh", &child.id().to_string()])
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match helper {
        Ok(helper) => Ok((child, Guard { helper: Some(helper) })),
        Err(error) => {
            let _ = child.kill();
            Err(error)
        }
    }
}

/// There are no process groups of this kind here: only `command` itself can be ended.
#[cfg(not(unix))]
pub(crate) fn spawn(command: &mut Command) -> io::Result<(Child, Guard)> {
    Ok((command.spawn()?, Guard { helper: None }))
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read;
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn what_a_command_left_behind_is_ended() {
        let started = Instant::now();
        let (mut child, guard) =
            spawn(Command::new("sh").args(["-c", "sleep 60 & echo left"]).stdout(Stdio::piped())).unwrap();
        child.wait().unwrap();
        drop(guard);
        // The pipe ends when the last process that holds it has.
        let mut output = String::new();
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_to_string(&mut output).unwrap();
        assert_eq!(output, "left\n");
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}
