//! What embark does otherwise than the real one, on purpose: each stands in `docs/shortcomings.md`, or in the
//! crate's README.

use embark_changesets::Error;

use super::comparison::{applied, planned};
use super::program::changeset;
use super::repository::{Files, Repository};

const PACKAGE: &str = "{ \"name\": \"shop\", \"version\": \"1.0.0\" }\n";

/// A repository with a changeset, and some files of its own.
fn repository(files: &[(&str, &str)]) -> Repository {
    let mut repository = Repository::new();
    repository.write("package.json", PACKAGE);
    repository.write(".changeset/config.json", "{}\n");
    repository.write(".changeset/a.md", "---\nshop: minor\n---\n\nCarts are kept.\n");
    for (path, text) in files {
        if text.is_empty() { repository.remove(path) } else { repository.write(path, text) }
    }
    repository.commit("Begin");
    repository
}

/// What embark would write, the exit code of the real one, what it said, and what it wrote.
fn both(repository: &Repository) -> (Result<Files, Error>, i32, String, Files) {
    let before = repository.files();
    let ours = planned(repository).map(|plan| applied(before, &plan));
    let ran = changeset(repository.folder(), &["version"]);
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), ran.stderr);
    (ours, ran.code, said, repository.files())
}

fn text(files: &Files, path: &str) -> String {
    String::from_utf8(files[path].clone()).expect("it is text")
}

#[test]
#[ignore = "needs the changesets program: run ./tests/run"]
fn a_private_package_has_versions() {
    let made = repository(&[("package.json", "{ \"name\": \"shop\", \"version\": \"1.0.0\", \"private\": true }\n")]);
    let before = made.files();
    let (ours, code, _, theirs) = both(&made);
    assert!(text(&ours.expect("it is right"), "package.json").contains("\"1.1.0\""));
    assert_eq!((code, theirs), (0, before));
}

#[test]
#[ignore = "needs the changesets program: run ./tests/run"]
fn what_the_real_one_demands_and_embark_can_do_without() {
    for (file, text_of_it, version, demand) in [
        (".changeset/config.json", "", "1.1.0", "config.json"),
        (".changeset/config.json", "{ \"baseBranch\": 5 }\n", "1.1.0", "baseBranch"),
        ("package.json", "\u{feff}{ \"name\": \"shop\", \"version\": \"1.0.0\" }\n", "1.1.0", "SyntaxError"),
    ] {
        let made = repository(&[(file, text_of_it)]);
        let before = made.files();
        let (ours, code, said, theirs) = both(&made);
        assert!(text(&ours.expect(file), "package.json").contains(version), "{file}");
        assert!(code != 0 && said.contains(demand), "{file}: {said}");
        assert_eq!(theirs, before);
    }
}

#[test]
#[ignore = "needs the changesets program: run ./tests/run"]
fn a_version_that_is_none_is_refused() {
    for (file, text_of_it, theirs) in [
        ("package.json", "{ \"name\": \"shop\" }\n", None),
        ("package.json", "{ \"name\": \"shop\", \"version\": \"one\" }\n", Some("## null")),
        ("package.json", "{ \"name\": \"shop\", \"version\": \"v1.0.0\" }\n", Some("## 1.1.0")),
        (".changeset/pre.json", "{ \"mode\": \"pre\", \"tag\": \"a b\" }\n", Some("## 1.1.0-a b.0")),
    ] {
        let (ours, code, said, after) = both(&repository(&[(file, text_of_it)]));
        assert!(matches!(ours, Err(Error::NoVersion { .. })), "{text_of_it}: {ours:?}");
        assert_eq!(code, 0, "{said}");
        let written = after.get("CHANGELOG.md").map(|_| text(&after, "CHANGELOG.md"));
        assert_eq!(written.is_some(), theirs.is_some(), "{text_of_it}");
        assert!(theirs.is_none_or(|theirs| written.is_some_and(|text| text.contains(theirs))), "{text_of_it}");
    }
}

#[test]
#[ignore = "needs the changesets program: run ./tests/run"]
fn what_version_2_listed_is_not_released_twice() {
    let state = "{ \"mode\": \"pre\", \"tag\": \"beta\", \"initialVersions\": { \"shop\": \"0.9.0\" }, \"changesets\": [\"used\"] }\n";
    let used = "---\nshop: minor\n---\n\nUsed.\n";
    let made = repository(&[(".changeset/pre.json", state), (".changeset/used.md", used)]);
    let (ours, code, said, theirs) = both(&made);
    let ours = ours.expect("it is right");
    assert_eq!(code, 0, "{said}");
    assert!(!text(&ours, "CHANGELOG.md").contains("Used."));
    // The real one reads the changesets while it moves those. The files are the same, but for the changelog.
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    assert_eq!(text(&ours, ".changeset/pre.json"), text(&theirs, ".changeset/pre.json"));
}
