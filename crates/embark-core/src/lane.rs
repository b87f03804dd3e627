//! The deployments of one target, and which of them is the newest.

use std::collections::BTreeMap;

use crate::commit::Commit;
use crate::deployment::Deployment;
use crate::digest::Digest;
use crate::image::Image;
use crate::ports::{Ancestry, ApplicationError, ApplicationRepository};
use crate::record::Kind;

/// The recent deployments of one target, the greatest number first.
#[derive(Debug, Clone, Default)]
pub struct Lane(Vec<Deployment>);

impl Lane {
    /// Returns the lane of a target without deployments.
    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    /// Takes the deployments of one target, in any order.
    pub fn new(mut deployments: Vec<Deployment>) -> Self {
        deployments.sort_by_key(|deployment| std::cmp::Reverse((deployment.number, deployment.record.id)));
        Self(deployments)
    }

    /// Returns them, the greatest number first.
    pub fn deployments(&self) -> &[Deployment] {
        &self.0
    }

    /// Hands them out, the greatest number first.
    pub(crate) fn into_deployments(self) -> Vec<Deployment> {
        self.0
    }

    /// Returns the lane without what `keep` leaves out.
    pub(crate) fn filtered(&self, keep: impl Fn(&Deployment) -> bool) -> Self {
        Self(self.0.iter().filter(|deployment| keep(deployment)).cloned().collect())
    }

    /// Tells whether what ran goes back to `number`, or to the first run there is.
    pub(crate) fn goes_back_to(&self, number: u64, limit: usize) -> bool {
        let runs = || self.0.iter().filter(|deployment| deployment.ran());
        runs().count() < limit || runs().next_back().is_none_or(|oldest| oldest.number <= number)
    }

    /// Returns what the target runs, as far as the record tells: the newest that ran.
    pub fn running(&self) -> Option<&Deployment> {
        self.0.iter().find(|deployment| deployment.ran())
    }

    /// Returns the deployment that no other supersedes: what the target has, or will have.
    ///
    /// Of two releases the one whose commit is an ancestor of the other's is the older; where that is not
    /// known, and for all other kinds, the platform's number decides. A rollback is a decision against what was there: what
    /// has waited since before it is older than all that comes after it, whatever its commit.
    pub(crate) fn newest(&self, history: &History) -> Option<&Deployment> {
        let is_pivot = |other: &&Deployment| other.record.kind != Kind::Release && (other.is_pending() || other.ran());
        let pivot = self.0.iter().find(is_pivot);
        let floor = pivot.map_or(0, |deployment| deployment.number);
        let candidates = self.candidates().into_iter();
        let releases: Vec<_> =
            candidates.filter(|one| one.record.kind == Kind::Release && one.number > floor).collect();
        // Where nothing has run since a pivot that ran, it is what runs.
        let Some(mut newest) = releases.first().copied() else { return pivot };
        // Each step goes to a descendant, so that none is met twice.
        while let Some(newer) = releases.iter().copied().find(|other| history.descends(other, newest)) {
            newest = newer;
        }
        Some(newest)
    }

    /// Returns the pairs of commits whose ancestry [`newest`](Self::newest) needs, with `also` among the releases.
    pub(crate) fn questions(&self, also: Option<&Commit>) -> Vec<(Commit, Commit)> {
        let candidates = self.candidates();
        let commits = candidates
            .iter()
            .filter(|deployment| deployment.record.kind == Kind::Release)
            .filter_map(|deployment| deployment.record.commit.as_ref())
            .chain(also);
        let mut distinct: Vec<&Commit> = commits.collect();
        distinct.sort();
        distinct.dedup();
        let pairs = distinct.iter().flat_map(|a| distinct.iter().map(move |b| ((*a).clone(), (*b).clone())));
        pairs.filter(|(a, b)| a != b).collect()
    }

    /// What can be the newest: all that wait, and what runs.
    fn candidates(&self) -> Vec<&Deployment> {
        let running = self.running().map(|deployment| deployment.record.id);
        let is_candidate = |deployment: &&Deployment| deployment.is_pending() || Some(deployment.record.id) == running;
        self.0.iter().filter(is_candidate).collect()
    }

