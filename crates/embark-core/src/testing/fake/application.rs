//! An application repository in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;

use super::lock;
use crate::checks::{CheckKind, CheckName, CheckReport, CheckResult, Checks};
use crate::commit::Commit;
use crate::ports::{Ancestry, ApplicationError, ApplicationRepository};

/// A history of commits, each with at most one parent, and the checks that were reported on them.
#[derive(Debug, Default)]
pub struct FakeApplication(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    parents: BTreeMap<Commit, Option<Commit>>,
    reports: Vec<(Commit, CheckReport)>,
    asked: Vec<Commit>,
}

impl FakeApplication {
    /// Adds a commit.
    pub fn commit(&self, commit: &Commit, parent: Option<&Commit>) {
        lock(&self.0).parents.insert(commit.clone(), parent.cloned());
    }

    /// Reports a check on a commit, as the newest.
    pub fn report(&self, commit: &Commit, name: &CheckName, kind: CheckKind, result: CheckResult) {
        let mut state = lock(&self.0);
        let number = state.reports.len() as u64 + 1;
        state.reports.push((commit.clone(), CheckReport { name: name.clone(), kind, number, result }));
    }

    /// Returns the commits whose checks were asked for since this was last called.
    pub fn take_asked(&self) -> Vec<Commit> {
        std::mem::take(&mut lock(&self.0).asked)
    }
}

#[async_trait]
impl ApplicationRepository for FakeApplication {
    async fn is_ancestor(&self, ancestor: &Commit, descendant: &Commit) -> Result<Ancestry, ApplicationError> {
        let State { parents, .. } = &*lock(&self.0);
        if !parents.contains_key(ancestor) || !parents.contains_key(descendant) {
            return Ok(Ancestry::Unknown);
        }
        let mut at = Some(descendant);
        while let Some(commit) = at {
            if commit == ancestor {
                return Ok(Ancestry::Yes);
            }
            at = parents.get(commit).and_then(Option::as_ref);
        }
        Ok(Ancestry::No)
    }

    async fn checks(&self, commit: &Commit, names: Vec<CheckName>) -> Result<Checks, ApplicationError> {
        let mut state = lock(&self.0);
        state.asked.push(commit.clone());
        if !state.parents.contains_key(commit) {
            return Ok(Checks::Unknown);
        }
        let of_commit = state.reports.iter().filter(|(on, report)| on == commit && names.contains(&report.name));
        Ok(Checks::Known(of_commit.map(|(_, report)| report.clone()).collect()))
    }
}
