//! Strings of a TOML file, and where they stand.

use std::ops::Range;

use toml_edit::{Document, Item, TomlError};

use super::{Found, WRITE, Wrong};
use crate::place::line_of;

/// Where the version may stand in a file, and what says that it is told elsewhere.
pub(super) struct Places {
    keys: [&'static [&'static str]; 2],
    /// Tells whether a table in which it may stand leaves it to another file, and how that is said.
    elsewhere: fn(&Item) -> Option<&'static str>,
}

/// Where Cargo keeps it.
pub(super) const CARGO: Places = Places {
    keys: [&["package", "version"], &["workspace", "package", "version"]],
    elsewhere: |table| {
        let inherits = table.get("version")?.get("workspace")?.as_bool()?;
        inherits.then_some("its version is that of a workspace, which is in another file")
    },
};

/// Where Python's tools keep it.
pub(super) const PYTHON: Places = Places {
    keys: [&["project", "version"], &["tool", "poetry", "version"]],
    elsewhere: |table| {
        let mut dynamic = table.get("dynamic")?.as_array()?.iter();
        dynamic.any(|key| key.as_str() == Some("version")).then_some("its version is dynamic, and told by another file")
    },
};

/// Finds the one version, and where it stands, its quotes included.
pub(super) fn version(text: &str, places: &Places) -> Result<Found, Wrong> {
    let document = Document::parse(text).map_err(|error| Wrong {
        line: line(text, &error),
        what: format!("it is no TOML: {}", error.message()),
        mend: "mend it by hand",
    })?;
    let root = document.as_item();
    let at = |keys: &[&str]| keys.iter().try_fold(root, |item, key| item.get(key));
    let string =
        |keys: &&[&str]| at(keys).and_then(|item| Some(Found { range: item.span()?, version: item.as_str()?.into() }));
    let found: Vec<Found> = places.keys.iter().filter_map(string).collect();
    match <[Found; 2]>::try_from(found) {
        Ok([first, second]) => Err(Wrong {
            line: line_of(text, first.range.start.max(second.range.start)),
            what: format!("it has two versions, `{}` and `{}`", places.keys[0].join("."), places.keys[1].join(".")),
            mend: "keep one of them",
        }),
        Err(found) => found.into_iter().next().ok_or_else(|| none(text, places, at)),
    }
}

/// Tells why there is no version: it is no string, told elsewhere, or missing.
fn none<'d>(text: &str, places: &Places, at: impl Fn(&[&str]) -> Option<&'d Item>) -> Wrong {
    let line = |item: &Item| item.span().map_or(1, |span| line_of(text, span.start));
    let tables = places.keys.iter().filter_map(|keys| keys.split_last().and_then(|(_, table)| at(table)));
    for table in tables.clone() {
        if let Some(what) = (places.elsewhere)(table) {
            let mend = "name the file that has it with version.file in embark.yaml";
            return Wrong { line: line(table), what: what.into(), mend };
        }
    }
    match (places.keys.iter().find_map(|keys| at(keys)), tables.into_iter().next()) {
        (Some(item), _) => {
            Wrong { line: line(item), what: "its version is no string".into(), mend: "put it in quotes" }
        }
        (None, table) => {
            let [first, second] = places.keys.map(|keys| keys.join("."));
            let what = format!("it has neither `{first}` nor `{second}`");
            Wrong { line: table.map_or(1, line), what, mend: WRITE }
        }
    }
}

/// Returns the line of what is no TOML, from 1.
pub(super) fn line(text: &str, error: &TomlError) -> usize {
    error.span().map_or(1, |span| line_of(text, span.start))
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
