//! Faults of the platform of releases.

use async_trait::async_trait;

use super::{Cut, Faulty};
use crate::commit::Commit;
use crate::git_name::{BranchName, GitTag, TreeId};
use crate::ports::{BranchTip, NewRelease, PullRequest, PullRequestText, ReleaseError, ReleasePlatform, Tagged};
use crate::release_pr::Edit;

fn told(cut: Cut) -> ReleaseError {
    ReleaseError::Unavailable { platform: "the platform".into(), source: Box::new(cut) }
}

#[async_trait]
impl<P: ReleasePlatform + ?Sized> ReleasePlatform for Faulty<'_, P> {
    async fn tip(&self, branch: &BranchName) -> Result<Option<BranchTip>, ReleaseError> {
        self.fault.check().map_err(told)?;
        self.port.tip(branch).await
    }

    async fn tree(&self, base: &Commit, edits: Vec<Edit>) -> Result<TreeId, ReleaseError> {
        self.fault.check().map_err(told)?;
        self.port.tree(base, edits).await
    }

    async fn commit(&self, parent: &Commit, tree: &TreeId, message: &str) -> Result<Commit, ReleaseError> {
        self.fault.effect(self.port.commit(parent, tree, message), told).await
    }

    async fn put_branch(
        &self,
        branch: &BranchName,
        expected: Option<Commit>,
        commit: &Commit,
    ) -> Result<(), ReleaseError> {
        self.fault.effect(self.port.put_branch(branch, expected, commit), told).await
    }

    async fn delete_branch(&self, branch: &BranchName) -> Result<(), ReleaseError> {
        self.fault.effect(self.port.delete_branch(branch), told).await
    }

    async fn find_pull_request(
        &self,
        head: &BranchName,
        base: &BranchName,
    ) -> Result<Option<PullRequest>, ReleaseError> {
        self.fault.check().map_err(told)?;
        self.port.find_pull_request(head, base).await
    }

    async fn open_pull_request(
        &self,
        head: &BranchName,
        base: &BranchName,
        text: PullRequestText,
    ) -> Result<PullRequest, ReleaseError> {
        self.fault.effect(self.port.open_pull_request(head, base, text), told).await
    }

    async fn update_pull_request(&self, number: u64, text: PullRequestText) -> Result<PullRequest, ReleaseError> {
        self.fault.effect(self.port.update_pull_request(number, text), told).await
    }

    async fn close_pull_request(&self, number: u64) -> Result<(), ReleaseError> {
        self.fault.effect(self.port.close_pull_request(number), told).await
    }

    async fn tagged(&self, tag: &GitTag) -> Result<Tagged, ReleaseError> {
        self.fault.check().map_err(told)?;
        self.port.tagged(tag).await
    }

    async fn publish(&self, release: NewRelease) -> Result<String, ReleaseError> {
        self.fault.effect(self.port.publish(release), told).await
    }
}
