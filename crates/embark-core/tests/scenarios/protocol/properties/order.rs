//! Which of two deployments of one place is the newer one.

use embark_core::{Kind, State};

use super::verdicts::place_of;
use crate::protocol::judge::{Judge, Wish};

/// By what two deployments are ordered: by the commits of the application, or by the platform's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Commits,
    Numbers,
}

/// How often a deployment that could not be carried out is tried.
const TRIED: usize = 5;

impl Judge {
    /// Tells whether one deployment is newer than another, whatever a process can have seen since `read_at`.
    pub(super) fn must_be_newer(&self, one: &Wish, other: &Wish, read_at: usize) -> bool {
        self.orders(one, other, read_at).all(|by| is_newer(by, one, other))
    }

    /// Tells whether one deployment is newer than another, as a process can have seen it since `read_at`.
    pub(super) fn may_be_newer(&self, one: &Wish, other: &Wish, read_at: usize) -> bool {
        self.orders(one, other, read_at).any(|by| is_newer(by, one, other))
    }

    /// Of two releases the one whose commit descends from the other's is the newer, as far as anybody knows the commits. Of
    /// others, and where a rollback that ran or waits lies between them, it is the one of the greater number.
    fn orders(&self, one: &Wish, other: &Wish, read_at: usize) -> impl Iterator<Item = By> {
        let numbers = one.number.min(other.number)..=one.number.max(other.number);
        let is_release = [one, other].iter().all(|wish| wish.record.kind == Kind::Release);
        let between = || {
            let of_place = self.wishes.values().filter(|wish| wish.record.target == one.record.target);
            of_place.filter(|wish| wish.record.kind != Kind::Release && numbers.contains(&wish.number))
        };
        // What a commit carried out is a decision, whatever became of it.
        let is_carried_out = |wish: &Wish| self.commit_of(&wish.key()).is_some_and(|seen| seen.time <= read_at);
        // One that waits and goes back to what never ran is refused, but to the person who asked for it.
        let is_sure = |wish: &Wish| {
            let ran_before = place_of(&wish.record.target)
                .is_some_and(|(environment, component)| self.had(environment, component, &wish.record.image.digest));
            wish.ran(read_at)
                || is_carried_out(wish)
                || ran_before && self.all_since(read_at, |time| wish.waits(time) || wish.ran(time))
        };
        let stands = |wish: &Wish| {
            self.commit_of(&wish.key()).is_some()
                || !self.all_since(read_at, |time| !wish.waits(time) && !wish.ran(time))
        };
        // Whoever releases after a failure decides against what has failed: that says nothing of what runs.
        let is_past = [(one, other), (other, one)].into_iter().any(|(failed, later)| failed.had_failed(later.time));
        let by_numbers = !self.setting.knows_history || !is_release || is_past || between().any(stands);
        let by_commits = self.setting.knows_history && is_release && !between().any(is_sure);
        [by_numbers.then_some(By::Numbers), by_commits.then_some(By::Commits)].into_iter().flatten()
    }

    /// Tells whether something is so at each time since `time`.
    fn all_since(&self, time: usize, is_so: impl Fn(usize) -> bool) -> bool {
        (time..=self.time).all(is_so)
    }

    /// Tells whether a forged run hides `older`, which ran before it, and `wish` is newer than that. To an environment that
    /// promotes from no other, whoever may write to the platform may bring any image of a commit anyway.
    pub(super) fn is_hidden(&self, older: &Wish, wish: &Wish, read_at: usize) -> bool {
        let is_run = |other: &Wish| other.said.iter().any(|said| said.by.is_none() && said.state == State::Success);
        let hides = |other: &Wish| other.record.target == wish.record.target && other.number > older.number;
        self.wishes.values().any(|other| is_run(other) && hides(other) && self.may_be_newer(wish, other, read_at))
    }
}

fn is_newer(by: By, one: &Wish, other: &Wish) -> bool {
    match (by, &one.record.commit, &other.record.commit) {
        (By::Commits, Some(one), Some(other)) if one != other => age(one.as_str()) > age(other.as_str()),
        _ => one.number > other.number,
    }
}

/// Returns the number of a commit of the application, which stands in its name.
fn age(commit: &str) -> usize {
    commit.trim_start_matches('a').parse().unwrap_or_default()
}

impl Wish {
    pub(super) fn is_rollback(&self) -> bool {
        self.record.kind == Kind::Rollback
    }

    /// Tells whether it was a failure by `time`, and has never run.
    fn had_failed(&self, time: usize) -> bool {
        self.result(time) == Some(State::Failure) && !self.ran(usize::MAX)
    }

    /// Tells whether it waited at a time.
    fn waits(&self, time: usize) -> bool {
        let said = || self.said.iter().filter(|said| said.time <= time);
        match said().next_back().map(|said| said.state) {
            None | Some(State::Queued | State::Pending | State::InProgress) => true,
            Some(State::Error) => said().filter(|said| said.state == State::Error).count() < TRIED,
            Some(State::Success | State::Failure | State::Inactive) => false,
        }
    }
}
