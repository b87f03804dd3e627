//! What is written of a release that is proposed: the branch first, then the pull request.

use super::body::{self, Images};
use super::decide::{self, Branch};
use super::observe::{Observed, observe};
use super::{ReleaseChange, ReleasePr, ReleasePrRequest, Versioned};
use crate::commit::Commit;
use crate::error::Error;
use crate::git_name::TreeId;
use crate::item::Item;
use crate::pipeline::{Environment, TagKind};
use crate::ports::{PullRequest, ReleaseError, ReleasePlatform};
use crate::promote::{PromoteRequest, promote};
use crate::systems::Systems;

/// How often a lost race is run again before it is given up.
const ATTEMPTS: u32 = 5;

/// What came of putting the commit on the branch.
enum Put {
    Ours(Commit),
    /// Somebody else's is there, which proposes something else.
    Lost(ReleaseError),
}

pub(super) async fn run(
    systems: &Systems<'_>,
    releases: &dyn ReleasePlatform,
    request: &ReleasePrRequest,
) -> Result<ReleasePr, Error> {
    let mut lost = Vec::new();
    for attempt in 1.. {
        let observed = observe(systems, releases, request).await?;
        let result = |observed: Observed, mut warnings: Vec<String>| {
            warnings.extend(observed.warnings);
            ReleasePr {
                change: ReleaseChange::Unchanged,
                is_open: observed.pull_request.as_ref().map(|_| true),
                pull_request: observed.pull_request,
                commit: None,
                version: None,
                images: Vec::new(),
                reason: None,
                warnings,
            }
        };
        let is_new = observed.tip.is_none();
        let (versioned, commit, change) = match decide::branch(request, &observed) {
            Branch::Leave(reason) => return Ok(ReleasePr { reason: Some(reason), ..result(observed, lost) }),
            Branch::Nothing => {
                return Ok(ReleasePr { reason: Some("nothing is left to release".into()), ..result(observed, lost) });
            }
            Branch::Remove => {
                lost.extend(overwritten(request, &observed));
                return remove(releases, request, result(observed, lost)).await;
            }
            Branch::Keep { versioned, commit } => (versioned, Some(commit), ReleaseChange::Unchanged),
            Branch::Put { versioned, .. } if request.dry_run => (versioned, None, ReleaseChange::Planned),
            Branch::Put { versioned, tree, expected } => {
                match put(releases, request, versioned, &tree, expected).await? {
                    Put::Ours(commit) => (versioned, Some(commit), ReleaseChange::Done),
                    Put::Lost(error) if attempt == ATTEMPTS => return Err(error.into()),
                    Put::Lost(_) => continue,
                }
            }
        };
        if change != ReleaseChange::Unchanged {
            lost.extend(overwritten(request, &observed));
        }
        let result = ReleasePr { change, commit, version: Some(versioned.version.clone()), ..result(observed, lost) };
        let told = tell(systems, releases, request, versioned, result).await;
        if is_new && change == ReleaseChange::Done && told.as_ref().is_err_and(is_forbidden) {
            // A branch that nobody is told of would be half of it. What the error says matters more than this one's.
            let _ = releases.delete_branch(&request.branch).await;
        }
        return told;
    }
    unreachable!("the last attempt returns")
}

/// Tells whether the next run would fail in the same way.
fn is_forbidden(error: &Error) -> bool {
    matches!(error, Error::Release(ReleaseError::Unauthorized { .. } | ReleaseError::Rejected { .. }))
}

/// Names what the branch will not have any more, if that was not embark's.
fn overwritten(request: &ReleasePrRequest, observed: &Observed) -> Option<String> {
    let tip = observed.tip.as_ref().filter(|tip| !decide::is_own(tip))?;
    let mood = if request.dry_run { "would lose" } else { "has lost" };
    Some(format!("{} {mood} commit {}, which is not embark's", request.branch, tip.commit))
}

