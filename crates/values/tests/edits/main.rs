//! Edits from outside: what is changed, what is kept, what is refused.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod creating;
mod documents;
mod patterns;
mod properties;
mod reading;
mod real_files;
mod refusals;
mod scalars;

use embark_values::{Assignment, Document, EditError, Edited, Path, edit};

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

fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    text[start..].char_indices().nth(column - 1).map_or(text.len(), |(offset, _)| start + offset)
}
