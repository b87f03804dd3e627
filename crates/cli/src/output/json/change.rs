//! What `change` adds.

use embark_changesets::{Changeset, Named};
use serde::Serialize;

/// The changeset that is written; in a dry run the one that would be.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Changeset"))]
pub(crate) struct Change {
    /// Its file, seen from the working folder if that is above it; `null` on an error, as the summary.
    file: Option<String>,
    /// The packages that it names.
    packages: Vec<Changed>,
    /// What has changed, in Markdown.
    summary: Option<String>,
}

/// A package that a changeset names.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ChangedPackage"))]
pub(crate) struct Changed {
    /// Its name.
    pub(crate) name: String,
    /// By how much it grows: `major`, `minor`, `patch` or `none`.
    pub(crate) bump: &'static str,
    /// The version that it has.
    pub(crate) from: String,
    /// The version that comes next, with what else waits. In a workspace of npm packages, with this changeset alone.
    pub(crate) to: String,
}

impl Changed {
    pub(crate) fn of(named: &Named, from: &impl ToString, to: &impl ToString) -> Self {
        let (name, bump) = (named.package.clone(), named.bump.as_str());
        Self { name, bump, from: from.to_string(), to: to.to_string() }
    }
}

impl Change {
    pub(crate) fn of(file: &str, packages: Vec<Changed>, changeset: &Changeset) -> Self {
        Self { file: Some(file.into()), packages, summary: Some(changeset.summary.clone()) }
    }
}
