//! From the events of the parser to nodes with exact places.
//!
//! The parser's spans are exact for what is written in one piece. Two things are worked out here from the text
//! between the tokens: where an empty scalar would stand, and where a block scalar's header begins and its body ends.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StructureStyle, options};

use super::{Kind, Node, NodeId, Properties, Style, Tag, Tree};
use crate::ParseError;
use crate::text::{Position, line_end, odd_line_break, skip_blank};

impl<'t> Tree<'t> {
    /// Parses a text that holds at most one document with content, and line breaks that all readers know.
    pub(crate) fn parse(text: &'t str) -> Result<Self, ParseError> {
        let options = options! {
            emit_anchor_events: true,
            emit_comments: false,
            block_scalar_eof_without_line_feed: true,
        };
        line_breaks(text)?;
        let mut builder = Builder::new(text);
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, span) = event.map_err(|error| syntax(&error))?;
            builder.event(event, &span)?;
        }
        Ok(Self { text, nodes: builder.nodes })
    }
}

/// Refuses characters that YAML 1.1 takes for line breaks and YAML 1.2 does not.
///
/// After one of them in a comment, Helm may see a key where there is none for a parser of YAML 1.2.
fn line_breaks(text: &str) -> Result<(), ParseError> {
    let Some((at, odd)) = odd_line_break(text) else { return Ok(()) };
    let mut position = Position { offset: 0, line: 1, column: 1 };
    position.advance(text, at);
    let message = format!("U+{:04X} stands here, which only some readers take for a line break", u32::from(odd));
    Err(ParseError { line: position.line, column: position.column, message })
}

fn syntax(error: &ScanError) -> ParseError {
    let marker = error.marker();
    ParseError { line: marker.line(), column: marker.col() + 1, message: error.kind().to_string() }
}

struct Builder<'t> {
    text: &'t str,
    nodes: Vec<Node<'t>>,
    open: Vec<Open>,
    /// The node that each anchor stands on, by the parser's number for the anchor.
    anchored: HashMap<usize, NodeId>,
    documents: usize,
    /// Where the last token ended.
    cursor: usize,
    /// The position of a token near the cursor, not behind it.
    position: Position,
}

