//! What a plan is made of: the files of one commit, and who added the changesets.

use std::collections::BTreeMap;

/// The files of a commit that matter, and the commits that added its changesets.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tree {
    /// The name of the application.
    pub application: String,
    /// The path of the file that holds its version.
    pub version_file: String,
    /// The files, by their path.
    pub files: BTreeMap<String, String>,
    /// The commit that added a changeset, by the path of the changeset.
    pub commits: BTreeMap<String, String>,
}

impl Tree {
    /// Makes one without files.
    pub fn new(application: impl Into<String>, version_file: impl Into<String>) -> Self {
        let (application, version_file) = (application.into(), version_file.into());
        Self { application, version_file, files: BTreeMap::new(), commits: BTreeMap::new() }
    }

    /// Adds a file.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.files.insert(path.into(), text.into());
    }

    /// Says which commit added a changeset.
    pub fn added_by(&mut self, path: impl Into<String>, commit: impl Into<String>) {
        self.commits.insert(path.into(), commit.into());
    }

    /// Tells whether a plan may depend on a file.
    pub fn needs(version_file: &str, path: &str) -> bool {
        const NAMES: [&str; 7] = [
            "package.json",
            "pnpm-workspace.yaml",
            "lerna.json",
            "rush.json",
            "CHANGELOG.md",
            "Cargo.toml",
            "Cargo.lock",
        ];
        let name = path.rsplit('/').next().unwrap_or(path);
        path == version_file || path.starts_with(".changeset/") || NAMES.contains(&name)
    }
}
