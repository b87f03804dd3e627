//! What carrying out writes: commits in one push, then statuses. What must be healthy is handed on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, join_all, select};

use super::decide::{Decision, Step};
use super::observe::Observed;
use super::settle::Awaited;
use crate::commit::Revision;
use crate::deployment::{Deployment, DeploymentKey, NewStatus, State};
use crate::error::Error;
use crate::image::{Image, Reference};
use crate::item::{Item, ItemOutcome};
use crate::ports::{Change, Clock, Committed, RepositoryError, Stop};
use crate::refusal::Refusal;
use crate::success::Success;
use crate::systems::Systems;
use crate::text::chain;
use crate::wait::Wanted;

/// What came of it, and what is to be waited for.
pub(super) struct Applied {
    pub(super) items: Vec<Item>,
    pub(super) awaited: Vec<Awaited>,
    /// The tip of the branch, as far as is known.
    pub(super) tip: Revision,
    /// Why it is no use to go on.
    pub(super) ended: Option<Ended>,
}

/// Why a run ends after a batch.
pub(super) enum Ended {
    Unpushed(Unpushed),
    /// What was done could not be reported, as one of its items says.
    Unreported,
}

impl Applied {
    /// Nothing is written in a dry run.
    pub(super) fn planned(items: Vec<Item>, tip: Revision) -> Self {
        Self { items, awaited: Vec::new(), tip, ended: None }
    }
}

/// Carries the decisions out; `None` if the race for the branch was lost and this was not the `last` attempt.
///
/// # Errors
/// [`Error`] if nothing could be done, or that could not be reported and the run `is_whole`: nothing was done before it.
pub(super) async fn apply(
    systems: &Systems<'_>,
    observed: &Observed,
    mut decisions: Vec<Decision>,
    last: bool,
    is_whole: bool,
) -> Result<Option<Applied>, Error> {
    let mut pushed = match push(systems, observed, &mut decisions).await? {
        Pushed::Committed(committed) => Ok(committed),
        Pushed::Failed(error) if matches!(*error, RepositoryError::Conflict { .. }) && !last => return Ok(None),
        Pushed::Failed(error) => Err(Unpushed::Failed(error)),
        Pushed::Stopped(by) => Err(Unpushed::Stopped(by)),
    };
    let recorded = pushed.as_ref().is_ok_and(|committed| committed.recorded);
    let tip = pushed.as_ref().ok().and_then(|committed| committed.commits.last());
    let tip = tip.unwrap_or(&observed.snapshot.tip).clone();
    let mut commits = pushed.as_mut().map(|committed| std::mem::take(&mut committed.commits).into_iter());
    let (mut statuses, mut untold) = (Vec::new(), BTreeMap::new());
    let (mut items, mut awaited) = (Vec::new(), Vec::new());
    for Decision { deployment, step, rendered } in decisions {
        let key = deployment.key();
        let is_commit = matches!(step, Step::Commit(_));
        let outcome = match (step, &mut commits) {
            (Step::Commit(change), Ok(commits)) => match commits.next() {
                Some(revision) => Outcome::committed(&deployment, &change, &revision),
                None => Outcome::failed(&deployment, missing_commit(observed)),
            },
            (Step::Commit(_), Err(error)) => Outcome::failed(&deployment, error.error(true)),
            (step, _) => Outcome::of(&deployment, step, observed),
        };
        let is_done = matches!(outcome.item.outcome, ItemOutcome::Done);
        let posted = is_commit && recorded && is_done;
        if let Some(status) = outcome.status.filter(|_| !posted) {
            statuses.push((key, status));
            let has_begun = is_commit && is_done;
            untold.insert(items.len(), if has_begun { Some(State::InProgress) } else { deployment.state() });
        }
        awaited.extend(outcome.awaited);
        items.push(Item { rendered: rendered.filter(|_| is_done), ..outcome.item });
    }
    let mut is_reported = true;
    if !statuses.is_empty()
        && let Err(error) = systems.platform.append(statuses).await
    {
        match pushed {
            // That a push failed says more than that it could not be reported.
            Err(unpushed) => return Err(unpushed.error(true)),
            Ok(_) if is_whole => return Err(error.into()),
            Ok(_) => {
                let items = items.iter_mut().enumerate();
                tell_unreported(items.filter_map(|(at, item)| Some((item, *untold.get(&at)?))), error.into());
                is_reported = false;
            }
        }
    }
    let keys: Vec<DeploymentKey> = observed.deployments.iter().map(Deployment::key).collect();
    is_reported &= read_back(systems, &keys, items.iter_mut()).await;
    let ended = match pushed {
        // What the server refuses may be one of the commits: it may take others.
        Err(unpushed) if !unpushed.is_refusal() => Some(Ended::Unpushed(unpushed)),
        _ => (!is_reported).then_some(Ended::Unreported),
    };
    Ok(Some(Applied { items, awaited, tip, ended }))
}

