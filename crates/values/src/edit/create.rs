//! Writing keys that were not there, in the style of what is.

use super::plan::Created;
use super::splice::Splice;
use crate::scalar::quote;
use crate::text::{line_break, line_end, skip_spaces};
use crate::tree::{Kind, NodeId, Style, Tree};

/// Writes keys into a mapping, or below a null; none if there is no safe place.
pub(super) fn write(tree: &Tree<'_>, id: NodeId, created: &[Created<'_>], splices: &mut Vec<Splice>) -> Option<()> {
    if tree.root().is_none() {
        into_empty_file(tree, created, splices);
        return Some(());
    }
    match tree.node(id).kind {
        Kind::Mapping { flow: true } => into_flow(tree, id, created, splices),
        Kind::Mapping { flow: false } => into_block(tree, id, created, splices),
        _ if id == 0 => {
            into_empty_file(tree, created, splices);
            Some(())
        }
        _ => instead_of_null(tree, id, created, splices),
    }
}

fn into_empty_file(tree: &Tree<'_>, created: &[Created<'_>], splices: &mut Vec<Splice>) {
    let text = tree.text;
    let at = text.len();
    let has_lines = text.ends_with(['\n', '\r']) || text.trim_start_matches('\u{feff}').is_empty();
    for entry in created {
        let (entry, line_break) = (pair(entry, Style::Plain, Style::Plain), any_line_break(text));
        let line = if has_lines { format!("{entry}{line_break}") } else { format!("{line_break}{entry}") };
        splices.push(Splice::new(at..at, line, 0));
    }
}

fn into_block(tree: &Tree<'_>, id: NodeId, created: &[Created<'_>], splices: &mut Vec<Splice>) -> Option<()> {
    let indent = indent(tree, id)?;
    for entry in created {
        let (key, value) = neighbour(tree, id, entry.after)?;
        let at = end_of_lines(tree, value)?;
        let entry = pair(
            entry,
            tree.node(key).style().unwrap_or(Style::Plain),
            tree.node(value).style().unwrap_or(Style::Plain),
        );
        splices.push(line(tree.text, at, indent, &entry));
    }
    Some(())
}

fn into_flow(tree: &Tree<'_>, id: NodeId, created: &[Created<'_>], splices: &mut Vec<Splice>) -> Option<()> {
    let mapping = tree.node(id);
    if mapping.next == id + 1 {
        let at = mapping.span.start + 1;
        let space = if tree.text[at..].starts_with(char::is_whitespace) { " " } else { "" };
        splices.push(Splice::new(at..at, format!("{space}{}", pairs(created)), 0));
        return Some(());
    }
    for entry in created {
        let (key, value) = neighbour(tree, id, entry.after)?;
        let value = tree.node(value);
        let entry = pair(entry, tree.node(key).style().unwrap_or(Style::Plain), value.style().unwrap_or(Style::Plain));
        // A comma must not touch the colon of an empty value.
        let space = if value.span.is_empty() && value.slot.is_some() { " " } else { "" };
        splices.push(Splice::new(value.span.end..value.span.end, format!("{space}, {entry}"), 0));
    }
    Some(())
}

fn instead_of_null(tree: &Tree<'_>, id: NodeId, created: &[Created<'_>], splices: &mut Vec<Splice>) -> Option<()> {
    let (text, node) = (tree.text, tree.node(id));
    let parent = tree.parent(id)?;
    match tree.node(parent).kind {
        Kind::Mapping { flow: false } => {
            let indent = indent(tree, parent)? + step(tree);
            let at = end_of_lines(tree, id)?;
            splices.push(Splice::new(node.content_from()?..node.span.end, "", Splice::SCALAR));
            for entry in created {
                splices.push(line(text, at, indent, &pair(entry, Style::Plain, Style::Plain)));
            }
        }
        Kind::Sequence { flow: false } => {
            let sign = node.slot? - 1;
            let line_start = text[..sign].rfind(['\n', '\r']).map_or(0, |end| end + 1);
            let indent = text[line_start..sign].trim_start_matches('\u{feff}').chars().count() + 2;
            let (first, others) = created.split_first()?;
            let first = format!(" {}", pair(first, Style::Plain, Style::Plain));
            let at = end_of_lines(tree, id)?;
            splices.push(Splice::new(node.content_from()?..node.span.end, first, Splice::SCALAR));
            for entry in others {
                splices.push(line(text, at, indent, &pair(entry, Style::Plain, Style::Plain)));
            }
        }
        _ => {
            let sign = if node.span.is_empty() { node.sign() } else { "" };
            splices.push(Splice::new(node.span.clone(), format!("{sign}{{{}}}", pairs(created)), Splice::SCALAR));
        }
    }
    Some(())
}

