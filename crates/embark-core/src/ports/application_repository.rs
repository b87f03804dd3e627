use async_trait::async_trait;

use super::BoxError;
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

/// The history of the application's source code.
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
}

/// Tells why the history of the application cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ApplicationError {
    /// The credentials are missing or not accepted.
    #[error("{repository} does not accept the credentials: {reason}")]
    Unauthorized {
        /// The repository, without credentials.
        repository: String,
        /// The server's own words.
        reason: String,
    },
    /// The repository cannot be reached or does not exist.
    #[error("cannot reach {repository}")]
    Unavailable {
        /// The repository, without credentials.
        repository: String,
        /// Why.
        source: BoxError,
    },
    /// Anything else.
    #[error("cannot read the history of {repository}")]
    Other {
        /// The repository, without credentials.
        repository: String,
        /// Why.
        source: BoxError,
    },
}
