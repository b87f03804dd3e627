//! From what a program has changed to what is proposed.

use embark_changesets::VersionFile;
use embark_core::{AppVersion, Edit, PackageChange, TextError, Versioned};
use embark_gitops::{FileChange, NewState};
use serde_json::Value;

use super::{FOLDER, Files, changelog};
use crate::error::Error;

/// Takes the changes of `command` for the next release.
pub(super) fn versioned(
    version_file: &str,
    before: &Files,
    changes: Vec<FileChange>,
    command: &str,
) -> Result<Versioned, Error> {
    let mut after = before.clone();
    let mut edits = Vec::new();
    for FileChange { path, now } in changes {
        let contents = match now {
            NewState::Deleted => None,
            NewState::Written(bytes) => Some(bytes),
            NewState::Other(what) => {
                let problem = format!("{command} left {what} at {path}, and embark proposes regular files only");
                return Err(Error::Checkout(problem, "mend the plugin or the formatter that makes it".into()));
            }
        };
        match &contents {
            Some(bytes) => _ = after.insert(path.clone(), bytes.clone()),
            None => _ = after.remove(&path),
        }
        let name = path.parse().map_err(|error: TextError| Error::Parse { path, source: error.into() })?;
        edits.push(Edit { path: name, contents });
    }
    let packages = moved(before, &after);
    let version = version_of(version_file, &after)?;
    if version == version_of(version_file, before)? && !packages.is_empty() {
        return Err(stays(version_file, &version, &packages));
    }
    let version: AppVersion =
        version.parse().map_err(|error: TextError| Error::Parse { path: version_file.into(), source: error.into() })?;
    let is_new = |path: &String, text: &Vec<u8>| before.get(path) != Some(text);
    let notes = changelog::sections(&after, &is_new, &version).unwrap_or_default();
    let is_further = |edit: &&Edit| !is_expected(before, &after, edit.path.as_str());
    let further = edits.iter().filter(is_further).map(|edit| edit.path.clone()).collect();
    Ok(Versioned { version, notes, edits, packages, further })
}

/// Tells whether a change is what every release makes: of a version, of a changelog, of the changesets.
fn is_expected(before: &Files, after: &Files, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    if let Some(inner) = path.strip_prefix(FOLDER).and_then(|rest| rest.strip_prefix('/')) {
        // A prerelease keeps its account beside the changesets.
        return has_ending(inner, "md") || inner.rsplit('/').next() == Some("pre.json");
    }
    let version = |files: &Files| {
        let package: Value = serde_json::from_slice(files.get(path)?).ok()?;
        package.get("version").cloned()
    };
    let is_moved = || version(before).zip(version(after)).is_some_and(|(from, to)| from != to);
    name == changelog::NAME || (name == "package.json" && is_moved())
}

fn has_ending(name: &str, ending: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|found| found == ending)
}

/// Lists the packages whose version is another one now.
fn moved(before: &Files, after: &Files) -> Vec<PackageChange> {
    let is_package = |path: &str| path == "package.json" || path.ends_with("/package.json");
    let read = |files: &Files, path: &String| {
        let package: Value = serde_json::from_slice(files.get(path)?).ok()?;
        let of = |key: &str| package.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
        Some((of("name").unwrap_or_else(|| path.clone()), of("version")?))
    };
    let changed = after.keys().filter(|path| is_package(path) && before.get(*path) != after.get(*path));
    let moved = changed.filter_map(|path| {
        let ((_, from), (name, to)) = (read(before, path)?, read(after, path)?);
        (from != to).then_some(PackageChange { name, from, to })
    });
    moved.collect()
}

fn version_of(file: &str, files: &Files) -> Result<String, Error> {
    let parse = |error: embark_changesets::Error| Error::Parse { path: file.into(), source: error.into() };
    let text = files.get(file).ok_or_else(|| parse(embark_changesets::Error::Missing { file: file.into() }))?;
    VersionFile::of(file).read(file, &String::from_utf8_lossy(text)).map_err(parse)
}

/// Tells that the application's version is not among those that moved.
fn stays(file: &str, version: &str, packages: &[PackageChange]) -> Error {
    let names: Vec<String> = packages.iter().map(|package| format!("{}@{}", package.name, package.to)).collect();
    let problem =
        format!("{file} stays at {version}, and is to say the version of a release with {}", names.join(", "));
    let hint = "add a changeset for it, or put the packages into a fixed group of .changeset/config.json, or name one that \
                moves with each release with version.file in embark.yaml";
    Error::Checkout(problem, hint.into())
}

#[cfg(test)]
mod tests {
    use embark_core::FilePath;

    use super::*;

    const APP: &str = "packages/app/package.json";

    fn package(name: &str, version: &str) -> Vec<u8> {
        format!("{{ \"name\": \"{name}\", \"version\": \"{version}\" }}\n").into_bytes()
    }

