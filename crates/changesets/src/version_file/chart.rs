//! The versions of `Chart.yaml`.

use embark_values::{Assignment, Document, EditError, LookupError, ParseError, Path};

use super::{WRITE, Wrong};

const BY_HAND: &str = "mend it by hand";

/// Returns the line of the version, and the version.
pub(super) fn version(text: &str) -> Result<(usize, String), Wrong> {
    let document = Document::parse(text).map_err(|error| no_yaml(&error))?;
    let found = match document.get(&Path::key("appVersion")) {
        Err(LookupError::NotFound { .. }) => document.get(&Path::key("version")),
        found => found,
    };
    found.map(|scalar| (scalar.line, scalar.value)).map_err(not_found)
}

/// Writes both versions, where they are there.
pub(super) fn set(text: &str, version: &str) -> Result<String, Wrong> {
    let document = Document::parse(text).map_err(|error| no_yaml(&error))?;
    let keys = ["version", "appVersion"].map(Path::key);
    let is_there = |path: &Path| !matches!(document.get(path), Err(LookupError::NotFound { .. }));
    let set: Vec<_> = keys.into_iter().filter(is_there).map(|path| Assignment::new(path, version)).collect();
    document.edit(&set).map(|edited| edited.text).map_err(not_set)
}

fn no_yaml(ParseError { line, message, .. }: &ParseError) -> Wrong {
    Wrong { line: *line, what: format!("it is no YAML: {message}"), mend: BY_HAND }
}

fn not_found(error: LookupError) -> Wrong {
    let what = error.to_string();
    match error {
        LookupError::NotFound { nearest, .. } => {
            Wrong { line: nearest.line, what: "it has neither `appVersion` nor `version`".into(), mend: WRITE }
        }
        // The second one is the one too many.
        LookupError::Ambiguous { line, other_line, .. } => {
            Wrong { line: line.max(other_line), what, mend: "keep one of them" }
        }
        LookupError::NotAScalar { line, .. } => Wrong { line, what, mend: "write one in its place, as in 1.4.0" },
        LookupError::Unclear { line, .. } | LookupError::Tagged { line, .. } => Wrong { line, what, mend: BY_HAND },
        _ => Wrong { line: 1, what, mend: BY_HAND },
    }
}

fn not_set(error: EditError) -> Wrong {
    let what = error.to_string();
    match error {
        EditError::Lookup(error) => not_found(error),
        EditError::Shared { line, .. } | EditError::Merged { line, .. } | EditError::Tagged { line, .. } => {
            Wrong { line, what, mend: "write the version out where it stands" }
        }
        _ => Wrong { line: 1, what, mend: BY_HAND },
    }
}