/// Says of what was done that it could not be reported, so that the platform has the state that stands beside it, and the next
/// run does that. The first one has the error.
pub(super) fn tell_unreported<'a>(untold: impl Iterator<Item = (&'a mut Item, Option<State>)>, error: Error) {
    let words = format!("it could not be reported: {}", chain(&error));
    let mut error = Some(error);
    for (item, state) in untold {
        item.state = state.or(Some(State::Queued));
        item.reason = Some(item.reason.as_ref().map_or_else(|| words.clone(), |reason| format!("{reason}; {words}")));
        if let Some(error) = error.take() {
            item.outcome = ItemOutcome::Failed(Box::new(error));
        }
    }
}

enum Pushed {
    Committed(Committed),
    Failed(Arc<RepositoryError>),
    Stopped(Stop),
}

/// Why nothing is known to be pushed. All deployments of the push have failed of it.
pub(super) enum Unpushed {
    Failed(Arc<RepositoryError>),
    Stopped(Stop),
}

impl Unpushed {
    fn is_refusal(&self) -> bool {
        matches!(self, Self::Failed(error) if matches!(**error, RepositoryError::Rejected { .. }))
    }

    /// Makes the error of a deployment that was in the push, or was not.
    pub(super) fn error(&self, is_pushed: bool) -> Error {
        match self {
            Self::Failed(error) => Error::Repository(error.clone()),
            Self::Stopped(by) => Error::Stopped { by: *by, is_pushed },
        }
    }
}

/// How long a push is waited for by a run that is asked to end. Whoever asks does not wait for ever: GitHub Actions kills
/// after ten seconds, and what came of it is still to be reported.
const GRACE: Duration = Duration::from_secs(4);

/// Returns when a push is waited for no more.
async fn impatience(clock: &dyn Clock) -> Stop {
    let by = clock.stopped().await;
    clock.pause(GRACE, format!("{by}: the push is waited for, for {} s", GRACE.as_secs())).await;
    by
}

/// Pushes the commits; their files are handed over, so that each version is held once.
async fn push(systems: &Systems<'_>, observed: &Observed, decisions: &mut [Decision]) -> Result<Pushed, Error> {
    let is_commit = |decision: &&Decision| matches!(decision.step, Step::Commit(_));
    let deployments: Vec<&Deployment> =
        decisions.iter().filter(is_commit).map(|decision| &decision.deployment).collect();
    if deployments.is_empty() {
        return Ok(Pushed::Committed(Committed { commits: Vec::new(), recorded: false }));
    }
    let started = deployments
        .iter()
        .filter(|deployment| deployment.state() != Some(State::InProgress))
        .map(|deployment| (deployment.key(), NewStatus::new(State::InProgress, "being carried out")));
    let started: Vec<_> = started.collect();
    if !started.is_empty() {
        systems.platform.append(started).await?;
    }
    let changes = decisions.iter_mut().filter_map(|decision| match &mut decision.step {
        Step::Commit(change) => Some(Change {
            files: std::mem::take(&mut change.files),
            message: std::mem::take(&mut change.message),
            deployment: change.deployment.clone(),
        }),
        _ => None,
    });
    let commit = systems.repository.commit(observed.snapshot.tip.clone(), changes.collect());
    Ok(match select(commit, std::pin::pin!(impatience(systems.clock))).await {
        Either::Left((Ok(committed), _)) => Pushed::Committed(committed),
        Either::Left((Err(error), _)) => Pushed::Failed(Arc::new(error)),
        Either::Right((by, _)) => Pushed::Stopped(by),
    })
}

