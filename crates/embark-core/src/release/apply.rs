//! What a release writes: tags first, then deployments.

use futures::future::join_all;

use super::ReleaseRequest;
use super::decide::{Plan, Step, Wish};
use crate::commit::Revision;
use crate::deployment::{Deployment, NewStatus, State};
use crate::error::Error;
use crate::image::ImageReference;
use crate::item::{Item, ItemOutcome};
use crate::lane::History;
use crate::name::Target;
use crate::new_deployment::Run;
use crate::referrers;
use crate::systems::Systems;

pub(super) async fn apply(
    systems: &Systems<'_>,
    request: &ReleaseRequest,
    tip: &Revision,
    plans: Vec<Plan>,
) -> Result<Vec<Item>, Error> {
    let steps = plans.into_iter().filter_map(|plan| Some((plan.target, plan.source, plan.verdict.ok()?)));
    let steps: Vec<(Target, ImageReference, Step)> = steps.collect();
    let tags = steps
        .iter()
        .filter_map(|(target, source, step)| Some((target, &source.repository, (&step.manifest, step.free.as_ref()?))));
    let written = tags.map(|(target, source, wanted)| {
        referrers::tag(systems.registry, systems.pipeline, &target.component, source, wanted)
    });
    join_all(written).await.into_iter().collect::<Result<Vec<()>, _>>()?;
    let run = Run::new(systems, tip, steps.iter().find_map(|(_, _, step)| step.begun(&request.commit)));
    let created = steps.iter().filter(|(_, _, step)| matches!(step.deployment, Wish::Create(_)));
    let new: Vec<_> = created.map(|(target, _, step)| run.release(target, &step.image, &request.commit)).collect();
    let created = if new.is_empty() { Vec::new() } else { systems.platform.create(new).await? };
    let mut created = look_again(systems, created).await?;
    Ok(steps
        .into_iter()
        .map(|(target, _, step)| match step.deployment {
            Wish::Create(unknown) => match created.iter().position(|item| item.target == target) {
                Some(at) => {
                    let item = created.swap_remove(at);
                    Item { reason: item.reason.or(unknown), ..item }
                }
                None => Wish::Create(unknown).into_item(&target, &step.image, ItemOutcome::Done),
            },
            wish => {
                let outcome = if step.free.is_some() { ItemOutcome::Done } else { ItemOutcome::Unchanged };
                wish.into_item(&target, &step.image, outcome)
            }
        })
        .collect())
}

/// Closes what was created, if a newer deployment is there by now: of two that look first and create then, one would
/// else end below the other.
pub(crate) async fn look_again(systems: &Systems<'_>, created: Vec<Deployment>) -> Result<Vec<Item>, Error> {
    if created.is_empty() {
        return Ok(Vec::new());
    }
    let targets = created.iter().map(|deployment| deployment.record.target.clone()).collect();
    let lanes = systems.lanes(targets).await?;
    let mut items = Vec::new();
    let mut closed = Vec::new();
    for deployment in created {
        let target = &deployment.record.target;
        // Where only what is proven comes, one that waits may be anybody's: deploy closes what it proves to be older.
        let is_open = systems.environment(&target.environment)?.promotes_from.is_none();
        let may_be_newer =
            |other: &Deployment| is_open || !other.is_pending() || other.record.id == deployment.record.id;
        let lane = lanes.get(target).map(|lane| lane.filtered(may_be_newer)).unwrap_or_default();
        let mut history = History::default();
        history.ask(systems.application, lane.questions(None)).await?;
        // What another process has closed meanwhile is in no lane, and says itself why.
        let is_there = lane.deployments().iter().any(|other| other.key() == deployment.key());
        let newer = lane.newest(&history).filter(|newest| is_there && newest.record.id != deployment.record.id);
        let item = Item::of(&deployment, ItemOutcome::Done);
        items.push(match newer {
            Some(newer) if deployment.is_pending() => {
                let reason = format!("superseded by {} of {}", newer.record.id, newer.record.image.tag);
                closed.push((deployment.key(), NewStatus::new(State::Inactive, &reason)));
                Item { outcome: ItemOutcome::Unchanged, ..item }.in_state(State::Inactive).because(reason)
            }
            _ => item,
        });
    }
    if !closed.is_empty() {
        systems.platform.append(closed).await?;
    }
    Ok(items)
}
