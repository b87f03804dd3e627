//! Texts that Helm (go-yaml v2) may read otherwise than a parser of YAML 1.2: each was run through sigs.k8s.io/yaml.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use embark_values::{Assignment, Document, EditError, LookupError, Path, Scalar, edit};

const OURS: &str = "frontend: {image: {tag: v1}}\n";
const THEIRS: &str = "{image: {tag: \"9.9.9\", digest: \"\"}}";

fn tag() -> Path {
    Path::parse("frontend.image.tag").unwrap()
}

fn get(text: &str) -> Result<Scalar, LookupError> {
    Document::parse(text).unwrap().get(&tag())
}

fn set(text: &str, at: &Path, value: &str) -> Result<String, EditError> {
    edit(text, &[Assignment::new(at.clone(), value).create()]).map(|edited| edited.text)
}

/// Checks that a text is neither read nor edited, because of this.
#[track_caller]
fn refused(text: &str, message: &str) {
    assert_eq!(get(text).unwrap_err().to_string(), message, "{text}");
    let error = set(text, &tag(), "v2").unwrap_err();
    assert!(matches!(&error, EditError::Lookup(error) if error.to_string() == message), "{text}: {error}");
}

#[track_caller]
fn reads(text: &str, value: &str) {
    assert_eq!(get(text).unwrap().value, value, "{text}");
}

#[test]
fn a_key_with_a_foreign_tag_may_be_any_key() {
    for (key, tag) in [
        ("!!binary ZnJvbnRlbmQ=", "!!binary"),
        ("!<tag:yaml.org,2002:binary> ZnJvbnRlbmQ=", "!<tag:yaml.org,2002:binary>"),
        ("!ours frontend", "!ours"),
        ("!!merge frontend", "!!merge"),
        ("!ours <<", "!ours"),
        ("!!float \"1.10\"", "!!float"),
        ("! 1.10", "!"),
        ("! ~", "!"),
    ] {
        let message = |line| format!("`frontend` is not certain: line {line} has the tag `{tag}`");
        refused(&format!("{OURS}{key}: {THEIRS}\n"), &message(2));
        refused(&format!("{key}: {THEIRS}\n{OURS}"), &message(1));
        refused(&format!("{key}: {THEIRS}\n"), &message(1));
        refused(&format!("x: &k {key}\n{OURS}*k : {THEIRS}\n"), &message(3));
    }
    refused(
        "frontend:\n  image:\n    tag: v1\n    !!binary dGFn: evil\n",
        "`frontend.image.tag` is not certain: line 4 has the tag `!!binary`",
    );
    let text = "frontend: {image: {!!binary ZGlnZXN0: sha256:0a}}\n";
    assert!(set(text, &Path::parse("frontend.image.digest").unwrap(), "x").is_err(), "it would be created twice");
}

#[test]
fn a_key_that_is_tagged_as_a_string_is_its_text() {
    for key in ["!!str frontend", "!<tag:yaml.org,2002:str> frontend", "! frontend", "! 'frontend'"] {
        reads(&format!("{key}: {THEIRS}\n"), "9.9.9");
        let twice = get(&format!("{OURS}{key}: {THEIRS}\n"));
        assert!(matches!(twice, Err(LookupError::Ambiguous { line: 1, other_line: 2, .. })), "{key}");
    }
    reads(&format!("{OURS}!!str <<: {{frontend: {THEIRS}}}\n"), "v1");
}

#[test]
fn a_foreign_tag_elsewhere_does_not_disturb() {
    for other in ["other: {!!binary eA==: !!binary eQ==}\n", "list: [{!ours name: !ours x}]\n", "o: !!set {a, b}\n"] {
        for text in [format!("{OURS}{other}"), format!("{other}{OURS}")] {
            reads(&text, "v1");
            assert_eq!(set(&text, &tag(), "v2").unwrap(), text.replace("v1", "v2"));
        }
    }
    reads("frontend: !ours {image: !ours {tag: v1, other: !!binary eA==}}\n", "v1");
}

