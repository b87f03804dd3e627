//! One scalar of a values file: its text, its place, how Helm reads it and how it is written.

pub(crate) mod quote;
pub(crate) mod resolve;

use crate::tree::Node;

/// A scalar of a values file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scalar {
    /// The text after unescaping, whatever type it has: `1.10` is `1.10`. Empty for null.
    pub value: String,
    /// The line of its first character, from 1. Of an alias, the alias's own.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// Whether nothing is written there, or `~` or `null`.
    pub is_null: bool,
    /// Whether Helm reads a string, and no number, boolean or null.
    pub is_string: bool,
}

impl Scalar {
    /// Describes what stands at a place, and means what `meant` does: the same node, or the target of its alias.
    pub(crate) fn new(place: &Node<'_>, meant: &Node<'_>) -> Option<Self> {
        let is_null = meant.is_null();
        let value = if is_null { "" } else { meant.scalar()? };
        Some(Self {
            value: value.to_owned(),
            line: place.line,
            column: place.column,
            is_null,
            is_string: meant.is_string(),
        })
    }
}
