//! Edits from outside: what is changed, what is kept, what is refused.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::path::PathBuf;

use embark_values::{Assignment, Document, EditError, Edited, LookupError, Path, edit};
use proptest::prelude::*;

fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

fn set(text: &str, at: &str, value: &str) -> Result<Edited, EditError> {
    edit(text, &[Assignment::new(path(at), value)])
}

fn create(text: &str, at: &str, value: &str) -> Result<Edited, EditError> {
    edit(text, &[Assignment::new(path(at), value).create()])
}

/// Each case: text, path, value, text afterwards.
#[track_caller]
fn check_all(cases: &[(&str, &str, &str, &str)]) {
    for (text, at, value, expected) in cases {
        let edited = set(text, at, value).unwrap_or_else(|error| panic!("{text:?} {at}={value}: {error}"));
        assert_eq!(edited.text, *expected, "{text:?} {at}={value}");
        assert_eq!(edited.changed, [path(at)]);
        let after = Document::parse(&edited.text).unwrap();
        assert_eq!(after.get(&path(at)).unwrap().value, *value);
        assert!(after.get(&path(at)).unwrap().is_string);
        assert_eq!(set(&edited.text, at, value).unwrap(), edited_nothing(&edited.text), "set twice");
    }
}

fn edited_nothing(text: &str) -> Edited {
    let edited = edit(text, &[]).unwrap();
    assert_eq!(edited.text, text);
    edited
}

#[test]
fn plain_scalars_are_replaced() {
    check_all(&[
        ("tag: old\n", "tag", "new", "tag: new\n"),
        ("tag: old", "tag", "new", "tag: new"),
        ("tag:   old   # why\n", "tag", "new", "tag:   new   # why\n"),
        ("tag: old\t# why\n", "tag", "new", "tag: new\t# why\n"),
        ("a:\n  b:\n    - c: 1\n      d: x # y\n", "a.b[0].d", "z", "a:\n  b:\n    - c: 1\n      d: z # y\n"),
        ("tag: old\r\nb: c\r\n", "tag", "new", "tag: new\r\nb: c\r\n"),
        ("\u{feff}tag: old\n", "tag", "new", "\u{feff}tag: new\n"),
        ("--- # c\ntag: old\n...\n", "tag", "new", "--- # c\ntag: new\n...\n"),
        ("%YAML 1.1\n---\ntag: old\n", "tag", "new", "%YAML 1.1\n---\ntag: new\n"),
        ("größe: ä # ö\n", "größe", "ü", "größe: \"ü\" # ö\n"),
        ("a: one\n  two\n  three # c\nb: 1\n", "a", "x", "a: x # c\nb: 1\n"),
        ("a:\n  one\n  two\nb: 1\n", "a", "x", "a:\n  x\nb: 1\n"),
        ("- a\n- b # c\n- d\n", "[1]", "x", "- a\n- x # c\n- d\n"),
        ("? a\n: b\n", "a", "x", "? a\n: x\n"),
        ("\"a.b\": c\n", "\"a.b\"", "x", "\"a.b\": x\n"),
        ("'a b':\n  c: d\n", "\"a b\".c", "x", "'a b':\n  c: x\n"),
        ("a: b\n---\n", "a", "x", "a: x\n---\n"),
    ]);
}

#[test]
fn what_could_be_taken_for_another_type_is_quoted() {
    for value in [
        "1.10",
        "12",
        "1e3",
        "3f9a2bc",
        "2026-01-01",
        "on",
        "No",
        "y",
        "null",
        "~",
        "",
        "0x1f",
        "1_0",
        ".5",
        "1:30",
        "=",
        "<<",
    ] {
        let expected = format!("tag: \"{value}\" # c\n");
        assert_eq!(set("tag: old # c\n", "tag", value).unwrap().text, expected);
        assert_eq!(set("tag: # c\n", "tag", value).unwrap().text, expected);
    }
    for value in ["v1.10", "1.4.0", "1.2.3-rc.1", "sha256:0a1b", "registry.example.com:5000/a/b", "latest", "a1"] {
        assert_eq!(set("tag: old # c\n", "tag", value).unwrap().text, format!("tag: {value} # c\n"));
        assert_eq!(set("{tag: old,}\n", "tag", value).unwrap().text, format!("{{tag: {value},}}\n"));
    }
    for value in [
        " a", "a ", "a: b", "a #b", "a:", "- a", "[a", "a\nb", "a\tb", "*a", "&a", "!a", "|", "%", "@", "`", "ä", "a,b",
    ] {
        let edited = set("tag: old\n", "tag", value).unwrap();
        assert!(edited.text.starts_with("tag: \""), "{}", edited.text);
        assert_eq!(Document::parse(&edited.text).unwrap().get(&path("tag")).unwrap().value, value);
    }
}