fn missing_commit(observed: &Observed) -> Error {
    RepositoryError::Malformed {
        repository: "the deployment repo".into(),
        reason: format!("it did not tell every commit that was made on {}", observed.snapshot.tip),
    }
    .into()
}

/// The item of one deployment, the status that is to be reported, and what is to be waited for.
struct Outcome {
    item: Item,
    status: Option<NewStatus>,
    awaited: Option<Awaited>,
}

impl Outcome {
    fn of(deployment: &Deployment, step: Step, observed: &Observed) -> Self {
        let quiet = |item| Self { item, status: None, awaited: None };
        match step {
            Step::Nothing(reason) => quiet(Item::of(deployment, ItemOutcome::Unchanged).because(reason)),
            Step::ClosedBefore(refusal) => quiet(refused(deployment, refusal)),
            Step::Withdraw(reason) => {
                let status = NewStatus::new(State::Failure, &reason);
                let refusal = Refusal::Closed { deployment: deployment.record.id, reason };
                let item = refused(deployment, refusal).in_state(State::Failure);
                Self { item, status: Some(status), awaited: None }
            }
            Step::Hold(reason) => {
                let status = NewStatus::new(State::Queued, &reason);
                // It is said once, and again when the reason is another one.
                let newest = deployment.statuses.last();
                let is_said = newest
                    .is_some_and(|newest| newest.state == State::Queued && newest.description == status.description());
                let item = Item::of(deployment, ItemOutcome::Unchanged).because(reason).in_state(State::Queued);
                Self { item, status: Some(status).filter(|_| !is_said), awaited: None }
            }
            Step::Supersede(reason) => {
                let status = NewStatus::new(State::Inactive, &reason);
                let item = Item::of(deployment, ItemOutcome::Unchanged).because(reason);
                Self { item: item.in_state(State::Inactive), status: Some(status), awaited: None }
            }
            Step::Refuse(refusal) => {
                let status = NewStatus::new(State::Failure, &refusal.to_string());
                Self {
                    item: refused(deployment, refusal).in_state(State::Failure),
                    status: Some(status),
                    awaited: None,
                }
            }
            Step::Fail(error) => Self::failed(deployment, error),
            Step::Report(revision) => Self::success(deployment, NewStatus::success(&revision)),
            Step::Await(revision) => Self::awaited(deployment, &revision, NewStatus::success(&revision)),
            Step::AwaitNamed => {
                let tip = &observed.snapshot.tip;
                Self::awaited(deployment, tip, NewStatus::already(tip))
            }
            Step::AlreadyNamed | Step::Commit(_) => {
                Self::success(deployment, NewStatus::already(&observed.snapshot.tip))
            }
        }
    }

    /// What a commit has carried out is a success, or will be one.
    fn committed(deployment: &Deployment, change: &Change, revision: &Revision) -> Self {
        let success = change.deployment.as_ref().map(|carried_out| carried_out.success).unwrap_or_default();
        match success {
            Success::Committed => Self::success(deployment, success.status(revision)),
            Success::Healthy => Self::awaited(deployment, revision, NewStatus::success(revision)),
        }
    }