/// Makes a line of its own, below the line that ends at an offset.
fn line(text: &str, at: usize, indent: usize, entry: &str) -> Splice {
    let line_break = match line_break(text, at) {
        "" => any_line_break(text),
        line_break => line_break,
    };
    // Of two lines at one place the deeper comes first: it belongs to what stands above.
    Splice::new(at..at, format!("{line_break}{:indent$}{entry}", ""), indent)
}

fn pairs(created: &[Created<'_>]) -> String {
    created.iter().map(|entry| pair(entry, Style::Plain, Style::Plain)).collect::<Vec<_>>().join(", ")
}

fn pair(created: &Created<'_>, key: Style, value: Style) -> String {
    format!("{}: {}", quote::write(created.key, key), quote::write(&created.assignment.value, value))
}

/// Returns the key and value that a new entry follows: those with this value, or the last.
fn neighbour(tree: &Tree<'_>, mapping: NodeId, after: Option<NodeId>) -> Option<(NodeId, NodeId)> {
    let last = tree.entries(mapping).last()?;
    Some(after.and_then(|after| tree.entries(mapping).find(|(_, value)| *value == after)).unwrap_or(last))
}

/// Returns the offset where the last line of a node ends, with the comment beside it.
fn end_of_lines(tree: &Tree<'_>, id: NodeId) -> Option<usize> {
    let text = tree.text;
    let last = tree.node(tree.node(id).next - 1);
    let end = tree.node(id).span.end;
    let rest = skip_spaces(text, end);
    if !text[rest..].starts_with(['#', '\n', '\r']) && rest < text.len() {
        return None;
    }
    let mut at = line_end(text, rest);
    let header = &text[last.span.start..line_end(text, last.span.start)];
    if last.style() == Some(Style::Block) && header.split(' ').next().is_some_and(|header| header.contains('+')) {
        // The empty lines below such a scalar belong to it.
        loop {
            let next = at + line_break(text, at).len();
            let blank = skip_spaces(text, next);
            if next == at || line_break(text, blank).is_empty() {
                break;
            }
            at = blank;
        }
    }
    Some(at)
}

/// Returns the column, from 0, of a block mapping.
fn indent(tree: &Tree<'_>, mapping: NodeId) -> Option<usize> {
    let (key, _) = tree.entries(mapping).next()?;
    let key = tree.node(key);
    Some(key.indent.unwrap_or(key.column - 1))
}

/// Returns how far the file indents one mapping in another.
fn step(tree: &Tree<'_>) -> usize {
    const USUAL: usize = 2;
    let is_block = |id: &NodeId| tree.node(*id).kind == Kind::Mapping { flow: false };
    let steps = (0..tree.nodes().len()).filter(is_block).find_map(|outer| {
        let inner = tree.entries(outer).map(|(_, value)| value).find(is_block)?;
        indent(tree, inner)?.checked_sub(indent(tree, outer)?).filter(|step| *step > 0)
    });
    steps.unwrap_or(USUAL)
}

fn any_line_break(text: &str) -> &str {
    match line_break(text, line_end(text, 0)) {
        "" => "\n",
        line_break => line_break,
    }
}
