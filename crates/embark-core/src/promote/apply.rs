//! What a promotion writes: tags first, then deployments.

use futures::future::join_all;

use super::PromoteRequest;
use super::decide::{Plan, Step};
use super::observe::Observed;
use crate::error::Error;
use crate::item::{Item, ItemOutcome};
use crate::name::Target;
use crate::new_deployment::Run;
use crate::referrers;
use crate::release::look_again;
use crate::systems::Systems;

pub(super) async fn apply(
    systems: &Systems<'_>,
    request: &PromoteRequest,
    observed: &Observed,
    plans: Vec<Plan>,
) -> Result<Vec<Item>, Error> {
    let steps: Vec<(Target, Step)> =
        plans.into_iter().filter_map(|plan| Some((plan.target, plan.verdict.ok()?))).collect();
    let tags = steps.iter().filter_map(|(target, step)| {
        let (verified, manifest) = step.verified.as_ref()?;
        Some((target, &verified.image().repository, (manifest, step.free.as_ref()?)))
    });
    let written = tags.map(|(target, source, wanted)| {
        referrers::tag(systems.registry, systems.pipeline, &target.component, source, wanted)
    });
    join_all(written).await.into_iter().collect::<Result<Vec<()>, _>>()?;
    let run = Run::new(systems, &observed.tip, steps.iter().find_map(|(_, step)| step.begun()));
    let new = steps.iter().filter(|(_, step)| step.existing.is_none()).filter_map(|(target, step)| {
        let (verified, _) = step.verified.as_ref()?;
        let name = (step.image.repository.clone(), step.image.tag.clone());
        Some(run.promotion(target, verified, name, request))
    });
    let new: Vec<_> = new.collect();
    let created = if new.is_empty() { Vec::new() } else { systems.platform.create(new).await? };
    let mut created = look_again(systems, created).await?;
    let item = |(target, step): (Target, Step)| {
        if let Some(at) = created.iter().position(|item| item.target == target) {
            let item = created.swap_remove(at);
            return Item { reason: item.reason.or(step.assumed), rendered: step.rendered, ..item };
        }
        let outcome = if step.free.is_some() { ItemOutcome::Done } else { ItemOutcome::Unchanged };
        step.into_item(&target, outcome)
    };
    Ok(steps.into_iter().map(item).collect())
}
