//! What is proposed and published as a release.

use embark_core::{BranchName, PackageChange, ReleasePr as Done};
use serde::Serialize;

use super::Deployment;
use crate::error::Queue;

/// The release that is proposed.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReleasePr {
    /// The branch of the pull request; `null` where nothing is proposed, as the next two.
    branch: Option<String>,
    /// Its commit, from which images are built; `null` in a dry run that would make one.
    commit: Option<String>,
    /// The next version.
    version: Option<String>,
    /// The pull request; `null` where there is none, or none yet.
    pull_request: Option<PullRequest>,
    /// The packages that get a new version.
    packages: Vec<Package>,
    /// Who worked that out: `cli`, the repository's own `@changesets/cli`, or `native`, embark; `null` on an error.
    changesets: Option<&'static str>,
    /// What would become of the images if it were merged now, as `promote --dry-run` tells it.
    images: Vec<Deployment>,
    /// What there is to say of it.
    reason: Option<String>,
    /// What was lost, or could not be told.
    warnings: Vec<String>,
}

/// A pull request.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PullRequest {
    /// Its number.
    number: u64,
    /// The address of its page.
    url: String,
    /// `open` or `closed`.
    state: &'static str,
}

/// A package that gets a new version.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Package {
    /// Its name.
    name: String,
    /// The version that it has.
    from: String,
    /// The version that it gets.
    to: String,
}

impl ReleasePr {
    pub(crate) fn of(
        branch: &BranchName,
        done: &Done,
        packages: &[PackageChange],
        changesets: &'static str,
        queue: &Queue,
    ) -> Self {
        let pull_request = done.pull_request.as_ref().map(|pull_request| PullRequest {
            number: pull_request.number,
            url: pull_request.url.clone(),
            state: if done.is_open == Some(true) { "open" } else { "closed" },
        });
        let packages = packages.iter().cloned();
        Self {
            branch: done.version.as_ref().map(|_| branch.to_string()),
            commit: done.commit.as_ref().map(ToString::to_string),
            version: done.version.as_ref().map(ToString::to_string),
            pull_request,
            packages: packages.map(|PackageChange { name, from, to }| Package { name, from, to }).collect(),
            changesets: Some(changesets),
            images: done.images.iter().map(|item| Deployment::of(item, queue)).collect(),
            reason: done.reason.clone(),
            warnings: done.warnings.clone(),
        }
    }
}

/// The release that is published.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Release {
    /// The version; `null` on an error, as all of these.
    pub(crate) version: Option<String>,
    /// The git tag.
    pub(crate) tag: Option<String>,
    /// The commit that the tag names.
    pub(crate) commit: Option<String>,
    /// The address of its page; `null` where it is not published.
    pub(crate) url: Option<String>,
    /// The notes; `null` where it was published before.
    pub(crate) notes: Option<String>,
    /// Why it was refused, if it was.
    pub(crate) reason: Option<String>,
    /// What can be done about that.
    pub(crate) hint: Option<String>,
}
