//! Where something stands in a file, for what is told of it.

use crate::Error;

/// A file, and a line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
}

impl Place {
    pub(crate) fn new(file: &str, line: usize) -> Self {
        Self { file: file.into(), line }
    }

    /// Says that there is no version, and how to mend that.
    pub(crate) fn no_version(&self, what: String, mend: &'static str) -> Error {
        Error::NoVersion { file: self.file.clone(), line: self.line, what, mend }
    }
}

/// Returns the line of an offset, from 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}
