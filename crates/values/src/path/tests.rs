use super::{Path, Segment};

fn key(name: &str) -> Segment {
    Segment::Key(name.to_owned())
}

fn item(field: &str, value: &str) -> Segment {
    Segment::Item { field: field.to_owned(), value: value.to_owned() }
}

#[test]
fn paths_are_parsed_and_written_canonically() {
    let cases: &[(&str, &[Segment])] = &[
        ("a", &[key("a")]),
        ("a.b-c.d_e", &[key("a"), key("b-c"), key("d_e")]),
        ("a[0][12].b", &[key("a"), Segment::Index(0), Segment::Index(12), key("b")]),
        ("[0].a", &[Segment::Index(0), key("a")]),
        ("images[name=app].newTag", &[key("images"), item("name", "app"), key("newTag")]),
        ("a[name=x.y z=1]", &[key("a"), item("name", "x.y z=1")]),
        ("a[name=\"]\"]", &[key("a"), item("name", "]")]),
        ("a[name=\"\"]", &[key("a"), item("name", "")]),
        ("a[\"x.y\"=1]", &[key("a"), item("x.y", "1")]),
        ("a[0x=1]", &[key("a"), item("0x", "1")]),
        ("a.\"b.c\".d", &[key("a"), key("b.c"), key("d")]),
        (r#""a\"b\\c""#, &[key(r#"a"b\c"#)]),
        ("\"\"", &[key("")]),
        ("größe.ü", &[key("größe"), key("ü")]),
        ("foo/bar.$x.#y", &[key("foo/bar"), key("$x"), key("#y")]),
    ];
    for (text, segments) in cases {
        let path = Path::parse(text).unwrap();
        assert_eq!(path.segments(), *segments, "{text}");
        assert_eq!(path.to_string(), *text);
    }
    assert_eq!(Path::parse("\"a\".b[n= c ]").unwrap().to_string(), "a.b[n=c]");
}

#[test]
fn errors_say_where_and_what() {
    let cases = [
        ("", 1, "a key"),
        (".a", 1, "a key"),
        ("a.", 3, "a key"),
        ("a..b", 3, "a key"),
        ("a b", 2, "`.`, `[` or the end"),
        ("a=b", 2, "`.`, `[` or the end"),
        ("ü.[0]", 3, "a key"),
        ("a[", 3, "the number of an item"),
        ("a[]", 3, "the number of an item"),
        ("a[-1]", 5, "`=`"),
        ("a[00]", 3, "without leading zeros"),
        ("a[99999999999999999999999]", 3, "the number of an item"),
        ("a[x]", 4, "`=`"),
        ("a[x=1", 6, "`]`"),
        ("a[x=\"1\"2]", 8, "`]`"),
        ("a[0]b", 5, "`.`"),
        ("\"a", 3, "closing"),
        ("\"a\\n\"", 4, "`\"` or `\\`"),
        ("a\"b\"", 2, "`.`"),
    ];
    for (text, column, expected) in cases {
        let error = Path::parse(text).unwrap_err();
        assert_eq!(error.column, column, "{error}");
        assert!(error.expected.contains(expected), "{error}");
    }
    assert_eq!(
        Path::parse("a[x").unwrap_err().to_string(),
        "`a[x` is not a values path: at column 4 there must be `=` and the value of the field"
    );
}

#[test]
fn relatives_are_found() {
    let path = Path::parse("a[0].b").unwrap();
    assert_eq!(path.parent().unwrap().to_string(), "a[0]");
    assert_eq!(path.parent().unwrap().parent().unwrap().parent(), None);
    assert_eq!(path.last_key(), Some("b"));
    assert_eq!(path.parent().unwrap().last_key(), None);
    assert_eq!(Path::key("a.b").join("c").item(3).to_string(), "\"a.b\".c[3]");
}
