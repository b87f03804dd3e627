//! The proof that an edit changed what it should, and nothing else.

use super::EditError;
use super::plan::{Created, Plan};
use super::splice::{self, Splice};
use crate::tree::{Kind, Node, NodeId, Style, Tree};

/// Parses the edited text, and compares it with the old one as it should have become.
pub(super) fn lossless(old: &Tree<'_>, plan: &Plan<'_>, splices: &[Splice], edited: &str) -> Result<(), EditError> {
    let fail = |reason: String| {
        plan.any().map_or(Ok(()), |any| Err(EditError::NotLossless { path: any.path.clone(), reason }))
    };
    if !splice::is_applied(old.text, splices, edited) {
        return fail("other bytes would change".to_owned());
    }
    let new = match Tree::parse(edited) {
        Ok(new) => new,
        Err(error) => return fail(format!("the new text would not be YAML: {error}")),
    };
    let mut comparison = Comparison { old, new: &new, at: 0 };
    if comparison.run(plan).is_some() {
        return Ok(());
    }
    let line = new.nodes().get(comparison.at.saturating_sub(1)).map_or(1, |node| node.line);
    fail(format!("line {line} of the new text would not mean what it should"))
}

/// Walks through the nodes of both trees side by side.
struct Comparison<'a> {
    old: &'a Tree<'a>,
    new: &'a Tree<'a>,
    /// The next node of the new tree.
    at: NodeId,
}

impl Comparison<'_> {
    fn run(&mut self, plan: &Plan<'_>) -> Option<()> {
        // New entries by the old node that they come before: deeper ones first, then in the plan's order.
        let mut entries: Vec<(NodeId, u16, &Created<'_>)> = Vec::new();
        for (&mapping, created) in &plan.created {
            let Some(node) = self.old.nodes().get(mapping) else { continue };
            let end = |created: &Created<'_>| created.after.map_or(node.next, |after| self.old.node(after).next);
            if matches!(node.kind, Kind::Mapping { .. }) {
                entries.extend(created.iter().map(|created| (end(created), node.depth + 1, created)));
            }
        }
        entries.sort_by_key(|(before, depth, _)| (*before, std::cmp::Reverse(*depth)));
        let mut entries = entries.into_iter().peekable();

        for (id, node) in self.old.nodes().iter().enumerate() {
            while let Some((_, depth, created)) = entries.next_if(|(before, ..)| *before == id) {
                self.entry(depth, created)?;
            }
            if let Some(set) = plan.set.get(&id) {
                self.take_string(node.depth, &set.assignment.value, node)?;
            } else if let Some(created) = plan.created.get(&id).filter(|_| !matches!(node.kind, Kind::Mapping { .. })) {
                self.take_mapping(node, created)?;
            } else {
                self.take_same(node)?;
            }
        }
        for (_, depth, created) in entries {
            self.entry(depth, created)?;
        }
        if let (true, Some(created)) = (self.old.root().is_none(), plan.created.get(&0)) {
            let root = self.take()?;
            (root.kind == Kind::Mapping { flow: false }).then_some(())?;
            created.iter().try_for_each(|created| self.entry(1, created))?;
        }
        (self.at == self.new.nodes().len()).then_some(())
    }

    fn take(&mut self) -> Option<&Node<'_>> {
        let node = self.new.nodes().get(self.at)?;
        self.at += 1;
        Some(node)
    }

    fn take_same(&mut self, old: &Node<'_>) -> Option<()> {
        let (old_tree, new_tree) = (self.old, self.new);
        let new = self.take()?;
        let same = match (&old.kind, &new.kind) {
            // Anchors keep their names and order, so an alias of the same name has the same target.
            (Kind::Alias(old), Kind::Alias(new)) => old_tree.node(*old).anchor() == new_tree.node(*new).anchor(),
            (old, new) => old == new,
        };
        (same && old.depth == new.depth && same_properties(old, new)).then_some(())
    }

    /// Takes what must be a string, in the place of an old scalar or alias.
    fn take_string(&mut self, depth: u16, value: &str, old: &Node<'_>) -> Option<()> {
        let new = self.take()?;
        let meant = new.scalar() == Some(value) && new.is_string() && new.depth == depth;
        (meant && same_properties(old, new)).then_some(())
    }

    fn take_mapping(&mut self, old: &Node<'_>, created: &[Created<'_>]) -> Option<()> {
        let new = self.take()?;
        let mapping = matches!(new.kind, Kind::Mapping { .. }) && new.depth == old.depth;
        (mapping && same_properties(old, new)).then_some(())?;
        created.iter().try_for_each(|created| self.entry(old.depth + 1, created))
    }

    fn entry(&mut self, depth: u16, created: &Created<'_>) -> Option<()> {
        for text in [created.key, &created.assignment.value] {
            let new = self.take()?;
            let meant = new.scalar() == Some(text) && new.is_string() && new.depth == depth;
            (meant && new.properties.is_none() && new.style() != Some(Style::Block)).then_some(())?;
        }
        Some(())
    }
}

fn same_properties(old: &Node<'_>, new: &Node<'_>) -> bool {
    old.anchor() == new.anchor() && old.tag() == new.tag()
}
