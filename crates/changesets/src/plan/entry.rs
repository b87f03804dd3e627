//! The entry of a changelog, as `@changesets/changelog-git` writes it.

use semver::Version;

use super::Read;
use crate::script::{trim, trim_end};
use crate::{Bump, Tree};

/// Writes the entry of a version, its heading included.
pub(super) fn entry(tree: &Tree, version: &Version, changesets: &[Read]) -> String {
    let mut parts = vec![format!("## {version}")];
    for (bump, title) in [(Bump::Major, "Major"), (Bump::Minor, "Minor"), (Bump::Patch, "Patch")] {
        let these = changesets.iter().filter(|read| read.bump() == Some(bump));
        let lines: Vec<String> = these.map(|read| line(tree, read)).collect();
        if !lines.is_empty() {
            parts.push(format!("### {title} Changes\n\n{}", lines.join("\n")));
        }
    }
    if parts.len() == 1 {
        parts.push("No changes in this release.".into());
    }
    parts.join("\n\n")
}

fn line(tree: &Tree, read: &Read) -> String {
    let commit = tree.commits.get(&read.path).map(|commit| commit.get(..7).unwrap_or(commit));
    let commit = commit.map_or_else(String::new, |commit| format!("{commit}: "));
    let lines: Vec<&str> = read.changeset.summary.split('\n').map(trim_end).collect();
    trim(&format!("- {commit}{}", lines.join("\n  "))).into()
}
