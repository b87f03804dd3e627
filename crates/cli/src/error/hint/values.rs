//! What a person can do about a values file.

use embark_values::{EditError, LookupError};

/// Says what to do where a path leads to no scalar; `missing` is for a path that is not there.
pub(super) fn lookup_hint(file: &str, error: &LookupError, missing: &str) -> String {
    match error {
        LookupError::NotFound { .. } => missing.into(),
        LookupError::NotAScalar { path, .. } => format!("name what stands below {path}, down to one value"),
        LookupError::Ambiguous { line, other_line, .. } => {
            format!("take out line {line} or line {other_line} of {file}, which have the same key")
        }
        LookupError::Unclear { line, .. } => {
            format!("mend line {line} of {file}: write its key in quotes, without tag or alias")
        }
        LookupError::Tagged { line, tag, .. } => format!("take {tag} out of line {line} of {file}"),
        _ => by_hand(file),
    }
}

/// Says what to do where a scalar cannot be set.
pub(super) fn edit_hint(file: &str, error: &EditError, missing: &str) -> String {
    match error {
        EditError::Lookup(error) => lookup_hint(file, error, missing),
        EditError::Shared { line, .. } => {
            format!("write a value of its own in place of the alias in line {line} of {file}")
        }
        EditError::Merged { path, .. } => {
            format!(
                "write {path} into {file} by hand, beside the merge key: what stands there comes before what is merged in"
            )
        }
        EditError::Tagged { line, tag, .. } => format!("take {tag} out of line {line} of {file}"),
        EditError::Conflict { .. } => "name one of the two paths alone".into(),
        _ => by_hand(file),
    }
}

fn by_hand(file: &str) -> String {
    format!("mend {file} by hand, then run the same command again")
}
