//! Strings of a TOML file, and where they stand.

use std::ops::Range;

use toml_edit::Document;

/// Where Cargo keeps the version.
pub(super) const CARGO: [&[&str]; 2] = [&["package", "version"], &["workspace", "package", "version"]];

/// Where Python's tools keep it.
pub(super) const PYTHON: [&[&str]; 2] = [&["project", "version"], &["tool", "poetry", "version"]];

/// Finds the first of some strings, and where it stands, its quotes included.
pub(super) fn string(text: &str, places: &[&[&str]]) -> Result<(Range<usize>, String), String> {
    let document = Document::parse(text).map_err(|error| format!("it is no TOML: {}", error.message()))?;
    let at = |keys: &&[&str]| {
        let item = keys.iter().try_fold(document.as_item(), |item, key| item.get(key))?;
        Some((item.span()?, item.as_str()?.to_owned()))
    };
    places.iter().find_map(at).ok_or_else(|| "it has no version".into())
}

/// Writes a string between the marks of another one, which is not empty.
pub(super) fn quoted_like(old: &str, new: &str) -> String {
    let mark = ["\"\"\"", "'''", "'"].into_iter().find(|mark| old.starts_with(mark)).unwrap_or("\"");
    format!("{mark}{new}{mark}")
}

/// Replaces pieces of a text.
pub(super) fn splice(text: &str, mut pieces: Vec<(Range<usize>, String)>) -> String {
    pieces.sort_by_key(|(range, _)| range.start);
    let (mut result, mut at) = (String::with_capacity(text.len()), 0);
    for (range, piece) in pieces {
        result.push_str(&text[at..range.start]);
        result.push_str(&piece);
        at = range.end;
    }
    result + &text[at..]
}
