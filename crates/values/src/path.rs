//! Where a scalar stands in a values file.

mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

pub use parse::PathError;

/// Names one place in a values file, such as `image.tag`.
///
/// | written | means |
/// | --- | --- |
/// | `a.b` | the value of the key `b` in the mapping at `a` |
/// | `a[0]` | the first item of the sequence at `a` |
/// | `a[name=web]` | the item whose field `name` has the scalar value `web` |
/// | `a."b.c"` | the key `b.c`: in quotes, `\"` and `\\` are the only escapes |
///
/// A path is never empty. [`Display`](fmt::Display) writes the canonical form, which parses to the same path.
///
/// ```
/// use embark_values::Path;
///
/// let path: Path = "images[name=app].newTag".parse()?;
/// assert_eq!(path.to_string(), "images[name=app].newTag");
/// assert_eq!(path.parent().unwrap().join("digest").to_string(), "images[name=app].digest");
/// # Ok::<(), embark_values::PathError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    segments: Vec<Segment>,
}

/// One step from a node to a node below it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Segment {
    /// The value of a key.
    Key(String),
    /// An item by its place, from 0.
    Index(usize),
    /// The item that is a mapping with this field.
    Item { field: String, value: String },
}

impl Path {
    /// Parses the written form.
    ///
    /// # Errors
    /// Says at which column something else was expected.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        parse::parse(text).map(|segments| Self { segments })
    }

    /// Parses `PATH=TEXT`; the text is what follows the first `=` outside brackets and quotes.
    ///
    /// # Errors
    /// As [`Path::parse`]; also if there is no `=`.
    pub fn parse_assignment(text: &str) -> Result<(Self, &str), PathError> {
        parse::parse_assignment(text).map(|(segments, value)| (Self { segments }, value))
    }

    /// Makes the path of a key of the outermost mapping, whatever characters it holds.
    pub fn key(key: impl Into<String>) -> Self {
        Self { segments: vec![Segment::Key(key.into())] }
    }

    /// Makes the path of a key in the mapping at this path.
    pub fn join(&self, key: impl Into<String>) -> Self {
        self.child(Segment::Key(key.into()))
    }

    /// Makes the path of an item, from 0, of the sequence at this path.
    pub fn item(&self, index: usize) -> Self {
        self.child(Segment::Index(index))
    }

    /// Makes the path of the item that has a field with this value, of the sequence at this path.
    ///
    /// ```
    /// use embark_values::Path;
    ///
    /// assert_eq!(Path::key("images").item_with("name", "web").to_string(), "images[name=web]");
    /// ```
    pub fn item_with(&self, field: impl Into<String>, value: impl Into<String>) -> Self {
        self.child(Segment::Item { field: field.into(), value: value.into() })
    }

    /// Returns the path of the mapping or sequence that holds this place; none for one in the outermost.
    pub fn parent(&self) -> Option<Self> {
        self.prefix(self.segments.len() - 1)
    }

    /// Returns the last step, if it is a key.
    pub fn last_key(&self) -> Option<&str> {
        match self.segments.last() {
            Some(Segment::Key(key)) => Some(key),
            _ => None,
        }
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Returns the path of the first `length` steps; none for no steps.
    pub(crate) fn prefix(&self, length: usize) -> Option<Self> {
        (length > 0).then(|| Self { segments: self.segments[..length].to_vec() })
    }

    /// Makes a path from one step below an optional parent.
    pub(crate) fn under(parent: Option<&Self>, segment: Segment) -> Self {
        match parent {
            Some(parent) => parent.child(segment),
            None => Self { segments: vec![segment] },
        }
    }

    fn child(&self, segment: Segment) -> Self {
        let mut segments = Vec::with_capacity(self.segments.len() + 1);
        segments.extend_from_slice(&self.segments);
        segments.push(segment);
        Self { segments }
    }
}

impl std::str::FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::parse(text)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Key(key) => {
                    if place > 0 {
                        f.write_str(".")?;
                    }
                    write_key(f, key)?;
                }
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Item { field, value } => {
                    f.write_str("[")?;
                    write_key(f, field)?;
                    f.write_str("=")?;
                    let bare = !value.is_empty() && !value.contains(['"', '[', ']', '\\']) && value.trim() == value;
                    if bare {
                        f.write_str(value)?;
                    } else {
                        write_quoted(f, value)?;
                    }
                    f.write_str("]")?;
                }
            }
        }
        Ok(())
    }
}

fn write_key(f: &mut fmt::Formatter<'_>, key: &str) -> fmt::Result {
    let bare = !key.is_empty() && key.chars().all(parse::is_bare);
    if bare { f.write_str(key) } else { write_quoted(f, key) }
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
