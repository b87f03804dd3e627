//! *deploy*: carry deployments out. Commit to the values files, report the statuses.

mod apply;
mod carried_out;
mod decide;
mod observe;
mod queue;
mod render;
mod settle;

use std::collections::BTreeSet;

use futures::FutureExt as _;

use self::apply::Ended;
use self::queue::Queue;
use crate::deployment::{Deployment, DeploymentId, DeploymentKey, State};
use crate::error::Error;
use crate::item::Item;
use crate::name::EnvironmentName;
use crate::systems::{MAX_ATTEMPTS, Systems};

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

/// Carries deployments out: one commit for each that changes a values file, and one push for [many](Systems::batch).
///
/// Where a success is a healthy one it is waited for, as long as [`Systems::patience`].
///
/// Each deployment stands alone: what is refused or fails does not keep the others. On a lost race everything that is to
/// be pushed is read and decided again, since a change is a key and a value, not a text.
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
    let mut queue = Queue::new(selection);
    let (mut items, mut awaited) = (Vec::new(), Vec::new());
    loop {
        let turn = match turn(systems, &mut queue, authority, dry_run).await {
            Ok(turn) => turn,
            Err(error) if queue.is_whole() => return Err(error),
            // What was pushed is told all the same.
            Err(error) => {
                items.extend(queue.left_by(Some(error)));
                break;
            }
        };
        items.extend(turn.items);
        awaited.extend(turn.awaited);
        if queue.waiting.is_empty() {
            break;
        }
        match turn.ended {
            Some(Ended::Unpushed(unpushed)) => {
                items.extend(queue.left_for(|| unpushed.error(false)));
                break;
            }
            Some(Ended::Unreported) => {
                items.extend(queue.left_by(None));
                break;
            }
            None => {}
        }
        if let Some(by) = systems.clock.stopped().now_or_never() {
            items.extend(queue.left_for(|| Error::Stopped { by, is_pushed: false }));
            break;
        }
    }
    let waited: Vec<DeploymentKey> = awaited.iter().map(|awaited| awaited.key.clone()).collect();
    settle::settle(systems, &mut items, awaited).await;
    // A tag may have moved during the wait.
    let ids: BTreeSet<DeploymentId> = waited.iter().map(|key| key.id).collect();
    let has_waited = |item: &&mut Item| item.id.is_some_and(|id| ids.contains(&id));
    let healthy = items.iter_mut().filter(|item| item.state == Some(State::Success)).filter(has_waited);
    apply::read_back(systems, &waited, healthy).await;
    Ok(items)
}

/// Carries out the next batch of those that wait, and takes it from the queue.
async fn turn(
    systems: &Systems<'_>,
    queue: &mut Queue<'_>,
    authority: Authority,
    dry_run: bool,
) -> Result<apply::Applied, Error> {
    let mut attempt = 1;
    loop {
        let observed = observe::observe(systems, queue, authority, attempt == 1).await?;
        let decisions = match systems.renderer {
            Some(renderer) => render::decide(systems, &observed, renderer).await?,
            None => decide::decide(systems, &observed, &decide::Vetoes::new()),
        };
        let applied = if dry_run {
            let items = decisions.into_iter().map(decide::Decision::into_planned_item).collect();
            Some(apply::Applied::planned(items, observed.snapshot.tip.clone()))
        } else {
            apply::apply(systems, &observed, decisions, attempt == MAX_ATTEMPTS, queue.is_whole()).await?
        };
        if let Some(applied) = applied {
            queue.go_on(observed.deployments.len(), applied.tip.clone(), observed.committed);
            return Ok(applied);
        }
        systems.clock.back_off(attempt).await;
        attempt += 1;
    }
}
