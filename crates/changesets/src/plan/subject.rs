//! What the changesets of a tree are about.

use std::collections::BTreeMap;

use semver::Version;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::config::read_json;
use crate::version_file::Workspace;
use crate::{Changeset, Config, Error, Tree, VersionFile};

/// The application, or the package of its version file.
pub(crate) struct Subject {
    /// What the changelog calls it.
    pub(crate) title: String,
    names: Vec<String>,
    is_private: bool,
    workspace: Workspace,
}

impl Subject {
    pub(crate) fn of(tree: &Tree, text: &str) -> Result<Self, Error> {
        let file = tree.version_file.as_str();
        let (mut title, mut is_private, mut workspace) = (tree.application.clone(), false, Workspace::default());
        match VersionFile::of(file) {
            VersionFile::Npm => {
                let json = read_json(file, text)?;
                if let Some(path) = npm_workspace(tree, &json) {
                    return Err(Error::OwnProgram { file: path.into(), what: "a workspace of npm packages".into() });
                }
                is_private = json.get("private").and_then(Value::as_bool) == Some(true);
                title = json.get("name").and_then(Value::as_str).map_or(title, Into::into);
            }
            VersionFile::Cargo => workspace = Workspace::of(&tree.files, file),
            _ => {}
        }
        let names = [title.as_str(), &tree.application].into_iter().chain(workspace.names());
        let mut names: Vec<String> = names.map(Into::into).collect();
        names.dedup();
        Ok(Self { title, names, is_private, workspace })
    }

    /// Returns the packages of a Cargo workspace that share the version.
    pub(crate) fn members(&self) -> impl Iterator<Item = &str> {
        self.workspace.names()
    }

    /// Tells whether it has no versions.
    pub(crate) fn is_skipped(&self, config: &Config) -> bool {
        config.ignore.contains(&self.title) || (self.is_private && config.private == Some(false))
    }

    /// Demands that a changeset names nothing else.
    pub(crate) fn check(&self, file: &str, text: &str, changeset: &Changeset) -> Result<(), Error> {
        let is_known = |package: &String| self.names.contains(package);
        let Some(named) = changeset.releases.iter().find(|named| !is_known(&named.package)) else { return Ok(()) };
        let line = text.split('\n').position(|line| line.contains(&named.package)).map_or(1, |at| at + 1);
        let (file, package) = (file.into(), named.package.clone());
        Err(Error::UnknownPackage { file, line, package, known: self.names.join(" or ") })
    }

    /// Edits what names the version elsewhere.
    ///
    /// # Errors
    /// [`Error::Malformed`] if the lock beside the version file cannot be read.
    pub(crate) fn follow(
        &self,
        tree: &Tree,
        old: &str,
        new: &Version,
        edits: &mut BTreeMap<String, Option<String>>,
    ) -> Result<(), Error> {
        self.workspace.check_lock(tree)?;
        for (path, text) in &tree.files {
            let text = edits.get(path).and_then(Option::as_ref).unwrap_or(text);
            if let Some(text) = self.workspace.follow(path, text, old, new) {
                edits.insert(path.clone(), Some(text));
            }
        }
        Ok(())
    }
}

/// Returns the file that says that there is a workspace, if one does.
fn npm_workspace<'t>(tree: &'t Tree, manifest: &Value) -> Option<&'t str> {
    if manifest.get("workspaces").is_some() {
        return Some(&tree.version_file);
    }
    let says_so = |path: &&str| match tree.files.get(*path) {
        Some(text) if *path == PNPM => is_pnpm_workspace(text),
        file => file.is_some(),
    };
    [PNPM, "lerna.json", "rush.json"].into_iter().find(says_so)
}

const PNPM: &str = "pnpm-workspace.yaml";

/// Tells whether a `pnpm-workspace.yaml` has packages: pnpm keeps its settings there as well. One that cannot be read may
/// have some.
pub fn is_pnpm_workspace(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Manifest {
        packages: Option<IgnoredAny>,
    }
    let manifest: Result<Option<Manifest>, _> = serde_saphyr::from_str(text);
    manifest.map_or(true, |manifest| manifest.is_some_and(|manifest| manifest.packages.is_some()))
}
