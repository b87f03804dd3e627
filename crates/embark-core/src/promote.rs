//! *promote*: give what an environment has verified the next environment's version tag, and create the deployments.

mod apply;
mod choose;
mod decide;
mod observe;
mod render;

use crate::commit::Commit;
use crate::error::Error;
use crate::image::Tag;
use crate::item::Item;
use crate::name::{ComponentName, EnvironmentName};
use crate::pipeline::TagKind;
use crate::record::Waiver;
use crate::systems::Systems;
use crate::values_file;
use crate::version::AppVersion;

/// What to promote.
#[derive(Debug, Clone)]
pub struct PromoteRequest {
    /// The environment to which; it promotes from another.
    pub environment: EnvironmentName,
    /// The application's version, where that is what the environment names images by.
    pub version: Option<AppVersion>,
    /// The release's commit. Without one, what the source environment runs is meant.
    pub commit: Option<Commit>,
    /// The components; all of them if none is named.
    pub components: Vec<ComponentName>,
    /// Whether to create deployments for images that have not changed, too.
    pub all: bool,
    /// Which requirements are waived for a hotfix, and why; never that the digest ran in the source environment.
    pub waived: Option<Waiver>,
    /// Whether to stop after the decision.
    pub dry_run: bool,
}

impl PromoteRequest {
    /// Asks for all that the source environment of `environment` runs, with nothing waived.
    pub fn new(environment: EnvironmentName) -> Self {
        Self {
            environment,
            version: None,
            commit: None,
            components: Vec::new(),
            all: false,
            waived: None,
            dry_run: false,
        }
    }
}

/// Promotes what the source environment has verified. Nothing is written if one component is refused.
///
/// A promotion that has begun, because its version tag is there for one component, is finished from the deployments
/// with which it began, although the source environment may have moved on.
///
/// # Errors
/// [`Error`] if a system failed; what a rule refuses is an [`Item`].
pub async fn promote(systems: &Systems<'_>, request: &PromoteRequest) -> Result<Vec<Item>, Error> {
    let environment = systems.environment(&request.environment)?;
    let source = environment
        .promotes_from
        .as_ref()
        .and_then(|name| systems.pipeline.environment(name))
        .ok_or_else(|| Error::NoSource(environment.name.clone()))?;
    let components = systems.components(&request.components)?;
    let version_tag = match environment.tag {
        TagKind::Commit => None,
        TagKind::Version => Some(version_tag(systems, request)?),
    };
    let scope = Scope { environment, source, components, version_tag };
    let observed = observe::observe(systems, request, &scope).await?;
    let mut plans = decide::decide(systems, request, &scope, &observed);
    let is_refused = plans.iter().any(|plan| plan.refusal().is_some());
    if let Some(renderer) = systems.renderer.filter(|_| !is_refused) {
        render::look(renderer, systems.pipeline, &scope, &observed, &mut plans).await?;
    }
    if plans.iter().any(|plan| plan.refusal().is_some()) {
        return Ok(decide::into_refused_items(observe::find_hand_edits(systems, plans).await?));
    }
    let named = plans.iter().zip(&scope.components).filter_map(|(plan, component)| Some((*component, plan.named()?)));
    values_file::can_name(&environment.values_file, &observed.values, named)?;
    if plans.iter().any(decide::Plan::writes) {
        systems.repository.can_commit().await?;
    }
    if request.dry_run {
        return Ok(plans.into_iter().map(decide::Plan::into_planned_item).collect());
    }
    apply::apply(systems, request, &observed, plans).await
}

/// The environments, components and version tag of one promotion.
struct Scope<'a> {
    environment: &'a crate::pipeline::Environment,
    source: &'a crate::pipeline::Environment,
    components: Vec<&'a crate::pipeline::Component>,
    /// `None` where images are named by commit: they keep the tag that they have.
    version_tag: Option<Tag>,
}

fn version_tag(systems: &Systems<'_>, request: &PromoteRequest) -> Result<Tag, Error> {
    let version = request.version.as_ref().ok_or_else(|| Error::NoVersion(request.environment.clone()))?;
    Ok(systems.pipeline.version_format().tag(version)?)
}
