//! What is read.

use embark_values::Document;

use crate::path;

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
