//! *release*: give built images their version tag, and create the deployments.

mod apply;
mod decide;
mod observe;

use std::collections::BTreeMap;

pub(crate) use apply::look_again;

use crate::commit::Commit;
use crate::error::Error;
use crate::image::ImageReference;
use crate::item::Item;
use crate::name::{ComponentName, EnvironmentName, Target};
use crate::pipeline::Component;
use crate::refusal::Refusal;
use crate::systems::Systems;
use crate::values_file;

/// What to release.
#[derive(Debug, Clone)]
pub struct ReleaseRequest {
    /// The environment: one that promotes from no other.
    pub environment: EnvironmentName,
    /// The application's commit, which becomes the version tag.
    pub commit: Commit,
    /// The components; all of them if none is named.
    pub components: Vec<ComponentName>,
    /// Built images that are not under their version tag yet.
    pub images: BTreeMap<ComponentName, ImageReference>,
    /// Whether to create deployments for images that have not changed, too.
    pub all: bool,
    /// Whether to stop after the decision.
    pub dry_run: bool,
}

impl ReleaseRequest {
    /// Asks for all components of `commit`, whose images are under their version tag already.
    pub fn new(environment: EnvironmentName, commit: Commit) -> Self {
        let (components, images) = (Vec::new(), BTreeMap::new());
        Self { environment, commit, components, images, all: false, dry_run: false }
    }
}

/// Releases images to an environment. Nothing is written if one component is refused.
///
/// # Errors
/// [`Error`] if a system failed; what a rule refuses is an [`Item`].
pub async fn release(systems: &Systems<'_>, request: &ReleaseRequest) -> Result<Vec<Item>, Error> {
    let environment = systems.environment(&request.environment)?;
    let components = systems.components(&request.components)?;
    if let Some(name) = request.images.keys().find(|name| systems.pipeline.component(name).is_none()) {
        return Err(Error::UnknownComponent(name.clone()));
    }
    if let Some(from) = &environment.promotes_from {
        let refusal = Refusal::NoWayAround { environment: environment.name.clone(), from: from.clone() };
        let refuse =
            |component: &&Component| Item::refused(&Target::new(&environment.name, &component.name), refusal.clone());
        return Ok(components.iter().map(refuse).collect());
    }
    let observed = observe::observe(systems, request, environment, &components).await?;
    let plans = decide::decide(request, observed.components);
    if plans.iter().any(|plan| plan.verdict.is_err()) {
        return Ok(decide::into_refused_items(plans));
    }
    let named = plans.iter().zip(&components).filter_map(|(plan, component)| Some((*component, plan.named()?)));
    values_file::can_name(&environment.values_file, &observed.values, named)?;
    if plans.iter().any(decide::Plan::writes) {
        systems.repository.can_commit().await?;
    }
    if request.dry_run {
        return Ok(plans.into_iter().map(decide::Plan::into_planned_item).collect());
    }
    apply::apply(systems, request, &observed.tip, plans).await
}
