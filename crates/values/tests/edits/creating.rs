//! Keys that are created, and many assignments at once.

use embark_values::{Assignment, EditError, LookupError, edit};

use crate::{create, edited_nothing, path, set};

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
