//! The port of releases: one commit on a branch by the
//! [git database](https://docs.github.com/en/rest/guides/using-the-rest-api-to-interact-with-your-git-database), its
//! [pull request](https://docs.github.com/en/rest/pulls/pulls), and [what is published](https://docs.github.com/en/rest/releases/releases).
//!
//! What a refusal means is never read from its words: what is there is read again.

mod branch;
mod published;
mod pull;
mod tree;

use async_trait::async_trait;
use embark_core::ports::{BranchTip, NewRelease, PullRequest, PullRequestText, ReleaseError, ReleasePlatform, Tagged};
use embark_core::{BranchName, Commit, Edit, GitTag, TreeId};

use crate::address::ApiUrl;
use crate::client::Client;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::name::RepositoryName;

/// The branches, pull requests and releases of a repository on GitHub: a [`ReleasePlatform`].
///
/// Commits are made in nobody's name, so that GitHub signs those of an app.
#[derive(Debug, Clone)]
pub struct Releases(Client);

/// Tells why it did not do what it was asked.
#[derive(Debug)]
enum Failure {
    GitHub(Error),
    /// Somebody else was there first.
    Conflict(String),
    NotAFile(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::GitHub(error)
    }
}

impl Releases {
    /// Takes the application's repository, where the API is, and what lets in with the permissions `Contents: write` and
    /// `Pull requests: write`.
    pub fn new(
        http: reqwest::Client,
        api: ApiUrl,
        repository: RepositoryName,
        credentials: impl Into<Credentials>,
    ) -> Self {
        Self(Client::new(http, api, repository, credentials))
    }

    fn told(&self, failure: impl Into<Failure>) -> ReleaseError {
        let platform = || format!("{} on GitHub", self.0.repository());
        match failure.into() {
            Failure::GitHub(error) => error.of_releases(self.0.repository()),
            Failure::Conflict(what) => ReleaseError::Conflict { platform: platform(), what },
            Failure::NotAFile(path) => ReleaseError::NotAFile { platform: platform(), path },
        }
    }
}

#[async_trait]
impl ReleasePlatform for Releases {
    async fn tip(&self, branch: &BranchName) -> Result<Option<BranchTip>, ReleaseError> {
        branch::tip(&self.0, branch).await.map_err(|error| self.told(error))
    }

    async fn tree(&self, base: &Commit, edits: Vec<Edit>) -> Result<TreeId, ReleaseError> {
        tree::edited(&self.0, base, &edits).await.map_err(|failure| self.told(failure))
    }

    async fn commit(&self, parent: &Commit, tree: &TreeId, message: &str) -> Result<Commit, ReleaseError> {
        tree::commit(&self.0, parent, tree, message).await.map_err(|error| self.told(error))
    }

    async fn put_branch(
        &self,
        branch: &BranchName,
        expected: Option<Commit>,
        commit: &Commit,
    ) -> Result<(), ReleaseError> {
        let put = match expected {
            Some(_) => branch::put(&self.0, branch, commit).await,
            None => branch::make(&self.0, branch, commit).await,
        };
        put.map_err(|failure| self.told(failure))
    }

    async fn delete_branch(&self, branch: &BranchName) -> Result<(), ReleaseError> {
        branch::delete(&self.0, branch).await.map_err(|error| self.told(error))
    }

    async fn find_pull_request(
        &self,
        head: &BranchName,
        base: &BranchName,
    ) -> Result<Option<PullRequest>, ReleaseError> {
        pull::find(&self.0, head, base).await.map_err(|error| self.told(error))
    }

    async fn open_pull_request(
        &self,
        head: &BranchName,
        base: &BranchName,
        text: PullRequestText,
    ) -> Result<PullRequest, ReleaseError> {
        pull::open(&self.0, head, base, &text).await.map_err(|error| self.told(error))
    }

    async fn update_pull_request(&self, number: u64, text: PullRequestText) -> Result<PullRequest, ReleaseError> {
        pull::update(&self.0, number, &text).await.map_err(|error| self.told(error))
    }

    async fn close_pull_request(&self, number: u64) -> Result<(), ReleaseError> {
        pull::close(&self.0, number).await.map_err(|error| self.told(error))
    }

    async fn tagged(&self, tag: &GitTag) -> Result<Tagged, ReleaseError> {
        published::tagged(&self.0, tag).await.map_err(|error| self.told(error))
    }

    async fn publish(&self, release: NewRelease) -> Result<String, ReleaseError> {
        published::publish(&self.0, &release).await.map_err(|failure| self.told(failure))
    }
}
