//! The port of the deployment branch: read by
//! [GraphQL](https://docs.github.com/en/graphql/reference/objects#commit), and written by
//! [`createCommitOnBranch`](https://docs.github.com/en/graphql/reference/mutations#createcommitonbranch).

mod blob;
mod folder;
mod log;
mod message;
mod query;
mod read;
mod seen;
mod write;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use embark_core::ports::{
    BranchCommit, Change, Committed, DeploymentRepository, Folder, LogEntry, LogQuery, PastFiles, RepositoryError,
    Snapshot,
};
use embark_core::{FilePath, Revision};

use self::seen::Seen;
use crate::address::ApiUrl;
use crate::client::Client;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::name::RepositoryName;

/// A branch of a repository on GitHub, over its API: a [`DeploymentRepository`].
///
/// Commits are made by GitHub, which signs them, in the name of the token's owner; their files keep no modes. Nothing is
/// pushed.
#[derive(Debug, Clone)]
pub struct Branch {
    client: Client,
    /// Its name, without `refs/heads/`.
    name: String,
    /// What was read before and stays as it is.
    seen: Arc<Mutex<Seen>>,
}

/// Tells why the branch did not do what it was asked.
#[derive(Debug)]
enum Failure {
    GitHub(Error),
    NotAFile {
        path: FilePath,
        what: &'static str,
    },
    /// The branch is not where it was.
    Moved {
        expected: Revision,
        actual: Option<Revision>,
    },
    /// The way along the branch is longer than we go.
    TooLong,
    /// A folder has more files than we ask for.
    TooMany,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::GitHub(error)
    }
}

impl Branch {
    /// Takes a repository, its branch, where the API is, and what lets in with the permission `Contents: write`.
    pub fn new(
        http: reqwest::Client,
        api: ApiUrl,
        repository: RepositoryName,
        branch: &str,
        credentials: impl Into<Credentials>,
    ) -> Self {
        let client = Client::new(http, api, repository, credentials.into());
        Self { client, name: branch.to_owned(), seen: Arc::default() }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self, failure: Failure) -> RepositoryError {
        let repository = || format!("{} on GitHub", self.client.repository());
        match failure {
            Failure::GitHub(error) => error.of_branch(self.client.repository()),
            Failure::NotAFile { path, what } => RepositoryError::NotAFile { repository: repository(), path, what },
            Failure::Moved { expected, actual } => {
                RepositoryError::Conflict { repository: repository(), expected, actual }
            }
            Failure::TooMany => RepositoryError::Other {
                operation: "read a folder of",
                repository: repository(),
                source: "each file is a request, and there are too many: render with deploymentRepo.write: push".into(),
            },
            Failure::TooLong => RepositoryError::Other {
                operation: "walk the history of",
                repository: repository(),
                source: format!("more than {} requests would be needed", log::PAGES).into(),
            },
        }
    }
}

#[async_trait]
impl DeploymentRepository for Branch {
    async fn read(&self, paths: Vec<FilePath>) -> Result<Snapshot, RepositoryError> {
        self.read_tip(paths).await.map_err(|failure| self.told(failure))
    }

    async fn read_folder(&self, at: Revision, folder: Option<FilePath>) -> Result<Option<Folder>, RepositoryError> {
        self.read_below(&at, folder.as_ref()).await.map_err(|failure| self.told(failure))
    }

    async fn commit(&self, expected: Revision, changes: Vec<Change>) -> Result<Committed, RepositoryError> {
        self.write(expected, &changes).await.map_err(|failure| self.told(failure))
    }

    async fn log(&self, query: LogQuery) -> Result<Vec<LogEntry>, RepositoryError> {
        self.walk_log(&query).await.map_err(|failure| self.told(failure))
    }

    async fn read_at(&self, places: Vec<(Revision, FilePath)>) -> Result<PastFiles, RepositoryError> {
        self.read_places(places).await.map_err(|failure| self.told(failure))
    }

    async fn commits(&self, ids: Vec<Revision>) -> Result<BTreeMap<Revision, BranchCommit>, RepositoryError> {
        self.find_commits(&ids).await.map_err(|failure| self.told(failure))
    }
}
