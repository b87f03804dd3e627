//! What a key is for a reader of YAML 1.1.

use super::{Node, NodeId, Style, Tag, Tree};
use crate::scalar::resolve;

/// What a key of a mapping means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key<'a> {
    /// This text.
    Text(&'a str),
    /// It merges other mappings in.
    Merge,
    /// One reader takes it for another key than the next does, or for a merge.
    Unclear,
    /// It is a mapping or sequence.
    Collection,
}

impl Tree<'_> {
    /// Tells what a key means.
    pub(crate) fn key(&self, id: NodeId) -> Key<'_> {
        let meant = self.resolve(id);
        let node = self.node(meant);
        let Some(text) = node.scalar() else { return Key::Collection };
        if is_merge(node, text) {
            // To libyaml an alias of a merge key is one too, to go-yaml v2 it is the string.
            return if meant == id { Key::Merge } else { Key::Unclear };
        }
        if node.tag_against(text).is_some() { Key::Unclear } else { Key::Text(text) }
    }

    /// Tells whether Helm may read a key as this other text, as it reads `on` as `true` and `1.10` as `1.1`.
    pub(crate) fn may_become(&self, id: NodeId, text: &str) -> bool {
        let node = self.node(self.resolve(id));
        let is_plain = node.style() == Some(Style::Plain) && node.tag().is_none();
        node.scalar().filter(|own| is_plain && *own != text).is_some_and(|own| match text {
            "true" | "false" => resolve::is_word(own) && !resolve::is_null(own),
            _ => resolve::is_number(own) && resolve::is_number(text) && !(stays(own) && stays(text)),
        })
    }
}

/// Tells whether a text is a whole number that is written back as it was.
fn stays(text: &str) -> bool {
    text == "0" || (text.len() < 19 && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_merge(node: &Node<'_>, text: &str) -> bool {
    text == "<<"
        && match node.tag_means() {
            Tag::None => node.style() == Some(Style::Plain),
            Tag::Bare | Tag::Merge => true,
            Tag::String | Tag::Foreign => false,
        }
}
