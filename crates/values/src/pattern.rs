//! Texts that differ from a values file in some of its scalars alone: these are read without parsing the rest again.

use crate::path::Segment;
use crate::scalar::quote;
use crate::tree::{Kind, NodeId, Style, Tree};
use crate::{Path, Scalar, lookup};

/// A values file with gaps where some of its scalars stand; made by [`Document::pattern`](crate::Document::pattern).
///
/// A text that is the same around the gaps, and has in each of them what cannot mean anything but a string, has the nodes
/// of that file, and what stands in the gaps for the scalars.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// What stands before each gap.
    before: Vec<String>,
    gaps: Vec<Gap>,
    /// What stands behind the last gap.
    end: String,
    /// The number of the gap that each path names.
    paths: Vec<usize>,
}

#[derive(Debug, Clone)]
struct Gap {
    style: Style,
    line: usize,
    column: usize,
}

impl Pattern {
    /// Makes the pattern of a parsed text; `None` where a gap could mean more than the scalar that stands in it.
    pub(crate) fn new(tree: &Tree<'_>, paths: &[&Path]) -> Option<Self> {
        // What an alias repeats may be a key. No other value is one.
        if tree.nodes().iter().any(|node| matches!(node.kind, Kind::Alias(_))) || choose_by_gaps(paths) {
            return None;
        }
        let found: Vec<NodeId> = paths.iter().map(|path| scalar(tree, path)).collect::<Option<_>>()?;
        let mut nodes = found.clone();
        nodes.sort_unstable();
        nodes.dedup();
        let (mut before, mut gaps, mut end) = (Vec::new(), Vec::new(), 0);
        for id in &nodes {
            let node = tree.node(*id);
            let style = node.style()?;
            let quote = usize::from(style != Style::Plain);
            let (from, to) = (node.span.start + quote, node.span.end.checked_sub(quote)?);
            // As it is written, it is what is meant.
            let text = tree.text.get(from..to)?;
            if node.scalar() != Some(text) || !fits(style, text) {
                return None;
            }
            before.push(tree.text.get(end..from)?.to_owned());
            gaps.push(Gap { style, line: node.line, column: node.column });
            end = to;
        }
        let paths = found.iter().map(|id| nodes.binary_search(id).ok()).collect::<Option<_>>()?;
        Some(Self { before, gaps, end: tree.text.get(end..)?.to_owned(), paths })
    }

    /// Reads the scalars at the paths that the pattern was made for, in their order; `None` if the text must be parsed.
    pub fn read(&self, text: &str) -> Option<Vec<Scalar>> {
        let mut rest = text;
        let mut scalars = Vec::with_capacity(self.gaps.len());
        for (before, Gap { style, line, column }) in self.before.iter().zip(&self.gaps) {
            rest = rest.strip_prefix(before.as_str())?;
            let length = rest.bytes().take_while(|byte| quote::is_itself(*byte)).count();
            let (value, behind) = rest.split_at_checked(length)?;
            if !fits(*style, value) {
                return None;
            }
            let value = value.to_owned();
            scalars.push(Scalar { value, line: *line, column: *column, is_null: false, is_string: true });
            rest = behind;
        }
        (rest == self.end).then(|| self.paths.iter().filter_map(|gap| scalars.get(*gap)).cloned().collect())
    }
}

/// Tells whether a path names an item by what may stand in a gap: with another value there, it leads elsewhere.
fn choose_by_gaps(paths: &[&Path]) -> bool {
    paths.iter().flat_map(|path| path.segments()).any(|segment| match segment {
        Segment::Item { field, .. } => paths.iter().any(|path| path.last_key() == Some(field)),
        Segment::Key(_) | Segment::Index(_) => false,
    })
}

/// Finds a scalar that stands in a line of its own, and that no other place depends on.
fn scalar(tree: &Tree<'_>, path: &Path) -> Option<NodeId> {
    let found = lookup::find(tree, path).ok()?;
    let is_block = |id: &NodeId| {
        matches!(
            tree.node(*id).kind,
            Kind::Mapping { flow: false } | Kind::Sequence { flow: false } | Kind::Scalar { .. }
        )
    };
    let is_plain_way = found.alias.is_none() && found.merge.is_none() && found.trail.iter().all(is_block);
    (is_plain_way && tree.node(found.node).properties.is_none()).then_some(found.node)
}

/// Tells whether a text is a string wherever a scalar of that style stands.
fn fits(style: Style, text: &str) -> bool {
    match style {
        Style::Plain => quote::is_plain(text),
        Style::Single | Style::Double => text.bytes().all(quote::is_itself),
        Style::Block => false,
    }
}
