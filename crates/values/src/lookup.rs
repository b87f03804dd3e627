//! From a path to the node that it names.

mod error;
mod nearest;

use std::collections::HashSet;

pub use error::{LookupError, Nearest, Shape};
pub(crate) use nearest::{not_a_scalar, shape};

use crate::Path;
use crate::path::Segment;
use crate::tree::{Key, Kind, NodeId, Tree};

/// The node that a path names, and how it was reached.
#[derive(Debug)]
pub(crate) struct Found {
    /// The node: an alias is not followed.
    pub(crate) node: NodeId,
    /// The nodes from the root to this one.
    pub(crate) trail: Vec<NodeId>,
    /// The first alias that the way leads through; the node itself may be another.
    pub(crate) alias: Option<NodeId>,
    /// The first merge key (`<<`) that the way leads through.
    pub(crate) merge: Option<NodeId>,
}

/// Where a path stops leading anywhere.
pub(crate) enum Failure {
    /// So many steps lead to a node, if the file has any, and the next leads nowhere.
    Nowhere { steps: usize, node: Option<NodeId> },
    /// The last of so many steps can lead to two places.
    Twice { steps: usize, first: NodeId, second: NodeId },
    /// Whether the last of so many steps leads past this key or field, or to it, is not clear.
    Unclear { steps: usize, key: NodeId },
}

/// Finds the node at a path.
pub(crate) fn find(tree: &Tree<'_>, path: &Path) -> Result<Found, LookupError> {
    walk(tree, path).map_err(|failure| match failure {
        Failure::Nowhere { steps, node } => nearest::not_found(tree, path, steps, node),
        Failure::Twice { steps, first, second } => LookupError::Ambiguous {
            path: path.prefix(steps).unwrap_or_else(|| path.clone()),
            line: tree.node(first).line,
            other_line: tree.node(second).line,
        },
        Failure::Unclear { steps, key } => LookupError::Unclear {
            path: path.prefix(steps).unwrap_or_else(|| path.clone()),
            line: tree.node(key).line,
            reason: unclear(tree, key),
        },
    })
}

/// Refuses a scalar whose tag makes something other than its text of it.
pub(crate) fn no_foreign_tag(tree: &Tree<'_>, path: &Path, scalar: NodeId) -> Result<(), LookupError> {
    let node = tree.node(scalar);
    match node.scalar().and_then(|_| node.foreign_tag()) {
        Some(tag) => Err(LookupError::Tagged { path: path.clone(), tag: tag.to_owned(), line: node.line }),
        None => Ok(()),
    }
}

/// Says what is unclear about a key, or the value of a field.
fn unclear(tree: &Tree<'_>, key: NodeId) -> String {
    match tree.node(tree.resolve(key)).tag() {
        Some(tag) => format!("has the tag `{tag}`"),
        None => match tree.key(key) {
            Key::Merge => "merges in too many mappings, one inside the other".to_owned(),
            Key::Text(text) => format!("has the key `{text}` without quotes, which may be read as another"),
            _ => "has an alias of a merge key for a key".to_owned(),
        },
    }
}

/// Goes along a path.
fn walk(tree: &Tree<'_>, path: &Path) -> Result<Found, Failure> {
    let Some(root) = tree.root() else { return Err(Failure::Nowhere { steps: 0, node: None }) };
    let mut found = Found { node: root, trail: vec![root], alias: None, merge: None };
    for (steps, segment) in path.segments().iter().enumerate() {
        let here = tree.resolve(found.node);
        if here != found.node {
            found.alias.get_or_insert(found.node);
        }
        match step(tree, here, segment) {
            Step::To { node, merge } => {
                found.node = node;
                found.merge = found.merge.or(merge);
                found.trail.push(node);
            }
            Step::Nowhere => return Err(Failure::Nowhere { steps, node: Some(found.node) }),
            Step::Twice(first, second) => return Err(Failure::Twice { steps: steps + 1, first, second }),
            Step::Unclear(key) => return Err(Failure::Unclear { steps: steps + 1, key }),
        }
    }
    Ok(found)
}

enum Step {
    To {
        node: NodeId,
        merge: Option<NodeId>,
    },
    Nowhere,
    /// Two places to go to.
    Twice(NodeId, NodeId),
    /// A key that may be the one, or bring it in; or a field that may have the value.
    Unclear(NodeId),
}

