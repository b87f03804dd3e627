//! The port of the application: its history, and the checks of its commits.

use std::time::Duration;

use async_trait::async_trait;

use super::{BoxError, wait};
use crate::checks::{CheckName, Checks};
use crate::commit::Commit;

/// Whether one commit is an ancestor of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ancestry {
    /// It is, or it is the same commit.
    Yes,
    /// It is not.
    No,
    /// The history at hand does not have both.
    Unknown,
}

/// The application's source code: its history, and the checks of its commits.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait ApplicationRepository: Send + Sync {
    /// Tells whether `ancestor` is an ancestor of `descendant`, or the same commit.
    ///
    /// MUST answer [`Ancestry::Unknown`] where either commit is not in the history at hand, or where a
    /// shallow history ends before the answer is certain.
    ///
    /// # Errors
    /// [`ApplicationError`] if the history cannot be read at all.
    async fn is_ancestor(&self, ancestor: &Commit, descendant: &Commit) -> Result<Ancestry, ApplicationError>;

    /// Reports the check runs and commit statuses of `commit` that have one of `names`.
    ///
    /// MUST report, of each name and kind, at least the newest, and nothing of other names. MUST answer
    /// [`Checks::Unknown`] where it does not have the commit or has no notion of checks, and an error where it cannot
    /// tell everything: a report that is left out would let an older one count.
    ///
    /// # Errors
    /// [`ApplicationError`] if the checks cannot be read.
    async fn checks(&self, commit: &Commit, names: Vec<CheckName>) -> Result<Checks, ApplicationError>;
}

/// Application repositories, of which the first one that knows answers. One that fails does not keep the next from being
/// asked.
pub struct FirstKnown(Vec<Box<dyn ApplicationRepository>>);

impl FirstKnown {
    /// Takes them in the order in which they are asked.
    pub fn new(repositories: Vec<Box<dyn ApplicationRepository>>) -> Self {
        Self(repositories)
    }
}

#[async_trait]
impl ApplicationRepository for FirstKnown {
    async fn is_ancestor(&self, ancestor: &Commit, descendant: &Commit) -> Result<Ancestry, ApplicationError> {
        let mut failed = None;
        for repository in &self.0 {
            match repository.is_ancestor(ancestor, descendant).await {
                Ok(Ancestry::Unknown) => {}
                Ok(known) => return Ok(known),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(Ancestry::Unknown), Err)
    }

    async fn checks(&self, commit: &Commit, names: Vec<CheckName>) -> Result<Checks, ApplicationError> {
        let mut failed = None;
        for repository in &self.0 {
            match repository.checks(commit, names.clone()).await {
                Ok(Checks::Unknown) => {}
                Ok(known) => return Ok(known),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(Checks::Unknown), Err)
    }
}

/// Tells why an application repository does not answer.
#[derive(Debug, thiserror::Error)]
pub enum ApplicationError {
    /// The repository does not exist, or nobody may know that it does.
    #[error("there is no {repository}, or the credentials may not see it")]
    NotFound {
        /// The repository, without credentials.
        repository: String,
    },
    /// The credentials are missing, not accepted, or do not allow it.
    #[error("{repository} does not accept the credentials: {reason}")]
    Unauthorized {
        /// The repository, without credentials.
        repository: String,
        /// What is missing, or the server's own words.
        reason: String,
    },
    /// Too many requests.
    #[error("{repository} asks for fewer requests{}", wait(*retry_after))]
    RateLimited {
        /// The repository, without credentials.
        repository: String,
        /// How long to wait, where it was told.
        retry_after: Option<Duration>,
    },
    /// The answer is wrong.
    #[error("{repository} gave a wrong answer: {reason}")]
    Malformed {
        /// The repository, without credentials.
        repository: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The repository cannot be reached, or its server fails.
    #[error("cannot reach {repository}")]
    Unavailable {
        /// The repository, without credentials.
        repository: String,
        /// Why.
        source: BoxError,
    },
    /// Anything else.
    #[error("cannot {operation} {repository}")]
    Other {
        /// What was tried, e.g. `read the history of`.
        operation: &'static str,
        /// The repository, without credentials.
        repository: String,
        /// Why.
        source: BoxError,
    },
}
