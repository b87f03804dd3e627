//! Reading scalars of a values file.

use crate::lookup;
use crate::path::Segment;
use crate::tree::{Key, Kind, NodeId, Tree};
use crate::{Assignment, EditError, Edited, LookupError, ParseError, Path, Pattern, Scalar};

/// A parsed values file, which any number of scalars can be read from.
///
/// ```
/// use embark_values::{Document, Path};
///
/// let document = Document::parse("image:\n  tag: 1.10  # as written\n")?;
/// assert_eq!(document.get(&Path::parse("image.tag")?)?.value, "1.10");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Document<'t> {
    pub(crate) tree: Tree<'t>,
}

impl<'t> Document<'t> {
    /// Parses a values file; an empty one is a document without keys.
    ///
    /// # Errors
    /// It is not YAML, is nested too deeply, or has what Helm's readers do not agree on: a second document, or one of
    /// the line breaks that only YAML 1.1 knows.
    pub fn parse(text: &'t str) -> Result<Self, ParseError> {
        Ok(Self { tree: Tree::parse(text)? })
    }

    /// Reads the scalar at a path, as Helm would find it: through aliases and merge keys (`<<`).
    ///
    /// # Errors
    /// The path does not exist, is a mapping or sequence, can mean two places, or leads past a key that readers do not
    /// agree on; or the scalar has a tag that makes something other than its text of it, as `!!binary` does.
    pub fn get(&self, path: &Path) -> Result<Scalar, LookupError> {
        let place = lookup::find(&self.tree, path)?.node;
        let meant = self.tree.resolve(place);
        lookup::no_foreign_tag(&self.tree, path, meant)?;
        Scalar::new(self.tree.node(place), self.tree.node(meant))
            .ok_or_else(|| lookup::not_a_scalar(&self.tree, path, place))
    }

    /// Iterates over all scalars that are written in the file, in its order.
    ///
    /// An alias of a scalar is one; what an alias of a mapping or sequence, or a merge key, brings in is not
    /// repeated. What stands below a key that is no scalar has no path and is left out. It is a list of what is
    /// written: a key or value stands in it with its text even if [`Document::get`] refuses it for its tag.
    pub fn scalars(&self) -> Scalars<'_> {
        Scalars { tree: &self.tree, open: Vec::new(), root: self.tree.root() }
    }

    /// Makes a pattern by which the scalars at these paths are read of texts that differ from this one in nothing else.
    ///
    /// `None` where that could be another one than [`Document::get`] would find: all must be strings that are written with
    /// no more than ASCII letters, digits and `.` `_` `+` `/` `:` `@` `-`, in blocks, in a file without aliases, and no path
    /// may name an item by one of them.
    ///
    /// ```
    /// use embark_values::{Document, Path};
    ///
    /// let tag = Path::parse("image.tag")?;
    /// let document = Document::parse("image:\n  tag: v1.9  # the frontend\n")?;
    /// let pattern = document.pattern(&[&tag]).ok_or("it has none")?;
    /// let scalars = pattern.read("image:\n  tag: v2.0  # the frontend\n").ok_or("it does not fit")?;
    /// assert_eq!(scalars[0].value, "v2.0");
    /// assert!(pattern.read("image:\n  tag: v2.0  # the backend\n").is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn pattern(&self, paths: &[&Path]) -> Option<Pattern> {
        Pattern::new(&self.tree, paths)
    }

    /// Makes assignments, as [`edit()`](crate::edit()) does, without parsing the text again before it.
    ///
    /// # Errors
    /// As [`edit()`](crate::edit()).
    pub fn edit(&self, assignments: &[Assignment]) -> Result<Edited, EditError> {
        crate::edit::edit_tree(&self.tree, assignments)
    }
}

/// Iterates over the scalars of a [`Document`]; made by [`Document::scalars`].
#[derive(Debug)]
pub struct Scalars<'d> {
    tree: &'d Tree<'d>,
    open: Vec<Level>,
    root: Option<NodeId>,
}

/// A mapping or sequence that is being walked through.
#[derive(Debug)]
struct Level {
    path: Option<Path>,
    next: NodeId,
    end: NodeId,
    /// The number of the next item; none in a mapping.
    item: Option<usize>,
}

impl Scalars<'_> {
    /// Takes the next child of a level: its value, and its step from the level's path.
    fn step(tree: &Tree<'_>, level: &mut Level) -> (NodeId, Option<Segment>) {
        let first = level.next;
        if let Some(item) = &mut level.item {
            let segment = Segment::Index(*item);
            *item += 1;
            level.next = tree.node(first).next;
            return (first, Some(segment));
        }
        let value = tree.node(first).next;
        level.next = tree.node(value).next;
        let key = tree.scalar(first).filter(|_| tree.key(first) != Key::Merge);
        (value, key.map(|key| Segment::Key(key.to_owned())))
    }

    /// Yields a scalar, or goes into a collection.
    fn enter(&mut self, node: NodeId, path: Option<Path>) -> Option<(Path, Scalar)> {
        let tree = self.tree;
        let item = match tree.node(node).kind {
            Kind::Sequence { .. } => Some(0),
            Kind::Mapping { .. } => None,
            _ => return path.zip(Scalar::new(tree.node(node), tree.node(tree.resolve(node)))),
        };
        self.open.push(Level { path, next: node + 1, end: tree.node(node).next, item });
        None
    }
}

impl Iterator for Scalars<'_> {
    type Item = (Path, Scalar);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(root) = self.root.take() {
            self.enter(root, None);
        }
        while let Some(level) = self.open.last_mut() {
            if level.next >= level.end {
                self.open.pop();
                continue;
            }
            let (node, segment) = Self::step(self.tree, level);
            let path = segment.map(|segment| Path::under(level.path.as_ref(), segment));
            if let Some(path) = path
                && let Some(found) = self.enter(node, Some(path))
            {
                return Some(found);
            }
        }
        None
    }
}
