//! Replacing pieces of a text.

use std::ops::Range;

/// A piece of a text, and what stands there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Splice {
    pub(super) range: Range<usize>,
    pub(super) text: String,
    /// Of splices at one offset, the greater comes first.
    pub(super) rank: usize,
}

impl Splice {
    /// The rank of what belongs to a scalar, and so comes before any key that follows it.
    pub(super) const SCALAR: usize = usize::MAX;

    pub(super) fn new(range: Range<usize>, text: impl Into<String>, rank: usize) -> Self {
        Self { range, text: text.into(), rank }
    }
}

/// Puts splices into the order of the text. What has one offset and one rank keeps its order.
pub(super) fn sort(splices: &mut [Splice]) {
    splices.sort_by_key(|splice| (splice.range.start, std::cmp::Reverse(splice.rank)));
}

/// Makes the new text; the splices are in order and do not overlap.
pub(super) fn apply(text: &str, splices: &[Splice]) -> String {
    let added: usize = splices.iter().map(|splice| splice.text.len()).sum();
    let mut edited = String::with_capacity(text.len() + added);
    let mut copied = 0;
    for splice in splices {
        edited.push_str(text.get(copied..splice.range.start).unwrap_or_default());
        edited.push_str(&splice.text);
        copied = splice.range.end;
    }
    edited.push_str(&text[copied..]);
    edited
}

/// Tells whether a text is the old one with nothing but these splices made.
pub(super) fn is_applied(text: &str, splices: &[Splice], edited: &str) -> bool {
    let mut copied = 0;
    let mut rest = edited;
    for splice in splices {
        let kept = text.get(copied..splice.range.start);
        let Some(after) = kept.and_then(|kept| rest.strip_prefix(kept)?.strip_prefix(splice.text.as_str())) else {
            return false;
        };
        rest = after;
        copied = splice.range.end;
    }
    text.get(copied..) == Some(rest)
}
