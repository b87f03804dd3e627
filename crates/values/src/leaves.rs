//! All that a reader gets of a document.

use std::collections::HashMap;

use crate::path::Segment;
use crate::tree::{Key, Kind, NodeId, Tree};
use crate::{Document, Path, Scalar, Shape};

/// What stands at the end of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Leaf {
    /// A scalar.
    Scalar(Scalar),
    /// A mapping or a sequence with nothing in it.
    Empty(Shape),
}

/// Tells why it cannot be said what every reader gets of a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} {reason}")]
#[non_exhaustive]
pub struct LeavesError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there, e.g. ``merges mappings in with `<<` ``.
    pub reason: String,
}

/// So many collections may be one in the other: what is followed needs a stack.
const DEEPEST: usize = 256;

impl Document<'_> {
    /// Lists all that a reader gets, with the paths by which it does: aliases are followed, the last of equal keys counts,
    /// and empty collections are values.
    ///
    /// # Errors
    /// [`LeavesError`] if readers differ (merge keys, keys that are collections), or if there are more than `most` values and
    /// collections: aliases of aliases are many.
    pub fn leaves(&self, most: usize) -> Result<Vec<(Path, Leaf)>, LeavesError> {
        let mut walk = Walk { tree: &self.tree, most, seen: 0, open: Vec::new(), leaves: Vec::new() };
        if let Some(root) = walk.tree.root() {
            walk.enter(root, None)?;
        }
        Ok(walk.leaves)
    }
}

struct Walk<'d> {
    tree: &'d Tree<'d>,
    most: usize,
    seen: usize,
    /// The collections that lead here.
    open: Vec<NodeId>,
    leaves: Vec<(Path, Leaf)>,
}

impl<'d> Walk<'d> {
    fn enter(&mut self, place: NodeId, path: Option<Path>) -> Result<(), LeavesError> {
        let tree = self.tree;
        self.seen += 1;
        if self.seen > self.most {
            return Err(self.unclear(place, &format!("is where there are more than {} values", self.most)));
        }
        let meant = tree.resolve(place);
        let children = match tree.node(meant).kind {
            Kind::Sequence { .. } => {
                tree.children(meant).enumerate().map(|(at, child)| (Segment::Index(at), child)).collect()
            }
            Kind::Mapping { .. } => self.entries(meant)?,
            _ => {
                let scalar = Scalar::new(tree.node(place), tree.node(meant)).map(Leaf::Scalar);
                self.leaves.extend(path.zip(scalar));
                return Ok(());
            }
        };
        if children.is_empty() {
            let shape = match tree.node(meant).kind {
                Kind::Sequence { .. } => Shape::Sequence(0),
                _ => Shape::Mapping,
            };
            self.leaves.extend(path.map(|path| (path, Leaf::Empty(shape))));
            return Ok(());
        }
        if self.open.contains(&meant) {
            return Err(self.unclear(place, "has an alias of what it is in"));
        }
        if self.open.len() == DEEPEST {
            return Err(self.unclear(place, "is nested too deeply"));
        }
        self.open.push(meant);
        for (segment, child) in children {
            self.enter(child, Some(Path::under(path.as_ref(), segment)))?;
        }
        self.open.pop();
        Ok(())
    }

    /// Lists the entries of a mapping. Of equal keys the last one counts, as Helm and Kubernetes read them.
    fn entries(&self, mapping: NodeId) -> Result<Vec<(Segment, NodeId)>, LeavesError> {
        let mut entries: Vec<(&'d str, NodeId)> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (key, value) in self.tree.entries(mapping) {
            let text = match self.tree.key(key) {
                Key::Merge => return Err(self.unclear(key, "merges mappings in with `<<`")),
                Key::Collection => return Err(self.unclear(key, "has a key that is a mapping or a sequence")),
                Key::Text(text) => text,
                Key::Unclear => match self.tree.scalar(key) {
                    Some(text) if text != "<<" => text,
                    _ => return Err(self.unclear(key, "has an alias of a merge key for a key")),
                },
            };
            match places.get(text) {
                Some(place) => entries[*place].1 = value,
                None => {
                    places.insert(text, entries.len());
                    entries.push((text, value));
                }
            }
        }
        Ok(entries.into_iter().map(|(text, value)| (Segment::Key(text.to_owned()), value)).collect())
    }

    fn unclear(&self, place: NodeId, reason: &str) -> LeavesError {
        LeavesError { line: self.tree.node(place).line, reason: reason.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 1000;

    fn leaves(text: &str) -> Result<Vec<String>, String> {
        let document = Document::parse(text).expect("a document");
        let leaves = document.leaves(MOST).map_err(|error| error.to_string())?;
        let written = |(path, leaf): (Path, Leaf)| match leaf {
            Leaf::Scalar(scalar) => format!("{path}={}", scalar.value),
            Leaf::Empty(Shape::Mapping) => format!("{path}={{}}"),
            Leaf::Empty(_) => format!("{path}=[]"),
        };
        Ok(leaves.into_iter().map(written).collect())
    }

    #[test]
    fn empty_collections_are_values() {
        let text = "a: {}\nb: []\nc: [{}, [], x]\nd:\n";
        assert_eq!(leaves(text).expect("it is clear"), ["a={}", "b=[]", "c[0]={}", "c[1]=[]", "c[2]=x", "d="]);
        assert_eq!(leaves("").expect("it is clear"), Vec::<String>::new());
        assert_eq!(leaves("{}\n").expect("it is clear"), Vec::<String>::new());
    }

    #[test]
    fn aliases_are_followed() {
        let text = "a: &a { image: x, tags: &t [1] }\nb: [*a]\nc: *t\nd: *a\n";
        let expected =
            ["a.image=x", "a.tags[0]=1", "b[0].image=x", "b[0].tags[0]=1", "c[0]=1", "d.image=x", "d.tags[0]=1"];
        assert_eq!(leaves(text).expect("it is clear"), expected);
    }

    #[test]
    fn the_last_of_equal_keys_counts_with_all_below_it() {
        assert_eq!(leaves("a: { b: 1, c: 2 }\nd: 3\na: { b: 4 }\n").expect("it is clear"), ["a.b=4", "d=3"]);
    }

    #[test]
    fn what_readers_differ_in_is_told_with_its_line() {
        let merge = leaves("a: &a { b: c }\nd:\n  <<: *a\n").expect_err("it merges");
        assert_eq!(merge, "line 3 merges mappings in with `<<`");
        assert_eq!(leaves("\"<<\": a\n").expect("a text is none"), ["<<=a"]);
        let key = leaves("? [a]\n: b\n").expect_err("a key is a list");
        assert_eq!(key, "line 1 has a key that is a mapping or a sequence");
        let itself = leaves("a: &a\n  b: *a\n").expect_err("it is endless");
        assert_eq!(itself, "line 2 has an alias of what it is in");
    }

    #[test]
    fn a_bomb_of_aliases_is_told_and_takes_no_time() {
        let mut text = "a0: &a0 [x, x]\n".to_owned();
        for at in 1..60 {
            text += &format!("a{at}: &a{at} [*a{0}, *a{0}]\n", at - 1);
        }
        let error = leaves(&text).expect_err("there are too many");
        assert!(error.ends_with("is where there are more than 1000 values"), "{error}");
    }
}
