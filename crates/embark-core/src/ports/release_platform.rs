//! The port of releases: the branch and the pull request that propose one, and what is published of it.

use std::time::Duration;

use async_trait::async_trait;

use super::{BoxError, wait};
use crate::commit::Commit;
use crate::git_name::{BranchName, GitTag, TreeId};
use crate::release_pr::Edit;

/// A commit that a branch points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchTip {
    /// The commit.
    pub commit: Commit,
    /// Its parents.
    pub parents: Vec<Commit>,
    /// Its tree.
    pub tree: TreeId,
    /// Its message.
    pub message: String,
}

/// What people read of a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequestText {
    /// The title, on one line.
    pub title: String,
    /// The body, in Markdown.
    pub body: String,
}

/// A pull request that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// The address of its page.
    pub url: String,
    /// What people read.
    pub text: PullRequestText,
}

/// What there is under a tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tagged {
    /// The commit that the tag names; `None` where there is no tag.
    pub commit: Option<Commit>,
    /// The address of the page of the release; `None` where none is published.
    pub release: Option<String>,
}

/// A release that is to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRelease {
    /// The tag. It is made if it is not there.
    pub tag: GitTag,
    /// The commit that the tag names.
    pub commit: Commit,
    /// The title.
    pub name: String,
    /// The notes, in Markdown.
    pub body: String,
    /// Whether it is one before the release.
    pub prerelease: bool,
    /// Whether the platform writes notes of its own behind the body.
    pub generate_release_notes: bool,
}

/// Branches, pull requests and releases of the application's repository.
///
/// What `self` reads after a write of its own MUST show that write.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait ReleasePlatform: Send + Sync {
    /// Reads the tip of a branch; `None` where there is no such branch.
    ///
    /// # Errors
    /// [`ReleaseError`] if it cannot be read.
    async fn tip(&self, branch: &BranchName) -> Result<Option<BranchTip>, ReleaseError>;

    /// Returns the tree of `base` with these edits. Nothing comes to point to it.
    ///
    /// The same edits of the same base MUST give the same tree. A file that is there MUST keep its mode, a new one is a
    /// regular file. To delete what is not there changes nothing.
    ///
    /// # Errors
    /// [`ReleaseError::NotFound`] if the platform does not have `base`; [`ReleaseError::NotAFile`] for what is there and
    /// is no regular file.
    async fn tree(&self, base: &Commit, edits: Vec<Edit>) -> Result<TreeId, ReleaseError>;

    /// Makes a commit of a tree on one parent. No branch points to it yet.
    ///
    /// # Errors
    /// [`ReleaseError`] if it is not made.
    async fn commit(&self, parent: &Commit, tree: &TreeId, message: &str) -> Result<Commit, ReleaseError>;

    /// Has a branch point to a commit. `expected` is where it was when it was last read; `None` where it was not there.
    ///
    /// It MUST be made where it was not there, with [`ReleaseError::Conflict`] if it is there by now, and moved, also to
    /// what does not descend from `expected`, where it was. Whether it still is at `expected` need not be compared:
    /// GitHub has no such way.
    ///
    /// # Errors
    /// [`ReleaseError::Rejected`], in the platform's words, where a rule protects the branch.
    async fn put_branch(
        &self,
        branch: &BranchName,
        expected: Option<Commit>,
        commit: &Commit,
    ) -> Result<(), ReleaseError>;

    /// Deletes a branch. One that is not there MUST be no error.
    ///
    /// # Errors
    /// [`ReleaseError::Rejected`], in the platform's words, where a rule protects the branch.
    async fn delete_branch(&self, branch: &BranchName) -> Result<(), ReleaseError>;

    /// Finds the pull request that is open from `head` into `base`.
    ///
    /// One from another repository, and one that is closed or merged, MUST NOT be found.
    ///
    /// # Errors
    /// [`ReleaseError`] if they cannot be listed.
    async fn find_pull_request(
        &self,
        head: &BranchName,
        base: &BranchName,
    ) -> Result<Option<PullRequest>, ReleaseError>;

    /// Opens a pull request. Where one is open already, that one MUST be returned as it is.
    ///
    /// # Errors
    /// [`ReleaseError::Rejected`], in the platform's words, where there is nothing to merge.
    async fn open_pull_request(
        &self,
        head: &BranchName,
        base: &BranchName,
        text: PullRequestText,
    ) -> Result<PullRequest, ReleaseError>;

    /// Changes what people read of a pull request.
    ///
    /// # Errors
    /// [`ReleaseError`] if it is not changed.
    async fn update_pull_request(&self, number: u64, text: PullRequestText) -> Result<PullRequest, ReleaseError>;

    /// Closes a pull request. One that is closed stays so.
    ///
    /// # Errors
    /// [`ReleaseError`] if it is not closed.
    async fn close_pull_request(&self, number: u64) -> Result<(), ReleaseError>;

    /// Tells what there is under a tag. Drafts MUST be passed over: they are nobody's but their author's.
    ///
    /// # Errors
    /// [`ReleaseError`] if it cannot be read.
    async fn tagged(&self, tag: &GitTag) -> Result<Tagged, ReleaseError>;

    /// Publishes a release, and returns the address of its page.
    ///
    /// # Errors
    /// [`ReleaseError::Conflict`] if one is published under that tag by now.
    async fn publish(&self, release: NewRelease) -> Result<String, ReleaseError>;
}

/// Tells why the platform of releases did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// Something is not there, or nobody may know that it is.
    #[error("{platform} has no {what}")]
    NotFound {
        /// The platform, without credentials.
        platform: String,
        /// What is not there.
        what: String,
    },
    /// The credentials are missing, not accepted, or do not allow it.
    #[error("{platform} does not accept the credentials: {reason}")]
    Unauthorized {
        /// The platform, without credentials.
        platform: String,
        /// What is missing, or the server's own words.
        reason: String,
    },
    /// A rule of the platform says no.
    #[error("{platform} refused: {words}")]
    Rejected {
        /// The platform, without credentials.
        platform: String,
        /// Its own words.
        words: String,
    },
    /// Somebody else was there first.
    #[error("somebody else has written {what} of {platform} by now")]
    Conflict {
        /// The platform, without credentials.
        platform: String,
        /// What was to be written.
        what: String,
    },
    /// A path is not a regular file.
    #[error("{path} of {platform} is no regular file")]
    NotAFile {
        /// The platform, without credentials.
        platform: String,
        /// The path.
        path: String,
    },
    /// Too many requests.
    #[error("{platform} asks for fewer requests{}", wait(*retry_after))]
    RateLimited {
        /// The platform, without credentials.
        platform: String,
        /// How long to wait, where it was told.
        retry_after: Option<Duration>,
    },
    /// The answer is wrong.
    #[error("{platform} gave a wrong answer: {reason}")]
    Malformed {
        /// The platform, without credentials.
        platform: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The platform cannot be reached, or fails.
    #[error("cannot reach {platform}")]
    Unavailable {
        /// The platform, without credentials.
        platform: String,
        /// Why.
        source: BoxError,
    },
}
