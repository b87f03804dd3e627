//! Why a path does not lead to one scalar.

use std::fmt;

use crate::Path;

/// Tells why a path does not lead to one scalar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LookupError {
    /// The file does not have the path.
    #[error("there is no `{path}`: {nearest}")]
    NotFound {
        /// What was looked for.
        path: Path,
        /// The nearest that there is.
        nearest: Box<Nearest>,
    },
    /// There is a mapping or a sequence.
    #[error("`{path}` at line {line} is {shape}, not a scalar")]
    NotAScalar {
        /// What was looked for.
        path: Path,
        /// What is there.
        shape: Shape,
        /// Its line, from 1.
        line: usize,
        /// Its column in characters, from 1.
        column: usize,
    },
    /// There are two places that it can mean, and readers of YAML do not agree on which.
    #[error("`{path}` can mean two places: line {line} and line {other_line}")]
    Ambiguous {
        /// The ambiguous path, which what was looked for begins with.
        path: Path,
        /// The line of one.
        line: usize,
        /// The line of another.
        other_line: usize,
    },
    /// A key beside it, or the field that an item is found by, is not the same for every reader of YAML.
    #[error("`{path}` is not certain: line {line} {reason}")]
    Unclear {
        /// The uncertain path, which what was looked for begins with.
        path: Path,
        /// The line of the key or field, from 1.
        line: usize,
        /// What is unclear about it.
        reason: String,
    },
    /// The scalar's tag makes something other than its text of it.
    #[error("`{path}` cannot be read: line {line} has the tag `{tag}`, and means something other than its text")]
    Tagged {
        /// What was looked for.
        path: Path,
        /// The tag, as written.
        tag: String,
        /// The line of the tagged scalar, from 1; of an alias, that of its anchor.
        line: usize,
    },
}

/// Describes the longest part of a path that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Nearest {
    /// The longest part that exists; none if that is only the file itself.
    pub path: Option<Path>,
    /// What stands there.
    pub shape: Shape,
    /// Its line, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
    /// A path that exists, and is spelled much like the first part that does not.
    pub suggestion: Option<Path>,
}

/// Describes what stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// Nothing is written, or `null`.
    Null,
    /// A scalar.
    Scalar,
    /// A mapping.
    Mapping,
    /// A sequence with so many items.
    Sequence(usize),
}

impl fmt::Display for Nearest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "the nearest is `{path}` at line {}, {}", self.line, self.shape)?,
            None if self.shape == Shape::Null => f.write_str("the file is empty")?,
            None if self.shape == Shape::Mapping => f.write_str("the file has nothing of it")?,
            None => write!(f, "the file itself is {}", self.shape)?,
        }
        match &self.suggestion {
            Some(suggestion) => write!(f, "; did you mean `{suggestion}`?"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Scalar => f.write_str("a scalar"),
            Self::Mapping => f.write_str("a mapping"),
            Self::Sequence(1) => f.write_str("a sequence of one item"),
            Self::Sequence(items) => write!(f, "a sequence of {items} items"),
        }
    }
}
