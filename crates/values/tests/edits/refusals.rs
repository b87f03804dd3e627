//! What is shared, and what is not certain.

use embark_values::EditError;

use crate::{check_all, create, set};

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
