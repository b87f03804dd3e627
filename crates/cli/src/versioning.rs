//! The next version of the application, worked out of the changesets of a commit.

pub(crate) mod changelog;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use embark_changesets::{Plan, Tree, plan, section};
use embark_core::{Commit, Edit, PackageChange, Versioned};
use embark_gitops::Checkout;

use crate::config::Config;
use crate::error::Error;
use crate::ui::Ui;

/// The folder of the changesets.
const FOLDER: &str = ".changeset";

/// A commit of the application's repository, and the file with its version.
pub(crate) struct Source<'a> {
    checkout: &'a Checkout,
    pub(crate) commit: Commit,
    application: &'a str,
    /// From the top of the repository.
    version_file: String,
}

impl<'a> Source<'a> {
    /// Takes what is checked out around the working folder.
    pub(crate) fn of(checkout: Option<&'a Checkout>, config: &'a Config) -> Result<Self, Error> {
        let checkout = checkout.ok_or_else(|| {
            let problem = "there is no git repository around the working folder".into();
            Error::Checkout(problem, "change to a checkout of the application's repository".into())
        })?;
        let commit = checkout.head().map_err(embark_core::Error::from)?.ok_or_else(|| {
            let problem = format!("{} has no commit yet", checkout.folder().display());
            Error::Checkout(problem, "commit the application first".into())
        })?;
        let file = config.version_file.as_deref().ok_or_else(|| {
            config.invalid("version.file does not say where the application's version is, as in package.json".into())
        })?;
        let version_file = within(checkout.folder(), file).ok_or_else(|| {
            let (file, folder) = (file.display(), checkout.folder().display());
            config.invalid(format!("version.file: {file} is not in the git repository {folder}"))
        })?;
        Ok(Self { checkout, commit, application: &config.application, version_file })
    }

    /// Returns what is released next; `None` where no changeset waits.
    pub(crate) fn versioned(&self, ui: &Ui) -> Result<Option<Versioned>, Error> {
        let files = self.files(&|path| Tree::needs(&self.version_file, path))?;
        self.demand_clean(&files)?;
        let mut tree = Tree::new(self.application, &self.version_file);
        for (path, bytes) in files {
            let text = String::from_utf8(bytes)
                .map_err(|_| Error::Parse { path: path.clone(), source: "it is not text in UTF-8".into() })?;
            tree.add(path, text);
        }
        let added = self.checkout.added_by(&self.commit, FOLDER).map_err(embark_core::Error::from)?;
        let is_cut =
            tree.files.keys().any(|path| embark_changesets::Changeset::is_one(path) && !added.contains_key(path));
        for (path, commit) in added {
            tree.added_by(path, commit.to_string());
        }
        if is_cut {
            ui.note(
                "The history of this checkout is cut off: the changelog does not name the commits of all changesets.",
            );
        }
        let plan = plan(&tree).map_err(|error| Error::Parse { path: error.file().into(), source: error.into() })?;
        if plan.is_empty() { Ok(None) } else { versioned(plan, &self.version_file).map(Some) }
    }

    fn files(&self, is_wanted: &dyn Fn(&str) -> bool) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        let files = self.checkout.files(&self.commit, is_wanted).map_err(embark_core::Error::from)?;
        Ok(files.unwrap_or_default())
    }

    /// Demands that the working folder has the files of the commit: what is not committed would be left out in silence.
    fn demand_clean(&self, committed: &BTreeMap<String, Vec<u8>>) -> Result<(), Error> {
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

/// Returns the path of a file from the top of a repository, if it is in it.
fn within(folder: &Path, file: &Path) -> Option<String> {
    let real = |path: &Path| path.canonicalize().ok();
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file: PathBuf = real(parent)?.join(file.file_name()?);
    let path = file.strip_prefix(real(folder)?).ok()?;
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}

fn versioned(plan: Plan, version_file: &str) -> Result<Versioned, Error> {
    let parse = |source: Box<dyn std::error::Error + Send + Sync>| Error::Parse { path: version_file.into(), source };
    let version = plan.version.to_string().parse().map_err(|error: embark_core::TextError| parse(error.into()))?;
    let edit = |(path, text): (String, Option<String>)| {
        let contents = text.map(String::into_bytes);
        let path = path.parse().map_err(|error: embark_core::TextError| parse(error.into()))?;
        Ok(Edit { path, contents })
    };
    let notes = plan.releases.iter().filter_map(|release| section(&release.entry, &release.to.to_string()));
    Ok(Versioned {
        version,
        notes: notes.collect::<Vec<_>>().join("\n\n"),
        edits: plan.edits.into_iter().map(edit).collect::<Result<_, Error>>()?,
        packages: plan
            .releases
            .into_iter()
            .map(|release| PackageChange {
                name: release.package,
                from: release.from.to_string(),
                to: release.to.to_string(),
            })
            .collect(),
    })
}
