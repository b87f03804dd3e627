//! From a tree to the next version, the changelog entry and the edits.

mod entry;
mod subject;
pub(crate) mod versions;

use std::collections::BTreeMap;

use semver::Version;

use crate::changelog::insert;
use crate::{Bump, Changeset, Config, Error, Mode, Pre, Tree, VersionFile};
pub(crate) use subject::Subject;
pub use subject::is_pnpm_workspace;

/// What `changeset version` would do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// The version of the application, the present one if nothing is released.
    pub version: Version,
    /// What is released, at most one.
    pub releases: Vec<Release>,
    /// The files that change, with their new text; `None` for those that are deleted.
    pub edits: BTreeMap<String, Option<String>>,
}

impl Plan {
    /// Tells whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }
}

/// A package with a new version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Release {
    /// Its name.
    pub package: String,
    /// The version that it has.
    pub from: Version,
    /// The version that it gets.
    pub to: Version,
    /// By how much it grows.
    pub bump: Bump,
    /// What the changelog says, its heading included.
    pub entry: String,
}

const CONFIG: &str = ".changeset/config.json";
const PRE: &str = ".changeset/pre.json";
const USED: &str = ".changeset/pre/";
const CHANGELOG: &str = "CHANGELOG.md";

/// A changeset.
struct Read {
    /// Where it lies in the tree.
    path: String,
    /// Where it lies as version 3 has it: those that a prerelease has used are in `.changeset/pre/`.
    place: String,
    changeset: Changeset,
}

impl Read {
    fn is_used(&self) -> bool {
        self.place.starts_with(USED)
    }

    fn bump(&self) -> Option<Bump> {
        self.changeset.releases.iter().map(|named| named.bump).max()
    }
}

/// Works out what is released, and what changes with it.
///
/// # Errors
/// [`Error`] if a file is not as it should be, or if it takes the repository's own program.
pub fn plan(tree: &Tree) -> Result<Plan, Error> {
    let file = tree.version_file.as_str();
    let kind = VersionFile::of(file);
    let text = tree.files.get(file).ok_or_else(|| Error::Missing { file: file.into() })?;
    let subject = Subject::of(tree, text)?;
    let (place, from) = kind.find(file, text)?;
    let from = versions::parse(&place, &from)?;
    let config = tree.files.get(CONFIG).map(|text| Config::parse(CONFIG, text)).transpose()?.unwrap_or_default();
    let pre = tree.files.get(PRE).map(|text| Pre::parse(PRE, text)).transpose()?;
    let mode = pre.as_ref().map(|pre| pre.mode);
    let mut edits = BTreeMap::new();
    let mut all = changesets(tree, pre.as_ref(), &mut edits)?;
    for read in &all {
        subject.check(&read.path, &tree.files[&read.path], &read.changeset)?;
    }
    let is_skipped = subject.is_skipped(&config);
    all.retain(|read| {
        (!is_skipped || read.changeset.releases.is_empty()) && (mode != Some(Mode::Pre) || !read.is_used())
    });
    let mut bump = all.iter().filter_map(Read::bump).max().unwrap_or(Bump::None);
    // The number must be there, also where it is not used.
    let number = if pre.is_some() && !is_skipped { versions::next_number(&place, &from)? } else { 0 };
    if mode == Some(Mode::Exit) && number != 0 {
        bump = bump.max(Bump::Patch);
    }
    let tag = pre.as_ref().filter(|pre| pre.mode == Mode::Pre).map(|pre| pre.tag.as_str());
    let to = versions::next(&place, &from, bump, tag.map(|tag| (tag, number)))?;
    let mut releases = Vec::new();
    if bump != Bump::None {
        let entry = entry::entry(tree, &to, &all);
        edits.insert(file.into(), Some(kind.write(file, text, &to.to_string())?));
        subject.follow(tree, &from.to_string(), &to, &mut edits)?;
        if config.changelog {
            let new = insert(tree.files.get(CHANGELOG).map(String::as_str), &subject.title, &entry);
            edits.insert(CHANGELOG.into(), Some(new));
        }
        releases.push(Release { package: subject.title, from, to: to.clone(), bump, entry });
    }
    for read in all {
        if mode == Some(Mode::Pre) {
            let moved = read.path.replacen(".changeset/", USED, 1);
            edits.insert(moved, Some(tree.files[&read.path].clone()));
        }
        if read.place != read.path && !tree.files.contains_key(&read.place) {
            edits.remove(&read.place);
        } else {
            edits.insert(read.place, None);
        }
    }
    if mode == Some(Mode::Exit) {
        edits.insert(PRE.into(), None);
    }
    Ok(Plan { version: to, releases, edits })
}

/// Reads all, those of earlier prereleases last, and does what version 3 does to the state of version 2.
fn changesets(
    tree: &Tree,
    pre: Option<&Pre>,
    edits: &mut BTreeMap<String, Option<String>>,
) -> Result<Vec<Read>, Error> {
    let listed = |path: &str| {
        let id = path.strip_prefix(".changeset/")?.strip_suffix(".md")?;
        pre.filter(|pre| pre.used.iter().any(|used| used == id)).map(|_| format!("{USED}{id}.md"))
    };
    let mut places = BTreeMap::new();
    for path in tree.files.keys().filter(|path| Changeset::is_one(path)) {
        let new = listed(path);
        let is_moved = new.is_some();
        let place = new.unwrap_or_else(|| path.clone());
        if is_moved {
            edits.insert(path.clone(), None);
            edits.insert(place.clone(), Some(tree.files[path].clone()));
        }
        // What is moved takes the place of what is there.
        let key = (place.starts_with(USED), place);
        if is_moved || !places.contains_key(&key) {
            places.insert(key, path);
        }
    }
    if let Some(new) = pre.and_then(|pre| pre.migrated.as_ref()) {
        edits.insert(PRE.into(), Some(new.clone()));
    }
    let read = |((_, place), path): ((bool, String), &String)| {
        Ok(Read { path: path.clone(), place, changeset: Changeset::parse(path, &tree.files[path])? })
    };
    places.into_iter().map(read).collect()
}
