//! *release-pr*: a branch with one commit, and the pull request that proposes it as the next release.

mod apply;
mod body;
mod decide;
mod observe;
mod template;
mod versioned;

pub use self::template::{PullRequestTemplate, Template, TemplateError};
pub use self::versioned::{Edit, PackageChange, Versioned};
use crate::commit::Commit;
use crate::error::Error;
use crate::git_name::BranchName;
use crate::item::Item;
use crate::ports::{PullRequest, ReleasePlatform};
use crate::systems::Systems;
use crate::version::AppVersion;

/// What to propose as the next release.
#[derive(Debug, Clone)]
pub struct ReleasePrRequest {
    /// The commit on which it is made.
    pub base: Commit,
    /// The branch that has that commit, and into which the release is merged.
    pub base_branch: BranchName,
    /// The branch of the pull request. It is embark's own.
    pub branch: BranchName,
    /// What is to be released; `None` where nothing is.
    pub versioned: Option<Versioned>,
    /// What people read.
    pub template: PullRequestTemplate,
    /// The address of the repository's page, for links.
    pub page: Option<String>,
    /// Whether to stop after the decision.
    pub dry_run: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct ReleasePr {
    /// Whether anything was written, or would be.
    pub change: ReleaseChange,
    /// The pull request: open, or closed just now.
    pub pull_request: Option<PullRequest>,
    /// Whether it is open; `None` where there is none.
    pub is_open: Option<bool>,
    /// The commit of the branch.
    pub commit: Option<Commit>,
    /// The version that would be released.
    pub version: Option<AppVersion>,
    /// What would become of images if it were merged now.
    pub images: Vec<Item>,
    /// Why nothing was written, where that needs a reason.
    pub reason: Option<String>,
    /// What was lost, or could not be told.
    pub warnings: Vec<String>,
}

/// Whether anything was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReleaseChange {
    /// All was as it should be.
    #[default]
    Unchanged,
    /// Something was written.
    Done,
    /// Something would be written, were it not a dry run.
    Planned,
}

/// Opens the pull request of the next release, brings it up to date, or closes it where nothing is left to release.
///
/// It keeps no state but the branch and the pull request: whatever another run has left, the next one finishes.
///
/// # Errors
/// [`Error`] if a system failed.
pub async fn release_pr(
    systems: &Systems<'_>,
    releases: &dyn ReleasePlatform,
    request: &ReleasePrRequest,
) -> Result<ReleasePr, Error> {
    apply::run(systems, releases, request).await
}
