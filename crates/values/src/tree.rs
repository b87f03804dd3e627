//! The nodes of a YAML document in the order of the text, with the exact place of each.

mod build;
mod key;
mod tag;

use std::borrow::Cow;
use std::ops::Range;

pub(crate) use key::Key;
pub(crate) use tag::Tag;

use crate::scalar::resolve;

/// The nodes of one document, parents before children, so that a node's descendants directly follow it.
#[derive(Debug)]
pub(crate) struct Tree<'t> {
    pub(crate) text: &'t str,
    nodes: Vec<Node<'t>>,
}

/// The place of a node in its tree.
pub(crate) type NodeId = usize;

/// One scalar, collection or alias.
#[derive(Debug)]
pub(crate) struct Node<'t> {
    pub(crate) kind: Kind<'t>,
    /// The bytes of the content: without anchor and tag; without the blanks and comments around it.
    /// Empty, and where a value would be written, for a scalar that is not written at all.
    pub(crate) span: Range<usize>,
    /// The offset right after the `:` or `-` that makes this a value or an item; none if there is no such sign.
    pub(crate) slot: Option<usize>,
    /// The first node that is no descendant.
    pub(crate) next: NodeId,
    pub(crate) depth: u16,
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// The column, from 0, of the block mapping whose key this is.
    pub(crate) indent: Option<usize>,
    pub(crate) properties: Option<Box<Properties<'t>>>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind<'t> {
    Scalar { value: Cow<'t, str>, style: Style },
    Alias(NodeId),
    Sequence { flow: bool },
    Mapping { flow: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Single,
    Double,
    Block,
}

/// The anchor and the tag of a node.
#[derive(Debug, Default)]
pub(crate) struct Properties<'t> {
    pub(crate) anchor: Option<Cow<'t, str>>,
    /// The first alias of the anchor.
    pub(crate) alias: Option<NodeId>,
    pub(crate) tag: Option<&'t str>,
    /// What the tag means.
    pub(crate) tag_means: Tag,
    /// The first offset after anchor and tag.
    pub(crate) end: usize,
}

impl<'t> Tree<'t> {
    pub(crate) fn root(&self) -> Option<NodeId> {
        (!self.nodes.is_empty()).then_some(0)
    }

    pub(crate) fn nodes(&self) -> &[Node<'t>] {
        &self.nodes
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node<'t> {
        &self.nodes[id]
    }

    /// Returns the node that an alias stands for; any other node is its own.
    pub(crate) fn resolve(&self, id: NodeId) -> NodeId {
        if let Kind::Alias(target) = self.nodes[id].kind { target } else { id }
    }

    /// Returns the collection that holds a node.
    pub(crate) fn parent(&self, id: NodeId) -> Option<NodeId> {
        let depth = self.nodes[id].depth;
        self.nodes[..id].iter().rposition(|node| node.depth < depth)
    }

    /// Returns the line and column where a reader would look for a node: for a block below its key, those of the key.
    pub(crate) fn place(&self, id: NodeId) -> (usize, usize) {
        let node = &self.nodes[id];
        let block = matches!(node.kind, Kind::Mapping { flow: false } | Kind::Sequence { flow: false });
        let key = self.parent(id).filter(|parent| block && matches!(self.nodes[*parent].kind, Kind::Mapping { .. }));
        let key = key.and_then(|parent| self.entries(parent).find(|(_, value)| *value == id));
        let node = key.map_or(node, |(key, _)| &self.nodes[key]);
        (node.line, node.column)
    }

    /// Iterates over the items of a sequence, or the keys and values of a mapping in turn.
    pub(crate) fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + use<'_, 't> {
        let end = self.nodes[id].next;
        let mut child = id + 1;
        std::iter::from_fn(move || {
            let this = (child < end).then_some(child)?;
            child = self.nodes[this].next;
            Some(this)
        })
    }

    /// Iterates over the keys of a mapping with their values.
    pub(crate) fn entries(&self, id: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> + use<'_, 't> {
        let mut children = self.children(id);
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    /// Returns the text of a scalar, through an alias.
    pub(crate) fn scalar(&self, id: NodeId) -> Option<&str> {
        self.nodes[self.resolve(id)].scalar()
    }
}

impl Node<'_> {
    pub(crate) fn scalar(&self) -> Option<&str> {
        if let Kind::Scalar { value, .. } = &self.kind { Some(value) } else { None }
    }

    pub(crate) fn style(&self) -> Option<Style> {
        if let Kind::Scalar { style, .. } = &self.kind { Some(*style) } else { None }
    }

    pub(crate) fn anchor(&self) -> Option<&str> {
        self.properties.as_ref()?.anchor.as_deref()
    }

    pub(crate) fn tag(&self) -> Option<&str> {
        self.properties.as_ref()?.tag
    }

    pub(crate) fn tag_means(&self) -> Tag {
        self.properties.as_ref().map_or(Tag::None, |properties| properties.tag_means)
    }

    /// Returns the tag, if no reader needs to take the text of the scalar for what it is.
    pub(crate) fn foreign_tag(&self) -> Option<&str> {
        self.tag().filter(|_| matches!(self.tag_means(), Tag::Merge | Tag::Foreign))
    }

    /// Returns the tag, if because of it a scalar with this text may be something other than that string.
    pub(crate) fn tag_against(&self, text: &str) -> Option<&str> {
        self.tag().filter(|_| self.tag_means().estranges(text))
    }

    /// Tells whether this is a scalar that means nothing: empty, `~` or `null`.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { value, style: Style::Plain } if resolve::is_null(value))
            && self.tag().is_none()
    }

    /// Tells whether this is a scalar that every reader of YAML 1.1 takes for a string.
    pub(crate) fn is_string(&self) -> bool {
        let Kind::Scalar { value, style } = &self.kind else { return false };
        match self.tag_means() {
            Tag::None => *style != Style::Plain || resolve::is_string(value),
            tag => !tag.estranges(value),
        }
    }

    /// Returns what must stand between what is there and the content of a scalar that is not written yet.
    pub(crate) fn sign(&self) -> &'static str {
        // A key of a flow mapping may stand without a `:`.
        if self.content_from().is_some() { " " } else { ": " }
    }

    /// Returns the offset from which the content, if there were any, would be looked for.
    pub(crate) fn content_from(&self) -> Option<usize> {
        let properties = self.properties.as_ref().map(|properties| properties.end);
        self.slot.max(properties)
    }
}