#[test]
fn an_item_is_not_found_by_a_field_that_may_be_another() {
    let find = |text: &str| Document::parse(text).unwrap().get(&Path::parse("[name=app].tag").unwrap());
    for text in [
        "- {name: app, tag: v1}\n- {!!binary bmFtZQ==: app, tag: v2}\n",
        "- {name: app, tag: v1}\n- {name: !!binary YXBw, tag: v2}\n",
        "- {name: app, tag: v1}\n- {name: web, name: app, tag: v2}\n",
    ] {
        let error = find(text).unwrap_err();
        assert!(
            matches!(error, LookupError::Unclear { line: 2, .. } | LookupError::Ambiguous { line: 2, .. }),
            "{text}"
        );
    }
    assert_eq!(find("- {name: app, tag: v1}\n- {name: web, tag: !!binary eA==}\n").unwrap().value, "v1");
}

#[test]
fn merge_keys_are_merge_keys_in_every_spelling() {
    for merge in [
        "<<",
        "!!merge <<",
        "!!merge \"<<\"",
        "!<tag:yaml.org,2002:merge> <<",
        "! <<",
        "! \"<<\"",
        "&a <<",
        "&a !!merge <<",
        "! &a <<",
    ] {
        let source = format!("x: &x {{frontend: {THEIRS}}}\n");
        reads(&format!("{source}{merge}: *x\n"), "9.9.9");
        for text in [format!("{source}{OURS}{merge}: *x\n"), format!("{source}{OURS}{merge}: [*x ]\n")] {
            refused(&text, "`frontend` can mean two places: line 2 and line 3");
        }
        let error = set(&format!("{source}{merge}: *x\n"), &tag(), "v2").unwrap_err();
        assert!(matches!(error, EditError::Merged { line: 2, source_line: 1, .. }), "{merge}: {error}");
        let text = format!("{merge}: {{m: n}}\n");
        assert_eq!(Document::parse(&text).unwrap().scalars().count(), 0, "{merge}");
    }
    let handle = format!("%TAG !m! tag:yaml.org,2002:mer\n---\nx: &x {{frontend: {THEIRS}}}\n!m!ge <<: *x\n");
    reads(&handle, "9.9.9");
}

#[test]
fn an_alias_of_a_merge_key_is_one_for_some() {
    let text = format!("x: &x {{frontend: {THEIRS}}}\ny: &m <<\n{OURS}*m : *x\n");
    refused(&text, "`frontend` is not certain: line 4 has an alias of a merge key for a key");
}

#[test]
fn a_key_without_quotes_that_is_no_string_may_become_another() {
    for (ours, theirs) in
        [("true", "on"), ("false", "N"), ("1.1", "1.10"), ("80", "0x50"), ("83", "0123"), ("1", "1.0")]
    {
        let text = format!("\"{ours}\": v1\n{theirs}: v2\n");
        let error = Document::parse(&text).unwrap().get(&Path::key(ours)).unwrap_err().to_string();
        let expected = format!(
            "`{}` is not certain: line 2 has the key `{theirs}` without quotes, which may be read as another",
            Path::key(ours)
        );
        assert_eq!(error, expected);
    }
    let text = "80: a\n81: b\n1234567: c\non: d\nx: e\n";
    assert_eq!(Document::parse(text).unwrap().get(&Path::key("x")).unwrap().value, "e");
    let text = "80: a\n81: b\n1234567: c\n\"on\": d\n";
    assert_eq!(Document::parse(text).unwrap().get(&Path::key("80")).unwrap().value, "a");
}

#[test]
fn merges_that_are_too_deep_are_not_passed_over() {
    let mut deep = format!("m0: &m0 {{frontend: {THEIRS}}}\n");
    for level in 1..150 {
        deep += &format!("m{level}: &m{level} {{<<: *m{} }}\n", level - 1);
    }
    let error = get(&format!("{deep}{OURS}<<: *m149\n")).unwrap_err().to_string();
    assert!(error.ends_with("merges in too many mappings, one inside the other"), "{error}");
}

