//! From assignments to the nodes that change.

use std::collections::BTreeMap;

use super::splice::{self, Splice};
use super::{Assignment, EditError, create};
use crate::lookup::{self, Found, LookupError};
use crate::path::Segment;
use crate::scalar::quote;
use crate::text::line_end;
use crate::tree::{Kind, NodeId, Style, Tree};

/// What changes in a tree.
#[derive(Debug, Default)]
pub(super) struct Plan<'a> {
    /// The scalars and aliases that get another value.
    pub(super) set: BTreeMap<NodeId, Set<'a>>,
    /// The keys that are created, by their mapping or the null in its place; in an empty file it is node 0.
    pub(super) created: BTreeMap<NodeId, Vec<Created<'a>>>,
    /// The places, among the assignments, of those that change something.
    pub(super) changed: Vec<usize>,
}

#[derive(Debug)]
pub(super) struct Set<'a> {
    pub(super) assignment: &'a Assignment,
}

#[derive(Debug)]
pub(super) struct Created<'a> {
    pub(super) assignment: &'a Assignment,
    pub(super) key: &'a str,
    /// The value of the entry that it follows; none for the last of the mapping.
    pub(super) after: Option<NodeId>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(tree: &Tree<'_>, assignments: &'a [Assignment]) -> Result<Self, EditError> {
        let mut plan = Self::default();
        let mut kept: BTreeMap<NodeId, &'a Assignment> = BTreeMap::new();
        for (place, assignment) in assignments.iter().enumerate() {
            let changes = match lookup::find(tree, &assignment.path) {
                Ok(found) => plan.set(tree, &found, assignment, &mut kept)?,
                Err(error @ LookupError::NotFound { .. }) if assignment.create => {
                    plan.create(tree, assignment, error)?
                }
                Err(error) => return Err(error.into()),
            };
            if changes {
                plan.changed.push(place);
            }
        }
        for (node, created) in &plan.created {
            if let (Some(set), Some(created)) = (plan.set.get(node), created.first()) {
                return Err(conflict(set.assignment, created.assignment));
            }
            if let (Some(set), Some(created)) = (kept.get(node), created.first()) {
                return Err(conflict(set, created.assignment));
            }
        }
        Ok(plan)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.created.is_empty()
    }

    /// Plans to set a scalar that exists; tells whether that changes it.
    fn set(
        &mut self,
        tree: &Tree<'_>,
        found: &Found,
        assignment: &'a Assignment,
        kept: &mut BTreeMap<NodeId, &'a Assignment>,
    ) -> Result<bool, EditError> {
        let place = tree.node(found.node);
        let meant = tree.node(tree.resolve(found.node));
        let Some(value) = meant.scalar() else {
            return Err(lookup::not_a_scalar(tree, &assignment.path, found.node).into());
        };
        let before = self.set.get(&found.node).map(|set| set.assignment).or(kept.get(&found.node).copied());
        if let Some(before) = before {
            let agree = before.value == assignment.value;
            return if agree { Ok(self.set.contains_key(&found.node)) } else { Err(conflict(before, assignment)) };
        }
        if value == assignment.value && meant.is_string() {
            kept.insert(found.node, assignment);
            return Ok(false);
        }
        own(tree, found, found.alias, assignment)?;
        if let Some(tag) = place.tag_against(&assignment.value) {
            let (path, tag) = (assignment.path.clone(), tag.to_owned());
            return Err(EditError::Tagged { path, tag, line: place.line });
        }
        self.set.insert(found.node, Set { assignment });
        Ok(true)
    }

    /// Plans to create the last key of a path in its parent.
    fn create(
        &mut self,
        tree: &Tree<'_>,
        assignment: &'a Assignment,
        not_found: LookupError,
    ) -> Result<bool, EditError> {
        let path = &assignment.path;
        let Some(Segment::Key(key)) = path.segments().last() else { return Err(not_found.into()) };
        let parent = path.parent();
        let found = match &parent {
            // The error for the whole path knows what the key was mistaken for.
            Some(parent) => lookup::find(tree, parent).map_err(|_| EditError::Lookup(not_found))?,
            None => Found { node: 0, trail: tree.root().into_iter().collect(), alias: None, merge: None },
        };
        let node = found.node;
        let is_alias = tree.nodes().get(node).is_some_and(|node| matches!(node.kind, Kind::Alias(_)));
        own(tree, &found, found.alias.or(is_alias.then_some(node)), assignment)?;
        let holds_keys = tree.nodes().get(node).is_none_or(|node| match node.kind {
            Kind::Mapping { .. } => true,
            // A null that is written at the top is not that of an empty file.
            _ => node.is_null() && (parent.is_some() || node.span.is_empty()),
        });
        if !holds_keys {
            return Err(EditError::NoMapping {
                path: path.clone(),
                shape: lookup::shape(tree, node),
                line: tree.place(node).0,
                parent,
            });
        }
        let created = self.created.entry(node).or_default();
        if let Some(same) = created.iter().find(|created| created.key == key) {
            let agree = same.assignment.value == assignment.value;
            return if agree { Ok(true) } else { Err(conflict(same.assignment, assignment)) };
        }
        let after = assignment.beside.as_ref().filter(|beside| beside.parent() == parent);
        let after = after.and_then(|beside| lookup::find(tree, beside).ok());
        let after = after.filter(|found| found.merge.is_none()).map(|found| found.node);
        created.push(Created { assignment, key, after });
        Ok(true)
    }

    /// Works out what to write where.
    pub(super) fn splices(&self, tree: &Tree<'_>) -> Result<Vec<Splice>, EditError> {
        let mut splices = Vec::new();
        for (&node, set) in &self.set {
            write(tree, node, &set.assignment.value, &mut splices).ok_or_else(|| not_placed(set.assignment))?;
        }
        for (&node, created) in &self.created {
            create::write(tree, node, created, &mut splices).ok_or_else(|| not_placed(created[0].assignment))?;
        }
        splice::sort(&mut splices);
        Ok(splices)
    }

    /// Returns any assignment that changes something.
    pub(super) fn any(&self) -> Option<&'a Assignment> {
        let set = self.set.values().next().map(|set| set.assignment);
        set.or_else(|| self.created.values().flatten().next().map(|created| created.assignment))
    }
}

