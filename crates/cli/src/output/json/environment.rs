//! What the environments have.

use serde::Serialize;

use super::delivery::Delivery;
use super::hold::Hold;

/// What an environment has.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Environment {
    /// Its name.
    name: String,
    /// One for each component.
    components: Vec<Component>,
    /// What Argo CD has brought there; `null` where `argocd` names no application, or it cannot be seen.
    delivery: Option<Delivery>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Component {
    /// Its name.
    name: String,
    /// The repository of its image, without tag.
    image: String,
    /// The tag that the values file names.
    tag: Option<String>,
    /// The digest that the registry has under it now.
    digest: Option<String>,
    /// The deployment that brought it.
    deployment: Option<String>,
    /// The commit of that deployment.
    commit: Option<String>,
    /// When that deployment succeeded.
    since: Option<String>,
    /// Who started it.
    by: Option<String>,
    /// Whether file, record and registry agree, and the environment before runs the same digest.
    in_step: Option<bool>,
    /// Whether automation leaves it alone.
    held: bool,
    /// Why, if it does.
    hold: Option<Hold>,
    /// The ids of the deployments that wait.
    pending: Vec<String>,
}

impl Environment {
    pub(crate) fn of(environment: &embark_core::EnvironmentStatus) -> Self {
        let component = |component: &embark_core::ComponentStatus| Component {
            name: component.name.to_string(),
            image: component.image.to_string(),
            tag: component.tag.as_ref().map(ToString::to_string),
            digest: component.digest.as_ref().map(ToString::to_string),
            deployment: component.deployment.map(|id| id.to_string()),
            commit: component.commit.as_ref().map(ToString::to_string),
            since: component.since.map(|since| since.to_string()),
            by: component.by.clone(),
            in_step: component.in_step,
            held: component.hold.is_some(),
            hold: component.hold.as_ref().map(Hold::of),
            pending: component.pending.iter().map(ToString::to_string).collect(),
        };
        Self {
            name: environment.name.to_string(),
            components: environment.components.iter().map(component).collect(),
            delivery: environment.delivery.as_ref().and_then(|seen| seen.as_ref().ok()).map(Delivery::of),
        }
    }
}