/// A collection whose end has not come yet.
struct Open {
    node: NodeId,
    kind: Collection,
    /// Of a mapping: the next node is a value.
    value_next: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Collection {
    BlockSequence,
    BlockMapping,
    FlowSequence,
    FlowMapping,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            nodes: Vec::with_capacity(text.len() / 32),
            open: Vec::new(),
            anchored: HashMap::new(),
            documents: 0,
            cursor: 0,
            position: Position { offset: 0, line: 1, column: 1 },
        }
    }

    fn event(&mut self, event: Event<'t>, span: &Span) -> Result<(), ParseError> {
        match event {
            Event::DocumentStart(explicit, _) => {
                self.documents += 1;
                if explicit && self.documents == 1 {
                    self.pass(span.end);
                }
                Ok(())
            }
            Event::Scalar(value, style, _, tag) => {
                let written = !span.is_empty();
                if self.documents > 1 && !written && tag.is_none() {
                    return Ok(());
                }
                self.one_document(span)?;
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::Single,
                    ScalarStyle::DoubleQuoted => Style::Double,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                };
                // The parser says `~` for a plain scalar that is not written.
                let value = if written || style != Style::Plain { value } else { Cow::Borrowed("") };
                self.scalar(value, style, tag.as_deref(), span);
                Ok(())
            }
            Event::Alias(number) => {
                self.one_document(span)?;
                let id = self.begin(Kind::Alias(self.anchored.get(&number).copied().unwrap_or_default()), None, span);
                if let Kind::Alias(target) = self.nodes[id].kind
                    && let Some(properties) = &mut self.nodes[target].properties
                {
                    properties.alias.get_or_insert(id);
                }
                self.pass(span.end);
                self.end(id);
                Ok(())
            }
            Event::SequenceStart(style, _, tag) => {
                let flow = style == StructureStyle::Flow;
                let kind = if flow { Collection::FlowSequence } else { Collection::BlockSequence };
                self.open(Kind::Sequence { flow }, kind, tag.as_deref(), span)
            }
            Event::MappingStart(style, _, tag) => {
                let flow = style == StructureStyle::Flow;
                let kind = if flow { Collection::FlowMapping } else { Collection::BlockMapping };
                self.open(Kind::Mapping { flow }, kind, tag.as_deref(), span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    if matches!(open.kind, Collection::FlowSequence | Collection::FlowMapping) {
                        self.pass(span.end);
                    }
                    self.end(open.node);
                }
                Ok(())
            }
            Event::Anchor(number, name) => {
                self.one_document(span)?;
                self.anchor(number, name, span);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn one_document(&self, span: &Span) -> Result<(), ParseError> {
        if self.documents <= 1 {
            return Ok(());
        }
        let (line, column) = (span.start.line(), span.start.col() + 1);
        let message = "this belongs to a second document, and only a file with one can be a values file".to_owned();
        Err(ParseError { line, column, message })
    }

    fn open(
        &mut self,
        kind: Kind<'t>,
        collection: Collection,
        tag: Option<&granit_parser::Tag>,
        span: &Span,
    ) -> Result<(), ParseError> {
        self.one_document(span)?;
        let node = self.begin(kind, tag, span);
        if matches!(collection, Collection::FlowSequence | Collection::FlowMapping) {
            self.pass(span.end);
        }
        self.open.push(Open { node, kind: collection, value_next: false });
        Ok(())
    }

    fn scalar(&mut self, value: Cow<'t, str>, style: Style, tag: Option<&granit_parser::Tag>, span: &Span) {
        let unwritten = style == Style::Plain && span.is_empty();
        let id = self.begin(Kind::Scalar { value, style }, tag, span);
        if style == Style::Block {
            self.place_block(id, span.end.byte_offset().unwrap_or(self.cursor));
        } else if unwritten {
            self.place_unwritten(id);
        } else {
            self.pass(span.end);
        }
        self.end(id);
    }

    /// Adds a node, and moves the cursor over the signs before it.
    fn begin(&mut self, kind: Kind<'t>, tag: Option<&granit_parser::Tag>, span: &Span) -> NodeId {
        let id = self.nodes.len();
        let slot = self.slot();
        self.cursor = slot.unwrap_or(self.cursor);
        let tag_span = tag.and_then(|_| span.tag_span());
        let properties = tag.map(|tag| {
            let end = tag_span.and_then(|span| span.end.byte_offset()).unwrap_or(self.cursor);
            self.cursor = self.cursor.max(end);
            Box::new(Properties {
                tag: Some(tag_span.and_then(|span| span.slice(self.text)).unwrap_or("!")),
                tag_means: Tag::new(tag),
                end,
                ..Properties::default()
            })
        });
        self.nodes.push(Node {
            kind,
            span: span.byte_range().unwrap_or(self.cursor..self.cursor),
            slot,
            next: id + 1,
            depth: u16::try_from(self.open.len()).unwrap_or(u16::MAX),
            line: span.start.line(),
            column: span.start.col() + 1,
            indent: span.indent,
            properties,
        });
        id
    }

    /// Finds the sign that makes the next node a value or an item, and returns the offset after it.
    fn slot(&mut self) -> Option<usize> {
        let Some(open) = self.open.last_mut() else { return Some(self.cursor) };
        let sign = match open.kind {
            Collection::BlockSequence => b'-',
            Collection::FlowSequence => return None,
            Collection::BlockMapping | Collection::FlowMapping => {
                open.value_next = !open.value_next;
                match (open.value_next, open.kind) {
                    (false, _) => b':',
                    (true, Collection::BlockMapping) => b'?',
                    (true, _) => return None,
                }
            }
        };
        let bytes = self.text.as_bytes();
        let at = skip_blank(self.text, self.cursor);
        let found = bytes.get(at) == Some(&sign);
        // `?a` is a key that begins with the sign.
        let stands_alone = sign != b'?' || bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace);
        (found && stands_alone).then_some(at + 1)
    }

    fn place_unwritten(&mut self, id: NodeId) {
        self.position.advance(self.text, self.cursor);
        let node = &mut self.nodes[id];
        node.span = self.cursor..self.cursor;
        (node.line, node.column) = (self.position.line, self.position.column);
    }

    fn place_block(&mut self, id: NodeId, end: usize) {
        let header = skip_blank(self.text, self.cursor);
        self.position.advance(self.text, header);
        let header_end = line_end(self.text, header);
        let written = self.text.get(..end).unwrap_or(self.text).trim_end_matches([' ', '\t', '\n', '\r']).len();
        let end = if written <= header_end { header_end } else { line_end(self.text, written) };
        let node = &mut self.nodes[id];
        node.span = header..end;
        (node.line, node.column) = (self.position.line, self.position.column);
        self.cursor = end;
    }

    fn anchor(&mut self, number: usize, name: Cow<'t, str>, span: &Span) {
        let Some(id) = self.nodes.len().checked_sub(1) else { return };
        self.anchored.insert(number, id);
        let end = span.end.byte_offset().unwrap_or(self.cursor);
        let properties = self.nodes[id].properties.get_or_insert_default();
        properties.anchor = Some(name);
        properties.end = properties.end.max(end);
        let node = &self.nodes[id];
        match node.kind {
            Kind::Scalar { style: Style::Block, .. } => {
                let end = node.span.end;
                self.cursor = properties_end(node);
                self.place_block(id, end);
            }
            Kind::Scalar { style: Style::Plain, .. } if node.span.is_empty() => {
                self.cursor = self.cursor.max(end);
                self.place_unwritten(id);
            }
            _ => self.cursor = self.cursor.max(end),
        }
    }

    /// Moves the cursor over a token.
    fn pass(&mut self, end: Marker) {
        if let Some(offset) = end.byte_offset() {
            self.cursor = self.cursor.max(offset);
            self.position = Position { offset, line: end.line(), column: end.col() + 1 };
        }
    }

    fn end(&mut self, id: NodeId) {
        let next = self.nodes.len();
        let node = &mut self.nodes[id];
        node.next = next;
        if !matches!(node.kind, Kind::Scalar { .. }) {
            node.span.end = self.cursor.max(node.span.start);
        }
    }
}

fn properties_end(node: &Node<'_>) -> usize {
    node.content_from().unwrap_or(node.span.start)
}
