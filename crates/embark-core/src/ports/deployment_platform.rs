//! The port of the queue of deployments.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use super::{BoxError, SigningError, wait};
use crate::deployment::{Deployment, DeploymentId, DeploymentKey, NewStatus};
use crate::name::Target;
use crate::new_deployment::NewDeployment;

/// The durable queue of deployments: GitHub, or the ledger in the deployment repo.
///
/// It holds what is wished and what came of it. Deployments are never changed and statuses only appended.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait DeploymentPlatform: Send + Sync {
    /// Creates deployments, in their order.
    ///
    /// MUST be idempotent by id: one that exists is handed back as it is. Where the newest of a target waits and wishes the
    /// same (kind, image and commit), it MAY be handed back in place of a new one. Numbers MUST grow: each new
    /// deployment's is greater than that of every other of its target.
    async fn create(&self, new: Vec<NewDeployment>) -> Result<Vec<Deployment>, PlatformError>;

    /// Finds deployments by id, whatever environment they are of; those that do not exist are left out.
    async fn get(&self, ids: Vec<DeploymentId>) -> Result<Vec<Deployment>, PlatformError>;

    /// Lists the deployments that [wait](Deployment::is_pending) in the environments of `targets`, in no particular order.
    ///
    /// The search MAY be bounded. It MUST go so far back that it has met a deployment of each of `targets`, if there is
    /// one: what waits behind many of others is found.
    async fn pending(&self, targets: Vec<Target>) -> Result<Vec<Deployment>, PlatformError>;

    /// Lists of each target the `limit` newest deployments that ran, and the `limit` newest of those that
    /// [wait](Deployment::is_pending) and are newer than the oldest of these; all of them with the greatest number first.
    ///
    /// So that neither hides the other: what waits does not count as what ran. What was closed without having run is left
    /// out.
    ///
    /// MUST answer for each target, with an empty list where there is none.
    async fn recent(
        &self,
        targets: Vec<Target>,
        limit: usize,
    ) -> Result<BTreeMap<Target, Vec<Deployment>>, PlatformError>;

    /// Appends one status to each of these deployments.
    ///
    /// A platform MAY leave out a status that repeats the newest one, unless it is an `error`, and a success [without a
    /// commit](NewStatus::is_without_commit) that follows a success. One to which `in_progress` means nothing MAY leave out
    /// one that tells no [commit](NewStatus::revision). A deployment that does not exist MUST be answered with
    /// [`PlatformError::NotFound`].
    async fn append(&self, statuses: Vec<(DeploymentKey, NewStatus)>) -> Result<(), PlatformError>;
}

/// Tells why the platform did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// The platform's repository, or a deployment, does not exist.
    #[error("there is no {what} in {platform}")]
    NotFound {
        /// The platform, without credentials.
        platform: String,
        /// What is not there.
        what: String,
    },
    /// The credentials are missing or not accepted.
    #[error("{platform} does not accept the credentials: {reason}")]
    Unauthorized {
        /// The platform, without credentials.
        platform: String,
        /// What is missing, or the platform's own words.
        reason: String,
    },
    /// The platform refuses it: a missing permission, a protected ref, a hook.
    #[error("{platform} refuses it: {words}")]
    Rejected {
        /// The platform, without credentials.
        platform: String,
        /// The platform's own words.
        words: String,
    },
    /// Others wrote at the same time, every time that it was tried.
    #[error("others wrote to {platform} first, each of {attempts} times")]
    Conflict {
        /// The platform, without credentials.
        platform: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// Another process writes, and does not come to an end.
    #[error("another process writes to {platform}: it holds {lock}")]
    Busy {
        /// The platform, without credentials.
        platform: String,
        /// What it holds.
        lock: String,
    },
    /// Too many requests.
    #[error("{platform} asks for fewer requests{}", wait(*retry_after))]
    RateLimited {
        /// The platform, without credentials.
        platform: String,
        /// How long to wait, where it was told.
        retry_after: Option<Duration>,
    },
    /// An entry or an answer cannot be read.
    #[error("{platform} holds something that cannot be read: {reason}")]
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
    /// What is written is to be signed, and cannot be.
    #[error(transparent)]
    Signing(SigningError),
    /// Anything else.
    #[error("cannot {operation} {platform}")]
    Other {
        /// What was tried, e.g. `write to`.
        operation: &'static str,
        /// The platform, without credentials.
        platform: String,
        /// Why.
        source: BoxError,
    },
}