/// Makes the commit and has the branch point to it. What the branch has then is what counts.
async fn put(
    releases: &dyn ReleasePlatform,
    request: &ReleasePrRequest,
    versioned: &Versioned,
    tree: &TreeId,
    expected: Option<Commit>,
) -> Result<Put, Error> {
    let message = decide::message(&body::title(request, versioned), versioned);
    let commit = releases.commit(&request.base, tree, &message).await?;
    match releases.put_branch(&request.branch, expected, &commit).await {
        Ok(()) => {}
        Err(error @ ReleaseError::Conflict { .. }) => return Ok(Put::Lost(error)),
        Err(error) => return Err(error.into()),
    }
    match releases.tip(&request.branch).await? {
        // Another run proposes the same: its commit is told, since that is the one that is there.
        Some(tip) if decide::proposes(&tip, &request.base, tree) => Ok(Put::Ours(tip.commit)),
        _ => Ok(Put::Lost(ReleaseError::Conflict {
            platform: "the repository".into(),
            what: format!("the branch {}", request.branch),
        })),
    }
}

/// Closes the pull request, and takes the branch away.
async fn remove(
    releases: &dyn ReleasePlatform,
    request: &ReleasePrRequest,
    result: ReleasePr,
) -> Result<ReleasePr, Error> {
    let reason = Some("nothing is left to release".into());
    if request.dry_run {
        return Ok(ReleasePr { change: ReleaseChange::Planned, reason, ..result });
    }
    if let Some(pull_request) = &result.pull_request {
        releases.close_pull_request(pull_request.number).await?;
    }
    releases.delete_branch(&request.branch).await?;
    let is_open = result.pull_request.as_ref().map(|_| false);
    Ok(ReleasePr { change: ReleaseChange::Done, is_open, reason, ..result })
}

/// Has the pull request say what there is to say.
async fn tell(
    systems: &Systems<'_>,
    releases: &dyn ReleasePlatform,
    request: &ReleasePrRequest,
    versioned: &Versioned,
    mut result: ReleasePr,
) -> Result<ReleasePr, Error> {
    let (mut items, mut unknown) = (Vec::new(), None);
    let environments: Vec<&Environment> =
        systems.pipeline.environments().iter().filter(|environment| is_shown(environment)).collect();
    for environment in &environments {
        match preview(systems, environment, versioned, result.commit.as_ref()).await {
            Ok(some) => items.extend(some),
            Err(error) => unknown = unknown.or(Some(error.to_string())),
        }
    }
    let images = match &unknown {
        _ if environments.is_empty() => Images::Nowhere,
        _ if result.commit.is_none() => Images::NoCommit,
        Some(why) => Images::Unknown(why.clone()),
        None => Images::Known(&items),
    };
    let text = body::text(request, versioned, result.commit.as_ref(), &images);
    result.warnings.extend(unknown.map(|why| format!("the images are not told: {why}")));
    let (change, pull_request): (_, Option<PullRequest>) = match result.pull_request.take() {
        Some(known) if !decide::differs(&known, &text) => (ReleaseChange::Unchanged, Some(known)),
        known if request.dry_run => (ReleaseChange::Planned, known),
        Some(known) => (ReleaseChange::Done, Some(releases.update_pull_request(known.number, text).await?)),
        None => {
            let opened = releases.open_pull_request(&request.branch, &request.base_branch, text.clone()).await?;
            // It was opened by another run, which may have known less.
            let is_told = !decide::differs(&opened, &text);
            let told = if is_told { opened } else { releases.update_pull_request(opened.number, text).await? };
            (ReleaseChange::Done, Some(told))
        }
    };
    let is_open = pull_request.as_ref().map(|_| true);
    Ok(ReleasePr { change: result.change.max(change), pull_request, is_open, images: items, ..result })
}

/// Tells whether an environment gets what is released.
fn is_shown(environment: &Environment) -> bool {
    environment.tag == TagKind::Version && environment.promotes_from.is_some()
}

async fn preview(
    systems: &Systems<'_>,
    environment: &Environment,
    versioned: &Versioned,
    commit: Option<&Commit>,
) -> Result<Vec<Item>, Error> {
    let Some(commit) = commit else { return Ok(Vec::new()) };
    let request = PromoteRequest {
        version: Some(versioned.version.clone()),
        commit: Some(commit.clone()),
        dry_run: true,
        ..PromoteRequest::new(environment.name.clone())
    };
    promote(systems, &request).await
}