#[test]
fn line_breaks_of_yaml_1_1_are_not_read() {
    for (odd, code) in [('\u{85}', "U+0085"), ('\u{2028}', "U+2028"), ('\u{2029}', "U+2029")] {
        for (text, line, column) in [
            (format!("{OURS}# note{odd}frontend: {THEIRS}\n"), 2, 7),
            (format!("a: \"ä{odd}\"\n{OURS}"), 1, 6),
            (format!("{OURS}...\r\n\r#{odd}"), 4, 2),
        ] {
            let error = Document::parse(&text).unwrap_err();
            let expected = format!(
                "line {line}, column {column}: {code} stands here, which only some readers take for a line break"
            );
            assert_eq!(error.to_string(), expected, "{text:?}");
            assert_eq!(set(&text, &tag(), "v2"), Err(EditError::Parse(error)));
        }
        let escaped = format!("a: \"\\x85\\u2028\\u2029\"\n{OURS}");
        assert_eq!(set(&escaped, &Path::key("b"), &odd.to_string()).unwrap().matches('\\').count(), 4);
    }
}

#[test]
fn a_value_with_a_foreign_tag_is_not_read() {
    for (value, foreign) in [
        ("!!binary ZXZpbA==", "!!binary"),
        ("!!binary |-\n      ZXZpbA==", "!!binary"),
        ("!!float \"1.10\"", "!!float"),
        ("!!int 5", "!!int"),
        ("!!null ''", "!!null"),
        ("!!merge x", "!!merge"),
        ("!ours x", "!ours"),
    ] {
        let text = format!("frontend:\n  image:\n    tag: {value}\n");
        let message = |line| {
            format!(
                "`frontend.image.tag` cannot be read: line {line} has the tag `{foreign}`, and means something other than its text"
            )
        };
        assert_eq!(get(&text).unwrap_err().to_string(), message(3));
        let listed: Vec<_> = Document::parse(&text).unwrap().scalars().map(|(_, scalar)| scalar.is_string).collect();
        assert_eq!(listed, [false], "{value}");
        assert!(matches!(set(&text, &tag(), "v2"), Err(EditError::Tagged { .. })), "{value}");
        let aliased = format!("x: &x {value}\nfrontend: {{image: {{tag: *x }}}}\n");
        assert_eq!(get(&aliased).unwrap_err().to_string(), message(1));
        assert!(set(&aliased, &tag(), "v2").is_ok(), "an alias is replaced whole");
    }
}

#[test]
fn only_what_every_reader_takes_for_the_string_is_one() {
    for (value, text, is_string) in [
        ("1.10", "1.10", false),
        ("\"1.10\"", "1.10", true),
        ("v1.10", "v1.10", true),
        ("!!str 1.10", "1.10", true),
        ("!!str", "", true),
        ("!!str ~", "~", true),
        ("!<tag:yaml.org,2002:str> on", "on", true),
        ("! v1.10", "v1.10", true),
        // go-yaml v2 says string; to libyaml it is as good as plain, even with the quotes.
        ("! 1.10", "1.10", false),
        ("! \"1.10\"", "1.10", false),
        ("! ~", "~", false),
    ] {
        let scalar = get(&format!("frontend: {{image: {{tag: {value} }}}}\n")).unwrap();
        assert_eq!((scalar.value.as_str(), scalar.is_string, scalar.is_null), (text, is_string, false), "{value}");
    }
    let bare = "frontend: {image: {tag: ! v1 }}\n";
    assert_eq!(set(bare, &tag(), "v2").unwrap(), bare.replace("v1", "v2"));
    assert!(matches!(set(bare, &tag(), "1.10"), Err(EditError::Tagged { .. })));
}
