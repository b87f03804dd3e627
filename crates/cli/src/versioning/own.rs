//! The next version as the repository's own program makes it, in a working copy of the commit.

use std::path::Path;

use embark_core::Versioned;
use embark_gitops::WorkingCopy;

use super::child::{Child, PATIENCE};
use super::manager::Manager;
use super::way::PACKAGE;
use super::{Files, Source, edits, way};
use crate::error::Error;
use crate::run::Run;

/// Where packages are installed.
const MODULES: &str = "node_modules";

/// Returns what is released next; `None` where no changeset waits, or where the program leaves them all.
pub(super) fn versioned(
    source: &Source<'_>,
    files: &Files,
    manager: Manager,
    run: &Run,
) -> Result<Option<Versioned>, Error> {
    let command = manager.command().join(" ");
    let version = installed(source.checkout.folder(), manager)?;
    run.ui.note(&format!("changesets: {command} ({PACKAGE} {version})"));
    if !way::waits(files) {
        return Ok(None);
    }
    tracing::info!(commit = %source.commit, "copying the files of");
    let mut copy = source.checkout.working_copy(&source.commit)?;
    demand_history(source, files, &copy)?;
    link(source.checkout.folder(), files, &mut copy)?;
    tracing::info!(command, "running");
    let child = Child {
        command: manager.command(),
        folder: copy.folder(),
        webhook: source.config.notify.webhook.as_deref(),
        token: run.env.changesets_token.as_ref(),
        patience: PATIENCE,
    };
    let is_unlocked = manager == Manager::Npm && is_unlocked(source)?;
    child.run().map_err(|error| Error::Program { command: command.clone(), source: error, is_unlocked })?;
    let changes = copy.changes()?;
    if changes.is_empty() {
        run.ui.note(
            "Changesets wait, and the program left them all: their packages are ignored, or private without \
             privatePackages.version in .changeset/config.json.",
        );
        return Ok(None);
    }
    edits::versioned(&source.version_file, files, changes, &command).map(Some)
}

/// Files of which the program takes one for a workspace, beside `package.json`.
const LOCKS: [&str; 4] = ["package-lock.json", "bun.lock", "bun.lockb", "lerna.json"];

/// Tells whether the program takes a workspace of npm for none, since its lock file is missing.
fn is_unlocked(source: &Source<'_>) -> Result<bool, Error> {
    let files = source.files(&|path| path == "package.json" || LOCKS.contains(&path))?;
    let package = files.get("package.json").and_then(|text| serde_json::from_slice::<serde_json::Value>(text).ok());
    let is_workspace = package.is_some_and(|package| package.get("workspaces").is_some());
    Ok(is_workspace && files.len() == 1)
}

/// Returns the version of the program that is installed.
fn installed(folder: &Path, manager: Manager) -> Result<String, Error> {
    let text = std::fs::read(folder.join(MODULES).join(PACKAGE).join("package.json")).ok();
    let package = text.and_then(|text| serde_json::from_slice::<serde_json::Value>(&text).ok());
    let version = package.and_then(|package| package.get("version")?.as_str().map(ToOwned::to_owned));
    version.ok_or_else(|| {
        let problem = format!("{PACKAGE} is not installed in {}", folder.display());
        // Plug'n'Play keeps packages where node alone finds none.
        let is_elsewhere = manager == Manager::Yarn && folder.join(".pnp.cjs").exists();
        let first = if is_elsewhere { "write nodeLinker: node-modules into .yarnrc.yml, then " } else { "" };
        Error::Checkout(problem, format!("{first}install what package.json asks for with: {}", manager.install()))
    })
}

/// Demands the commits that the changelog names. The program would fetch them, and has nothing to fetch them with.
fn demand_history(source: &Source<'_>, files: &Files, copy: &WorkingCopy) -> Result<(), Error> {
    if !copy.is_cut() {
        return Ok(());
    }
    let (_, unknown) = source.added(files)?;
    let Some(path) = unknown.first() else { return Ok(()) };
    let folder = source.checkout.folder().display();
    let problem = format!("the history of {folder} is cut off: the commit that added {path} is not at hand");
    let hint = "give actions/checkout fetch-depth: 0, or fetch it all with: git fetch --unshallow";
    Err(Error::Checkout(problem, hint.into()))
}

/// Has the packages of the copy find what is installed for those of the checkout.
fn link(folder: &Path, files: &Files, copy: &mut WorkingCopy) -> Result<(), Error> {
    for path in files.keys().filter_map(|path| path.strip_suffix("package.json")) {
        let modules = format!("{path}{MODULES}");
        let target = folder.join(&modules);
        if (path.is_empty() || path.ends_with('/')) && target.is_dir() {
            copy.link(&modules, &target)?;
        }
    }
    Ok(())
}
