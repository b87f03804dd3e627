use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;

use super::lock;
use crate::commit::Commit;
use crate::ports::{Ancestry, ApplicationError, ApplicationRepository};

/// A history of commits, each with at most one parent.
#[derive(Debug, Default)]
pub struct FakeApplication(Mutex<BTreeMap<Commit, Option<Commit>>>);

impl FakeApplication {
    /// Adds a commit.
    pub fn commit(&self, commit: &Commit, parent: Option<&Commit>) {
        lock(&self.0).insert(commit.clone(), parent.cloned());
    }
}

#[async_trait]
impl ApplicationRepository for FakeApplication {
    async fn is_ancestor(&self, ancestor: &Commit, descendant: &Commit) -> Result<Ancestry, ApplicationError> {
        let commits = lock(&self.0);
        if !commits.contains_key(ancestor) || !commits.contains_key(descendant) {
            return Ok(Ancestry::Unknown);
        }
        let mut at = Some(descendant);
        while let Some(commit) = at {
            if commit == ancestor {
                return Ok(Ancestry::Yes);
            }
            at = commits.get(commit).and_then(Option::as_ref);
        }
        Ok(Ancestry::No)
    }
}
