//! The packages of a Cargo workspace that share one version, and what names that version.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use semver::{Version, VersionReq};
use toml_edit::{Document, Item, TableLike};

use super::toml::{line, quoted_like, splice};
use crate::{Error, Tree};

/// Strings that are replaced, and what stands there afterwards, without quotes.
type Pieces = Vec<(Range<usize>, String)>;

/// The packages that move with the version file.
#[derive(Debug, Default)]
pub(crate) struct Workspace(BTreeSet<String>);

impl Workspace {
    /// Finds the package of the version file, and those that inherit its version.
    pub(crate) fn of(files: &BTreeMap<String, String>, version_file: &str) -> Self {
        let root = version_file.strip_suffix("Cargo.toml").unwrap_or_default();
        let name = |(path, text): (&String, &String)| {
            let document = Document::parse(text.as_str()).ok().filter(|_| is_manifest(path, root))?;
            let package = document.get("package")?;
            let inherits = package.get("version")?.get("workspace").and_then(Item::as_bool) == Some(true);
            (inherits || path == version_file).then(|| package.get("name")?.as_str().map(ToOwned::to_owned)).flatten()
        };
        Self(files.iter().filter_map(name).collect())
    }

    /// Returns their names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Demands that the lock beside the version file can be read: it would be left behind otherwise. Locks and manifests
    /// elsewhere may be broken on purpose, as those of tests are.
    pub(crate) fn check_lock(&self, tree: &Tree) -> Result<(), Error> {
        let path = tree.version_file.strip_suffix("Cargo.toml").map(|root| format!("{root}Cargo.lock"));
        let lock = path.and_then(|path| tree.files.get_key_value(&path)).filter(|_| !self.0.is_empty());
        let Some((path, text)) = lock else { return Ok(()) };
        let wrong = |error: toml_edit::TomlError| Error::Malformed {
            file: path.clone(),
            line: line(text, &error),
            what: format!("it is no TOML: {}", error.message()),
            mend: "take it from a commit in which it is right, or delete it and run: cargo generate-lockfile",
        };
        Document::parse(text.as_str()).map(drop).map_err(wrong)
    }

    /// Edits what names their version elsewhere: requirements beside a path, and entries of `Cargo.lock`.
    pub(crate) fn follow(&self, path: &str, text: &str, old: &str, new: &Version) -> Option<String> {
        let document = Document::parse(text).ok().filter(|_| !self.0.is_empty())?;
        let mut pieces = Vec::new();
        match path.rsplit('/').next() {
            Some("Cargo.lock") => self.locked(document.get("package")?, old, new, &mut pieces),
            Some("Cargo.toml") => self.required(document.as_table(), new, &mut pieces),
            _ => {}
        }
        let pieces = pieces.into_iter().map(|(range, new)| (range.clone(), quoted_like(&text[range], &new)));
        let pieces: Pieces = pieces.collect();
        (!pieces.is_empty()).then(|| splice(text, pieces))
    }

    fn locked(&self, packages: &Item, old: &str, new: &Version, pieces: &mut Pieces) {
        // Where two packages have one name, others name the version as well, and the source of one that is not here.
        let named = |text: &str| {
            let name = text.strip_suffix(old)?.strip_suffix(' ')?;
            self.0.contains(name).then(|| format!("{name} {new}"))
        };
        for package in packages.as_array_of_tables().into_iter().flatten() {
            let dependencies = package.get("dependencies").and_then(Item::as_array).into_iter().flatten();
            pieces.extend(dependencies.filter_map(|value| Some((value.span()?, named(value.as_str()?)?))));
            let is_ours = package.get("name").and_then(Item::as_str).is_some_and(|name| self.0.contains(name));
            let version = package.get("version").filter(|version| version.as_str() == Some(old));
            if let (true, Some(range)) = (is_ours && !package.contains_key("source"), version.and_then(Item::span)) {
                pieces.push((range, new.to_string()));
            }
        }
    }

    fn required(&self, table: &dyn TableLike, new: &Version, pieces: &mut Pieces) {
        for (key, item) in table.iter() {
            let Some(inner) = item.as_table_like() else { continue };
            let name = inner.get("package").and_then(Item::as_str).unwrap_or(key);
            let version = inner.get("version").filter(|_| inner.contains_key("path") && self.0.contains(name));
            match version.and_then(|version| Some((version.span()?, version.as_str()?))) {
                Some((range, requirement)) if is_outdated(requirement, new) => {
                    pieces.push((range, moved(requirement, new)));
                }
                _ => self.required(inner, new, pieces),
            }
        }
    }
}

/// Tells whether a requirement names a whole version, or does not hold for the new one.
fn is_outdated(requirement: &str, new: &Version) -> bool {
    let is_whole = requirement.trim_start_matches(['^', '~', '=', ' ']).parse::<Version>().is_ok();
    requirement.parse::<VersionReq>().is_ok_and(|parsed| is_whole || !parsed.matches(new))
}

/// Returns the requirement with the new version in it. Operators that do not allow that, as `<`, are dropped.
fn moved(requirement: &str, new: &Version) -> String {
    let operator = requirement.find(|c: char| c.is_ascii_digit()).map_or("", |at| &requirement[..at]);
    let moved = format!("{operator}{new}");
    let holds = moved.parse::<VersionReq>().is_ok_and(|parsed| parsed.matches(new));
    if holds { moved } else { new.to_string() }
}

fn is_manifest(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest == "Cargo.toml" || rest.ends_with("/Cargo.toml"))
}
