//! Packages of npm, as the repository's own `@changesets/cli` sees them.
//!
//! It finds them as [`@manypkg/get-packages`](https://github.com/Thinkmill/manypkg/tree/main/packages/get-packages) does.

use serde_json::Value;

use super::{CONFIG, Package, Unversioned};
use crate::config::read_json;
use crate::glob::is_match;
use crate::plan::versions;
use crate::{Error, Tree, VersionFile};

/// The file of the package at the root, or of its workspace.
pub(super) const ROOT: &str = "package.json";
const PNPM: &str = "pnpm-workspace.yaml";
const PROGRAM: &str = "@changesets/cli";

/// The `package.json` at the root.
pub(super) struct Root {
    json: Value,
    /// The patterns of the folders with its members, if it is a workspace.
    members: Option<Vec<String>>,
    /// What is asked for of `@changesets/cli`.
    program: Option<String>,
}

/// What is used of `pnpm-workspace.yaml`.
#[derive(serde::Deserialize)]
struct Pnpm {
    packages: Option<Vec<String>>,
}

impl Root {
    /// Reads it; `None` where nothing is left to the repository's own program.
    pub(super) fn of(tree: &Tree) -> Result<Option<Self>, Error> {
        let Some(text) = tree.files.get(ROOT) else { return Ok(None) };
        let is_npm = VersionFile::of(&tree.version_file) == VersionFile::Npm;
        let json = match read_json(ROOT, text) {
            // It is there for something else.
            Err(_) if !is_npm => return Ok(None),
            json => json?,
        };
        let program = ["devDependencies", "dependencies"].into_iter().find_map(|key| json.get(key)?.get(PROGRAM));
        let program = program.map(|wanted| wanted.as_str().unwrap_or_default().to_owned());
        let members = members(tree, &json);
        let is_theirs = program.is_some() || (is_npm && members.is_some());
        Ok(is_theirs.then_some(Self { json, members, program }))
    }

    pub(super) fn is_workspace(&self) -> bool {
        self.members.is_some()
    }

    pub(super) fn has_own_program(&self) -> bool {
        self.program.is_some()
    }

    /// Adds the members of the workspace, or the one package.
    pub(super) fn packages(
        &self,
        tree: &Tree,
        all: &mut Vec<Package>,
        unversioned: &mut Vec<Unversioned>,
    ) -> Result<(), Error> {
        let config = tree.files.get(CONFIG).map(|text| read_json(CONFIG, text)).transpose()?.unwrap_or_default();
        let mut add = |path: &str, text: &str, json: &Value| {
            // Without a name nothing can be said of it.
            let Some(name) = json.get("name").and_then(Value::as_str).map(ToOwned::to_owned) else { return Ok(()) };
            let has_version = json.get("version").and_then(Value::as_str).is_some_and(|version| !version.is_empty());
            match self.left_out(&config, &name, json) {
                Some(why) => unversioned.push(Unversioned { name, why }),
                None if !has_version => unversioned.push(Unversioned { name, why: "its package.json has no version" }),
                None => {
                    let (place, version) = VersionFile::Npm.find(path, text)?;
                    let version = versions::parse(&place, &version)?;
                    all.push(Package { name, version, place });
                }
            }
            Ok(())
        };
        let Some(members) = &self.members else { return add(ROOT, &tree.files[ROOT], &self.json) };
        for (path, text) in &tree.files {
            let folder = match path.strip_suffix(ROOT) {
                Some("") => ".",
                Some(folder) if folder.ends_with('/') => folder.trim_end_matches('/'),
                _ => continue,
            };
            if is_member(members, folder) {
                add(path, text, &read_json(path, text)?)?;
            }
        }
        Ok(())
    }

    /// Tells why a package has no versions, if so.
    fn left_out(&self, config: &Value, name: &str, json: &Value) -> Option<&'static str> {
        let ignore = config.get("ignore").and_then(Value::as_array).into_iter().flatten();
        if ignore.filter_map(Value::as_str).any(|pattern| is_match(pattern, name)) {
            return Some("`ignore` in .changeset/config.json names it");
        }
        let private = config.get("privatePackages");
        let private = private.map(|private| private.get("version").unwrap_or(private).as_bool().unwrap_or(false));
        // Version 2 gives private packages versions, and version 3 does not.
        let is_versioned = private.unwrap_or_else(|| self.program.as_deref().is_some_and(is_version_2));
        let is_private = json.get("private").and_then(Value::as_bool) == Some(true);
        (is_private && !is_versioned)
            .then_some("it is private, and `privatePackages` in .changeset/config.json is not set")
    }
}

fn is_version_2(wanted: &str) -> bool {
    let number = wanted.trim_start_matches(|c: char| !c.is_ascii_digit());
    number == "2" || number.starts_with("2.")
}

/// Returns the patterns of a workspace: those of pnpm go before those of npm, Yarn and Bun.
fn members(tree: &Tree, json: &Value) -> Option<Vec<String>> {
    let pnpm = tree.files.get(PNPM).and_then(|text| serde_saphyr::from_str::<Option<Pnpm>>(text).ok().flatten());
    if let Some(packages) = pnpm.and_then(|pnpm| pnpm.packages) {
        return Some(packages);
    }
    let workspaces = json.get("workspaces")?;
    let patterns = workspaces.as_array().or_else(|| workspaces.get("packages")?.as_array())?;
    Some(patterns.iter().filter_map(Value::as_str).map(Into::into).collect())
}

fn is_member(patterns: &[String], folder: &str) -> bool {
    let (not, meant): (Vec<&str>, Vec<&str>) =
        patterns.iter().map(String::as_str).partition(|one| one.starts_with('!'));
    // Only a pattern that says so means the root.
    let means = |pattern: &&str| if folder == "." { matches!(*pattern, "." | "./") } else { is_match(pattern, folder) };
    meant.iter().any(means) && !not.iter().any(|pattern| is_match(pattern.trim_start_matches('!'), folder))
}