fn conflict(one: &Assignment, other: &Assignment) -> EditError {
    EditError::Conflict { path: one.path.clone(), other: other.path.clone() }
}

fn not_placed(assignment: &Assignment) -> EditError {
    EditError::NotLossless { path: assignment.path.clone(), reason: "there is no safe place to write it".to_owned() }
}

/// Refuses to change what also stands for other places of the file, as all does that is reached through an alias.
fn own(tree: &Tree<'_>, found: &Found, alias: Option<NodeId>, assignment: &Assignment) -> Result<(), EditError> {
    let path = || assignment.path.clone();
    if let Some(merge) = found.merge {
        let (line, source_line) = (tree.node(merge).line, tree.node(found.node).line);
        return Err(EditError::Merged { path: path(), line, source_line });
    }
    let shared = alias.map(|alias| (tree.resolve(alias), alias));
    let shared = shared.or_else(|| found.trail.iter().find_map(|&node| Some((node, is_aliased(tree, node)?))));
    if let Some((node, alias)) = shared {
        let anchor = tree.node(node).anchor().unwrap_or_default().to_owned();
        return Err(EditError::Shared { path: path(), anchor, line: tree.node(alias).line });
    }
    Ok(())
}

/// Returns an alias of a node.
fn is_aliased(tree: &Tree<'_>, node: NodeId) -> Option<NodeId> {
    tree.node(node).properties.as_ref()?.alias
}

/// Writes another value for a scalar or an alias; none if its place is not what it should be.
fn write(tree: &Tree<'_>, id: NodeId, value: &str, splices: &mut Vec<Splice>) -> Option<()> {
    let (text, node) = (tree.text, tree.node(id));
    let written = quote::write(value, node.style().unwrap_or(Style::Plain));
    if node.style() == Some(Style::Block) {
        let header = text.get(node.span.clone())?;
        let other = header.find(|c: char| !matches!(c, '|' | '>' | '+' | '-' | '0'..='9'));
        let indicators = other.unwrap_or(header.len());
        if !header.starts_with(['|', '>']) {
            return None;
        }
        let start = node.span.start;
        splices.push(Splice::new(start..start + indicators, written, Splice::SCALAR));
        // A comment beside the header stays.
        splices.push(Splice::new(line_end(text, start)..node.span.end, "", Splice::SCALAR));
    } else if node.span.is_empty() {
        let at = node.span.start;
        splices.push(Splice::new(at..at, format!("{}{written}", node.sign()), Splice::SCALAR));
    } else {
        splices.push(Splice::new(node.span.clone(), written, Splice::SCALAR));
    }
    Some(())
}
