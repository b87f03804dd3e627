//! What comes of edits once they are rendered.

use embark_core::{ImageChange, Reach, Reached, Unreached};
use serde::Serialize;

use crate::error::{Known, Queue, chain, hint_of, hint_of_refusal};

/// What the edit of a values file changes of what is rendered.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Rendered {
    /// The images that change.
    images: Vec<Image>,
    /// What else changes and may: labels, annotations, and names of resources that are made anew.
    also: Vec<String>,
    /// What else is to be known: what could not be compared, and what stays and may surprise.
    notes: Vec<String>,
}

/// An image that changes.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Image {
    /// The kind of the resource, e.g. `Deployment`.
    kind: String,
    /// Its namespace. `null` where the manifest says none.
    namespace: Option<String>,
    /// Its name.
    name: String,
    /// The container. `null` where the image is none's.
    container: Option<String>,
    /// Where the image stands in the resource.
    path: String,
    /// What stands there before. `null` where nothing was rendered before.
    before: Option<String>,
    /// What stands there then.
    after: String,
}

/// Where the edits of a component in an environment arrive.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Reaches {
    /// The environment.
    environment: String,
    /// The component.
    component: String,
    /// Whether they change its images and nothing else.
    ok: bool,
    /// What would change with an image that does not exist.
    rendered: Option<Rendered>,
    /// What is wrong.
    problem: Option<String>,
    /// What can be done about that.
    hint: Option<String>,
}

impl Rendered {
    pub(crate) fn of(reached: &Reached) -> Self {
        let image = |ImageChange { place, before, after }: &ImageChange| Image {
            kind: place.resource.kind.clone(),
            namespace: place.resource.namespace.clone(),
            name: place.resource.name.clone(),
            container: place.container.clone(),
            path: place.path.clone(),
            before: before.clone(),
            after: after.clone(),
        };
        Self {
            images: reached.images.iter().map(image).collect(),
            also: reached.also.clone(),
            notes: reached.notes.clone(),
        }
    }
}

impl Reaches {
    pub(crate) fn of(Reach { target, result }: &Reach, queue: &Queue) -> Self {
        let (problem, hint) = match result {
            Ok(_) => (None, None),
            Err(Unreached::Refused(refusal)) => {
                (Some(refusal.to_string()), hint_of_refusal(refusal, Known::queue(queue)))
            }
            Err(Unreached::Failed(error)) => (Some(chain(error)), Some(hint_of(error, queue))),
        };
        Self {
            environment: target.environment.to_string(),
            component: target.component.to_string(),
            ok: result.is_ok(),
            rendered: result.as_ref().ok().map(Rendered::of),
            problem,
            hint,
        }
    }

    pub(crate) fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}