    /// Returns the times for which the digest of `of` ran without a break, from that in which `of` brought it on.
    pub(crate) fn runs<'a>(&'a self, of: &'a Deployment) -> Vec<Unbroken<'a>> {
        // One that is not in the lane is older than all of it.
        let is_there = self.0.iter().any(|other| other.number == of.number);
        let oldest_first = self.0.iter().rev().filter(|one| one.ran() && one.number >= of.number);
        let before = self.0.iter().filter(|one| one.ran() && one.number < of.number);
        let before = before.take_while(|one| one.record.image.digest == of.record.image.digest);
        let mut open: Vec<&Deployment> = before.chain((!is_there).then_some(of)).collect();
        let mut runs = Vec::new();
        for one in oldest_first {
            if one.record.image.digest == of.record.image.digest {
                open.push(one);
            } else if !open.is_empty() {
                runs.push(Unbroken { deployments: std::mem::take(&mut open), next: Some(one) });
            }
        }
        if !open.is_empty() {
            runs.push(Unbroken { deployments: open, next: None });
        }
        runs
    }

    /// Returns the digest, if it is another one, with which a run records the tag of `image`.
    pub(crate) fn another_digest(&self, image: &Image) -> Option<&Digest> {
        let ran = self.0.iter().filter(|deployment| deployment.ran()).map(|deployment| &deployment.record.image);
        let mut recorded = ran.filter(|other| (&other.repository, &other.tag) == (&image.repository, &image.tag));
        recorded.find(|other| other.digest != image.digest).map(|other| &other.digest)
    }

    /// Returns the rollback, if any, that went away from what `deployment` carries, after it ran.
    pub(crate) fn rolled_back(&self, deployment: &Deployment) -> Option<&Deployment> {
        let digest =
            |id| self.0.iter().find(|other| Some(other.record.id) == id).map(|other| &other.record.image.digest);
        self.0.iter().take_while(|other| other.number > deployment.number).find(|other| {
            other.record.kind == Kind::Rollback
                && other.ran()
                && digest(other.record.replaces) == Some(&deployment.record.image.digest)
        })
    }
}

/// A time for which a digest ran without a break.
pub(crate) struct Unbroken<'a> {
    /// The deployments that brought it.
    pub(crate) deployments: Vec<&'a Deployment>,
    /// What brought another one then.
    pub(crate) next: Option<&'a Deployment>,
}

/// What was found out about the ancestry of commits.
#[derive(Debug, Clone, Default)]
pub(crate) struct History(BTreeMap<(Commit, Commit), Ancestry>);

impl History {
    /// Tells whether `ancestor` is an ancestor of `descendant`, or the same; unknown if nobody asked.
    pub(crate) fn is_ancestor(&self, ancestor: &Commit, descendant: &Commit) -> Ancestry {
        if ancestor == descendant {
            return Ancestry::Yes;
        }
        self.0.get(&(ancestor.clone(), descendant.clone())).copied().unwrap_or(Ancestry::Unknown)
    }

    /// Tells whether both are releases and the commit of one is an ancestor of the other's.
    pub(crate) fn descends(&self, later: &Deployment, earlier: &Deployment) -> bool {
        let commits = [later, earlier]
            .map(|release| release.record.commit.as_ref().filter(|_| release.record.kind == Kind::Release));
        match commits {
            [Some(later), Some(earlier)] => later != earlier && self.is_ancestor(earlier, later) == Ancestry::Yes,
            _ => false,
        }
    }

    /// Says, of the deployments of two commits, that nothing but the platform's numbers tells which is the newer; `None`
    /// where their ancestry does, or one has no commit of its own.
    pub(crate) fn by_number_alone(&self, one: &Deployment, other: &Commit) -> Option<String> {
        let one = one.record.commit.as_ref().filter(|commit| one.record.kind == Kind::Release && commit != &other)?;
        let known = [(one, other), (other, one)].map(|(a, b)| self.is_ancestor(a, b));
        let unknown = !known.contains(&Ancestry::Yes);
        unknown.then(|| {
            format!("no history at hand orders {} and {}: the later deployment counts", one.short(), other.short())
        })
    }

    /// Finds out about pairs of (ancestor, descendant). Without an application repository all stay unknown.
    pub(crate) async fn ask(
        &mut self,
        application: Option<&dyn ApplicationRepository>,
        pairs: impl IntoIterator<Item = (Commit, Commit)>,
    ) -> Result<(), ApplicationError> {
        let Some(application) = application else { return Ok(()) };
        for (ancestor, descendant) in pairs {
            if ancestor == descendant || self.0.contains_key(&(ancestor.clone(), descendant.clone())) {
                continue;
            }
            let answer = application.is_ancestor(&ancestor, &descendant).await?;
            if answer == Ancestry::Yes {
                // Of two commits, one at most is the other's ancestor.
                self.0.insert((descendant.clone(), ancestor.clone()), Ancestry::No);
            }
            self.0.insert((ancestor, descendant), answer);
        }
        Ok(())
    }
}
