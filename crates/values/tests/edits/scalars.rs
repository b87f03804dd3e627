//! Scalars that are there, in each of their styles.

use embark_values::{Document, EditError, LookupError};

use crate::{check_all, edited_nothing, path, set};

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