#[test]
fn quotes_are_kept() {
    check_all(&[
        ("a: 'x' # c\n", "a", "y", "a: 'y' # c\n"),
        ("a: 'x'\n", "a", "it's", "a: 'it''s'\n"),
        ("a: 'x'\n", "a", "1.10", "a: '1.10'\n"),
        ("a: 'x'\n", "a", "two\nlines", "a: \"two\\nlines\"\n"),
        ("a: 'x'\n", "a", "\u{7}", "a: \"\\x07\"\n"),
        ("a: \"x\" # c\n", "a", "y", "a: \"y\" # c\n"),
        ("a: \"x\\\"#\"   # c\n", "a", "\\\"\t\u{1b}", "a: \"\\\\\\\"\\t\\x1B\"   # c\n"),
        ("a: \"x\n  y\"\nb: 1\n", "a", "z", "a: \"z\"\nb: 1\n"),
        ("a: \"\"\n", "a", "\u{85}\u{2028}\u{feff}\u{1f600}", "a: \"\\x85\\u2028\\uFEFF\u{1f600}\"\n"),
        ("a: 'x'\n", "a", "ä", "a: 'ä'\n"),
    ]);
}

#[test]
fn what_is_a_string_already_stays_and_what_only_looks_so_is_quoted() {
    for text in ["a: v1\n", "a: 'v1'  # c\n", "a: !!str v1\n", "a: |-\n  v1\n", "x: &x v1\na: *x\n"] {
        assert_eq!(set(text, "a", "v1").unwrap(), edited_nothing(text));
    }
    assert_eq!(set("a: hello world\n", "a", "hello world").unwrap().changed, []);
    check_all(&[
        ("a: 1.10\n", "a", "1.10", "a: \"1.10\"\n"),
        ("a: on # c\n", "a", "on", "a: \"on\" # c\n"),
        ("a: null\n", "a", "null", "a: \"null\"\n"),
        ("a:\n", "a", "", "a: \"\"\n"),
        ("a: 1234567\n", "a", "1234567", "a: \"1234567\"\n"),
    ]);
}

#[test]
fn empty_values_are_filled() {
    check_all(&[
        ("tag:\n", "tag", "x", "tag: x\n"),
        ("tag:", "tag", "x", "tag: x"),
        ("tag: \n", "tag", "x", "tag: x \n"),
        ("tag: # comment\nb: 1\n", "tag", "x", "tag: x # comment\nb: 1\n"),
        ("tag:\t# comment\n", "tag", "x", "tag: x\t# comment\n"),
        ("tag:\r\nb: 1\r\n", "tag", "x", "tag: x\r\nb: 1\r\n"),
        ("a:\n  tag:\n  # note\nb: 1\n", "a.tag", "x", "a:\n  tag: x\n  # note\nb: 1\n"),
        ("l:\n- \n- b\n-\n", "l[0]", "x", "l:\n- x \n- b\n-\n"),
        ("l:\n- \n- b\n-\n", "l[2]", "x", "l:\n- \n- b\n- x\n"),
        ("l:\n  # a\n  -   # b\n  - c\n", "l[0]", "x", "l:\n  # a\n  - x   # b\n  - c\n"),
        ("- - \n  -\n", "[0][1]", "x", "- - \n  - x\n"),
        ("{a: , b: c}\n", "a", "x", "{a: x , b: c}\n"),
        ("{a, b: c}\n", "a", "x", "{a: x, b: c}\n"),
        ("{\"a\":}\n", "a", "x", "{\"a\": x}\n"),
        ("a: &x\nb: 1\n", "a", "z", "a: &x z\nb: 1\n"),
        ("a: !!str\nb: 1\n", "a", "z", "a: !!str z\nb: 1\n"),
        ("? a\nb: 1\n", "b", "z", "? a\nb: z\n"),
        ("? a\n:\nb: 1\n", "a", "z", "? a\n: z\nb: 1\n"),
        ("a: ~ # c\n", "a", "z", "a: z # c\n"),
    ]);
}

#[test]
fn block_scalars_are_replaced_whole() {
    check_all(&[
        ("a: |\n  one\n  two\nb: 1\n", "a", "x", "a: x\nb: 1\n"),
        ("a: >- # why\n\n  one\n\n  two\n\n\n# c\nb: 1\n", "a", "x", "a: x # why\n\n\n# c\nb: 1\n"),
        ("a: |+\n  one\n\nb: 1\n", "a", "x", "a: x\n\nb: 1\n"),
        ("a: |2-\n    one", "a", "x", "a: x"),
        ("a: |\nb: 1\n", "a", "x", "a: x\nb: 1\n"),
        ("a: |\r\n  one\r\n  # no comment\r\nb: 1\r\n", "a", "x", "a: x\r\nb: 1\r\n"),
        ("a: &y !!str |\n  one \nb: 1\n", "a", "x", "a: &y !!str x\nb: 1\n"),
        ("a: !!str &y |\n  one \nb: 1\n", "a", "x", "a: !!str &y x\nb: 1\n"),
        ("- |\n one\n- two\n", "[0]", "x", "- x\n- two\n"),
        ("a:\n  # c\n  |\n  one\nb: 1\n", "a", "x", "a:\n  # c\n  x\nb: 1\n"),
        ("a: |\n  one", "a", "1.10", "a: \"1.10\""),
    ]);
}

