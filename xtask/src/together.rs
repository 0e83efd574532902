//! Parts of a step that run at the same time.

use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::counts::Counts;
use crate::job::{Job, Stop};

/// How many parts of a step run at once: most of them wait most of the time.
const AT_ONCE: usize = 3;

impl Job<'_> {
    /// Runs the parts, each with a log of its own that is added to this one in the end. Returns the sum of the results.
    pub(crate) fn together<P: Send>(
        &mut self,
        parts: Vec<P>,
        run: impl Fn(&mut Job<'_>, P) -> Result<Counts, Stop> + Sync,
    ) -> Result<Counts, Stop> {
        let (place, lane) = (self.place, self.lane);
        let name = self.log_path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut results: Vec<_> = parts.iter().map(|_| None).collect();
        let queue = Mutex::new(results.iter_mut().zip(parts).enumerate());
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    while let Some((index, (result, part))) = next() {
                        *result = Some(Job::start(place, &format!("{name} {}", index + 1)).map(|mut job| {
                            job.lane = lane;
                            let counts = run(&mut job, part);
                            (counts, job.output(), job.used)
                        }));
                    }
                });
            }
        });
        drop(queue);
        let mut counts = Counts::default();
        for result in results.into_iter().flatten() {
            let (result, output, used) = result?;
            self.note(&output);
            self.used += used;
            counts.add(result.unwrap_or_else(Stop::counts));
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;
    use crate::command::cmd;
    use crate::place::Place;

    #[test]
    fn parts_add_up_in_order_however_they_end() {
        let target = std::env::temp_dir().join(format!("xtask-{}-together", std::process::id()));
        let place = Place::new(std::env::temp_dir(), target.clone());
        let mut job = Job::start(&place, "all of it").unwrap();
        let counts = job.together(vec![4, 3, 2, 1, 0], |job, tens| {
            thread::sleep(Duration::from_millis(tens * 10));
            match tens {
                2 => Err(Stop::Failed("two".into())),
                1 => Err(Stop::Skipped("one".into())),
                _ => job.check(cmd("echo part").arg(tens.to_string())),
            }
        });
        let counts = counts.unwrap();
        assert_eq!((counts.passed, counts.failed, counts.skipped), (3, 1, 1));
        assert_eq!(counts.notes, ["two", "skipped: one"]);
        let output = job.output();
        let printed: Vec<_> = output.lines().filter(|line| line.starts_with("part")).collect();
        assert_eq!(printed, ["part 4", "part 3", "part 0"]);
        fs::remove_dir_all(target).unwrap();
    }
}
