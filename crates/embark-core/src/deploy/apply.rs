//! What carrying out writes: commits in one push, then statuses.

use std::sync::Arc;

use futures::future::join_all;

use super::decide::{Decision, Step};
use super::observe::Observed;
use crate::deployment::{Deployment, NewStatus, State};
use crate::image::{Image, Reference};
use crate::ports::{Change, Committed, RepositoryError};
use crate::refusal::Refusal;
use crate::systems::{Error, Item, ItemOutcome, Systems};

/// Carries the decisions out; `None` if the race for the branch was lost and this was not the `last` attempt.
pub(super) async fn apply(
    systems: &Systems<'_>,
    observed: &Observed,
    decisions: Vec<Decision>,
    last: bool,
) -> Result<Option<Vec<Item>>, Error> {
    let mut pushed = match push(systems, observed, &decisions).await? {
        Pushed::Committed(committed) => Ok(committed),
        Pushed::Failed(error) if matches!(*error, RepositoryError::Conflict { .. }) && !last => return Ok(None),
        Pushed::Failed(error) => Err(error),
    };
    let recorded = pushed.as_ref().is_ok_and(|committed| committed.recorded);
    let mut commits = pushed.as_mut().map(|committed| std::mem::take(&mut committed.commits).into_iter());
    let mut statuses = Vec::new();
    let mut items = Vec::new();
    for Decision { deployment, step } in decisions {
        let key = deployment.key();
        let is_commit = matches!(step, Step::Commit(_));
        let outcome = match (step, &mut commits) {
            (Step::Commit(_), Ok(commits)) => match commits.next() {
                Some(revision) => Outcome::success(&deployment, NewStatus::success(&revision)),
                None => Outcome::failed(&deployment, missing_commit(observed)),
            },
            (Step::Commit(_), Err(error)) => Outcome::failed(&deployment, Error::Repository(error.clone())),
            (step, _) => Outcome::of(&deployment, step, observed),
        };
        let posted = is_commit && recorded && matches!(outcome.item.outcome, ItemOutcome::Done);
        statuses.extend(outcome.status.filter(|_| !posted).map(|status| (key, status)));
        items.push(outcome.item);
    }
    if !statuses.is_empty()
        && let Err(error) = systems.platform.append(statuses).await
    {
        // That a push failed says more than that it could not be reported.
        return Err(pushed.err().map_or_else(|| error.into(), Error::Repository));
    }
    read_back(systems, observed, &mut items).await?;
    Ok(Some(items))
}

enum Pushed {
    Committed(Committed),
    Failed(Arc<RepositoryError>),
}

async fn push(systems: &Systems<'_>, observed: &Observed, decisions: &[Decision]) -> Result<Pushed, Error> {
    let changes: Vec<(&Deployment, &Change)> = decisions
        .iter()
        .filter_map(|decision| match &decision.step {
            Step::Commit(change) => Some((&decision.deployment, change)),
            _ => None,
        })
        .collect();
    if changes.is_empty() {
        return Ok(Pushed::Committed(Committed { commits: Vec::new(), recorded: false }));
    }
    let started = changes
        .iter()
        .filter(|(deployment, _)| deployment.state() != Some(State::InProgress))
        .map(|(deployment, _)| (deployment.key(), NewStatus::new(State::InProgress, "being carried out")));
    let started: Vec<_> = started.collect();
    if !started.is_empty() {
        systems.platform.append(started).await?;
    }
    let changes = changes.into_iter().map(|(_, change)| change.clone()).collect();
    Ok(match systems.repository.commit(observed.snapshot.tip.clone(), changes).await {
        Ok(committed) => Pushed::Committed(committed),
        Err(error) => Pushed::Failed(Arc::new(error)),
    })
}

fn missing_commit(observed: &Observed) -> Error {
    RepositoryError::Malformed {
        repository: "the deployment repo".into(),
        reason: format!("it did not tell every commit that was made on {}", observed.snapshot.tip),
    }
    .into()
}

/// The item of one deployment, and the status that is to be reported.
struct Outcome {
    item: Item,
    status: Option<NewStatus>,
}

impl Outcome {
    fn of(deployment: &Deployment, step: Step, observed: &Observed) -> Self {
        let quiet = |item| Self { item, status: None };
        match step {
            Step::Nothing(reason) => quiet(Item::of(deployment, ItemOutcome::Unchanged).because(reason)),
            Step::ClosedBefore(refusal) => quiet(refused(deployment, refusal)),
            Step::Hold(reason) => {
                let status = NewStatus::new(State::Queued, &reason);
                // It is said once, and again when the reason is another one.
                let newest = deployment.statuses.last();
                let is_said = newest
                    .is_some_and(|newest| newest.state == State::Queued && newest.description == status.description());
                let item = Item::of(deployment, ItemOutcome::Unchanged).because(reason).in_state(State::Queued);
                Self { item, status: Some(status).filter(|_| !is_said) }
            }
            Step::Supersede(reason) => {
                let status = NewStatus::new(State::Inactive, &reason);
                let item = Item::of(deployment, ItemOutcome::Unchanged).because(reason);
                Self { item: item.in_state(State::Inactive), status: Some(status) }
            }
            Step::Refuse(refusal) => {
                let status = NewStatus::new(State::Failure, &refusal.to_string());
                Self { item: refused(deployment, refusal).in_state(State::Failure), status: Some(status) }
            }
            Step::Fail(error) => Self::failed(deployment, error),
            Step::Report(revision) => Self::success(deployment, NewStatus::success(&revision)),
            Step::AlreadyNamed | Step::Commit(_) => {
                Self::success(deployment, NewStatus::already(&observed.snapshot.tip))
            }
        }
    }

    fn success(deployment: &Deployment, status: NewStatus) -> Self {
        let commit = status.description().split_whitespace().next().and_then(|text| text.parse().ok());
        let item = Item::of(deployment, ItemOutcome::Done).in_state(State::Success);
        Self { item: Item { commit, ..item }, status: Some(status) }
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
        Self { item: if lost { item } else { item.in_state(State::Error) }, status }
    }
}

fn refused(deployment: &Deployment, refusal: Refusal) -> Item {
    let reason = refusal.to_string();
    Item::of(deployment, ItemOutcome::Refused(Box::new(refusal))).because(reason)
}

/// Joins an error and its sources, since a status has one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// Asks once more what the tags of the carried out deployments name: a tag that moved meanwhile fails them.
async fn read_back(systems: &Systems<'_>, observed: &Observed, items: &mut [Item]) -> Result<(), Error> {
    let done = items.iter_mut().filter(|item| matches!(item.outcome, ItemOutcome::Done));
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
    let mut failures = Vec::new();
    for (item, refusal) in join_all(looks).await.into_iter().flatten() {
        let deployment = observed.deployments.iter().find(|deployment| Some(deployment.record.id) == item.id);
        let status = NewStatus::new(State::Failure, &refusal.to_string());
        failures.extend(deployment.map(|deployment| (deployment.key(), status)));
        item.state = Some(State::Failure);
        item.reason = Some(refusal.to_string());
        item.outcome = ItemOutcome::Refused(Box::new(refusal));
    }
    if !failures.is_empty() {
        systems.platform.append(failures).await?;
    }
    Ok(())
}
