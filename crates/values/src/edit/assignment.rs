//! What is to be set.

use crate::{Path, PathError};

/// The wish that a scalar has a value, which is always a string.
///
/// ```
/// use embark_values::Assignment;
///
/// let assignment = Assignment::parse("images[name=app].newTag=v1.10")?.create();
/// assert_eq!(assignment.path.to_string(), "images[name=app].newTag");
/// assert_eq!(assignment.value, "v1.10");
/// # Ok::<(), embark_values::PathError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Assignment {
    /// Where.
    pub path: Path,
    /// The string that is to be read there.
    pub value: String,
    /// Whether the last key may be created in its mapping, which must exist or be null.
    pub create: bool,
    /// The key of the same mapping that a created one is written after, if it is there.
    pub beside: Option<Path>,
}

impl Assignment {
    /// Makes the wish to set a scalar that exists.
    pub fn new(path: Path, value: impl Into<String>) -> Self {
        Self { path, value: value.into(), create: false, beside: None }
    }

    /// Parses `PATH=VALUE`: the value is all that follows the first `=` outside brackets and quotes.
    ///
    /// # Errors
    /// Says at which column something else was expected.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        Path::parse_assignment(text).map(|(path, value)| Self::new(path, value))
    }

    /// Lets the last key be created at the end of its mapping, if it is not there.
    pub fn create(mut self) -> Self {
        self.create = true;
        self
    }

    /// Lets the last key be created right after `sibling`, a key of the same mapping.
    pub fn create_beside(mut self, sibling: Path) -> Self {
        self.create = true;
        self.beside = Some(sibling);
        self
    }
}
