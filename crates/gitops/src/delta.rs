//! [Deltas](https://git-scm.com/docs/pack-format#_deltified_representation): an object as instructions on another one.

use std::cmp::Ordering;
use std::ops::Range;

/// The most bytes that one instruction inserts.
const MAX_INSERT: usize = 0x7f;

/// The most bytes that one instruction copies: three bytes say how many.
const MAX_COPY: usize = 0xff_ffff;

/// How many bytes an instruction to copy has at most. Fewer bytes are inserted for the same price.
const COPY: usize = 8;

/// Makes an object of its base and the instructions of a delta; `None` if they do not fit, or it has more than `limit`
/// bytes.
pub(crate) fn apply(base: &[u8], instructions: &[u8], limit: u64) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    apply_to(base, instructions, limit, &mut data)?;
    Some(data)
}

/// As [`apply`], in place of what is in `data`.
pub(crate) fn apply_to(base: &[u8], instructions: &[u8], limit: u64, data: &mut Vec<u8>) -> Option<()> {
    let mut rest = instructions;
    let base_size = size(&mut rest)?;
    let size = size(&mut rest).filter(|size| *size <= limit)?;
    if base_size != base.len() as u64 {
        return None;
    }
    let size = usize::try_from(size).ok()?;
    data.clear();
    while let Some((&instruction, tail)) = rest.split_first() {
        rest = tail;
        let part = if instruction & 0x80 == 0 {
            // Seven bits that say how many new bytes follow; none is reserved.
            let (part, tail) = rest.split_at_checked(usize::from(instruction))?;
            rest = tail;
            part
        } else {
            let mut number = |bits: Range<u8>| {
                bits.clone().try_fold(0_usize, |number, bit| {
                    if instruction >> bit & 1 == 0 {
                        return Some(number);
                    }
                    let (&byte, tail) = rest.split_first()?;
                    rest = tail;
                    Some(number | usize::from(byte) << (8 * (bit - bits.start)))
                })
            };
            let (start, length) = (number(0..4)?, number(4..7)?);
            let length = if length == 0 { 0x10000 } else { length };
            base.get(start..start.checked_add(length)?)?
        };
        if part.is_empty() || data.len() + part.len() > size {
            return None;
        }
        data.extend_from_slice(part);
    }
    (data.len() == size).then_some(())
}

/// Reads a size: seven bits a byte, the lowest first.
fn size(rest: &mut &[u8]) -> Option<u64> {
    let mut size = 0_u64;
    for shift in (0..63).step_by(7) {
        let (&byte, tail) = rest.split_first()?;
        *rest = tail;
        size |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(size);
        }
    }
    None
}

/// Writes the instructions that make one tree of another; `None` where one of them is no tree.
///
/// Both are sorted, so that one walk over their entries finds what they share. A changed entry costs its id and the copy
/// of what stands before it.
pub(crate) fn between_trees(base: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    // An offset has four bytes.
    u32::try_from(base.len()).ok()?;
    let mut delta = Instructions::new(base, new.len());
    let old = entries(base)?;
    let mut old = old.iter().peekable();
    for entry in entries(new)? {
        while old.next_if(|old| old.order(&entry) == Ordering::Less).is_some() {}
        match old.next_if(|old| old.order(&entry) == Ordering::Equal) {
            Some(old) if old.bytes == entry.bytes => delta.copy(old.start..old.start + old.bytes.len()),
            // An id has no byte in common with another but by chance.
            Some(old) if old.head() == entry.head() => {
                delta.copy(old.start..old.start + old.head().len());
                delta.insert(entry.id());
            }
            _ => delta.insert(entry.bytes),
        }
    }
    Some(delta.finish())
}

/// An entry of a tree, as it stands there: mode, space, name, a zero, and the id.
struct Entry<'a> {
    start: usize,
    bytes: &'a [u8],
    name: Range<usize>,
}

const ID: usize = 20;

