//! *rollback*: go back to what ran before, and leave it alone until a person resumes it.

mod decide;
mod observe;

use futures::future::try_join_all;

pub(crate) use self::decide::Wish;
pub(crate) use self::observe::before_embark;
use crate::deploy::{Authority, Selection, deploy_as};
use crate::deployment::{Deployment, DeploymentId};
use crate::error::Error;
use crate::image::{Image, Tag};
use crate::item::{Item, ItemOutcome};
use crate::name::{ComponentName, EnvironmentName};
use crate::new_deployment::Run;
use crate::ports::ImageRegistryExt as _;
use crate::refusal::Refusal;
use crate::systems::Systems;
use crate::values_file;

/// What to roll back, and to what.
#[derive(Debug, Clone)]
pub struct RollbackRequest {
    /// The environment.
    pub environment: EnvironmentName,
    /// The component; without one, those of the newest run.
    pub component: Option<ComponentName>,
    /// To what; without it, to what ran before.
    pub to: Option<RollbackTo>,
    /// Why.
    pub reason: Option<String>,
    /// Whether automation leaves the component alone afterwards.
    pub hold: bool,
    /// Whether it may go to what was never verified; a reason must be given then.
    pub unverified: bool,
    /// Whether to stop after the decision.
    pub dry_run: bool,
}

impl RollbackRequest {
    /// Asks to undo the newest run of `environment`, and to hold what goes back.
    pub fn new(environment: EnvironmentName) -> Self {
        Self { environment, component: None, to: None, reason: None, hold: true, unverified: false, dry_run: false }
    }
}

/// To what a rollback goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollbackTo {
    /// The newest deployment with this tag.
    Tag(Tag),
    /// This deployment.
    Deployment(DeploymentId),
}

/// Rolls back, with one commit for each component that names the earlier image and holds the component.
///
/// A rollback that has begun is finished, and one that is done is not done again. Nothing is written if one component is
/// refused.
///
/// # Errors
/// [`Error`] if a system failed; what a rule refuses is an [`Item`].
pub async fn rollback(systems: &Systems<'_>, request: &RollbackRequest) -> Result<Vec<Item>, Error> {
    let environment = systems.environment(&request.environment)?;
    let components = systems.components(request.component.as_slice())?;
    let observed = observe::observe(systems, request, environment, &components).await?;
    let mut plans: Vec<decide::Plan> = observed.components.iter().map(|seen| decide::decide(request, seen)).collect();
    refuse_what_moved(systems, &mut plans).await?;
    if let Some(refused) = plans.iter().find(|plan| plan.verdict.is_err()) {
        let sibling = refused.target.component.clone();
        return Ok(plans.into_iter().map(|plan| plan.into_refused_item(&sibling)).collect());
    }
    let named = plans.iter().filter_map(|plan| {
        let component = systems.pipeline.component(&plan.target.component)?;
        Some((component, &plan.wish()?.image))
    });
    values_file::can_name(&environment.values_file, &observed.values, named)?;
    if plans.iter().any(|plan| plan.wish().is_some() || plan.begun().is_some()) {
        systems.repository.can_commit().await?;
    }
    if request.dry_run {
        return Ok(plans.into_iter().map(|plan| plan.into_item(ItemOutcome::Planned)).collect());
    }
    let run = Run::new(systems, &observed.tip, plans.iter().find_map(decide::Plan::begun));
    let wishes = plans.iter().filter_map(|plan| Some((&plan.target, plan.wish()?)));
    let new: Vec<_> = wishes.map(|(target, wish)| run.rollback(target, wish)).collect();
    let created = if new.is_empty() { Vec::new() } else { systems.platform.create(new).await? };
    let begun = plans.iter().filter_map(decide::Plan::begun).cloned();
    // These and no others: by its id, one that somebody has copied to another component would be carried out as well.
    let asked_for: Vec<Deployment> = created.into_iter().chain(begun).collect();
    let mut carried_out = if asked_for.is_empty() {
        Vec::new()
    } else {
        deploy_as(systems, &Selection::Found(asked_for), Authority::Person, false).await?
    };
    let item = |plan: decide::Plan| match carried_out.iter().position(|item| item.target == plan.target) {
        Some(at) => carried_out.swap_remove(at),
        None => plan.into_item(ItemOutcome::Unchanged),
    };
    Ok(plans.into_iter().map(item).collect())
}

/// Refuses what is gone from the registry, or has another digest there by now, before anything is written for another one.
async fn refuse_what_moved(systems: &Systems<'_>, plans: &mut [decide::Plan]) -> Result<(), Error> {
    let looks = plans.iter().map(|plan| async {
        let Some(Image { repository, tag, digest: recorded }) = plan.wish().map(|wish| wish.image.clone()) else {
            return Ok(None);
        };
        match systems.registry.resolve_expected(&repository, &tag, &recorded).await {
            Ok(found) if found == recorded => Ok(None),
            Ok(found) => Ok(Some(Refusal::TagMoved { repository, tag, recorded, found })),
            Err(error) if error.is_absent() => {
                Ok(Some(Refusal::ImageMissing(Image { repository, tag, digest: recorded }.by_tag())))
            }
            Err(error) => Err(Error::from(error)),
        }
    });
    for (refusal, plan) in try_join_all(looks).await?.into_iter().zip(plans) {
        if let Some(refusal) = refusal {
            plan.verdict = Err(refusal);
        }
    }
    Ok(())
}
