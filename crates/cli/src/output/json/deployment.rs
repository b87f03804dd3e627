//! What came of a deployment.

use embark_core::{Item, ItemOutcome};
use serde::Serialize;

use super::Rendered;

/// A deployment, or the wish for one.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Deployment {
    /// Its id, a ULID. `null` where none was created.
    id: Option<String>,
    /// The environment.
    environment: String,
    /// The component.
    component: String,
    /// The repository of the image, without tag.
    image: Option<String>,
    /// The version tag.
    tag: Option<String>,
    /// The digest of the image.
    digest: Option<String>,
    /// `queued`, `pending`, `in_progress`, `success`, `failure`, `error` or `inactive`, as GitHub has them;
    /// `planned` in a dry run.
    state: Option<String>,
    /// The commit in the deployment repo that carried it out.
    commit: Option<String>,
    /// What the edit of the values file changes of what is rendered. `null` without `--render`, and where nothing was
    /// rendered.
    rendered: Option<Rendered>,
    /// What there is to say of it: why it was refused, say.
    reason: Option<String>,
    /// What can be done about that.
    hint: Option<String>,
}

impl Deployment {
    pub(crate) fn of(item: &Item, queue: &crate::error::Queue) -> Self {
        let planned = matches!(item.outcome, ItemOutcome::Planned);
        Self {
            id: item.id.map(|id| id.to_string()),
            environment: item.target.environment.to_string(),
            component: item.target.component.to_string(),
            image: item.repository.as_ref().map(ToString::to_string),
            tag: item.tag.as_ref().map(ToString::to_string),
            digest: item.digest.as_ref().map(ToString::to_string),
            state: if planned { Some("planned".into()) } else { item.state.map(|state| state.to_string()) },
            commit: item.commit.as_ref().map(ToString::to_string),
            rendered: item.rendered.as_ref().map(Rendered::of),
            reason: item.reason.clone(),
            hint: crate::output::hint(item, queue),
        }
    }
}
