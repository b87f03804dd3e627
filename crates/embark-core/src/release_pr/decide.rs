//! What becomes of the branch and of the pull request.

use super::observe::Observed;
use super::{ReleasePrRequest, Versioned};
use crate::commit::Commit;
use crate::git_name::TreeId;
use crate::ports::{BranchTip, PullRequest, PullRequestText};

/// How a commit that is embark's own is told: the trailer of its message.
const TRAILER: &str = "Embark-Release: ";

/// What becomes of the branch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Branch<'a> {
    /// It proposes exactly this already.
    Keep { versioned: &'a Versioned, commit: Commit },
    /// It gets a commit of this tree.
    Put { versioned: &'a Versioned, tree: TreeId, expected: Option<Commit> },
    /// Nothing is left to release: the pull request is closed, and the branch goes.
    Remove,
    /// There is nothing to release, and no branch.
    Nothing,
    /// It is left alone, for this reason.
    Leave(String),
}

pub(super) fn branch<'a>(request: &'a ReleasePrRequest, observed: &Observed) -> Branch<'a> {
    if let Some(newer) = &observed.newer {
        return Branch::Leave(format!("{} proposes a release of {newer}, which is newer", request.branch));
    }
    if let Some(moved) = &observed.moved {
        // What would be proposed may have been merged since.
        return Branch::Leave(format!("{} is at {moved} by now: run it for that commit", request.base_branch));
    }
    let (Some(versioned), Some(tree)) = (&request.versioned, &observed.tree) else {
        let is_there = observed.tip.is_some() || observed.pull_request.is_some();
        return if is_there { Branch::Remove } else { Branch::Nothing };
    };
    match &observed.tip {
        Some(tip) if proposes(tip, &request.base, tree) => Branch::Keep { versioned, commit: tip.commit.clone() },
        tip => Branch::Put { versioned, tree: tree.clone(), expected: tip.as_ref().map(|tip| tip.commit.clone()) },
    }
}

/// Tells whether a tip is one commit of this tree on this base.
pub(super) fn proposes(tip: &BranchTip, base: &Commit, tree: &TreeId) -> bool {
    tip.parents.as_slice() == std::slice::from_ref(base) && tip.tree == *tree
}

/// Tells whether a tip was made by embark.
pub(super) fn is_own(tip: &BranchTip) -> bool {
    tip.parents.len() == 1 && tip.message.lines().any(|line| line.starts_with(TRAILER))
}

/// Writes the message of the commit.
pub(super) fn message(title: &str, versioned: &Versioned) -> String {
    format!("{title}\n\n{TRAILER}{}\n", versioned.version)
}

/// Tells whether people read something else than they should.
pub(super) fn differs(pull_request: &PullRequest, text: &PullRequestText) -> bool {
    // A body that somebody has edited on the page comes back with other line ends.
    let plain = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    pull_request.text.title != text.title || plain(&pull_request.text.body) != plain(&text.body)
}