impl<'a> Entry<'a> {
    fn head(&self) -> &'a [u8] {
        &self.bytes[..=self.name.end]
    }

    fn id(&self) -> &'a [u8] {
        &self.bytes[self.name.end + 1..]
    }

    /// Git's order of names, in which a folder's ends with a slash.
    fn order(&self, other: &Self) -> Ordering {
        let name = |entry: &Self| {
            let slash = entry.bytes.starts_with(b"40000 ").then_some(&b'/');
            entry.bytes[entry.name.clone()].iter().chain(slash)
        };
        name(self).cmp(name(other))
    }
}

fn entries(tree: &[u8]) -> Option<Vec<Entry<'_>>> {
    let mut entries = Vec::new();
    let mut start = 0;
    while start < tree.len() {
        let rest = &tree[start..];
        let space = rest.iter().position(|byte| *byte == b' ')?;
        let end = space + rest[space..].iter().position(|byte| *byte == 0)?;
        let bytes = rest.get(..=end + ID)?;
        entries.push(Entry { start, bytes, name: space + 1..end });
        start += bytes.len();
    }
    Some(entries)
}

/// Instructions while they are written: what is inserted, and then what is copied, has yet to be.
struct Instructions<'a> {
    base: &'a [u8],
    bytes: Vec<u8>,
    inserted: Vec<u8>,
    copied: Range<usize>,
}

impl<'a> Instructions<'a> {
    fn new(base: &'a [u8], size: usize) -> Self {
        let mut bytes = Vec::new();
        for size in [base.len(), size] {
            let mut rest = size;
            while rest > 0x7f {
                bytes.push(0x80 | low(rest));
                rest >>= 7;
            }
            bytes.push(low(rest));
        }
        Self { base, bytes, inserted: Vec::new(), copied: 0..0 }
    }

    /// Copies a part of the base; parts that lie side by side become one.
    fn copy(&mut self, part: Range<usize>) {
        if self.copied.is_empty() || self.copied.end != part.start {
            self.settle();
            self.copied = part;
        } else {
            self.copied.end = part.end;
        }
    }

    fn insert(&mut self, bytes: &[u8]) {
        self.settle();
        self.inserted.extend_from_slice(bytes);
    }

