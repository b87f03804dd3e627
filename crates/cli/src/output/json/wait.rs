//! What was waited for.

use serde::Serialize;

use super::delivery::Delivery;

/// What was waited for, and how that ended.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Waited {
    /// The environment.
    environment: String,
    /// The component.
    component: String,
    /// The deployment that brought what should run.
    deployment: String,
    /// Its commit.
    commit: String,
    /// The repository of the image, without tag.
    image: String,
    /// The version tag.
    tag: String,
    /// The digest of the image.
    digest: String,
    /// `healthy`; `degraded`; `waiting`, where the time was up; `superseded` by another deployment.
    state: &'static str,
    /// What Argo CD told last; `null` where it could not be asked.
    delivery: Option<Delivery>,
    /// How long it took, in seconds.
    seconds: u64,
    /// Why it is so.
    reason: String,
}

impl Waited {
    pub(crate) fn of(waited: &embark_core::Waited) -> Self {
        let embark_core::Waited { target, deployment, commit, image, state, delivered, took, reason } = waited;
        Self {
            environment: target.environment.to_string(),
            component: target.component.to_string(),
            deployment: deployment.to_string(),
            commit: commit.to_string(),
            image: image.repository.to_string(),
            tag: image.tag.to_string(),
            digest: image.digest.to_string(),
            state: state.as_str(),
            delivery: delivered.as_ref().map(Delivery::of),
            seconds: took.as_secs(),
            reason: reason.clone(),
        }
    }
}
