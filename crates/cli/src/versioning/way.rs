//! Who makes the next version out of changesets: embark, or the program that the repository has for it.

use std::collections::BTreeMap;

use embark_changesets::{Changeset, Mode, Pre, VersionFile, is_pnpm_workspace};
use serde_json::Value;

use super::manager::Manager;
use crate::error::Error;

/// The package of the program.
pub(super) const PACKAGE: &str = "@changesets/cli";

const ROOT: &str = "package.json";
const PRE: &str = ".changeset/pre.json";

/// Who makes the next version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Embark reads the changesets itself.
    Embark,
    /// The repository's own program does, run by this package manager.
    Program(Manager),
}

/// The files on which the way depends.
pub(super) const NAMES: [&str; 4] = [ROOT, Manager::PNPM_WORKSPACE, Manager::PNPM_LOCK, Manager::YARN_LOCK];

impl Way {
    /// Chooses by the files at the top of a commit. The program writes `package.json` and nothing else: a version that
    /// stands in another file is embark's.
    pub(super) fn of(files: &BTreeMap<String, Vec<u8>>, version_file: &str) -> Result<Self, Error> {
        let Some(text) = files.get(ROOT).filter(|_| VersionFile::of(version_file) == VersionFile::Npm) else {
            return Ok(Self::Embark);
        };
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        let package: Value =
            serde_json::from_slice(text).map_err(|error| Error::Parse { path: ROOT.into(), source: error.into() })?;
        let manager = Manager::of(&package, files);
        let depends = |key: &str| package.get(key).and_then(|all| all.get(PACKAGE)).is_some();
        if depends("devDependencies") || depends("dependencies") {
            return Ok(Self::Program(manager));
        }
        let file = match package.get("workspaces") {
            Some(_) => ROOT,
            None if has_pnpm_packages(files) => Manager::PNPM_WORKSPACE,
            None => return Ok(Self::Embark),
        };
        let problem = format!("{file} tells of a workspace of packages, whose versions only {PACKAGE} can work out");
        Err(Error::Checkout(problem, format!("install it with: {}", manager.add())))
    }
}

fn has_pnpm_packages(files: &BTreeMap<String, Vec<u8>>) -> bool {
    let file = files.get(Manager::PNPM_WORKSPACE);
    file.is_some_and(|text| is_pnpm_workspace(&String::from_utf8_lossy(text)))
}

/// Tells whether the program has anything to do: it takes it for an error if no changeset waits.
pub(super) fn waits(files: &BTreeMap<String, Vec<u8>>) -> bool {
    let pre = files.get(PRE).map(|text| Pre::parse(PRE, &String::from_utf8_lossy(text)));
    let (mode, used) = match pre {
        // Of what it cannot read the program tells more.
        Some(Err(_)) => return true,
        Some(Ok(pre)) => (Some(pre.mode), pre.used),
        None => (None, Vec::new()),
    };
    let waits = |path: &String| {
        // Version 3 moves what a prerelease has used, version 2 lists it.
        let id = path.strip_prefix(".changeset/").and_then(|name| name.strip_suffix(".md")).unwrap_or_default();
        let is_used = id.starts_with("pre/") || used.iter().any(|used| used == id);
        Changeset::is_one(path) && (mode != Some(Mode::Pre) || !is_used)
    };
    mode == Some(Mode::Exit) || files.keys().any(waits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(all: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        all.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
    }

    fn way(all: &[(&str, &str)], version_file: &str) -> String {
        match Way::of(&files(all), version_file) {
            Ok(way) => format!("{way:?}"),
            Err(error) => format!("{error}; {}", error.hint(&crate::error::Queue::default())),
        }
    }

    const ALONE: &str = r#"{ "name": "shop", "version": "1.3.0" }"#;
    const WORKSPACE: &str = r#"{ "workspaces": ["packages/*"] }"#;
    const WITH_IT: &str = r#"{ "workspaces": ["packages/*"], "devDependencies": { "@changesets/cli": "3.0.3" } }"#;

    #[test]
    fn the_program_is_run_where_the_repository_has_it() {
        let app = "packages/app/package.json";
        assert_eq!(way(&[(ROOT, WITH_IT)], app), "Program(Npm)");
        assert_eq!(way(&[(ROOT, r#"{ "dependencies": { "@changesets/cli": "^2.29.0" } }"#)], ROOT), "Program(Npm)");
        assert_eq!(way(&[(ROOT, WITH_IT), ("pnpm-lock.yaml", "")], app), "Program(Pnpm)");
        assert_eq!(way(&[(ROOT, ALONE)], ROOT), "Embark");
        assert_eq!(way(&[("VERSION", "1.3.0")], "VERSION"), "Embark");
        assert_eq!(way(&[(ROOT, WITH_IT)], "Cargo.toml"), "Embark", "it never writes that file");
    }

    #[test]
    fn a_workspace_without_the_program_is_told_to_install_it() {
        assert_eq!(
            way(&[(ROOT, WORKSPACE)], "packages/app/package.json"),
            "package.json tells of a workspace of packages, whose versions only @changesets/cli can work out; install \
             it with: npm install --save-dev @changesets/cli"
        );
        assert_eq!(
            way(&[(ROOT, ALONE), ("pnpm-workspace.yaml", "packages: ['packages/*']\n")], ROOT),
            "pnpm-workspace.yaml tells of a workspace of packages, whose versions only @changesets/cli can work out; \
             install it with: pnpm add --save-dev --workspace-root @changesets/cli"
        );
        assert_eq!(
            way(&[(ROOT, ALONE), ("pnpm-workspace.yaml", "allowBuilds: {}\n")], ROOT),
            "Embark",
            "settings alone"
        );
        assert_eq!(way(&[(ROOT, WORKSPACE)], "Chart.yaml"), "Embark");
        assert!(way(&[(ROOT, "{ oops")], ROOT).starts_with("package.json is not as it should be"));
    }

    #[test]
    fn what_waits_is_seen_before_the_program_runs() {
        let is_seen = |paths: &[&str], pre: Option<&str>| {
            let pre = pre.map(|text| (PRE, text));
            waits(&files(&paths.iter().map(|path| (*path, "")).chain(pre).collect::<Vec<_>>()))
        };
        let (new, used) = (".changeset/red-cats.md", ".changeset/pre/sad-dogs.md");
        assert!(!is_seen(&[".changeset/README.md", ".changeset/config.json", "CHANGELOG.md"], None));
        assert!(is_seen(&[new], None));
        let pre = r#"{ "mode": "pre", "tag": "beta" }"#;
        assert!(!is_seen(&[used], Some(pre)), "a prerelease has used it");
        assert!(is_seen(&[used, new], Some(pre)));
        assert!(is_seen(&[used], None), "what was left by a prerelease is released");
        let exit = r#"{ "mode": "exit", "tag": "beta" }"#;
        assert!(is_seen(&[], Some(exit)), "the prerelease becomes a release");
        let old = r#"{ "mode": "pre", "tag": "beta", "initialVersions": {}, "changesets": ["red-cats"] }"#;
        assert!(!is_seen(&[new], Some(old)), "version 2 lists what is used");
        assert!(is_seen(&[new, ".changeset/mad-cows.md"], Some(old)));
        assert!(is_seen(&[], Some("{ oops")), "the program tells what is wrong");
    }
}
