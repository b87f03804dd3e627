//! Faults of the platform of releases.

use async_trait::async_trait;

use super::{Crashed, Faulty, Moment};
use crate::commit::Commit;
use crate::git_name::{BranchName, GitTag, TreeId};
use crate::ports::{BranchTip, NewRelease, PullRequest, PullRequestText, ReleaseError, ReleasePlatform, Tagged};
use crate::release_pr::Edit;

fn told(crashed: Crashed) -> ReleaseError {
    ReleaseError::Unavailable { platform: "the platform".into(), source: Box::new(crashed) }
}

/// Writes, and ends before or after it.
macro_rules! effect {
    ($self:ident, $call:expr) => {{
        let effect = $self.fault.before().await.map_err(told)?;
        let answer = $call.await;
        $self.fault.end(effect, Moment::After).map_err(told)?;
        answer
    }};
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
        effect!(self, self.port.commit(parent, tree, message))
    }

    async fn put_branch(
        &self,
        branch: &BranchName,
        expected: Option<Commit>,
        commit: &Commit,
    ) -> Result<(), ReleaseError> {
        effect!(self, self.port.put_branch(branch, expected, commit))
    }

    async fn delete_branch(&self, branch: &BranchName) -> Result<(), ReleaseError> {
        effect!(self, self.port.delete_branch(branch))
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
        effect!(self, self.port.open_pull_request(head, base, text))
    }

    async fn update_pull_request(&self, number: u64, text: PullRequestText) -> Result<PullRequest, ReleaseError> {
        effect!(self, self.port.update_pull_request(number, text))
    }

    async fn close_pull_request(&self, number: u64) -> Result<(), ReleaseError> {
        effect!(self, self.port.close_pull_request(number))
    }

    async fn tagged(&self, tag: &GitTag) -> Result<Tagged, ReleaseError> {
        self.fault.check().map_err(told)?;
        self.port.tagged(tag).await
    }

    async fn publish(&self, release: NewRelease) -> Result<String, ReleaseError> {
        effect!(self, self.port.publish(release))
    }
}
