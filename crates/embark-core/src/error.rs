//! How a use case fails.

use std::sync::Arc;
use std::time::Duration;

use crate::commit::Revision;
use crate::deployment::DeploymentId;
use crate::name::{ComponentName, EnvironmentName, Target};
use crate::ports::{
    ApplicationError, DeliveryError, PlatformError, RegistryError, ReleaseError, RenderError, RepositoryError, Stop,
};
use crate::values_file::ValuesFileError;

/// Tells why a use case could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration does not have this environment.
    #[error("the configuration has no environment {0}")]
    UnknownEnvironment(EnvironmentName),
    /// The configuration does not have this component.
    #[error("the configuration has no component {0}")]
    UnknownComponent(ComponentName),
    /// The platform does not have this deployment.
    #[error("there is no deployment {0}")]
    UnknownDeployment(DeploymentId),
    /// The deployment branch does not have this commit.
    #[error("the deployment branch has no commit {0}")]
    NotOnBranch(String),
    /// Several commits of the deployment branch begin so.
    #[error("{digits} is short for several commits of the deployment branch: {} and {}", commits[0], commits[1])]
    Ambiguous {
        /// What they begin with.
        digits: String,
        /// The newest two of them.
        commits: [Revision; 2],
    },
    /// An environment that is promoted to must promote from another.
    #[error("{0} promotes from no other environment")]
    NoSource(EnvironmentName),
    /// No version is given for an environment with version tags.
    #[error("{0} names images by the application's version, and none is given")]
    NoVersion(EnvironmentName),
    /// The version does not make a tag.
    #[error(transparent)]
    Version(#[from] crate::text::TextError),
    /// A values file cannot be read or edited.
    #[error(transparent)]
    ValuesFile(#[from] ValuesFileError),
    /// The registry failed. Several items can have failed of one answer.
    #[error(transparent)]
    Registry(Arc<RegistryError>),
    /// The deployment repo failed.
    #[error(transparent)]
    Repository(Arc<RepositoryError>),
    /// The platform failed.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// The application's repository failed. Several items can have failed of one answer.
    #[error(transparent)]
    Application(Arc<ApplicationError>),
    /// The platform of releases failed.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// Nobody can see what the environment has.
    #[error("the configuration names no application of Argo CD for {0}")]
    NotObserved(EnvironmentName),
    /// What the environment has cannot be seen. Several items can have failed of one answer.
    #[error(transparent)]
    Delivery(Arc<DeliveryError>),
    /// What was deployed is not healthy.
    #[error(transparent)]
    Unhealthy(#[from] Unhealthy),
    /// Nothing was rendered.
    #[error(transparent)]
    Render(Arc<RenderError>),
    /// The run was asked to end.
    #[error("ended by {by} {}", if *is_pushed { "while it was being pushed" } else { "before it was done" })]
    Stopped {
        /// Who asked.
        by: Stop,
        /// Whether a push was on its way, of which it is not known what came.
        is_pushed: bool,
    },
}

/// Tells why what was deployed does not count as healthy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unhealthy {
    /// It runs, and does not get well.
    #[error("{target} is degraded: {words}")]
    Degraded {
        /// The environment and component.
        target: Target,
        /// What is degraded, in Argo CD's words.
        words: String,
    },
    /// It is not known to be healthy, and the time is up.
    #[error("{target} is not healthy after {} s: {reason}", took.as_secs())]
    TimeUp {
        /// The environment and component.
        target: Target,
        /// How long it was waited for.
        took: Duration,
        /// How far it was.
        reason: String,
    },
}

impl From<RegistryError> for Error {
    fn from(error: RegistryError) -> Self {
        Self::Registry(Arc::new(error))
    }
}

impl From<RepositoryError> for Error {
    fn from(error: RepositoryError) -> Self {
        Self::Repository(Arc::new(error))
    }
}

impl From<ApplicationError> for Error {
    fn from(error: ApplicationError) -> Self {
        Self::Application(Arc::new(error))
    }
}

impl From<RenderError> for Error {
    fn from(error: RenderError) -> Self {
        match error {
            // That one is the chart's, and not the repository's.
            RenderError::Repository(error) if !matches!(error, RepositoryError::NotAFile { .. }) => error.into(),
            error => Self::Render(Arc::new(error)),
        }
    }
}