    /// It is in progress, which is said once, until it is healthy; then `success` is reported.
    fn awaited(deployment: &Deployment, revision: &Revision, success: NewStatus) -> Self {
        let status = NewStatus::committed(revision);
        let is_said = deployment.state() == Some(State::InProgress) && deployment.commit().as_ref() == Some(revision);
        let item = Item::of(deployment, ItemOutcome::Done).in_state(State::InProgress);
        let awaited = Awaited { key: deployment.key(), wanted: Wanted::of(deployment, revision.clone()), success };
        let item = Item { commit: Some(revision.clone()), ..item };
        Self { item, status: Some(status).filter(|_| !is_said), awaited: Some(awaited) }
    }

    fn success(deployment: &Deployment, status: NewStatus) -> Self {
        let commit = status.description().split_whitespace().next().and_then(|text| text.parse().ok());
        let item = Item::of(deployment, ItemOutcome::Done).in_state(State::Success);
        Self { item: Item { commit, ..item }, status: Some(status), awaited: None }
    }

    /// A lost race, or a server that asks for fewer requests, is no failure of the deployment's: it goes on waiting, and no
    /// status says otherwise.
    fn failed(deployment: &Deployment, error: Error) -> Self {
        let failed = match &error {
            Error::Repository(error) => Some(&**error),
            _ => None,
        };
        let lost = matches!(
            failed,
            Some(RepositoryError::Conflict { .. } | RepositoryError::Busy { .. } | RepositoryError::RateLimited { .. })
        );
        let reason = chain(&error);
        // A status has little room: the server's own words come first.
        let description = match failed {
            Some(RepositoryError::Rejected { words, .. }) => words,
            _ => &reason,
        };
        let status = (!lost).then(|| NewStatus::new(State::Error, description));
        let item = Item::of(deployment, ItemOutcome::Failed(Box::new(error))).because(reason);
        Self { item: if lost { item } else { item.in_state(State::Error) }, status, awaited: None }
    }
}

fn refused(deployment: &Deployment, refusal: Refusal) -> Item {
    let reason = refusal.to_string();
    Item::of(deployment, ItemOutcome::Refused(Box::new(refusal))).because(reason)
}

/// Asks once more what the tags of the carried out deployments name: a tag that moved meanwhile fails them. Tells whether that
/// could be reported; what was carried out is told all the same.
pub(super) async fn read_back<'a>(
    systems: &Systems<'_>,
    keys: &[DeploymentKey],
    items: impl Iterator<Item = &'a mut Item> + Send,
) -> bool {
    let done = items.filter(|item| matches!(item.outcome, ItemOutcome::Done));
    let looks = done.map(|item| async move {
        let (repository, tag) = (item.repository.clone()?, item.tag.clone()?);
        let found = systems.registry.resolve(&repository, &Reference::Tag(tag.clone())).await;
        let recorded = item.digest.clone()?;
        match found {
            Ok(found) if found != recorded => Some((item, Refusal::TagMoved { repository, tag, recorded, found })),
            Err(error) if error.is_absent() => {
                let image = Image { repository, tag, digest: recorded };
                Some((item, Refusal::ImageMissing(image.by_tag())))
            }
            // One that cannot be asked now was asked before the write; `embark verify` asks again.
            _ => None,
        }
    });
    let (mut failures, mut moved) = (Vec::new(), Vec::new());
    for (item, refusal) in join_all(looks).await.into_iter().flatten() {
        let key = keys.iter().find(|key| Some(key.id) == item.id && key.target == item.target).cloned();
        failures.extend(key.map(|key| (key, NewStatus::new(State::Failure, &refusal.to_string()))));
        let before = item.state.replace(State::Failure);
        item.reason = Some(refusal.to_string());
        item.outcome = ItemOutcome::Refused(Box::new(refusal));
        moved.push((item, before));
    }
    if failures.is_empty() {
        return true;
    }
    let reported = systems.platform.append(failures).await;
    reported.map_err(|error| tell_unreported(moved.into_iter(), error.into())).is_ok()
}
