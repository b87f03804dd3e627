//! What is read by a pattern is what parsing would have found.

use embark_values::{Document, Path, Pattern, Scalar};
use proptest::prelude::*;

use crate::documents::{print, root};
use crate::{offset_of, path};

const TEXT: &str = "\
# What runs here.
web:
  image: {pull: always}
  tag: \"1.9\" # the frontend
  digest: sha256:aa00
images:
  - name: app
    newTag: v1
";

fn pattern(text: &str, paths: &[&str]) -> Option<Pattern> {
    let paths: Vec<Path> = paths.iter().map(|at| path(at)).collect();
    Document::parse(text).unwrap().pattern(&paths.iter().collect::<Vec<_>>())
}

fn values(scalars: &[Scalar]) -> Vec<&str> {
    scalars.iter().map(|scalar| scalar.value.as_str()).collect()
}

#[test]
fn a_text_that_differs_in_strings_alone_is_read_by_a_pattern() {
    let paths = ["web.digest", "web.tag", "images[name=app].newTag", "web.tag"];
    let pattern = pattern(TEXT, &paths).unwrap();
    let other = TEXT.replace("1.9", "1.10").replace("aa00", "bb11").replace("v1", "release-2");
    let scalars = pattern.read(&other).unwrap();
    assert_eq!(values(&scalars), ["sha256:bb11", "1.10", "release-2", "1.10"]);
    let document = Document::parse(&other).unwrap();
    for (at, scalar) in paths.iter().zip(&scalars) {
        assert_eq!(*scalar, document.get(&path(at)).unwrap(), "{at}");
    }
    assert_eq!(values(&pattern.read(&TEXT.replace("1.9", "")).unwrap())[1], "", "in quotes there may be nothing");
}

#[test]
fn a_text_that_may_mean_more_is_not_read_by_a_pattern() {
    let pattern = pattern(TEXT, &["web.tag", "web.digest"]).unwrap();
    for (old, new) in [
        ("sha256:aa00", "1.10"),
        ("sha256:aa00", "on"),
        ("sha256:aa00", ""),
        ("sha256:aa00", "*x"),
        ("sha256:aa00", "&x a"),
        ("sha256:aa00", "a:"),
        ("sha256:aa00", "a: b"),
        ("sha256:aa00", "a #b"),
        ("sha256:aa00", "a\n  tag: b"),
        ("sha256:aa00", "a\n    b"),
        ("sha256:aa00", "{a}"),
        ("1.9", "\\x31"),
        ("1.9", "\" \""),
        ("1.9", "ä"),
        ("# the frontend", "# the backend"),
        ("always", "never"),
        ("v1\n", "v1\n..."),
        ("v1\n", "v1"),
        ("# What", "What"),
    ] {
        assert!(pattern.read(&TEXT.replacen(old, new, 1)).is_none(), "{new:?} for {old:?}");
    }
    assert!(pattern.read("").is_none());
}

#[test]
fn no_pattern_is_made_where_a_gap_could_mean_more_than_a_string() {
    for (text, paths) in [
        ("a: 1.10\n", ["a"].as_slice()),
        ("a:\n", &["a"]),
        ("a: ä\n", &["a"]),
        ("a: x\n  y\n", &["a"]),
        ("a: \"\\x61\"\n", &["a"]),
        ("a: |\n  x\n", &["a"]),
        ("a: {b: x}\n", &["a.b"]),
        ("a: !!str x\n", &["a"]),
        ("a: &x x\n", &["a"]),
        ("a: &x x\n*x : b\nc: y\n", &["c"]),
        ("<<: {a: x}\n", &["a"]),
        ("<<:\n  a: x\n", &["a"]),
        ("a: x\na: x\n", &["a"]),
        ("a: x\n", &["a", "b"]),
        ("a:\n  b: x\n", &["a"]),
        // With another name, the path would lead to another item, or nowhere.
        ("l:\n  - name: x\n    tag: y\n", &["l[name=x].tag", "l[name=x].name"]),
    ] {
        assert!(pattern(text, paths).is_none(), "{paths:?} of {text:?}");
    }
}

/// What somebody may write into a gap.
fn wanted() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-zA-Z0-9._+/:@-]{0,9}",
        2 => "v[0-9]{1,3}",
        1 => "[ -~\n]{0,5}",
        1 => "[yYnNoOtTfF~][a-zA-Z]{0,4}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.max(512), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn what_a_pattern_reads_is_what_is_parsed(
        value in root(), crlf in any::<bool>(),
        picks in prop::collection::vec((any::<prop::sample::Index>(), wanted()), 1..4),
        elsewhere in prop::option::weighted(0.2, (any::<prop::sample::Index>(), wanted())),
    ) {
        let text = print(&value, if crlf { "\r\n" } else { "\n" }, false);
        let document = Document::parse(&text).unwrap();
        let all: Vec<(Path, Scalar)> = document.scalars().collect();
        let chosen: Vec<&(Path, Scalar)> = picks.iter().map(|(pick, _)| &all[pick.index(all.len())]).collect();
        let paths: Vec<&Path> = chosen.iter().map(|(at, _)| at).collect();
        let Some(pattern) = document.pattern(&paths) else { return Ok(()) };
        let same: Vec<Scalar> = chosen.iter().map(|(_, scalar)| scalar.clone()).collect();
        prop_assert_eq!(pattern.read(&text), Some(same));
        // From the last on, so that the places before stay where they are.
        let mut edits: Vec<_> = chosen.iter().zip(&picks).map(|((_, scalar), (_, wanted))| (scalar, wanted)).collect();
        edits.sort_by_key(|(scalar, _)| std::cmp::Reverse((scalar.line, scalar.column)));
        edits.dedup_by_key(|(scalar, _)| (scalar.line, scalar.column));
        let mut other = text.clone();
        for (scalar, wanted) in edits {
            let at = offset_of(&text, scalar.line, scalar.column);
            let at = at + usize::from(text[at..].starts_with(['\'', '"']));
            other.replace_range(at..at + scalar.value.len(), wanted);
        }
        if let Some((pick, wanted)) = &elsewhere {
            let places: Vec<usize> = (0..=other.len()).filter(|at| other.is_char_boundary(*at)).collect();
            other.insert_str(places[pick.index(places.len())], wanted);
        }
        if let Some(read) = pattern.read(&other) {
            let document = Document::parse(&other).unwrap();
            let parsed: Vec<Scalar> = paths.iter().map(|at| document.get(at).unwrap()).collect();
            prop_assert_eq!(read, parsed);
        }
    }
}
