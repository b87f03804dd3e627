//! Counts what came of many comparisons, which run beside each other.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::comparison::Outcome;

/// The name of a comparison, and what came of it.
pub(super) type Compared = (String, Result<Outcome, String>);

/// What came of all.
#[derive(Default)]
pub(super) struct Tally {
    outcomes: BTreeMap<Outcome, usize>,
    differences: Vec<String>,
}

impl Tally {
    /// Makes and compares as many repositories as there are numbers, some at a time.
    pub(super) fn of(count: u64, compare: impl Fn(u64) -> Vec<Compared> + Sync) -> Self {
        let (next, tally) = (AtomicU64::new(0), Mutex::new(Self::default()));
        let work = || {
            while let Some(number) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < count) {
                let compared = compare(number);
                tally.lock().expect("no other has panicked").add(compared);
            }
        };
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        std::thread::scope(|scope| (0..threads).for_each(|_| _ = scope.spawn(work)));
        tally.into_inner().expect("none has panicked")
    }

    fn add(&mut self, compared: Vec<Compared>) {
        for (name, outcome) in compared {
            match outcome {
                Ok(outcome) => *self.outcomes.entry(outcome).or_default() += 1,
                Err(difference) => self.differences.push(format!("{name}: {difference}")),
            }
        }
    }

    /// Returns how often something came of it.
    pub(super) fn count(&self, is_meant: impl Fn(Outcome) -> bool) -> usize {
        self.outcomes.iter().filter(|(outcome, _)| is_meant(**outcome)).map(|(_, count)| count).sum()
    }

    /// Says in one line what came of all, and fails if anything differs.
    #[track_caller]
    pub(super) fn close(&self, what: &str) -> (usize, usize, usize) {
        let counts = (
            self.count(|outcome| outcome == Outcome::Equal),
            self.count(|outcome| outcome == Outcome::Nothing),
            self.count(|outcome| matches!(outcome, Outcome::Refused(_))),
        );
        let (equal, nothing, refused) = counts;
        let differ = self.differences.len();
        let reasons = self.outcomes.iter().filter_map(|(outcome, count)| match outcome {
            Outcome::Refused(reason) => Some(format!(" {reason:?} {count}")),
            _ => None,
        });
        let line = format!(
            "{what}: {equal} equal, {nothing} nothing, {refused} refused by both ({}), {differ} differ",
            reasons.collect::<Vec<_>>().join(",").trim()
        );
        assert!(self.differences.is_empty(), "{}\n{line}", self.differences.join("\n\n"));
        // Shown with --nocapture.
        say(&line);
        counts
    }
}

#[expect(clippy::print_stdout, reason = "the counts are for whoever runs the tests")]
fn say(line: &str) {
    println!("{line}");
}