    fn before() -> Files {
        [
            (APP, package("app", "1.3.0")),
            ("packages/backend/package.json", package("backend", "0.3.0")),
            ("packages/old/package.json", package("old", "0.1.0")),
            ("packages/old/CHANGELOG.md", b"# old\n\n## 0.1.0\n\n- Long ago.\n".to_vec()),
            ("package.json", b"{ \"private\": true }".to_vec()),
            (".changeset/red-cats.md", b"---\n".to_vec()),
        ]
        .map(|(path, bytes)| (path.to_owned(), bytes))
        .into()
    }

    fn written(path: &str, bytes: Vec<u8>) -> FileChange {
        FileChange { path: path.into(), now: NewState::Written(bytes) }
    }

    fn told(result: Result<Versioned, Error>) -> String {
        result.expect_err("it is refused").to_string()
    }

    #[test]
    fn what_moved_is_proposed_with_a_heading_for_each() {
        let changes = vec![
            FileChange { path: ".changeset/red-cats.md".into(), now: NewState::Deleted },
            written("logo.bin", vec![0xff, 0x00]),
            written("packages/app/CHANGELOG.md", b"# app\n\n## 2.0.0\n\n- Sing.\n".to_vec()),
            written(APP, package("app", "2.0.0")),
            written("packages/backend/CHANGELOG.md", b"# backend\n\n## 0.3.1\n\n- Dance.\n".to_vec()),
            written("packages/backend/package.json", package("backend", "0.3.1")),
        ];
        let versioned = versioned(APP, &before(), changes, "npx").expect("it is right");
        assert_eq!(versioned.version.to_string(), "2.0.0");
        assert_eq!(versioned.notes, "## app@2.0.0\n\n- Sing.\n\n## backend@0.3.1\n\n- Dance.");
        let packages: Vec<_> = versioned.packages.iter().map(|p| (&*p.name, &*p.from, &*p.to)).collect();
        assert_eq!(packages, [("app", "1.3.0", "2.0.0"), ("backend", "0.3.0", "0.3.1")]);
        assert_eq!(versioned.edits.len(), 6);
        assert_eq!(versioned.edits[0].contents, None);
        assert_eq!(versioned.edits[1].contents.as_deref(), Some(&[0xff, 0x00][..]), "bytes are kept");
        assert_eq!(versioned.further.iter().map(FilePath::as_str).collect::<Vec<_>>(), ["logo.bin"]);
    }

    #[test]
    fn what_no_release_needs_is_further() {
        let of_no_version = "package.json";
        let changes = [
            (".changeset/config.json", "{}"),
            (".changeset/pre.json", "{}"),
            (".changeset/pre/red-cats.md", "---"),
            ("CHANGELOG.md", "# all"),
            ("docs/.changeset/a.md", "a"),
            (of_no_version, "{ \"private\": true, \"dependencies\": { \"app\": \"^2.0.0\" } }"),
            (APP, "{ \"name\": \"app\", \"version\": \"2.0.0\" }"),
            ("pnpm-lock.yaml", "lockfileVersion: 9"),
        ];
        let changes = changes.map(|(path, text)| written(path, text.as_bytes().to_vec()));
        let deleted = FileChange { path: "packages/old/package.json".into(), now: NewState::Deleted };
        let changes = changes.into_iter().chain([deleted]).collect();
        let versioned = versioned(APP, &before(), changes, "npx").expect("it is right");
        let further: Vec<&str> = versioned.further.iter().map(FilePath::as_str).collect();
        assert_eq!(
            further,
            [
                ".changeset/config.json",
                "docs/.changeset/a.md",
                of_no_version,
                "pnpm-lock.yaml",
                "packages/old/package.json"
            ]
        );
    }

    #[test]
    fn an_application_that_stays_behind_is_refused() {
        let backend = || written("packages/backend/package.json", package("backend", "0.3.1"));
        let error = told(versioned(APP, &before(), vec![backend()], "npx"));
        assert_eq!(error, format!("{APP} stays at 1.3.0, and is to say the version of a release with backend@0.3.1"));
        let error = versioned("package.json", &before(), vec![backend()], "npx").expect_err("it has no version");
        assert!(crate::error::chain(&error).contains("package.json, line 1: it has no `version`"), "{error}");
        let used = FileChange { path: ".changeset/red-cats.md".into(), now: NewState::Deleted };
        let kept = versioned(APP, &before(), vec![used], "npx").expect("a changeset of nothing");
        assert_eq!((kept.version.to_string().as_str(), kept.packages.len()), ("1.3.0", 0));
    }

    #[test]
    fn what_is_no_regular_file_is_refused() {
        let link = FileChange { path: "latest".into(), now: NewState::Other("a symbolic link") };
        assert_eq!(
            told(versioned(APP, &before(), vec![link], "npx")),
            "npx left a symbolic link at latest, and embark proposes regular files only"
        );
    }
}
