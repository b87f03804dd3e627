//! Files as they are found in the wild, of which only what is the version's changes.

mod broken;

use embark_changesets::{Tree, plan};

/// A text as it is, with the line ends of Windows, with a mark of its bytes' order, and without its last line end.
#[derive(Clone, Copy, Debug)]
struct Shape {
    crlf: bool,
    bom: bool,
    is_cut: bool,
}

impl Shape {
    fn all() -> Vec<Self> {
        let each = |bits: u8| Self { crlf: bits & 1 != 0, bom: bits & 2 != 0, is_cut: bits & 4 != 0 };
        (0..8).map(each).collect()
    }

    fn of(self, text: &str) -> String {
        let text = if self.is_cut { text.trim_end_matches('\n') } else { text };
        let text = self.lines_of(text);
        if self.bom { format!("\u{feff}{text}") } else { text }
    }

    /// Changes the line ends alone.
    fn lines_of(self, text: &str) -> String {
        if self.crlf { text.replace('\n', "\r\n") } else { text.to_owned() }
    }
}

/// Removes from both texts what may change, and demands that every byte beside it is the same. A place is a piece of the
/// old text that is in it once, with what changes between `«` and `»`, and what stands there afterwards.
#[track_caller]
fn assert_only(what: &str, old: &str, new: &str, places: &[(String, &str)]) {
    let (mut old_rest, mut new_rest, mut shift) = (old.to_owned(), new.to_owned(), 0);
    let mut spans: Vec<(usize, usize, &str)> = Vec::new();
    for (place, written) in places {
        let (before, rest) = place.split_once('«').expect("it begins");
        let (taken, after) = rest.split_once('»').expect("it ends");
        let whole = format!("{before}{taken}{after}");
        let found: Vec<usize> = old.match_indices(&whole).map(|(at, _)| at).collect();
        assert_eq!(found.len(), 1, "{what}: {whole:?} is there once");
        spans.push((found[0] + before.len(), taken.len(), written));
    }
    spans.sort_unstable();
    for (start, length, written) in spans {
        let at = start - shift;
        old_rest.replace_range(at..at + length, "");
        assert_eq!(new_rest.get(at..at + written.len()), Some(written), "{what}, at {start}:\n{new}");
        new_rest.replace_range(at..at + written.len(), "");
        shift += length;
    }
    assert_eq!(old_rest, new_rest, "{what}");
}

/// The places of a file, written as for lines that end with a line feed.
type Places = &'static [(&'static str, &'static str)];

fn assert_versioned(version_file: &str, package: &str, files: &[(&str, &str, Places)]) {
    for shape in Shape::all() {
        let mut tree = Tree::new("application", version_file);
        for (path, text, _) in files {
            tree.add(*path, shape.of(text));
        }
        tree.add(".changeset/a.md", format!("---\n\"{package}\": minor\n---\n\nText\n"));
        let plan = plan(&tree).expect(version_file);
        assert_eq!(plan.version.to_string(), "4.18.0");
        for (path, text, places) in files {
            let (what, old) = (format!("{path}, {shape:?}"), shape.of(text));
            let new = plan.edits.get(*path).map_or(&old, |edit| edit.as_ref().expect("it is kept"));
            let places: Vec<_> = places.iter().map(|(place, new)| (shape.lines_of(place), *new)).collect();
            assert_only(&what, &old, new, &places);
        }
        let paths: Vec<&str> = files.iter().map(|(path, ..)| *path).collect();
        let is_known =
            |path: &String| paths.contains(&path.as_str()) || path == ".changeset/a.md" || path == "CHANGELOG.md";
        assert!(plan.edits.keys().all(is_known), "{:?}", plan.edits.keys());
    }
}

#[test]
fn of_a_changelog_every_byte_stays() {
    let entry = "## 4.18.0\n\n### Minor Changes\n\n- Text\n\n";
    let places: Places = &[("-------------\n\n«»##   4.17.3 (2026", "## 4.18.0\n\n### Minor Changes\n\n- Text\n\n")];
    assert_eq!(places[0].1, entry);
    let log = include_str!("../fixtures/CHANGELOG.md");
    assert_versioned(
        "VERSION",
        "application",
        &[("CHANGELOG.md", log, places), ("VERSION", "4.17.3\n", &[("«4.17.3»", "4.18.0")])],
    );
}

#[test]
fn of_a_manifest_of_npm_every_byte_stays() {
    let text = include_str!("../fixtures/package.json");
    assert_versioned(
        "package.json",
        "@acme/shop",
        &[("package.json", text, &[("\"version\" :  \"«4.17.3»\"", "4.18.0")])],
    );
}

#[test]
fn of_the_manifests_and_the_lock_of_a_workspace_every_byte_stays() {
    assert_versioned(
        "Cargo.toml",
        "shop-core",
        &[
            (
                "Cargo.toml",
                include_str!("../fixtures/Cargo.toml"),
                &[
                    ("version    = \"«4.17.3»\"", "4.18.0"),
                    ("shop-core = { path = \"crates/core\", version = \"«=4.17.3»\"", "=4.18.0"),
                    ("version = '«~4.17»'", "~4.18.0"),
                ],
            ),
            (
                "crates/core/Cargo.toml",
                include_str!("../fixtures/crates/core/Cargo.toml"),
                &[("version = \"«4.17.3»\"", "4.18.0")],
            ),
            ("crates/api/Cargo.toml", "[package]\nname = \"shop-api\"\nversion = { workspace = true }\n", &[]),
            (
                "tools/export/Cargo.toml",
                include_str!("../fixtures/tools/export/Cargo.toml"),
                &[("version = \"«^4.17.3»\"", "^4.18.0")],
            ),
            (
                "Cargo.lock",
                include_str!("../fixtures/Cargo.lock"),
                &[
                    ("name = \"shop-api\"\nversion = \"«4.17.3»\"", "4.18.0"),
                    ("name = \"shop-core\"\nversion = \"«4.17.3»\"\n\n", "4.18.0"),
                    ("\"left-pad\",\n \"shop-core «4.17.3»\"", "4.18.0"),
                    ("\"shop-api\",\n \"shop-core «4.17.3»\"", "4.18.0"),
                ],
            ),
        ],
    );
}

#[test]
fn of_a_manifest_of_python_every_byte_stays() {
    let text = include_str!("../fixtures/pyproject.toml");
    let places: Places = &[("version = '«4.17.3»' # read", "4.18.0")];
    assert_versioned("pyproject.toml", "application", &[("pyproject.toml", text, places)]);
}

#[test]
fn of_a_chart_every_byte_stays() {
    let text = include_str!("../fixtures/Chart.yaml");
    let places: Places = &[("version:   «4.17.3»", "4.18.0"), ("appVersion: '«4.17.3»'", "4.18.0")];
    assert_versioned("deploy/Chart.yaml", "application", &[("deploy/Chart.yaml", text, places)]);
}

#[test]
fn of_a_file_with_the_version_alone_every_byte_stays() {
    for text in ["4.17.3\n", " \n\t4.17.3  \n\n"] {
        assert_versioned("VERSION", "application", &[("VERSION", text, &[("«4.17.3»", "4.18.0")])]);
    }
}
