//! What a commit brought, and what bears it out.

use serde::Serialize;

use super::check::{Evidence, holds};

/// One change of the image that an environment names.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Audited {
    /// The commit of the deployment repo that made it.
    commit: String,
    /// When it was committed.
    at: String,
    /// The name of its author.
    author: String,
    /// The environment.
    environment: String,
    /// The environment from which it promotes.
    from: String,
    /// The component.
    component: String,
    /// The repository of the image, without tag.
    image: String,
    /// The tag that the values file names.
    tag: Option<String>,
    /// The digest that is recorded or pinned, else what the tag names now.
    digest: Option<String>,
    /// Whether the environment before had verified it by then; `null` where that is unknown.
    holds: Option<bool>,
    /// What proves it.
    evidence: Option<Evidence>,
    /// Why it holds, or does not.
    reason: String,
}

impl Audited {
    pub(crate) fn of(change: &embark_core::Audited) -> Self {
        Self {
            commit: change.commit.to_string(),
            at: change.at.to_string(),
            author: change.author.clone(),
            environment: change.environment.to_string(),
            from: change.from.to_string(),
            component: change.component.to_string(),
            image: change.image.to_string(),
            tag: change.tag.as_ref().map(ToString::to_string),
            digest: change.digest.as_ref().map(ToString::to_string),
            holds: holds(change.verdict),
            evidence: change.evidence.as_ref().map(Evidence::of),
            reason: change.reason.clone(),
        }
    }
}
