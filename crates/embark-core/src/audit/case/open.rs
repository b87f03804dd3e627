//! What is still to be found for changes, by where it may be found.

use std::collections::{BTreeMap, BTreeSet};

use super::super::judge::Wish;
use crate::commit::Revision;
use crate::digest::Digest;
use crate::name::Target;

/// The changes for which something is still to be found, by their numbers.
///
/// A long history has many of them, and each of its commits may be what one of them looks for: a commit is looked up here,
/// and not compared with all.
#[derive(Debug, Default)]
pub(super) struct Open {
    all: BTreeSet<usize>,
    /// Promotions, by the commit of the source that they name.
    by_commit: BTreeMap<Revision, Vec<usize>>,
    /// Promotions, by what must have been deployed to their source.
    by_deployed: BTreeMap<(Target, Digest), Vec<usize>>,
    /// What was named by hand, by what their source must have named.
    by_named: BTreeMap<(Target, Digest), Vec<usize>>,
    /// Rollbacks, by what the same line must have named.
    by_line: BTreeMap<(usize, Digest), Vec<usize>>,
    /// How many tags of a source could not be told so far.
    gone: BTreeMap<Target, usize>,
}

impl Open {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        self.all.iter().copied()
    }

    /// Adds a change of a line, whose source is `source`.
    pub(super) fn add(&mut self, at: usize, line: usize, source: Target, wish: &Wish) {
        self.all.insert(at);
        match wish {
            Wish::Source { target, revision, image, .. } => {
                self.by_commit.entry(revision.clone()).or_default().push(at);
                self.by_deployed.entry((target.clone(), image.digest.clone())).or_default().push(at);
            }
            Wish::Digest { digest, .. } => self.by_named.entry((source, digest.clone())).or_default().push(at),
            Wish::Before(image) => self.by_line.entry((line, image.digest.clone())).or_default().push(at),
        }
    }

    /// Takes a change out for which nothing is to be found any more.
    pub(super) fn remove(&mut self, at: usize) {
        self.all.remove(&at);
    }

    /// Takes those out that name a commit.
    pub(super) fn take_by_commit(&mut self, revision: &Revision) -> Vec<usize> {
        let found = self.by_commit.remove(revision);
        self.take(found)
    }

    /// Takes the rollbacks out that went back to a digest.
    pub(super) fn take_by_line(&mut self, line: usize, digest: &Digest) -> Vec<usize> {
        let found = self.by_line.remove(&(line, digest.clone()));
        self.take(found)
    }

    /// Takes those out that look for what their source had named.
    pub(super) fn take_by_named(&mut self, source: &Target, digest: &Digest) -> Vec<usize> {
        let found = self.by_named.remove(&(source.clone(), digest.clone()));
        self.take(found)
    }

    /// Returns those that look for what their source had named.
    pub(super) fn by_named(&self, source: &Target, digest: &Digest) -> Vec<usize> {
        let found = self.by_named.get(&(source.clone(), digest.clone()));
        found.into_iter().flatten().filter(|at| self.all.contains(at)).copied().collect()
    }

    /// Returns, once, the promotions that look for what was deployed to their source.
    pub(super) fn once_deployed(&mut self, source: &Target, digest: &Digest) -> Vec<usize> {
        let found = self.by_deployed.remove(&(source.clone(), digest.clone())).unwrap_or_default();
        found.into_iter().filter(|at| self.all.contains(at)).collect()
    }

    fn take(&mut self, found: Option<Vec<usize>>) -> Vec<usize> {
        // What has been taken out otherwise is still listed.
        found.unwrap_or_default().into_iter().filter(|at| self.all.remove(at)).collect()
    }

    /// Tells the sources of which it is looked for what they had named.
    pub(super) fn named_sources(&self) -> BTreeSet<Target> {
        let open = self.by_named.iter().filter(|(_, some)| some.iter().any(|at| self.all.contains(at)));
        open.map(|((source, _), _)| source.clone()).collect()
    }

    /// Counts a tag of a source that cannot be told.
    pub(super) fn miss(&mut self, source: &Target) {
        *self.gone.entry(source.clone()).or_default() += 1;
    }

    /// Returns how many tags of a source could not be told so far.
    pub(super) fn missed(&self, source: &Target) -> usize {
        self.gone.get(source).copied().unwrap_or_default()
    }
}
