//! The port of what pulls from the deployment repo: Argo CD.

use async_trait::async_trait;

use super::BoxError;
use crate::delivered::Delivered;
use crate::name::EnvironmentName;

/// What pulls from the deployment repo and brings it to the environments. It is observed, and never told what to run.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait Delivery: Send + Sync {
    /// Tells whether it knows where to look for what an environment has. It MUST ask nobody.
    fn observes(&self, environment: &EnvironmentName) -> bool;

    /// Observes what an environment has now. It MUST change nothing.
    ///
    /// Commits MUST be those of the deployment repo, whatever other sources there are. A word for a state that it does not
    /// know MUST be `Unknown`, never a guess; and what is not told MUST be empty. What others have written (messages,
    /// names) MUST be on one line and without control characters, and be bounded.
    ///
    /// # Errors
    /// [`DeliveryError::NotFound`] for an environment that it does not [observe](Self::observes), and where it is told that
    /// there is no such application. Where that is not told from a missing permission, [`DeliveryError::Forbidden`]. An
    /// answer that does not come MUST end, within a minute, in [`DeliveryError::Unavailable`].
    async fn observe(&self, environment: &EnvironmentName) -> Result<Delivered, DeliveryError>;

    /// Asks it to look at the deployment repo now, and not at its own time. It MAY do nothing.
    ///
    /// Nobody relies on it: whoever waits goes on observing, whatever comes of it.
    ///
    /// # Errors
    /// As [`observe`](Self::observe).
    async fn refresh(&self, environment: &EnvironmentName) -> Result<(), DeliveryError>;
}

/// Tells why it is not known what an environment has.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// There is no such application.
    #[error("there is no {application}")]
    NotFound {
        /// The application, and where it should be.
        application: String,
    },
    /// The credentials are missing or not accepted.
    #[error("{server} does not accept the credentials: {reason}")]
    Unauthorized {
        /// The server, without credentials.
        server: String,
        /// What is missing, or the server's own words.
        reason: String,
    },
    /// The credentials do not allow it, or there is no such application: the server does not tell which.
    #[error("{application} may not be seen, or is not there: {words}")]
    Forbidden {
        /// The application, and where it should be.
        application: String,
        /// The server's own words.
        words: String,
    },
    /// The server cannot be reached, fails, or does not answer in time.
    #[error("cannot reach {server}")]
    Unavailable {
        /// The server, without credentials.
        server: String,
        /// Why.
        source: BoxError,
    },
    /// The answer is wrong.
    #[error("{server} gave a wrong answer: {reason}")]
    Malformed {
        /// The server, without credentials.
        server: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Anything else.
    #[error("cannot {operation} {server}")]
    Other {
        /// What was tried, e.g. `make a request to`.
        operation: &'static str,
        /// The server, without credentials.
        server: String,
        /// Why.
        source: BoxError,
    },
}

impl DeliveryError {
    /// Tells whether it may pass by itself, so that whoever waits goes on.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}
