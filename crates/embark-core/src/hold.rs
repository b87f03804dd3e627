//! *hold* and *resume*: automation leaves a component alone until a person says otherwise.

use std::collections::BTreeMap;

use crate::commit::Revision;
use crate::commit_message;
use crate::deployment::Deployment;
use crate::error::Error;
use crate::holds::{Hold, Holds, Scope};
use crate::lane::History;
use crate::name::Target;
use crate::ports::{Change, RepositoryError};
use crate::refusal::Refusal;
use crate::systems::{MAX_ATTEMPTS, Systems};

/// What came of a hold or of lifting one.
#[derive(Debug)]
pub struct Held {
    /// What is held, or is no longer.
    pub scope: Scope,
    /// The hold that stands now; `None` where none does.
    pub hold: Option<Hold>,
    /// The commit that wrote it; `None` where nothing had to be written, or in a dry run.
    pub commit: Option<Revision>,
    /// Whether something was written, or would be.
    pub changes: bool,
    /// After a resume: the deployments that `deploy --pending` will carry out next.
    pub next: Vec<Deployment>,
}

/// Holds `scope`, with a commit to the deployment branch. A hold with the same reason is left as it is.
///
/// # Errors
/// [`Error`] if a system failed, or the configuration does not have what is to be held.
pub async fn hold(systems: &Systems<'_>, scope: &Scope, reason: &str, dry_run: bool) -> Result<Held, Error> {
    check(systems, scope)?;
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted = Hold { reason, by: systems.actor.clone(), since: Some(systems.clock.now()) };
    let message = commit_message::of_hold("hold", scope, &wanted.reason, systems.actor.as_deref());
    let edit = |holds: &mut Holds| {
        if holds.get(scope).is_some_and(|hold| hold.reason == wanted.reason) {
            return false;
        }
        holds.set(scope.clone(), wanted.clone());
        true
    };
    let (holds, commit, changes) = write(systems, &message, dry_run, edit).await?;
    let hold = holds.get(scope).cloned();
    Ok(Held { scope: scope.clone(), hold, commit, changes, next: Vec::new() })
}

/// Lifts the hold of `scope`; it deploys nothing, and tells what `deploy --pending` will.
///
/// # Errors
/// [`Error`] if a system failed, or the configuration does not have it; a [`Refusal`] if the whole environment is held and
/// only one component of it is to be resumed.
pub async fn resume(systems: &Systems<'_>, scope: &Scope, dry_run: bool) -> Result<Result<Held, Refusal>, Error> {
    check(systems, scope)?;
    let message = commit_message::of_hold("resume", scope, "", systems.actor.as_deref());
    let whole = Scope { component: None, ..scope.clone() };
    let mut is_held_as_a_whole = false;
    let edit = |holds: &mut Holds| {
        is_held_as_a_whole = scope.component.is_some() && holds.get(&whole).is_some();
        !is_held_as_a_whole && !holds.lift(scope).is_empty()
    };
    let (holds, commit, changes) = write(systems, &message, dry_run, edit).await?;
    if is_held_as_a_whole {
        return Ok(Err(Refusal::HeldAsAWhole { environment: scope.environment.clone() }));
    }
    let next = next(systems, scope).await?;
    Ok(Ok(Held { scope: scope.clone(), hold: holds.get(scope).cloned(), commit, changes, next }))
}

fn check(systems: &Systems<'_>, scope: &Scope) -> Result<(), Error> {
    systems.environment(&scope.environment)?;
    systems.components(scope.component.as_slice()).map(drop)
}

/// Edits the file of holds under compare-and-swap; tells what it says then, the commit, and whether anything changes.
async fn write(
    systems: &Systems<'_>,
    message: &str,
    dry_run: bool,
    mut edit: impl FnMut(&mut Holds) -> bool + Send,
) -> Result<(Holds, Option<Revision>, bool), Error> {
    let path = Holds::path();
    for attempt in 1.. {
        let snapshot = systems.repository.read(vec![path.clone()]).await?;
        let mut holds = Holds::parse(snapshot.file(&path))?;
        let changes = edit(&mut holds);
        if !changes || dry_run {
            return Ok((holds, None, changes));
        }
        let files = BTreeMap::from([(path.clone(), holds.to_bytes())]);
        let change = Change { files, message: message.into(), deployment: None };
        match systems.repository.commit(snapshot.tip, vec![change]).await {
            Ok(committed) => return Ok((holds, committed.commits.into_iter().next(), true)),
            Err(RepositoryError::Conflict { .. }) if attempt < MAX_ATTEMPTS => systems.clock.back_off(attempt).await,
            Err(error) => return Err(error.into()),
        }
    }
    unreachable!("the last attempt returns")
}

/// Returns what waits and is not superseded.
async fn next(systems: &Systems<'_>, scope: &Scope) -> Result<Vec<Deployment>, Error> {
    let components = systems.components(scope.component.as_slice())?;
    let targets = components.iter().map(|component| Target::new(&scope.environment, &component.name));
    let lanes = systems.lanes(targets.collect()).await?;
    let mut next = Vec::new();
    for lane in lanes.values() {
        let mut history = History::default();
        history.ask(systems.application, lane.questions(None)).await?;
        next.extend(lane.newest(&history).filter(|newest| newest.is_pending()).cloned());
    }
    Ok(next)
}
