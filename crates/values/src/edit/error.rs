//! Why a values file is not edited.

use crate::{LookupError, ParseError, Path, Shape};

/// Tells why a values file is not edited. Nothing is changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// The text is no values file.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// A path does not lead to one scalar.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The scalar stands for other places of the file too.
    #[error("`{path}` is shared: the anchor `&{anchor}` is used again at line {line}, and would change there too")]
    Shared {
        /// What was to be set.
        path: Path,
        /// The anchor on it, or on what holds it.
        anchor: String,
        /// The line of an alias, from 1.
        line: usize,
    },
    /// The key is not in its mapping: a merge key (`<<`) brings it in from another.
    #[error("`{path}` is merged in: `<<` at line {line} takes it from line {source_line}")]
    Merged {
        /// What was to be set.
        path: Path,
        /// The line of the merge key, from 1.
        line: usize,
        /// The line where the scalar stands, from 1.
        source_line: usize,
    },
    /// The scalar's tag makes something other than a string of it.
    #[error("`{path}` at line {line} cannot hold a string: it has the tag `{tag}`")]
    Tagged {
        /// What was to be set.
        path: Path,
        /// The tag, as written.
        tag: String,
        /// The line of the scalar, from 1.
        line: usize,
    },
    /// The last key cannot be created, as there is no mapping to hold it.
    #[error("`{path}` cannot be created: {reason}", reason = match parent {
        Some(parent) => format!("`{parent}` at line {line} is {shape}"),
        None => format!("the file itself is {shape}"),
    })]
    NoMapping {
        /// What was to be created.
        path: Path,
        /// Its parent; none for the file itself.
        parent: Option<Path>,
        /// What stands at the parent.
        shape: Shape,
        /// The parent's line, from 1.
        line: usize,
    },
    /// Two assignments are for one place and do not agree.
    #[error("`{path}` and `{other}` name one place, and have different values")]
    Conflict {
        /// The path of one.
        path: Path,
        /// The path of the other.
        other: Path,
    },
    /// The edited text would differ in more than the assigned scalars.
    #[error("an edit of `{path}` would change more than that: {reason}")]
    NotLossless {
        /// The first path that was to be set.
        path: Path,
        /// What would differ.
        reason: String,
    },
}
