//! *deploy*: carry deployments out. Commit to the values files, report the statuses.

mod apply;
mod decide;
mod observe;
mod render;
mod settle;

use std::collections::BTreeSet;

use crate::deployment::{Deployment, DeploymentId, State};
use crate::name::EnvironmentName;
use crate::systems::{Error, Item, MAX_ATTEMPTS, Systems};

/// Which deployments to carry out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// These.
    Ids(Vec<DeploymentId>),
    /// These, as they were just read from the platform. They are read again, by their ids, after a lost race.
    Found(Vec<Deployment>),
    /// All that wait in this environment, or in every one.
    Pending(Option<EnvironmentName>),
}

/// Whether who runs it may waive that an image was verified. What a deployment says of a waiver is a claim, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authority {
    /// Automation: what waits is carried out.
    Automation,
    /// A person who has just asked for exactly this rollback.
    Person,
}

/// Carries deployments out, in one push: one commit for each that changes a values file.
///
/// Where a success is a healthy one it is waited for, as long as [`Systems::patience`].
///
/// Each deployment stands alone: what is refused or fails does not keep the others. On a lost race everything is
/// read and decided again, since a change is a key and a value, not a text.
///
/// # Errors
/// [`Error`] if nothing could be observed or reported at all; what came of each deployment is an [`Item`].
pub async fn deploy(systems: &Systems<'_>, selection: &Selection, dry_run: bool) -> Result<Vec<Item>, Error> {
    deploy_as(systems, selection, Authority::Automation, dry_run).await
}

pub(crate) async fn deploy_as(
    systems: &Systems<'_>,
    selection: &Selection,
    authority: Authority,
    dry_run: bool,
) -> Result<Vec<Item>, Error> {
    for attempt in 1.. {
        let observed = observe::observe(systems, selection, authority, attempt == 1).await?;
        let decisions = match systems.renderer {
            Some(renderer) => render::decide(systems, &observed, renderer).await?,
            None => decide::decide(systems, &observed, &decide::Vetoes::new()),
        };
        if dry_run {
            return Ok(decisions.into_iter().map(decide::Decision::into_planned_item).collect());
        }
        if let Some(applied) = apply::apply(systems, &observed, decisions, attempt == MAX_ATTEMPTS).await? {
            let apply::Applied { mut items, awaited } = applied;
            let waited: BTreeSet<DeploymentId> = awaited.iter().map(|awaited| awaited.key.id).collect();
            settle::settle(systems, &mut items, awaited).await?;
            // A tag may have moved while it was waited.
            let has_waited = |item: &&mut Item| item.id.is_some_and(|id| waited.contains(&id));
            let healthy = items.iter_mut().filter(|item| item.state == Some(State::Success)).filter(has_waited);
            apply::read_back(systems, &observed, healthy).await?;
            return Ok(items);
        }
        systems.clock.back_off(attempt).await;
    }
    Ok(Vec::new())
}
