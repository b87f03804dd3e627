//! The history of the branch, along first parents.
//!
//! GitHub's [history](https://docs.github.com/en/graphql/reference/objects#commithistoryconnection) goes along all parents.
//! Its pages serve as a store of commits, in which each step is looked up; where one is missing, the next page begins there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use embark_core::ports::{Ancestry, BranchCommit, LogEntry, LogQuery};
use embark_core::{FilePath, Revision};

use super::query::{History, Told, WithPage, page};
use super::seen::Node;
use super::{Branch, Failure};
use crate::commits;
use crate::error::Error;

/// So many pages are read on one way.
pub(super) const PAGES: usize = 100;

/// So many commits are looked for at once.
const IDS: usize = 100;

impl Branch {
    /// Walks the branch along first parents, newest first.
    pub(super) async fn walk_log(&self, query: &LogQuery) -> Result<Vec<LogEntry>, Failure> {
        let from = match &query.from {
            Some(from) => from.clone(),
            None => self.ask_tip(&[]).await?,
        };
        let mut found: Vec<LogEntry> = Vec::new();
        // The one that is compared with the next.
        let mut last: Option<Arc<Node>> = None;
        let visit = |node: &Arc<Node>| {
            if let Some(last) = last.take() {
                found.extend(self.changing(&last, Some(node), &query.paths));
            }
            if found.len() >= query.limit || query.until.as_ref() == Some(&node.entry.revision) {
                return false;
            }
            if query.paths.is_empty() {
                found.push(node.entry.clone());
                return found.len() < query.limit;
            }
            last = Some(node.clone());
            true
        };
        self.walk(&from, &query.paths, visit).await?;
        if let Some(root) = last {
            found.extend(self.changing(&root, None, &query.paths));
        }
        Ok(found)
    }

    /// Returns a commit with those of `paths` where something else stands than in the commit before, if there are any.
    fn changing(&self, node: &Node, before: Option<&Arc<Node>>, paths: &[FilePath]) -> Option<LogEntry> {
        let seen = self.seen();
        let at = |node: &Node, path: &FilePath| seen.entry(&node.entry.revision, path).cloned().flatten();
        let differs = |path: &&FilePath| at(node, path) != before.and_then(|before| at(before, path));
        let changed: Vec<FilePath> = paths.iter().filter(differs).cloned().collect();
        (!changed.is_empty()).then(|| LogEntry { changed, ..node.entry.clone() })
    }

    /// Finds commits on the branch.
    pub(super) async fn find_commits(&self, ids: &[Revision]) -> Result<BTreeMap<Revision, BranchCommit>, Failure> {
        let mut wanted: BTreeSet<Revision> = ids.iter().cloned().collect();
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        let tip = self.seen().tip.clone();
        let tip = match tip {
            Some(tip) => tip,
            None => self.ask_tip(&[]).await?,
        };
        let mut found = BTreeMap::new();
        let last = self.find_known(&tip, &mut wanted, &mut found);
        if wanted.is_empty() {
            return Ok(found);
        }
        self.leave_out_others(&tip, &mut wanted).await?;
        // What leads to the tip may still do so by another way than along first parents: then the walk ends at the root.
        if let Some(start) = last.filter(|_| !wanted.is_empty()) {
            match self.walk(&start, &[], |node| take(node, &mut wanted, &mut found)).await {
                // It would be an error to all, whoever named such a commit.
                Err(Failure::TooLong) => tracing::warn!(
                    "{} commits were looked for among the newest of the branch, and not further back than {PAGES} pages",
                    wanted.len()
                ),
                walked => walked?,
            }
        }
        Ok(found)
    }

    /// Finds what can be found without asking, and returns the first commit that is not known.
    fn find_known(
        &self,
        tip: &Revision,
        wanted: &mut BTreeSet<Revision>,
        found: &mut BTreeMap<Revision, BranchCommit>,
    ) -> Option<Revision> {
        let seen = self.seen();
        let mut next = Some(tip.clone());
        while let Some(node) = next.as_ref().and_then(|next| seen.commits.get(next)) {
            if !take(node, wanted, found) {
                return None;
            }
            next.clone_from(&node.entry.parent);
        }
        next
    }

    /// Takes out what does not exist, or does not lead to the tip: no walk would end before the root for it.
    async fn leave_out_others(&self, tip: &Revision, wanted: &mut BTreeSet<Revision>) -> Result<(), Failure> {
        let all: Vec<_> = wanted.iter().map(|commit| (commit.clone(), Vec::new())).collect();
        for some in all.chunks(IDS) {
            for absent in self.ask_commits(some.to_vec()).await? {
                wanted.remove(&absent);
            }
        }
        for (commit, _) in all {
            if wanted.contains(&commit) {
                match commits::is_ancestor(&self.client, commit.as_str(), tip.as_str()).await? {
                    Ancestry::Yes => {}
                    Ancestry::No => {
                        wanted.remove(&commit);
                    }
                    // Both were there a moment ago: that is no reason to withdraw what the commit bears out.
                    Ancestry::Unknown => {
                        let what = format!("it knows {commit} and {tip}, and does not compare them");
                        return Err(Error::Malformed(what).into());
                    }
                }
            }
        }
        Ok(())
    }

    /// Visits commits from `start` along first parents, each with what stands there at `paths`, until `visit` has enough.
    pub(super) async fn walk(
        &self,
        start: &Revision,
        paths: &[FilePath],
        mut visit: impl FnMut(&Arc<Node>) -> bool + Send,
    ) -> Result<(), Failure> {
        let mut next = Some(start.clone());
        let mut pages = 0;
        while let Some(commit) = next.take() {
            if !self.seen().knows(&commit, paths) {
                if pages == PAGES {
                    return Err(Failure::TooLong);
                }
                pages += 1;
                self.read_page(&commit, paths).await?;
            }
            let known = self.seen().commits.get(&commit).cloned();
            let node = known.filter(|_| self.seen().knows(&commit, paths));
            let node = node.ok_or_else(|| Error::Malformed(format!("its history of {commit} is of another commit")))?;
            if !visit(&node) {
                break;
            }
            next.clone_from(&node.entry.parent);
        }
        Ok(())
    }

    async fn read_page(&self, commit: &Revision, paths: &[FilePath]) -> Result<(), Failure> {
        let query = page(self.client.repository(), commit, paths);
        let told: Told<WithPage> = self.client.lookup(&query.text, &query.variables).await?;
        let found = told.repository.ok_or_else(|| self.client.not_found())?.object;
        let history = found.and_then(|found| found.history);
        let history = history.ok_or_else(|| Error::NotFound(format!("commit {commit}")))?;
        self.keep_commits(history, paths)
    }

    /// Keeps commits, and what stands there at `paths`.
    pub(super) fn keep_commits(&self, history: History, paths: &[FilePath]) -> Result<(), Failure> {
        for commit in history.nodes.into_iter().flatten() {
            let (node, files) = commit.into_node()?;
            let revision = node.entry.revision.clone();
            self.keep_files(&revision, paths, files);
            self.seen().commits.insert(revision, node);
        }
        Ok(())
    }
}

/// Takes a commit that is wanted, and tells whether others still are.
fn take(node: &Node, wanted: &mut BTreeSet<Revision>, found: &mut BTreeMap<Revision, BranchCommit>) -> bool {
    let revision = &node.entry.revision;
    if wanted.remove(revision) {
        found.insert(revision.clone(), BranchCommit { entry: node.entry.clone(), is_empty: node.is_empty });
    }
    !wanted.is_empty()
}
