//! The ports: what the use cases ask of the outside world. Each doc comment is the contract, and
//! `testing::contract` (feature `test-support`) holds every adapter and every fake to it.

use std::time::Duration;

mod application_repository;
mod clock;
mod delivery;
mod deployment_platform;
mod deployment_repository;
mod image_registry;
mod release_platform;
mod renderer;
mod signing;

pub use application_repository::{Ancestry, ApplicationError, ApplicationRepository, FirstKnown};
pub use clock::{Clock, Stop};
pub use delivery::{Delivery, DeliveryError};
pub use deployment_platform::{DeploymentPlatform, PlatformError};
pub use deployment_repository::{
    BranchCommit, CarriedOut, Change, Committed, DeploymentRepository, Folder, LogEntry, LogQuery, PastFiles,
    RepositoryError, Snapshot,
};
pub use image_registry::{FreeTag, ImageRegistry, ImageRegistryExt, RegistryError, TagState};
pub use release_platform::{
    BranchTip, NewRelease, PullRequest, PullRequestText, ReleaseError, ReleasePlatform, Tagged,
};
pub use renderer::{RenderError, Renderer, Rendering};
pub use signing::SigningError;

#[cfg(feature = "test-support")]
pub use {
    application_repository::MockApplicationRepository, clock::MockClock, delivery::MockDelivery,
    deployment_platform::MockDeploymentPlatform, deployment_repository::MockDeploymentRepository,
    image_registry::MockImageRegistry, release_platform::MockReleasePlatform, renderer::MockRenderer,
};

/// Says how long to wait, where it was told.
fn wait(retry_after: Option<Duration>) -> String {
    retry_after.map(|wait| format!(": wait for {} s", wait.as_secs().max(1))).unwrap_or_default()
}

/// Any error, as the source of another.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
