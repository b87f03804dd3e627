//! What a plan makes of files, byte by byte.

use embark_changesets::{Tree, plan};

/// What a changelog is given.
pub(super) const ENTRY: &str = "## 4.18.0\n\n### Minor Changes\n\n- Text\n";

/// A text as it is, with the line ends of Windows, with a mark of its bytes' order, and without its last line end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
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

/// The places of a file, written as for lines that end with a line feed. A place is a piece of the old text that is in
/// it once, with what changes between `«` and `»`, and what stands there afterwards.
pub(super) type Places = &'static [(&'static str, &'static str)];

/// Writes what must come out: the old text, with other pieces in some places.
#[track_caller]
fn expected(what: &str, old: &str, places: &[(String, &str)]) -> String {
    let mut spans: Vec<(usize, usize, &str)> = Vec::new();
    for (place, written) in places {
        let (before, rest) = place.split_once('«').expect("it begins");
        let (taken, after) = rest.split_once('»').expect("it ends");
        let whole = format!("{before}{taken}{after}");
        let found: Vec<usize> = old.match_indices(&whole).map(|(at, _)| at).collect();
        assert_eq!(found.len(), 1, "{what}: {whole:?} is there once");
        let start = found[0] + before.len();
        spans.push((start, start + taken.len(), written));
    }
    spans.sort_unstable();
    let (mut text, mut at) = (String::new(), 0);
    for (start, end, written) in spans {
        text = text + &old[at..start] + written;
        at = end;
    }
    text + &old[at..]
}

/// Demands that two texts are the same, and shows where they are not.
#[track_caller]
pub(super) fn assert_same(what: &str, new: &str, expected: &str) {
    let at = new.bytes().zip(expected.bytes()).take_while(|(one, other)| one == other).count();
    let rest = |text: &str| String::from_utf8_lossy(text.as_bytes().get(at..).unwrap_or_default()).into_owned();
    assert_eq!(new.len(), expected.len(), "{what}, from {at}: {:?} for {:?}", rest(new), rest(expected));
    assert!(new == expected, "{what}, from {at}: {:?} for {:?}", rest(new), rest(expected));
}

/// Plans a minor version after 4.17.3, with each of the files in every shape, and demands that nothing but the places
/// differs.
#[track_caller]
pub(super) fn assert_versioned(version_file: &str, package: &str, files: &[(&str, &str, Places)]) {
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
            assert_same(&what, new, &expected(&what, &old, &places));
        }
        let paths: Vec<&str> = files.iter().map(|(path, ..)| *path).collect();
        let is_known =
            |path: &String| paths.contains(&path.as_str()) || path == ".changeset/a.md" || path == "CHANGELOG.md";
        assert!(plan.edits.keys().all(is_known), "{:?}", plan.edits.keys());
        assert_eq!(plan.edits[".changeset/a.md"], None);
    }
}

/// Plans with one file beside the changeset, and returns what becomes of it.
pub(super) fn edited(path: &str, text: &str) -> String {
    let mut tree = Tree::new("application", if path == "CHANGELOG.md" { "VERSION" } else { path });
    tree.add("VERSION", "4.17.3\n");
    tree.add(path, text);
    tree.add(".changeset/a.md", "---\napplication: minor\n---\n\nText\n");
    let mut plan = plan(&tree).expect(text);
    plan.edits.remove(path).flatten().expect("it is kept")
}