#[test]
fn flow_collections_keep_their_neighbours() {
    check_all(&[
        ("img: {repo: r, tag: v1}\n", "img.tag", "v9", "img: {repo: r, tag: v9}\n"),
        ("img: { repo: r, tag: v1 } # c\n", "img.repo", "s", "img: { repo: s, tag: v1 } # c\n"),
        ("l: [a, {b: c}, 'd']\n", "l[1].b", "x", "l: [a, {b: x}, 'd']\n"),
        ("l: [a, b: c]\n", "l[1].b", "x", "l: [a, b: x]\n"),
        ("{\"a\":\"b\",\"c\":1}", "c", "x", "{\"a\":\"b\",\"c\":x}"),
        ("l: [\n  a, # one\n  b\n]\n", "l[1]", "x, y", "l: [\n  a, # one\n  \"x, y\"\n]\n"),
    ]);
}

#[test]
fn items_are_found_by_field() {
    let text = "images:\n  - name: web\n    newTag: v1\n  - newTag: v1 # app\n    name: app\n";
    let expected = text.replace("v1 # app", "v2 # app");
    assert_eq!(set(text, "images[name=app].newTag", "v2").unwrap().text, expected);
    check_all(&[
        ("- {name: \"a.b]\", v: 1}\n", "[name=\"a.b]\"].v", "x", "- {name: \"a.b]\", v: x}\n"),
        ("- {port: 80, v: 1}\n- {port: 81, v: 1}\n", "[port=81].v", "x", "- {port: 80, v: 1}\n- {port: 81, v: x}\n"),
    ]);
    let twice = set("- name: a\n- name: a\n", "[name=a].name", "b").unwrap_err();
    assert!(matches!(twice, EditError::Lookup(LookupError::Ambiguous { line: 1, other_line: 2, .. })), "{twice}");
}

