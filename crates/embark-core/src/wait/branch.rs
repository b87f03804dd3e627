//! The newest commits of the deployment branch, in which those that Argo CD names have their place.

use std::collections::BTreeSet;

use super::arrival::Wanted;
use crate::commit::Revision;
use crate::commit_message::Trailers;
use crate::ports::{LogQuery, RepositoryError};
use crate::systems::Systems;

/// How many commits are read. What is older is asked for by its id.
const NEWEST: usize = 256;

/// The newest commits of the branch, and which of others are on it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Branch {
    /// The newest first.
    commits: Vec<(Revision, Trailers)>,
    older: BTreeSet<Revision>,
}

impl Branch {
    /// Reads the branch; of `wanted`, what is older than what is read is looked for, too.
    pub(super) async fn read<'a>(
        systems: &Systems<'_>,
        wanted: impl IntoIterator<Item = &'a Revision>,
    ) -> Result<Self, RepositoryError> {
        let query = LogQuery { from: None, until: None, paths: Vec::new(), limit: NEWEST };
        let entries = systems.repository.log(query).await?.into_iter();
        let commits = entries.map(|entry| (entry.revision, Trailers::parse(&entry.message))).collect();
        let branch = Self { commits, older: BTreeSet::new() };
        let further: BTreeSet<Revision> = wanted.into_iter().filter(|one| branch.at(one).is_none()).cloned().collect();
        let older = if further.is_empty() {
            BTreeSet::new()
        } else {
            systems.repository.commits(further.into_iter().collect()).await?.into_keys().collect()
        };
        Ok(Self { older, ..branch })
    }

    fn at(&self, revision: &Revision) -> Option<usize> {
        self.commits.iter().position(|(commit, _)| commit == revision)
    }

    /// Tells whether it is among the newest commits.
    pub(super) fn knows(&self, revision: &Revision) -> bool {
        self.at(revision).is_some()
    }

    /// Tells whether `commit` is on the branch.
    pub(super) fn has(&self, commit: &Revision) -> bool {
        self.knows(commit) || self.older.contains(commit)
    }

    /// Tells whether `tip` is `commit` or comes after it on the branch.
    pub(super) fn reaches(&self, tip: &Revision, commit: &Revision) -> bool {
        match (self.at(tip), self.at(commit)) {
            _ if tip == commit => true,
            (Some(tip), Some(commit)) => tip <= commit,
            (Some(_), None) => self.older.contains(commit),
            (None, _) => false,
        }
    }

    /// Returns the newest commit, after the wanted one, that carried out another deployment of the same target.
    pub(super) fn superseding(&self, wanted: &Wanted) -> Option<&Trailers> {
        let after = self.at(&wanted.commit).unwrap_or(if self.has(&wanted.commit) { self.commits.len() } else { 0 });
        let is_other = |trailers: &&Trailers| {
            trailers.environment.as_ref() == Some(&wanted.target.environment)
                && trailers.component.as_ref() == Some(&wanted.target.component)
                && trailers.deployment.is_some_and(|id| id != wanted.deployment)
        };
        self.commits[..after].iter().map(|(_, trailers)| trailers).find(is_other)
    }

    #[cfg(test)]
    pub(super) fn of(commits: Vec<(Revision, Trailers)>, older: &[Revision]) -> Self {
        Self { commits, older: older.iter().cloned().collect() }
    }
}
