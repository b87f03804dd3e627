//! The newest commits of the deployment branch, in which those that Argo CD names have their place.

use std::collections::BTreeSet;

use super::arrival::Wanted;
use crate::commit::Revision;
use crate::commit_message::Trailers;
use crate::name::Target;
use crate::pipeline::{Component, Environment};
use crate::ports::{LogQuery, RepositoryError};
use crate::systems::Systems;
use crate::values_file;

/// How many commits are read. What is older is asked for by its id.
const NEWEST: usize = 256;

/// The newest commits of the branch, and which of others are on it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Branch {
    /// The newest first.
    commits: Vec<(Revision, Trailers)>,
    older: BTreeSet<Revision>,
    /// Whose values file names, at the tip, what is wanted, whatever commits say that came after it.
    still_named: BTreeSet<Target>,
}

impl Branch {
    /// Reads the branch; what of `wanted` is older than what is read is looked for, too.
    pub(super) async fn read(systems: &Systems<'_>, wanted: &[&Wanted]) -> Result<Self, RepositoryError> {
        let query = LogQuery { from: None, until: None, paths: Vec::new(), limit: NEWEST };
        let entries = systems.repository.log(query).await?.into_iter();
        let commits = entries.map(|entry| (entry.revision, Trailers::parse(&entry.message))).collect();
        let mut branch = Self { commits, ..Self::default() };
        let ids = wanted.iter().map(|wanted| &wanted.commit);
        let further: BTreeSet<Revision> = ids.filter(|id| branch.at(id).is_none()).cloned().collect();
        if !further.is_empty() {
            branch.older = systems.repository.commits(further.into_iter().collect()).await?.into_keys().collect();
        }
        let told: Vec<&Wanted> = wanted.iter().copied().filter(|wanted| branch.superseding(wanted).is_some()).collect();
        branch.still_named = still_named(systems, &told).await?;
        Ok(branch)
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
        let newer = self.commits[..after].iter().map(|(_, trailers)| trailers).find(is_other);
        newer.filter(|_| !self.still_named.contains(&wanted.target))
    }

    #[cfg(test)]
    pub(super) fn of(commits: Vec<(Revision, Trailers)>, older: &[Revision]) -> Self {
        Self { commits, older: older.iter().cloned().collect(), ..Self::default() }
    }
}

/// Finds those of `wanted` that the values files name at the tip. Anybody who may push can say in a message that something
/// else was deployed.
async fn still_named(systems: &Systems<'_>, wanted: &[&Wanted]) -> Result<BTreeSet<Target>, RepositoryError> {
    let wanted = wanted.iter().copied();
    let places: Vec<_> = wanted.filter_map(|wanted| Some((wanted, systems.pipeline.find(&wanted.target)?))).collect();
    if places.is_empty() {
        return Ok(BTreeSet::new());
    }
    let files: BTreeSet<_> = places.iter().map(|(_, (environment, _))| environment.values_file.clone()).collect();
    let snapshot = systems.repository.read(files.into_iter().collect()).await?;
    let names = |wanted: &Wanted, environment: &Environment, component: &Component| {
        let file = &environment.values_file;
        let document = values_file::parse(file, snapshot.file(file)).ok()?;
        values_file::named(file, &document, component).ok().map(|named| named.is(&wanted.image))
    };
    let still = places
        .into_iter()
        .filter(|(wanted, (environment, component))| names(wanted, environment, component).unwrap_or_default());
    Ok(still.map(|(wanted, _)| wanted.target.clone()).collect())
}