#[test]
fn aliases_are_replaced_and_what_they_share_is_not_changed() {
    check_all(&[
        ("a: &x v1\nb: *x\n", "b", "v2", "a: &x v1\nb: v2\n"),
        ("a: &x v1\nb: [*x , *x ]\n", "b[0]", "v2", "a: &x v1\nb: [v2 , *x ]\n"),
        ("a: &x v1 # c\n", "a", "v2", "a: &x v2 # c\n"),
        ("base: &b {t: 1}\na:\n  <<: *b\n  tag: v1\n", "a.tag", "v2", "base: &b {t: 1}\na:\n  <<: *b\n  tag: v2\n"),
    ]);
    let refused = [
        ("a: &x v1\nb: *x\n", "a", "`a` is shared: the anchor `&x` is used again at line 2"),
        ("a: &x {t: v1}\nb: *x\n", "a.t", "`a.t` is shared: the anchor `&x` is used again at line 2"),
        ("a: &x {t: v1}\n\nb: *x\n", "b.t", "`b.t` is shared: the anchor `&x` is used again at line 3"),
        ("a: &x {t: v1}\nb:\n  <<: *x\n", "b.t", "`b.t` is merged in: `<<` at line 3 takes it from line 1"),
        ("a: &x {t: v1}\nb: {<<: [*x ]}\n", "b.t", "`b.t` is merged in: `<<` at line 2 takes it from line 1"),
        ("b: {<<: {t: v1}}\n", "b.t", "`b.t` is merged in: `<<` at line 1 takes it from line 1"),
        ("a: &x {t: v1}\nb:\n  t: v2\n  <<: *x\n", "b.t", "`b.t` can mean two places: line 3 and line 4"),
    ];
    for (text, at, message) in refused {
        let error = set(text, at, "v9").unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
        let error = create(text, at, "v9").unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
    let error = create("a: &x {t: v1}\nb: *x\n", "b.new", "v9").unwrap_err();
    assert!(matches!(error, EditError::Shared { line: 2, .. }), "{error}");
    let error = create("a: &x {t: v1}\nb: *x\n", "a.new", "v9").unwrap_err();
    assert!(matches!(error, EditError::Shared { line: 2, .. }), "{error}");
}

#[test]
fn what_is_not_certain_is_refused() {
    let refused = [
        ("a: 1\nb: 2\na: 3\n", "a", "`a` can mean two places: line 1 and line 3"),
        ("a: {b: 1, b: 2}\n", "a.b", "`a.b` can mean two places: line 1 and line 1"),
        ("a: !!int 5\n", "a", "`a` at line 1 cannot hold a string: it has the tag `!!int`"),
        ("a: !!binary aGk=\n", "a", "`a` at line 1 cannot hold a string"),
        ("a: !mine x\n", "a", "`a` at line 1 cannot hold a string"),
        ("a:\n  b: 1\n", "a", "`a` at line 1 is a mapping, not a scalar"),
        ("a: [1]\n", "a", "`a` at line 1 is a sequence of one item, not a scalar"),
        ("a: b # \u{2028}c: d\n", "a", "line 1, column 8: U+2028 stands here"),
        ("a: b\n---\nc: d\n", "a", "line 3, column 1: this belongs to a second document"),
        ("a: [b\n", "a", "line "),
        ("a: 'b\n", "a", "line "),
        ("a: *x\n", "a", "line 1, column 4"),
        ("", "a", "there is no `a`: the file is empty"),
        (
            "image:\n  tag: 1\n",
            "image.tga",
            "there is no `image.tga`: the nearest is `image` at line 1, a mapping; did you mean `image.tag`?",
        ),
        (
            "image:\n  tag: 1\n",
            "imaeg.tag",
            "there is no `imaeg.tag`: the file has nothing of it; did you mean `image.tag`?",
        ),
        (
            "a: [x, y]\n",
            "a.1",
            "there is no `a.1`: the nearest is `a` at line 1, a sequence of 2 items; did you mean `a[1]`?",
        ),
        ("a: [x, y]\n", "a[2]", "there is no `a[2]`: the nearest is `a` at line 1, a sequence of 2 items"),
        ("a: x\n", "a.b", "there is no `a.b`: the nearest is `a` at line 1, a scalar"),
        ("a:\n", "a.b", "there is no `a.b`: the nearest is `a` at line 1, null"),
        (
            "i: [{name: web}]\n",
            "i[name=wbe].tag",
            "there is no `i[name=wbe].tag`: the nearest is `i` at line 1, a sequence of one item; did you mean `i[name=web]`?",
        ),
    ];
    for (text, at, message) in refused {
        let error = set(text, at, "v9").unwrap_err().to_string();
        assert!(error.starts_with(message), "{text:?} {at}: {error}");
    }
    let deep = "[".repeat(2000);
    assert!(matches!(set(&deep, "a", "b"), Err(EditError::Parse(_))));
    let deep = (0..2000).fold(String::new(), |text, depth| text + &format!("{:depth$}a:\n", ""));
    assert!(matches!(set(&deep, "a", "b"), Err(EditError::Parse(_))));
}

#[test]
fn keys_are_created_in_the_style_of_their_mapping() {
    let cases = [
        ("image:\n  tag: v1\n", "image.digest", "x", "image:\n  tag: v1\n  digest: x\n"),
        ("image:\n  tag: v1", "image.digest", "x", "image:\n  tag: v1\n  digest: x"),
        ("image:\r\n  tag: v1\r\nb: 1\r\n", "image.digest", "x", "image:\r\n  tag: v1\r\n  digest: x\r\nb: 1\r\n"),
        (
            "image:\n    tag: v1 # c\n\n# b's\nb: 1\n",
            "image.digest",
            "x",
            "image:\n    tag: v1 # c\n    digest: x\n\n# b's\nb: 1\n",
        ),
        ("image:\n  tag:\n\nb: 1\n", "image.digest", "x", "image:\n  tag:\n  digest: x\n\nb: 1\n"),
        ("image:\n  tag: \"v1\"\n", "image.digest", "x", "image:\n  tag: \"v1\"\n  digest: \"x\"\n"),
        ("a:\n  b:\n    c: 1\n", "a.d", "x", "a:\n  b:\n    c: 1\n  d: x\n"),
        ("a:\n  b: |\n    text\n\n  # c\nd: 1\n", "a.x", "z", "a:\n  b: |\n    text\n  x: z\n\n  # c\nd: 1\n"),
        ("a:\n  b: |+\n    text\n\n\nd: 1\n", "a.x", "z", "a:\n  b: |+\n    text\n\n\n  x: z\nd: 1\n"),
        ("l:\n  - name: a\n  - name: b\n", "l[0].tag", "x", "l:\n  - name: a\n    tag: x\n  - name: b\n"),
        ("l:\n- name: a\n-   name: b\n", "l[1].tag", "x", "l:\n- name: a\n-   name: b\n    tag: x\n"),
        ("a: {b: c}\n", "a.d", "x", "a: {b: c, d: x}\n"),
        ("a: { b: c } # d\n", "a.d", "1.10", "a: { b: c, d: \"1.10\" } # d\n"),
        ("{\"a\":\"b\"}", "c", "x", "{\"a\":\"b\", \"c\": \"x\"}"),
        ("a: {b: }\n", "a.d", "x", "a: {b: , d: x }\n"),
        ("a: {b}\n", "a.d", "x", "a: {b, d: x}\n"),
        ("a: {}\n", "a.b", "x", "a: {b: x}\n"),
        ("a: { }\n", "a.b", "x", "a: { b: x }\n"),
        ("{}\n", "a", "x", "{a: x}\n"),
        ("image:\nb:\n    c: 1\n", "image.tag", "x", "image:\n    tag: x\nb:\n    c: 1\n"),
        ("image: # c\nb: 1\n", "image.tag", "x", "image: # c\n  tag: x\nb: 1\n"),
        ("image: null # c\nb: 1\n", "image.tag", "x", "image: # c\n  tag: x\nb: 1\n"),
        ("image:", "image.tag", "x", "image:\n  tag: x"),
        ("- \n- a\n", "[0].tag", "x", "- tag: x \n- a\n"),
        ("[~]\n", "[0].tag", "x", "[{tag: x}]\n"),
        ("{a: , b: c}\n", "a.tag", "x", "{a: {tag: x} , b: c}\n"),
        ("", "a", "x", "a: x\n"),
        ("# only a comment\n", "a", "x", "# only a comment\na: x\n"),
        ("---\n", "a", "x", "---\na: x\n"),
        ("a: 1\n", "on", "x", "a: 1\n\"on\": x\n"),
        ("a: 1\n", "\"b.c\"", "x", "a: 1\nb.c: x\n"),
        ("a: 1\n...\n", "b", "x", "a: 1\nb: x\n...\n"),
    ];
    for (text, at, value, expected) in cases {
        let edited = create(text, at, value).unwrap_or_else(|error| panic!("{text:?} {at}: {error}"));
        assert_eq!(edited.text, expected, "{text:?} {at}");
        assert_eq!(create(&edited.text, at, value).unwrap(), edited_nothing(&edited.text));
        assert!(matches!(set(text, at, value), Err(EditError::Lookup(LookupError::NotFound { .. }))));
    }
    let refused = [
        ("a: 1\n", "b.c", "there is no `b.c`: the file has nothing of it"),
        ("a: 1\n", "a.b", "`a.b` cannot be created: `a` at line 1 is a scalar"),
        ("a: [1]\n", "a.b", "`a.b` cannot be created: `a` at line 1 is a sequence of one item"),
        ("a: [1]\n", "a[1]", "there is no `a[1]`"),
        ("- a\n", "b", "`b` cannot be created: the file itself is a sequence of one item"),
        ("~\n", "b", "`b` cannot be created: the file itself is null"),
        ("a: |\n  text", "b", "an edit of `b` would change more than that: line 1 of the new text"),
    ];
    for (text, at, message) in refused {
        let error = create(text, at, "v9").unwrap_err().to_string();
        assert!(error.starts_with(message), "{text:?} {at}: {error}");
    }
}

#[test]
fn a_created_key_follows_its_sibling() {
    let beside = |text: &str| {
        let assignment = Assignment::new(path("image.digest"), "sha256:0a").create_beside(path("image.tag"));
        edit(text, &[Assignment::new(path("image.tag"), "v2"), assignment]).unwrap().text
    };
    assert_eq!(
        beside("image:\n  tag: v1 # t\n  # p\n  pullPolicy: Always\n"),
        "image:\n  tag: v2 # t\n  digest: sha256:0a\n  # p\n  pullPolicy: Always\n"
    );
    assert_eq!(beside("image: {tag: v1, x: y}\n"), "image: {tag: v2, digest: sha256:0a, x: y}\n");
    assert_eq!(beside("image:\n  tag:\n  x: y\n"), "image:\n  tag: v2\n  digest: sha256:0a\n  x: y\n");
    assert_eq!(beside("image:\n  tag: |\n    v1\n  x: y\n"), "image:\n  tag: v2\n  digest: sha256:0a\n  x: y\n");
    assert_eq!(beside("image:\n  tag: \"v1\"\n  digest: 'y'\n"), "image:\n  tag: \"v2\"\n  digest: 'sha256:0a'\n");
}

#[test]
fn many_assignments_are_made_in_one_go_or_not_at_all() {
    let text = "a:\n  b: 1\n  c: {d: 2}\ne: [3, 4]\nf:\n";
    let assign = |at: &str, value: &str| Assignment::new(path(at), value);
    let edited = edit(
        text,
        &[
            assign("e[1]", "x"),
            assign("a.b", "w"),
            assign("a.new", "u").create(),
            assign("new", "m").create(),
            assign("a.c.new", "o").create(),
            assign("f.g", "p").create(),
            assign("f.h", "q").create(),
            assign("a.c.d", "z"),
            assign("e[0]", "x"),
        ],
    )
    .unwrap();
    let expected = "a:\n  b: w\n  c: {d: z, new: o}\n  new: u\ne: [x, x]\nf:\n  g: p\n  h: q\nnew: m\n";
    assert_eq!(edited.text, expected);
    assert_eq!(edited.changed.len(), 9);

    let error = edit(text, &[assign("a.b", "x"), assign("a.x", "y")]).unwrap_err();
    assert!(matches!(error, EditError::Lookup(LookupError::NotFound { .. })));
    let error = edit(text, &[assign("a.b", "x"), assign("a.b", "y")]).unwrap_err();
    assert!(matches!(error, EditError::Conflict { .. }));
    let error = edit(text, &[assign("f", "x"), assign("f.g", "y").create()]).unwrap_err();
    assert!(matches!(error, EditError::Conflict { .. }));
    let error = edit(text, &[assign("f.g", "x").create(), assign("f.g", "y").create()]).unwrap_err();
    assert!(matches!(error, EditError::Conflict { .. }));
    assert_eq!(edit(text, &[assign("a.b", "x"), assign("a.b", "x")]).unwrap().changed.len(), 2);
}

#[test]
fn scalars_are_read_with_their_places() {
    let text = "\u{feff}a: 1.10\nü: \"ä\\n\"  # c\nb:\n  - ~\n  - &x v\n  -\nc: *x\nd: |\n  t\ne: {f: , g: 'h'}\n<<: {m: n}\n? [k]\n: l\n";
    let document = Document::parse(text).unwrap();
    let scalars: Vec<_> = document
        .scalars()
        .map(|(at, scalar)| {
            assert_eq!(document.get(&at).unwrap(), scalar);
            (at.to_string(), scalar.value, scalar.line, scalar.column, scalar.is_null, scalar.is_string)
        })
        .collect();
    let expect = |at: &str, value: &str, line, column, is_null, is_string| {
        (at.to_owned(), value.to_owned(), line, column, is_null, is_string)
    };
    assert_eq!(
        scalars,
        [
            expect("a", "1.10", 1, 4, false, false),
            expect("ü", "ä\n", 2, 4, false, true),
            expect("b[0]", "", 4, 5, true, false),
            expect("b[1]", "v", 5, 8, false, true),
            expect("b[2]", "", 6, 4, true, false),
            expect("c", "v", 7, 4, false, true),
            expect("d", "t\n", 8, 4, false, true),
            expect("e.f", "", 10, 7, true, false),
            expect("e.g", "h", 10, 13, false, true),
        ]
    );
    assert_eq!(document.get(&path("m")).unwrap().value, "n");
    assert!(Document::parse("").unwrap().scalars().next().is_none());
    assert!(Document::parse("just text").unwrap().scalars().next().is_none());
}

#[test]
fn files_that_refer_to_themselves_are_read() {
    let own = Document::parse("a: &a\n  aa: *a\n  <<: *a\n  b: 1\n").unwrap();
    assert_eq!(own.get(&path("a.aa.aa.b")).unwrap().value, "1");
    let deep = "ab.".repeat(5000) + "ab";
    assert!(own.get(&path(&deep)).is_err());
    let far = "aa.".repeat(5000) + "c";
    assert!(own.get(&path(&("a.".to_owned() + &far))).is_err());
    let mut bomb = "m0: &m0 {x: 1}\n".to_owned();
    for level in 1..200 {
        bomb += &format!("m{level}: &m{level} {{<<: [*m{0} , *m{0} ]}}\n", level - 1);
    }
    let bomb = Document::parse(&bomb).unwrap();
    assert!(bomb.get(&path("m199.y")).is_err());
    assert_eq!(bomb.get(&path("m60.x")).unwrap().value, "1");
}

/// Writes a random document in mixed styles.
#[derive(Debug, Clone)]
enum Value {
    Scalar(String),
    Map(Vec<Value>, bool),
    List(Vec<Value>, bool),
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[a-z]{1,6}".prop_map(Value::Scalar),
        "[0-9]{1,3}\\.[0-9]{1,2}".prop_map(Value::Scalar),
        "'[ -&(-~äöü]{0,6}'".prop_map(Value::Scalar),
        "\"[ !#-\\[\\]-~äöü]{0,6}\"".prop_map(Value::Scalar),
        Just(Value::Scalar("\"\\\"\\\\ \\n\"".to_owned())),
        Just(Value::Scalar(String::new())),
        Just(Value::Scalar("~".to_owned())),
        Just(Value::Scalar("!!str x".to_owned())),
        Just(Value::Scalar("&anchor".to_owned())),
        "[|>][-+]?".prop_map(Value::Scalar),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            (prop::collection::vec(inner.clone(), 1..4), any::<bool>())
                .prop_map(|(values, flow)| Value::Map(values, flow)),
            (prop::collection::vec(inner, 1..4), any::<bool>()).prop_map(|(values, flow)| Value::List(values, flow)),
        ]
    })
}

