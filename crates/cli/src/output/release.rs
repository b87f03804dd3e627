//! What people read of releases.

use embark_core::{BranchName, PackageChange, ReleasePr};

use super::cell::{Cell, Tone};
use super::json::Changed;
use super::table::{items, table};

/// Shows the packages that a changeset names, with an empty line below them.
pub(crate) fn changed(packages: &[Changed]) -> String {
    let row =
        |one: &Changed| [one.name.as_str().into(), one.bump.into(), one.from.as_str().into(), one.to.as_str().into()];
    let rows: Vec<_> = packages.iter().map(row).collect();
    if rows.is_empty() { String::new() } else { table(["PACKAGE", "BUMP", "VERSION", "NEXT"], &rows) + "\n" }
}

/// Shows what is proposed: the pull request, the packages, and what would become of the images.
pub(crate) fn proposed(branch: &BranchName, done: &ReleasePr, packages: &[PackageChange]) -> String {
    let mut text = String::new();
    if done.version.is_some() || done.pull_request.is_some() {
        let state = match (done.is_open, &done.pull_request) {
            (Some(true), _) => Cell::new("open", Tone::Good),
            (_, Some(_)) => Cell::new("closed", Tone::Plain),
            (_, None) => Cell::new("planned", Tone::Waiting),
        };
        let row = [
            done.version.as_ref().map(ToString::to_string).unwrap_or_default().as_str().into(),
            branch.as_str().into(),
            done.commit.as_ref().map_or("", |commit| commit.short()).into(),
            state,
            done.pull_request.as_ref().map_or("", |pull_request| pull_request.url.as_str()).into(),
        ];
        text = table(["VERSION", "BRANCH", "COMMIT", "STATE", "PULL REQUEST"], &[row]);
    }
    if done.version.is_some() && !packages.is_empty() {
        let row = |change: &PackageChange| {
            [change.name.as_str().into(), change.from.as_str().into(), change.to.as_str().into()]
        };
        let rows: Vec<_> = packages.iter().map(row).collect();
        text = format!("{text}\n{}", table(["PACKAGE", "FROM", "TO"], &rows));
    }
    if !done.images.is_empty() {
        text = format!("{text}\n{}", items(&done.images));
    }
    if let Some(reason) = &done.reason {
        let gap = if text.is_empty() { "" } else { "\n" };
        let mut reason = reason.clone();
        reason.get_mut(..1).map(str::make_ascii_uppercase);
        text = format!("{text}{gap}{reason}.\n");
    }
    text
}
