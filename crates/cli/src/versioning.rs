//! The next version of the application, worked out of the changesets of a commit.

pub(crate) mod changelog;
mod child;
mod edits;
mod manager;
mod native;
pub(crate) mod on_disk;
mod own;
mod way;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use embark_changesets::Tree;
use embark_core::{Commit, Versioned};
use embark_gitops::Checkout;

use self::way::Way;
use crate::config::Config;
use crate::error::Error;
use crate::run::Run;

pub(crate) use self::child::ProgramError;

/// Files of a commit, by their path.
type Files = BTreeMap<String, Vec<u8>>;

/// The folder of the changesets.
pub(crate) const FOLDER: &str = ".changeset";

/// What is released next.
pub(crate) struct Next {
    /// Who worked it out: `native`, or `cli`, the repository's own program.
    pub(crate) by: &'static str,
    /// `None` where no changeset waits, or none that gives a package a new version.
    pub(crate) versioned: Option<Versioned>,
}

/// A commit of the application's repository, and the file with its version.
pub(crate) struct Source<'a> {
    checkout: &'a Checkout,
    pub(crate) commit: Commit,
    config: &'a Config,
    /// From the top of the repository.
    version_file: String,
}

impl<'a> Source<'a> {
    /// Takes what is checked out around the working folder.
    pub(crate) fn of(checkout: Option<&'a Checkout>, config: &'a Config) -> Result<Self, Error> {
        let (checkout, version_file) = located(checkout, config)?;
        let commit = checkout.head().map_err(embark_core::Error::from)?.ok_or_else(|| {
            let problem = format!("{} has no commit yet", checkout.folder().display());
            Error::Checkout(problem, "commit the application first".into())
        })?;
        Ok(Self { checkout, commit, config, version_file })
    }

    /// Works out what is released next, in one of two ways, and tells which.
    pub(crate) fn next(&self, run: &Run) -> Result<Next, Error> {
        let files = self.files(&|path| Tree::needs(&self.version_file, path))?;
        self.demand_clean(&files)?;
        let way = Way::of(&self.files(&|path| way::NAMES.contains(&path))?, &self.version_file)?;
        let (by, versioned) = match way {
            Way::Embark => {
                run.ui.note("changesets: read by embark");
                ("native", native::versioned(self, files, &run.ui)?)
            }
            Way::Program(manager) => ("cli", own::versioned(self, &files, manager, run)?),
        };
        let is_release = |versioned: &Versioned| !versioned.packages.is_empty();
        if versioned.as_ref().is_some_and(|versioned| !is_release(versioned)) {
            run.ui.note("Changesets wait that release nothing by themselves: they go with the next release.");
        }
        Ok(Next { by, versioned: versioned.filter(is_release) })
    }

    /// Tells which commit added each changeset, and of which changesets that is not known.
    fn added(&self, files: &Files) -> Result<(BTreeMap<String, Commit>, Vec<String>), Error> {
        let added = self.checkout.added_by(&self.commit, FOLDER).map_err(embark_core::Error::from)?;
        let is_unknown = |path: &&String| embark_changesets::Changeset::is_one(path) && !added.contains_key(*path);
        let unknown = files.keys().filter(is_unknown).cloned().collect();
        Ok((added, unknown))
    }

    fn files(&self, is_wanted: &dyn Fn(&str) -> bool) -> Result<Files, Error> {
        let files = self.checkout.files(&self.commit, is_wanted).map_err(embark_core::Error::from)?;
        Ok(files.unwrap_or_default())
    }

    /// Demands that the working folder has the files of the commit: what is not committed would be left out in silence.
    fn demand_clean(&self, committed: &Files) -> Result<(), Error> {
        let folder = self.checkout.folder();
        let differs = |path: &&String| {
            // A checkout may have other line ends, which git takes back.
            let plain = |bytes: &[u8]| bytes.iter().copied().filter(|byte| *byte != b'\r').collect::<Vec<u8>>();
            std::fs::read(folder.join(path)).map_or(true, |bytes| plain(&bytes) != plain(&committed[*path]))
        };
        let new = std::fs::read_dir(folder.join(FOLDER)).into_iter().flatten().flatten();
        let new = new.filter_map(|entry| Some(format!("{FOLDER}/{}", entry.file_name().to_str()?)));
        let is_new = |path: &String| embark_changesets::Changeset::is_one(path) && !committed.contains_key(path);
        let changed = committed.keys().filter(differs).cloned().chain(new.filter(is_new));
        let changed: Vec<String> = changed.collect();
        if changed.is_empty() {
            return Ok(());
        }
        let problem = format!("{} is not as it was committed: {}", folder.display(), changed.join(", "));
        Err(Error::Checkout(problem, "commit it, or take it back with git restore".into()))
    }
}

/// Returns what installs the repository's own program for changesets, where it has one and that versions the application.
pub(crate) fn install(top: &Path, version_file: &Path) -> Option<&'static str> {
    let files = way::NAMES.iter().filter_map(|name| Some(((*name).to_owned(), std::fs::read(top.join(name)).ok()?)));
    match Way::of(&files.collect(), &version_file.to_string_lossy()) {
        Ok(Way::Program(manager)) => Some(manager.prepare()),
        _ => None,
    }
}

/// Takes what is checked out around the working folder, and the path of the version file in it.
pub(crate) fn located<'a>(checkout: Option<&'a Checkout>, config: &Config) -> Result<(&'a Checkout, String), Error> {
    let checkout = checkout.ok_or_else(|| {
        let problem = "there is no git repository around the working folder".into();
        Error::Checkout(problem, "change to a checkout of the application's repository".into())
    })?;
    let file = config.version_file.as_deref().ok_or_else(|| {
        config.invalid("version.file does not say where the application's version is, as in package.json".into())
    })?;
    let version_file = within(checkout.folder(), file).ok_or_else(|| {
        let (file, folder) = (file.display(), checkout.folder().display());
        config.invalid(format!("version.file: {file} is not in the git repository {folder}"))
    })?;
    Ok((checkout, version_file))
}

/// Tells which file of the changesets is wrong.
pub(crate) fn wrong(error: embark_changesets::Error) -> Error {
    Error::Parse { path: error.file().into(), source: error.into() }
}

/// Returns the path of a file from the top of a repository, if it is in it.
fn within(folder: &Path, file: &Path) -> Option<String> {
    let real = |path: &Path| path.canonicalize().ok();
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file: PathBuf = real(parent)?.join(file.file_name()?);
    let path = file.strip_prefix(real(folder)?).ok()?;
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}
