//! What a process may say of a deployment.

use embark_core::{NewStatus, State};

use crate::protocol::judge::{Judge, Said, Wish};
use crate::protocol::log::Key;
use crate::protocol::property::{Broken, Property};

impl Judge {
    /// Judges a status that a process is about to be seen to have said.
    pub(crate) fn appended(
        &mut self,
        key: &Key,
        status: &NewStatus,
        process: usize,
        read_at: usize,
    ) -> Result<(), Broken> {
        match status.state() {
            State::Success => {
                let is_true = self.is_true(key, status);
                let told = format!("{}; now {}", self.tell(key), status.description());
                self.tally.check(Property::True, is_true, || told.clone())?;
                let wish = &self.wishes[key];
                // Whoever may write to the platform can undo what somebody said.
                let is_withdrawn = is_withdrawn(wish, read_at) && !wish.is_touched;
                self.tally.check(Property::Withdrawn, !is_withdrawn, || told)?;
                self.well(key, process)
            }
            State::Failure => self.failed(key, status, process, read_at),
            State::Inactive => {
                let wish = &self.wishes[key];
                // Whoever may write to the platform may forge a run, which stops others: what waits alone must not.
                let may_supersede = |other: &Wish| !other.is_bogus || other.is_touched;
                let is_newer = |other: &&Wish| {
                    other.record.target == wish.record.target
                        && may_supersede(other)
                        && self.may_be_newer(other, wish, read_at)
                };
                let is_superseded = self.wishes.values().any(|other| is_newer(&other));
                let told = format!("{}; now {}", self.tell(key), status.description());
                self.tally.check(Property::Superseded, is_superseded, || told)
            }
            _ => Ok(()),
        }
    }

    /// Judges, at the end of a process, the successes that it has reported of images whose tags had moved and have not
    /// come back.
    pub(crate) fn read_back(&mut self, process: usize) -> Result<(), Broken> {
        let is_by = |said: &&Said| said.by == Some(process) && said.state == State::Success;
        let reported = self.wishes.iter().filter_map(|(key, wish)| Some((key, wish, wish.said.iter().find(is_by)?)));
        let moved = reported.filter(|(_, wish, said)| !said.was_there && !self.is_there(&wish.record.image));
        let moved: Vec<(Key, bool)> = moved
            .map(|(key, wish, _)| (key.clone(), wish.said.iter().any(|said| said.state == State::Failure)))
            .collect();
        for (key, has_failed) in moved {
            let told = self.tell(&key);
            self.tally.check(Property::ReadBack, has_failed, || told)?;
        }
        Ok(())
    }

    /// Tells whether a success names a commit that bears it out.
    fn is_true(&self, key: &Key, status: &NewStatus) -> bool {
        let Some(revision) = status.revision() else { return false };
        let Some(seen) = self.commits.iter().find(|seen| seen.revision == revision) else { return false };
        let image = &self.wishes[key].record.image;
        let carries = seen.by.is_some() && seen.carries.as_ref().is_some_and(|carried| carried.key() == *key);
        let target = &self.wishes[key].record.target;
        let names = super::verdicts::place_of(target).is_some_and(|(environment, component)| {
            let named = seen.named(environment, component);
            named.tag == image.tag.as_str() && named.digest == image.digest.as_str()
        });
        carries || names
    }
}

/// Tells whether somebody had found a deployment wrong by `time`, and had not said otherwise.
fn is_withdrawn(wish: &Wish, time: usize) -> bool {
    let by_somebody = |said: &&Said| said.by.is_none() && said.time <= time;
    wish.said.iter().rev().find(by_somebody).is_some_and(|said| said.state == State::Failure)
}
