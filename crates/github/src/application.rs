//! The port of the application's repository.

use async_trait::async_trait;
use embark_core::ports::{Ancestry, ApplicationError, ApplicationRepository};
use embark_core::{CheckName, Checks, Commit};
use futures::future::try_join;

use crate::address::ApiUrl;
use crate::client::Client;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::name::RepositoryName;
use crate::{checks, commits};

/// A repository on GitHub, read and never written.
#[derive(Debug, Clone)]
pub struct GitHub(Client);

impl GitHub {
    /// Takes a repository, where its API is, and what it is read with; a public one can be read without.
    pub fn new(
        http: reqwest::Client,
        api: ApiUrl,
        repository: RepositoryName,
        credentials: impl Into<Credentials>,
    ) -> Self {
        Self(Client::new(http, api, repository, credentials))
    }

    /// Looks whether [the repository](https://docs.github.com/en/rest/repos/repos#get-a-repository) is there for us.
    ///
    /// # Errors
    /// [`ApplicationError`] says why it is not.
    pub async fn look(&self) -> Result<(), ApplicationError> {
        self.0.look().await.map_err(|error| self.told(error))
    }
}

impl GitHub {
    fn told(&self, error: Error) -> ApplicationError {
        error.of_application(self.0.repository())
    }
}

#[async_trait]
impl ApplicationRepository for GitHub {
    async fn is_ancestor(&self, ancestor: &Commit, descendant: &Commit) -> Result<Ancestry, ApplicationError> {
        commits::is_ancestor(&self.0, ancestor.as_str(), descendant.as_str()).await.map_err(|error| self.told(error))
    }

    async fn checks(&self, commit: &Commit, names: Vec<CheckName>) -> Result<Checks, ApplicationError> {
        let both = try_join(checks::check_runs(&self.0, commit, &names), checks::statuses(&self.0, commit, &names));
        let (runs, statuses) = both.await.map_err(|error| self.told(error))?;
        match (runs, statuses) {
            (Some(runs), Some(statuses)) => Ok(Checks::Known(runs.into_iter().chain(statuses).collect())),
            // The commit is not there; or the repository is not, which is another matter.
            _ => self.look().await.map(|()| Checks::Unknown),
        }
    }
}
