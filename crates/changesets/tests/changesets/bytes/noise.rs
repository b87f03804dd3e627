//! What may stand around a version without being one.

use proptest::prelude::*;
use proptest::sample::select;

/// Line ends, of which a file may have both.
pub(super) fn line_end() -> impl Strategy<Value = &'static str> {
    select(vec!["\n", "\r\n"])
}

/// Lines out of some, each with an end of its own.
pub(super) fn lines(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec((select(of), line_end()), 0..8)
        .prop_map(|lines| lines.into_iter().flat_map(|(line, end)| [line, end]).collect())
}

/// Pieces of a file with keys, each with a line end behind it. `KEY` stands for a key that is there once.
pub(super) fn keys(of: &'static [&'static str], mark: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec((select(of), line_end()), 0..8).prop_map(move |lines| {
        let lines = lines.into_iter().enumerate();
        lines.flat_map(|(at, (line, end))| [line.replace("KEY", &format!("{mark}{at}")), end.into()]).collect()
    })
}

/// What begins a file.
pub(super) fn begin() -> impl Strategy<Value = &'static str> {
    select(vec!["", "\u{feff}"])
}

/// White space of JSON.
pub(super) fn space() -> impl Strategy<Value = &'static str> {
    select(vec!["", " ", "\n", "\t", "\r\n  ", "  \n\n"])
}

/// Members of an object of JSON, each with a comma behind it. Their keys are there once; those within them may be twice.
pub(super) fn members(mark: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec((value(), space(), space(), space()), 0..5).prop_map(move |members| {
        let members = members.into_iter().enumerate();
        let member = |(at, (value, a, b, c))| format!("{a}\"{mark}{at}\"{b}:{value}{c},");
        members.map(member).collect::<Vec<_>>().concat()
    })
}

/// Values of JSON with what looks like a version in them.
fn value() -> impl Strategy<Value = String> {
    let plain = select(vec![
        "null",
        "-0.0e+7",
        "\"version\"",
        "\"4.17.3\"",
        "\"\\\"version\\\": \\\"4.17.3\\\", }\"",
        "\"ü \\ud83d\\uded2 \\\\\"",
        "[]",
        "{ }",
    ]);
    plain.prop_map(String::from).prop_recursive(3, 16, 4, |inner| {
        let key = select(vec!["version", "\\u0076ersion", "", "a:b", "{"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|values| format!("[ {}]", values.join(" ,"))),
            prop::collection::vec((key, inner), 1..4).prop_map(|members| {
                let members: Vec<String> =
                    members.into_iter().map(|(key, value)| format!("\"{key}\" :{value}")).collect();
                format!("{{{}\n}}", members.join(","))
            }),
        ]
    })
}
