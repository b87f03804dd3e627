//! Where a success is a healthy one: waits, after the push, until what was committed runs.

use std::time::Duration;

use super::apply::tell_unreported;
use crate::deployment::{DeploymentKey, NewStatus, State};
use crate::error::{Error, Unhealthy};
use crate::item::{Item, ItemOutcome};
use crate::name::Target;
use crate::systems::Systems;
use crate::text::chain;
use crate::wait::{End, Wanted, Watch};

/// A deployment that was committed and is a success once it is healthy.
pub(super) struct Awaited {
    pub(super) key: DeploymentKey,
    pub(super) wanted: Wanted,
    /// What is reported then.
    pub(super) success: NewStatus,
}

/// Waits for all of them together, and reports each as soon as it has come to its end. What is still on its way when the
/// time is up, or the run is asked to end, stays in progress: the next run finds its commit, and goes on. So does what cannot be
/// reported, or looked at: what was carried out is told all the same.
pub(super) async fn settle(systems: &Systems<'_>, items: &mut [Item], awaited: Vec<Awaited>) {
    let mut open = Vec::new();
    for awaited in awaited {
        let Some(item) = item_of(items, &awaited.key) else { continue };
        // One whose tag has moved meanwhile has failed already.
        if !matches!(item.outcome, ItemOutcome::Done) {
            continue;
        }
        match systems.observing(&awaited.key.target.environment) {
            Ok(_) => open.push(awaited),
            Err(error) => fail(item, error),
        }
    }
    let mut watch = Watch::new(systems, open.iter().map(|awaited| awaited.wanted.clone()).collect());
    while !watch.is_over() {
        let mut statuses = Vec::new();
        let ends = match watch.poll().await {
            Ok(ends) => ends,
            Err(error) => {
                let mut error = Some(error);
                for awaited in open.iter().filter(|awaited| watch.is_waiting_for(&awaited.wanted)) {
                    let Some(item) = item_of(items, &awaited.key) else { continue };
                    match error.take() {
                        Some(error) => fail(item, error),
                        None => {
                            item.reason = Some("it is in progress: the run has ended before it was healthy".into());
                            item.outcome = ItemOutcome::Unchanged;
                        }
                    }
                }
                return;
            }
        };
        for (wanted, end) in ends {
            let Some(awaited) = open.iter().find(|awaited| awaited.wanted == wanted) else { continue };
            let Some(item) = item_of(items, &awaited.key) else { continue };
            let status = ended(item, end, &awaited.success, watch.took());
            let is_failure = status.as_ref().is_some_and(|status| status.state() == State::Failure);
            // Another process has seen it in good health meanwhile: that it got worse since then withdraws nothing.
            if is_failure && has_run(systems, &awaited.key).await {
                item.state = Some(State::Success);
                continue;
            }
            statuses.extend(status.map(|status| (awaited.key.clone(), status)));
        }
        let ended: Vec<DeploymentKey> = statuses.iter().map(|(key, _)| key.clone()).collect();
        if !statuses.is_empty()
            && let Err(error) = systems.platform.append(statuses).await
        {
            let untold = items.iter_mut().filter(|item| ended.iter().any(|key| is_of(item, key)));
            tell_unreported(untold.map(|item| (item, Some(State::InProgress))), error.into());
        }
        let Some(by) = watch.pause().await else { continue };
        for awaited in open.iter().filter(|awaited| watch.is_waiting_for(&awaited.wanted)) {
            if let Some(item) = item_of(items, &awaited.key) {
                fail(item, Error::Stopped { by, is_pushed: false });
            }
        }
        return;
    }
}

async fn has_run(systems: &Systems<'_>, key: &DeploymentKey) -> bool {
    let found = systems.platform.get(vec![key.id]).await.unwrap_or_default();
    found.iter().any(|deployment| deployment.key() == *key && deployment.ran())
}

fn item_of<'a>(items: &'a mut [Item], key: &DeploymentKey) -> Option<&'a mut Item> {
    items.iter_mut().find(|item| is_of(item, key))
}

fn is_of(item: &Item, key: &DeploymentKey) -> bool {
    item.id == Some(key.id) && item.target == key.target
}

/// Tells in the item how it ended, and returns what is to be reported.
fn ended(item: &mut Item, end: End, success: &NewStatus, took: Duration) -> Option<NewStatus> {
    let target: Target = item.target.clone();
    match end {
        End::Healthy(_) => {
            item.state = Some(State::Success);
            item.reason = None;
            Some(success.clone())
        }
        End::Superseded(reason) => {
            let status = NewStatus::new(State::Inactive, &reason);
            item.state = Some(State::Inactive);
            item.reason = Some(reason);
            Some(status)
        }
        End::Degraded(words) => {
            let status = NewStatus::new(State::Failure, &words);
            fail(item, Error::Unhealthy(Unhealthy::Degraded { target, words }));
            item.state = Some(State::Failure);
            Some(status)
        }
        End::TimeUp(reason) => {
            fail(item, Error::Unhealthy(Unhealthy::TimeUp { target, took, reason }));
            None
        }
        End::Failed(error) => {
            fail(item, Error::Delivery(error));
            None
        }
    }
}

/// It stays in progress, and is waited for again by the next run.
fn fail(item: &mut Item, error: Error) {
    item.reason = Some(chain(&error));
    item.outcome = ItemOutcome::Failed(Box::new(error));
}
