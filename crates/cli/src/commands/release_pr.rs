//! `release-pr`.

use embark_core::{ReleaseChange, ReleasePr as Done, ReleasePrRequest};

use crate::error::Error;
use crate::output::{Outcome, Report, json, release};
use crate::run::Run;
use crate::versioning::{Next, Source};
use crate::wiring::Wiring;

/// Propose the next release: one commit with the next version and the changelog, on a branch, as a pull request.
#[derive(Debug, clap::Args)]
pub(crate) struct ReleasePr {}

pub(crate) async fn run(_: ReleasePr, run: &Run) -> Result<Report, Error> {
    let (wiring, releases) = Wiring::releasing(run).await?;
    let config = &wiring.config;
    let source = Source::of(wiring.checkout(), config)?;
    let Next { by, versioned } = source.next(run)?;
    let packages = versioned.as_ref().map(|versioned| versioned.packages.clone()).unwrap_or_default();
    let page =
        config.repository.as_ref().map(|name| format!("{}/{name}", run.env.github_server().trim_end_matches('/')));
    let request = ReleasePrRequest {
        base: source.commit,
        base_branch: config.release.base.clone(),
        branch: config.release.branch.clone(),
        versioned,
        template: config.release.template.clone(),
        page,
        dry_run: run.global.dry_run,
    };
    let done = embark_core::release_pr(&wiring.systems(), &releases, &request).await?;
    for warning in &done.warnings {
        run.ui.note(&format!("warning: {warning}"));
    }
    Ok(report(&request, &done, &packages, by, run))
}

fn report(
    request: &ReleasePrRequest,
    done: &Done,
    packages: &[embark_core::PackageChange],
    changesets: &'static str,
    run: &Run,
) -> Report {
    let proposed = json::ReleasePr::of(&request.branch, done, packages, changesets, &run.queue());
    let commit = done.commit.as_ref().map(|commit| ("commit", commit.to_string()));
    let version = done.version.as_ref().map(|version| ("version", version.to_string()));
    // Where nothing is left to release there is nothing to build, either.
    let branch = commit.as_ref().map(|_| ("branch", request.branch.to_string()));
    Report {
        outcome: outcome(done.change),
        text: release::proposed(&request.branch, done, packages),
        json: json::Body { release_pr: Some(proposed), ..json::Body::default() },
        outputs: [branch, commit, version].into_iter().flatten().collect(),
        ..Report::default()
    }
}

/// Returns what came of the command.
pub(super) fn outcome(change: ReleaseChange) -> Outcome {
    match change {
        ReleaseChange::Unchanged => Outcome::Unchanged,
        ReleaseChange::Done => Outcome::Done,
        ReleaseChange::Planned => Outcome::Planned,
    }
}
