//! Changelogs and manifests as others write them, beside what the real one makes of them.

use super::comparison::{Outcome, version};
use super::repository::Repository;

macro_rules! real {
    ($($path:literal),*) => {
        [$(($path, include_str!(concat!("../../../../crates/changesets/tests/changesets/real/", $path)))),*]
    };
}

const CHANGELOGS: [(&str, &str); 6] = real![
    "changelogs/titled.md",
    "changelogs/keep.md",
    "changelogs/setext.md",
    "changelogs/untitled.md",
    "changelogs/fence.md",
    "changelogs/linked.md"
];

const MANIFESTS: [(&str, &str); 3] = real!["npm/tabs.json", "npm/spaces.json", "npm/minified.json"];

/// Has both version a repository with these two files.
fn assert_equal(what: &str, manifest: &str, changelog: &str) {
    let mut repository = Repository::new();
    repository.write("package.json", manifest);
    repository.write("CHANGELOG.md", changelog);
    repository.write(".changeset/config.json", "{}\n");
    repository.write(".changeset/a.md", "---\n\"@acme/shop\": minor\n---\n\nCarts are kept.\n");
    repository.commit("Begin");
    assert_eq!(version(&repository), Ok(Outcome::Equal), "{what}");
    assert_ne!(repository.read("CHANGELOG.md"), changelog, "{what}");
}

#[test]
#[ignore = "needs the changesets program: run ./tests/run"]
fn changelogs_of_others_are_written_as_the_real_one_does() {
    for (path, text) in CHANGELOGS {
        let windows = text.replace('\n', "\r\n");
        assert_equal(path, MANIFESTS[0].1, text);
        assert_equal(&format!("{path}, of Windows"), MANIFESTS[0].1, &windows);
        assert_equal(
            &format!("{path}, with a mark and no end"),
            MANIFESTS[0].1,
            &format!("\u{feff}{}", text.trim_end()),
        );
    }
}

#[test]
#[ignore = "needs the changesets program: run ./tests/run"]
fn manifests_of_others_are_written_as_the_real_one_does() {
    for (path, text) in MANIFESTS {
        for (how, text) in [("", text.to_owned()), (", of Windows", text.replace('\n', "\r\n"))] {
            assert_equal(&format!("{path}{how}"), &text, "");
            assert_equal(&format!("{path}{how}, cut"), text.trim_end(), "# Shop\n");
        }
    }
}