fn step(tree: &Tree<'_>, here: NodeId, segment: &Segment) -> Step {
    match segment {
        Segment::Key(key) => by_key(tree, here, key, &mut Way::default()),
        Segment::Index(index) => match items(tree, here).nth(*index) {
            Some(node) => Step::To { node, merge: None },
            None => Step::Nowhere,
        },
        Segment::Item { field, value } => by_field(tree, here, field, value),
    }
}

/// The way through merge keys so far.
#[derive(Default)]
struct Way {
    visited: HashSet<NodeId>,
    depth: usize,
}

impl Way {
    /// How many merges inside each other are followed, so that no file exhausts the stack.
    const DEEPEST: usize = 100;
}

/// Looks a key up: in the mapping itself, else in those that it merges in.
///
/// A key before a merge key that brings it in too is ambiguous: by the specification the key wins, in Helm the merge.
fn by_key(tree: &Tree<'_>, mapping: NodeId, key: &str, way: &mut Way) -> Step {
    // A mapping that was looked through before has nothing new; and it may merge itself in.
    if !is_mapping(tree, mapping) || !way.visited.insert(mapping) {
        return Step::Nowhere;
    }
    let mut own: Option<(NodeId, NodeId)> = None;
    let mut merged: Option<(NodeId, NodeId)> = None;
    for (name, value) in tree.entries(mapping) {
        let meaning = tree.key(name);
        if meaning == Key::Unclear || tree.may_become(name, key) {
            return Step::Unclear(name);
        } else if meaning == Key::Merge {
            if way.depth == Way::DEEPEST {
                return Step::Unclear(name);
            }
            way.depth += 1;
            let step = through_merge(tree, value, key, way);
            way.depth -= 1;
            match step {
                Step::To { node, .. } => {
                    if let Some((other, _)) = own.or(merged) {
                        return Step::Twice(other, name);
                    }
                    merged = Some((name, node));
                }
                Step::Nowhere => {}
                step => return step,
            }
        } else if meaning == Key::Text(key) {
            if let Some((other, _)) = own {
                return Step::Twice(other, name);
            }
            own = Some((name, value));
        }
    }
    match (own, merged) {
        (Some((_, node)), _) => Step::To { node, merge: None },
        (None, Some((name, node))) => Step::To { node, merge: Some(name) },
        (None, None) => Step::Nowhere,
    }
}

/// Looks a key up in what a merge key brings in: a mapping, or of several the first that has it.
fn through_merge(tree: &Tree<'_>, value: NodeId, key: &str, way: &mut Way) -> Step {
    let value = tree.resolve(value);
    if is_mapping(tree, value) {
        return by_key(tree, value, key, way);
    }
    let mut found = items(tree, value).map(|source| by_key(tree, tree.resolve(source), key, way));
    found.find(|step| !matches!(step, Step::Nowhere)).unwrap_or(Step::Nowhere)
}

fn is_mapping(tree: &Tree<'_>, node: NodeId) -> bool {
    matches!(tree.node(node).kind, Kind::Mapping { .. })
}

/// Iterates over the items of a sequence; anything else has none.
fn items<'a>(tree: &'a Tree<'_>, node: NodeId) -> impl Iterator<Item = NodeId> + use<'a> {
    matches!(tree.node(node).kind, Kind::Sequence { .. }).then(|| tree.children(node)).into_iter().flatten()
}

/// Looks for the one item that has a field with this value.
fn by_field(tree: &Tree<'_>, sequence: NodeId, field: &str, value: &str) -> Step {
    let mut found = None;
    for item in items(tree, sequence) {
        let node = match by_key(tree, tree.resolve(item), field, &mut Way::default()) {
            Step::To { node, .. } => tree.resolve(node),
            Step::Nowhere => continue,
            step => return step,
        };
        let scalar = tree.node(node);
        if scalar.scalar().is_some() && scalar.foreign_tag().is_some() {
            return Step::Unclear(node);
        }
        let is_meant = if scalar.is_null() { value.is_empty() } else { scalar.scalar() == Some(value) };
        if is_meant && let Some(first) = found.replace(item) {
            return Step::Twice(first, item);
        }
    }
    found.map_or(Step::Nowhere, |node| Step::To { node, merge: None })
}
