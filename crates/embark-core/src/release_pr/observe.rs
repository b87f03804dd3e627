//! What is there of a release that is proposed.

use futures::future::try_join3;

use super::{ReleasePrRequest, decide};
use crate::commit::Commit;
use crate::error::Error;
use crate::git_name::TreeId;
use crate::ports::{Ancestry, BranchTip, PullRequest, ReleasePlatform};
use crate::systems::Systems;

/// What was seen before the decision.
#[derive(Debug)]
pub(super) struct Observed {
    /// The tip of the branch.
    pub(super) tip: Option<BranchTip>,
    pub(super) pull_request: Option<PullRequest>,
    /// The tree that is to be proposed; `None` where nothing is left to release.
    pub(super) tree: Option<TreeId>,
    /// The base of what the branch proposes, if it is newer than ours.
    pub(super) newer: Option<Commit>,
    /// Where the base branch is, if it has left our base behind.
    pub(super) moved: Option<Commit>,
    /// What could not be told.
    pub(super) warnings: Vec<String>,
}

pub(super) async fn observe(
    systems: &Systems<'_>,
    releases: &dyn ReleasePlatform,
    request: &ReleasePrRequest,
) -> Result<Observed, Error> {
    let (tip, base, pull_request) = try_join3(
        releases.tip(&request.branch),
        releases.tip(&request.base_branch),
        releases.find_pull_request(&request.branch, &request.base_branch),
    )
    .await?;
    let mut warnings = Vec::new();
    let proposed = tip.as_ref().filter(|tip| decide::is_own(tip)).and_then(|tip| tip.parents.first());
    let newer = match proposed.filter(|proposed| **proposed != request.base) {
        Some(proposed) => is_left_behind(systems, request, proposed, &mut warnings).await?,
        None => None,
    };
    let moved = match base.filter(|base| base.commit != request.base && pull_request.is_none()) {
        Some(base) if request.versioned.is_some() && newer.is_none() => {
            is_left_behind(systems, request, &base.commit, &mut warnings).await?
        }
        _ => None,
    };
    let tree = match &request.versioned {
        Some(versioned) if newer.is_none() && moved.is_none() => {
            Some(releases.tree(&request.base, versioned.edits.clone()).await?)
        }
        _ => None,
    };
    Ok(Observed { tip, pull_request, tree, newer, moved, warnings })
}

/// Returns `other` if our base is an ancestor of it.
async fn is_left_behind(
    systems: &Systems<'_>,
    request: &ReleasePrRequest,
    other: &Commit,
    warnings: &mut Vec<String>,
) -> Result<Option<Commit>, Error> {
    let ancestry = match systems.application {
        Some(application) => application.is_ancestor(&request.base, other).await?,
        None => Ancestry::Unknown,
    };
    if ancestry == Ancestry::Unknown {
        warnings.push(format!("no history at hand tells whether {} is older than {other}", request.base));
    }
    Ok(Some(other.clone()).filter(|_| ancestry == Ancestry::Yes))
}
