//! Whether the invariant holds.

use embark_core::{Check, Verdict, VerifyEvidence};
use serde::Serialize;

use super::delivery::Delivery;
use super::hold::Hold;

/// Whether the invariant holds for one component.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, schemars(rename = "Check"))]
pub(crate) struct VerifyCheck {
    /// The component.
    component: String,
    /// The environment that was checked.
    environment: String,
    /// The environment from which it promotes.
    from: String,
    /// The repository of the image, without tag.
    image: String,
    /// The tag that the values file names.
    tag: Option<String>,
    /// The digest that the registry has under it now.
    digest: Option<String>,
    /// The digest that is recorded for what the file names.
    recorded_digest: Option<String>,
    /// Whether the invariant holds; `null` where that is unknown.
    holds: Option<bool>,
    /// Whether the environment before runs the same digest.
    in_step: Option<bool>,
    /// What proves it.
    evidence: Option<Evidence>,
    /// Whether automation leaves it alone.
    held: bool,
    /// Why, if it does.
    hold: Option<Hold>,
    /// Why it holds, or does not.
    reason: String,
    /// What Argo CD has brought to the environment; `null` where `argocd` names no application, or it cannot be seen.
    delivery: Option<Delivery>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Evidence {
    /// `trailers` of a commit, the `deployment` on record or a digest that the file pins, or what the `tag-now` names.
    kind: &'static str,
    /// The deployment that brought the image.
    deployment: Option<String>,
    /// Its commit.
    commit: Option<String>,
    /// The deployment of the environment before that verified it.
    source_deployment: Option<String>,
    /// The commit of that one.
    source_commit: Option<String>,
    /// When that one succeeded.
    verified_at: Option<String>,
}

impl Evidence {
    pub(super) fn of(evidence: &VerifyEvidence) -> Self {
        Self {
            kind: evidence.kind.as_str(),
            deployment: evidence.deployment.map(|id| id.to_string()),
            commit: evidence.commit.as_ref().map(ToString::to_string),
            source_deployment: evidence.source_deployment.map(|id| id.to_string()),
            source_commit: evidence.source_commit.as_ref().map(ToString::to_string),
            verified_at: evidence.verified_at.map(|at| at.to_string()),
        }
    }
}

/// Returns what `holds` says of a verdict.
pub(super) fn holds(verdict: Verdict) -> Option<bool> {
    match verdict {
        Verdict::Holds => Some(true),
        Verdict::Broken => Some(false),
        Verdict::Unknown => None,
    }
}

impl VerifyCheck {
    pub(crate) fn of(check: &Check) -> Self {
        Self {
            component: check.component.to_string(),
            environment: check.environment.to_string(),
            from: check.from.to_string(),
            image: check.image.to_string(),
            tag: check.tag.as_ref().map(ToString::to_string),
            digest: check.digest.as_ref().map(ToString::to_string),
            recorded_digest: check.recorded_digest.as_ref().map(ToString::to_string),
            holds: holds(check.verdict),
            in_step: check.in_step,
            evidence: check.evidence.as_ref().map(Evidence::of),
            held: check.hold.is_some(),
            hold: check.hold.as_ref().map(Hold::of),
            reason: check.reason.clone(),
            delivery: check.delivery.as_ref().and_then(|seen| seen.as_ref().ok()).map(Delivery::of),
        }
    }
}