fn root() -> impl Strategy<Value = Value> {
    (prop::collection::vec(value(), 1..4), any::<bool>()).prop_map(|(values, flow)| Value::Map(values, flow))
}

const COMMENTS: [&str; 4] = ["", " # c", "\t# x: 'y", "  "];

fn print_flow(value: &Value, out: &mut String) {
    match value {
        Value::Scalar(text) if text.starts_with(['|', '>']) => out.push_str("plain text"),
        Value::Scalar(text) => out.push_str(text),
        Value::Map(values, _) => {
            out.push('{');
            for (place, value) in values.iter().enumerate() {
                out.push_str(&format!("{}k{place}: ", if place > 0 { ", " } else { "" }));
                print_flow(value, out);
            }
            out.push_str(" }");
        }
        Value::List(values, _) => {
            out.push('[');
            for (place, value) in values.iter().enumerate() {
                out.push_str(if place > 0 { ", " } else { "" });
                // Between brackets there is no item that is not written.
                let empty = matches!(value, Value::Scalar(text) if text.is_empty());
                if empty { out.push('~') } else { print_flow(value, out) }
            }
            out.push_str(" ]");
        }
    }
}

fn print_block(value: &Value, indent: usize, out: &mut String) {
    let comment = COMMENTS[out.len() % COMMENTS.len()];
    match value {
        Value::Scalar(text) if text.starts_with(['|', '>']) => {
            let indent = indent + 1;
            out.push_str(&format!(" {text}{comment}\n\n{:indent$}first # line\n{:indent$}  second\n\n", "", ""));
        }
        Value::Map(values, false) => {
            out.push_str(&format!("{comment}\n"));
            for (place, value) in values.iter().enumerate() {
                let key = ["k", "'k", "\"k"][place % 3];
                let end = ["", "'", "\""][place % 3];
                out.push_str(&format!("{:indent$}{key}{place}{end}:", ""));
                print_block(value, indent + 2, out);
            }
        }
        Value::List(values, false) => {
            out.push_str(&format!("{comment}\n"));
            for value in values {
                out.push_str(&format!("{:indent$}-", ""));
                print_block(value, indent + 3, out);
            }
        }
        flow => {
            out.push(' ');
            print_flow(flow, out);
            out.push_str(&format!("{comment}\n"));
        }
    }
}