    /// Writes the copy that is open, and what is inserted before it.
    fn settle(&mut self) {
        let mut part = std::mem::take(&mut self.copied);
        if part.len() < COPY {
            self.inserted.extend_from_slice(&self.base[part]);
            return;
        }
        for bytes in std::mem::take(&mut self.inserted).chunks(MAX_INSERT) {
            self.bytes.push(low(bytes.len()));
            self.bytes.extend_from_slice(bytes);
        }
        while !part.is_empty() {
            let length = part.len().min(MAX_COPY);
            let at = self.bytes.len();
            self.bytes.push(0x80);
            // A byte that is 0 is left out, and so is a length of 0x10000.
            let written = if length == 0x10000 { 0 } else { length };
            let numbers = (0..4).map(|byte| part.start >> (8 * byte)).chain((0..3).map(|byte| written >> (8 * byte)));
            for (bit, number) in numbers.enumerate() {
                let byte = number.to_le_bytes()[0];
                if byte != 0 {
                    self.bytes[at] |= 1 << bit;
                    self.bytes.push(byte);
                }
            }
            part.start += length;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.settle();
        for bytes in self.inserted.chunks(MAX_INSERT) {
            self.bytes.push(low(bytes.len()));
            self.bytes.extend_from_slice(bytes);
        }
        self.bytes
    }
}

/// Returns the lowest seven bits.
fn low(number: usize) -> u8 {
    number.to_le_bytes()[0] & 0x7f
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gix_object::tree::{Entry, EntryKind};
    use proptest::prelude::*;

    use super::*;
    use crate::object::new_tree;

    const LIMIT: u64 = 128 << 20;

    #[test]
    fn a_delta_copies_and_inserts() {
        let base = b"hello, world\n";
        // 13 bytes become 11: five copied from the start, six new ones.
        let delta = [&[13, 11, 0x90, 5, 6][..], b" again"].concat();
        assert_eq!(apply(base, &delta, LIMIT).expect("applied"), b"hello again");
        assert_eq!(apply(base, &delta, 10), None, "more than the limit");
        for (name, wrong) in [
            ("another base", &[12, 5, 0x90, 5][..]),
            ("past the base", &[13, 5, 0x91, 12, 5]),
            ("longer than it says", &[13, 4, 0x90, 5]),
            ("shorter than it says", &[13, 6, 0x90, 5]),
            ("cut off", &[13, 5, 0x91]),
            ("a reserved instruction", &[13, 5, 0, 0x90, 5]),
            ("an endless size", &[0xff; 12]),
            ("nothing", &[]),
        ] {
            assert_eq!(apply(base, wrong, LIMIT), None, "{name}");
        }
    }

    #[test]
    fn lengths_at_the_limits_of_the_instructions_are_copied() {
        let base: Vec<u8> = (0..40_000_000_u32).map(|at| (at ^ at >> 9).to_le_bytes()[0]).collect();
        for length in [1, 8, 0xff, 0x100, 0xffff, 0x10000, 0x10001, 0x2_0000, 0xff_ffff, 0x100_0000, 0x1ff_fffe] {
            for start in [0, 1, 0x100, 0x1_0000, 0x10_0101, base.len() - length] {
                let part = start..(start + length).min(base.len());
                let mut delta = Instructions::new(&base, part.len() + 300);
                delta.insert(&[7; 300]);
                delta.copy(part.clone());
                let delta = delta.finish();
                assert!(delta.len() < 350, "{length} from {start}: {}", delta.len());
                let made = apply(&base, &delta, LIMIT).expect("applied");
                assert!(made[..300] == [7; 300] && made[300..] == base[part], "{length} from {start}");
            }
        }
    }

    #[test]
    fn what_is_no_tree_has_no_delta() {
        let tree = tree(&BTreeMap::from([(1, (0, 1))]));
        for wrong in [&b"100644"[..], b"100644 a", b"100644 a\0short"] {
            assert_eq!(between_trees(wrong, &tree), None);
            assert_eq!(between_trees(&tree, wrong), None);
        }
    }

    /// Files and folders, each with a number that its id is made of. Names are such that git sorts folders and files apart.
    type Names = BTreeMap<u16, (u8, u64)>;

    fn tree(names: &Names) -> Vec<u8> {
        let entries = names.iter().map(|(name, (kind, content))| {
            let kind = [EntryKind::Blob, EntryKind::BlobExecutable, EntryKind::Tree][usize::from(*kind) % 3];
            let oid = gix_object::compute_hash(gix_hash::Kind::Sha1, gix_object::Kind::Blob, &content.to_le_bytes());
            let name = format!("{}{}", ["a", "a-", "a.b", "b"][usize::from(name % 4)], name / 4);
            Entry { mode: kind.into(), filename: name.into(), oid: oid.expect("hashed") }
        });
        new_tree(entries.collect()).expect("a tree").data
    }

    proptest! {
        #[test]
        fn a_tree_is_made_again_of_any_other(
            base in prop::collection::btree_map(0_u16..600, (0_u8..3, any::<u64>()), 0..300),
            edits in prop::collection::vec((0_u16..600, prop::option::of((0_u8..3, any::<u64>()))), 0..40),
        ) {
            let mut edited = base.clone();
            for (name, edit) in edits {
                match edit {
                    Some(entry) => edited.insert(name, entry),
                    None => edited.remove(&name),
                };
            }
            let (base, new) = (tree(&base), tree(&edited));
            let delta = between_trees(&base, &new).expect("both are trees");
            prop_assert_eq!(apply(&base, &delta, LIMIT), Some(new));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn a_changed_entry_of_a_large_tree_costs_less_than_forty_bytes(
            changed in prop::collection::btree_map(0_u16..2_500, any::<u64>(), 1..30),
        ) {
            let before: Names = (0..2_500).map(|name| (name, (0, u64::from(name)))).collect();
            let mut after = before.clone();
            after.extend(changed.iter().map(|(name, content)| (*name, (0, *content))));
            let (base, new) = (tree(&before), tree(&after));
            prop_assert!(base.len() > 0x1_0000, "copies are longer than 64 KiB");
            let delta = between_trees(&base, &new).expect("both are trees");
            prop_assert!(delta.len() < 16 + 40 * changed.len(), "{} bytes for {}", delta.len(), changed.len());
            prop_assert_eq!(apply(&base, &delta, LIMIT), Some(new));
        }
    }
}
