//! What there is near a path that does not exist.

use super::error::{LookupError, Nearest, Shape};
use crate::Path;
use crate::path::Segment;
use crate::tree::{Key, Kind, NodeId, Tree};

/// Describes a node, through an alias.
pub(crate) fn shape(tree: &Tree<'_>, node: NodeId) -> Shape {
    let node = tree.resolve(node);
    match tree.node(node).kind {
        Kind::Mapping { .. } => Shape::Mapping,
        Kind::Sequence { .. } => Shape::Sequence(tree.children(node).count()),
        _ if tree.node(node).is_null() => Shape::Null,
        _ => Shape::Scalar,
    }
}

/// Makes the error for a node that is no scalar.
pub(crate) fn not_a_scalar(tree: &Tree<'_>, path: &Path, node: NodeId) -> LookupError {
    let (line, column) = tree.place(node);
    LookupError::NotAScalar { path: path.clone(), shape: shape(tree, node), line, column }
}

/// Makes the error for a path of which so many steps lead to a node, and the next leads nowhere.
pub(super) fn not_found(tree: &Tree<'_>, path: &Path, steps: usize, node: Option<NodeId>) -> LookupError {
    let (line, column) = node.map_or((1, 1), |node| tree.place(node));
    let prefix = path.prefix(steps);
    let suggestion = node.zip(path.segments().get(steps)).and_then(|(node, segment)| {
        let similar = similar(tree, tree.resolve(node), segment)?;
        let mut suggestion = Path::under(prefix.as_ref(), similar);
        for rest in &path.segments()[steps + 1..] {
            suggestion = Path::under(Some(&suggestion), rest.clone());
        }
        // What follows the misspelt part need not exist below the right one.
        Some(if super::walk(tree, &suggestion).is_ok() { suggestion } else { suggestion.prefix(steps + 1)? })
    });
    LookupError::NotFound {
        path: path.clone(),
        nearest: Box::new(Nearest {
            path: prefix,
            shape: node.map_or(Shape::Null, |node| shape(tree, node)),
            line,
            column,
            suggestion,
        }),
    }
}

/// Finds the step that was probably meant.
fn similar(tree: &Tree<'_>, node: NodeId, segment: &Segment) -> Option<Segment> {
    match segment {
        Segment::Key(wanted) => match tree.node(node).kind {
            Kind::Mapping { .. } => {
                let keys = tree.entries(node).filter_map(|(key, _)| match tree.key(key) {
                    Key::Text(text) => Some(text),
                    _ => None,
                });
                closest(wanted, keys).map(|key| Segment::Key(key.to_owned()))
            }
            // Other tools write the number of an item like a key.
            Kind::Sequence { .. } => {
                wanted.parse().ok().filter(|index| tree.children(node).nth(*index).is_some()).map(Segment::Index)
            }
            _ => None,
        },
        Segment::Index(_) => None,
        Segment::Item { field, value } => {
            let values = super::items(tree, node).flat_map(|item| {
                let item = tree.resolve(item);
                let entries = matches!(tree.node(item).kind, Kind::Mapping { .. }).then(|| tree.entries(item));
                entries.into_iter().flatten().filter(|(key, _)| tree.scalar(*key) == Some(field))
            });
            let value = closest(value, values.filter_map(|(_, value)| tree.scalar(value)))?;
            Some(Segment::Item { field: field.clone(), value: value.to_owned() })
        }
    }
}

fn closest<'a>(wanted: &str, present: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const LIKE: f64 = 0.75;
    let wanted = wanted.to_lowercase();
    present
        .map(|key| (strsim::normalized_damerau_levenshtein(&wanted, &key.to_lowercase()), key))
        .filter(|(likeness, _)| *likeness >= LIKE || (*likeness >= 0.6 && wanted.len() <= 4))
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, key)| key)
}