fn print(value: &Value, line_break: &str, open_end: bool) -> String {
    let flow = matches!(value, Value::Map(_, true));
    let mut out = if flow { "--- # head\n" } else { "# head" }.to_owned();
    print_block(value, 0, &mut out);
    if open_end {
        out.truncate(out.trim_end().len());
    }
    out.replace('\n', line_break)
}

fn string() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,12}",
        "[0-9a-f]{7,8}",
        "[-+.0-9a-zA-Z:_~=<]{0,8}",
        "[\\x00-\\xff\\u{2028}\\u{feff}]{0,6}",
        "v[0-9.]{1,8}",
        "[yYnNoOtTfF][a-zA-Z]{0,4}",
    ]
}

proptest! {
    // PROPTEST_CASES asks for more.
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.max(512), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn an_edit_changes_one_leaf_and_no_other_byte(
        value in root(), crlf in any::<bool>(), open_end in any::<bool>(),
        pick in any::<prop::sample::Index>(), wanted in string(),
    ) {
        let text = print(&value, if crlf { "\r\n" } else { "\n" }, open_end);
        let document = Document::parse(&text).unwrap();
        let before: Vec<_> = document.scalars().collect();
        let chosen = pick.index(before.len());
        let (at, old) = &before[chosen];
        let edited = set(&text, &at.to_string(), &wanted).unwrap();
        let after = Document::parse(&edited.text).unwrap();
        let after: Vec<_> = after.scalars().collect();
        prop_assert_eq!(before.len(), after.len());
        for (place, ((path, old), (new_path, new))) in before.iter().zip(&after).enumerate() {
            prop_assert_eq!(path, new_path);
            if place == chosen {
                prop_assert_eq!(&new.value, &wanted);
                prop_assert!(new.is_string);
            } else {
                prop_assert_eq!((&old.value, old.is_null, old.is_string), (&new.value, new.is_null, new.is_string));
            }
        }
        prop_assert_eq!(edited.changed.is_empty(), old.value == wanted && old.is_string);
        // All before the scalar stays, and all from the next leaf on.
        let offset = offset_of(&text, old.line, old.column);
        prop_assert_eq!(&text[..offset], &edited.text[..offset]);
        let rest = before.get(chosen + 1).map_or("", |(_, next)| &text[offset_of(&text, next.line, next.column)..]);
        prop_assert!(edited.text.ends_with(rest));
    }

    #[test]
    fn a_created_key_adds_one_leaf(
        value in root(), crlf in any::<bool>(), open_end in any::<bool>(),
        pick in any::<prop::sample::Index>(), wanted in string(), beside in any::<bool>(),
    ) {
        let text = print(&value, if crlf { "\r\n" } else { "\n" }, open_end);
        let document = Document::parse(&text).unwrap();
        let before: Vec<_> = document.scalars().map(|(path, scalar)| (path, scalar.value)).collect();
        let sibling = &before[pick.index(before.len())].0;
        let at = match sibling.parent() {
            Some(parent) => parent.join("new key"),
            None => Path::key("new key"),
        };
        let assignment = Assignment::new(at.clone(), wanted.clone());
        let assignment = if beside { assignment.create_beside(sibling.clone()) } else { assignment.create() };
        match edit(&text, &[assignment]) {
            Ok(edited) => {
                let after = Document::parse(&edited.text).unwrap();
                let mut after: Vec<_> = after.scalars().map(|(path, scalar)| (path, scalar.value)).collect();
                let place = after.iter().position(|(path, _)| *path == at).unwrap();
                prop_assert_eq!(after.remove(place).1, wanted);
                prop_assert_eq!(before, after);
            }
            // A block scalar that the file breaks off in would get a line break.
            Err(EditError::NotLossless { .. }) => prop_assert!(open_end),
            Err(EditError::NoMapping { .. }) => prop_assert_eq!(sibling.last_key(), None),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn no_text_and_no_path_panics(
        text in prop_oneof![".{0,80}", "[-a-c:#?{}\\[\\],&*!|>'\" \t\r\n~<%.0]{0,60}"],
        at in prop_oneof![".{0,20}", "[a-c.\\[\\]0-9=\"]{0,12}"],
        wanted in string(),
    ) {
        let paths = Path::parse(&at).into_iter();
        if let Ok(document) = Document::parse(&text) {
            let leaves: Vec<_> = document.scalars().map(|(path, _)| path).collect();
            for path in leaves.into_iter().chain(paths) {
                let children = [path.clone(), path.join("b"), path.item(0)];
                for path in children {
                    if let Ok(edited) = edit(&text, &[Assignment::new(path.clone(), wanted.clone()).create()]) {
                        prop_assert_eq!(Document::parse(&edited.text).unwrap().get(&path).unwrap().value, wanted.clone());
                    }
                }
            }
        }
    }

    #[test]
    fn a_path_is_parsed_from_what_it_is_written_as(keys in prop::collection::vec((".{0,6}", any::<Option<u8>>()), 1..5)) {
        let mut path = Path::key("x");
        for (key, item) in keys {
            path = path.join(key);
            path = item.map_or(path.clone(), |item| path.item(item.into()));
        }
        prop_assert_eq!(Path::parse(&path.to_string()).unwrap(), path.clone());
        let text = format!("{path}=a=b");
        prop_assert_eq!(Path::parse_assignment(&text).unwrap(), (path, "a=b"));
    }
}

fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    text[start..].char_indices().nth(column - 1).map_or(text.len(), |(offset, _)| start + offset)
}

/// Sets every tenth leaf of the real values files, and every leaf that is called `tag`.
#[test]
fn real_values_files_are_edited() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("../shared/values"))
        .find(|folder| folder.is_dir());
    let Some(folder) = folder else {
        println!("shared/values is not there: no real values file was edited");
        return;
    };
    let (mut files, mut edits) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        files += 1;
        let text = std::fs::read_to_string(&file).unwrap();
        let document = Document::parse(&text).unwrap();
        let leaves: Vec<_> = document.scalars().collect();
        for (place, (at, old)) in leaves.iter().enumerate() {
            if place % 10 != 0 && at.last_key() != Some("tag") {
                continue;
            }
            let value = ["1.10", "v2.0.1", "a: \"b\" # 'c'"][place % 3];
            match document.edit(&[Assignment::new(at.clone(), value)]) {
                Ok(edited) => {
                    edits += 1;
                    let offset = offset_of(&text, old.line, old.column);
                    assert_eq!(text[..offset], edited.text[..offset], "{at} in {}", file.display());
                    assert_eq!(Document::parse(&edited.text).unwrap().get(at).unwrap().value, value);
                }
                Err(EditError::Shared { .. } | EditError::Lookup(LookupError::Ambiguous { .. })) => {}
                Err(error) => panic!("{at} in {}: {error}", file.display()),
            }
        }
    }
    println!("{edits} edits in {files} real values files");
    assert!(files == 0 || edits > 100);
}
