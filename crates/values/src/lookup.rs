//! From a path to the node that it names.

mod error;
mod nearest;

use std::collections::HashSet;

pub use error::{LookupError, Nearest, Shape};
pub(crate) use nearest::{not_a_scalar, shape};

use crate::Path;
use crate::path::Segment;
use crate::tree::{Kind, NodeId, Tree};

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
    })
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
}

fn step(tree: &Tree<'_>, here: NodeId, segment: &Segment) -> Step {
    let nodes = match segment {
        Segment::Key(key) => return by_key(tree, here, key, &mut Way::default()),
        Segment::Index(index) => is_sequence(tree, here).then(|| tree.children(here).nth(*index)).flatten(),
        Segment::Item { field, value } => {
            let mut matching = items(tree, here).filter(|item| has_field(tree, *item, field, value));
            let first = matching.next();
            if let (Some(first), Some(second)) = (first, matching.next()) {
                return Step::Twice(first, second);
            }
            first
        }
    };
    nodes.map_or(Step::Nowhere, |node| Step::To { node, merge: None })
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
        if tree.is_merge(name) {
            if way.depth == Way::DEEPEST {
                continue;
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
                Step::Twice(first, second) => return Step::Twice(first, second),
                Step::Nowhere => {}
            }
        } else if tree.scalar(name) == Some(key) {
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

fn is_sequence(tree: &Tree<'_>, node: NodeId) -> bool {
    matches!(tree.node(node).kind, Kind::Sequence { .. })
}

/// Iterates over the items of a sequence; anything else has none.
fn items<'a>(tree: &'a Tree<'_>, node: NodeId) -> impl Iterator<Item = NodeId> + use<'a> {
    is_sequence(tree, node).then(|| tree.children(node)).into_iter().flatten()
}

fn has_field(tree: &Tree<'_>, item: NodeId, field: &str, value: &str) -> bool {
    match by_key(tree, tree.resolve(item), field, &mut Way::default()) {
        Step::To { node, .. } => {
            let node = tree.node(tree.resolve(node));
            if node.is_null() { value.is_empty() } else { node.scalar() == Some(value) }
        }
        _ => false,
    }
}
