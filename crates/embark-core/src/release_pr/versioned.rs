//! What a release changes in the application's repository.

use crate::name::FilePath;
use crate::version::AppVersion;

/// The next version, and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    /// The application's next version.
    pub version: AppVersion,
    /// What is new, in Markdown: the section of the changelog, without its heading.
    pub notes: String,
    /// The files that change.
    pub edits: Vec<Edit>,
    /// The packages that get a new version.
    pub packages: Vec<PackageChange>,
    /// Files among the edits that nobody would expect there: what the repository's own program has changed besides versions,
    /// changelogs and changesets.
    pub further: Vec<FilePath>,
}

/// A file that changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// Its path.
    pub path: FilePath,
    /// All of it; `None` where it is deleted.
    pub contents: Option<Vec<u8>>,
}

/// A package that gets a new version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageChange {
    /// Its name.
    pub name: String,
    /// The version that it has.
    pub from: String,
    /// The version that it gets.
    pub to: String,
}
