//! Packs of a server, and what is in them.

use std::collections::BTreeSet;

use embark_gitops::testing::{apply, blob_id, checksum, delta_of_trees, read_commit, rewrite_tree, unpack};

use super::input::Input;
use super::model;

/// The largest object that is taken here, and the largest pack.
const OBJECT: usize = 1 << 12;
const PACK: usize = 1 << 14;

/// What is known before, as the base of deltas.
const KNOWN: &[u8] = b"image:\n  tag: 1.3.0\n";

/// A pack is read as a plainer reader would read it, and never grows beyond its limits.
pub fn packs(data: &[u8]) {
    let mut input = Input(data);
    match input.byte() % 4 {
        0 => raw(&mut input),
        1 => written(&mut input),
        2 => delta(&mut input),
        _ => inside(&mut input),
    }
}

/// Any bytes, in a frame that is right.
fn raw(input: &mut Input<'_>) {
    let count = [0, 0, 0, input.byte()];
    let pack = [&b"PACK\0\0\0\x02"[..], &count, input.0].concat();
    let Ok(objects) = unpack(&sealed(pack), &[KNOWN], OBJECT as u64, PACK as u64) else { return };
    let sizes = objects.values().map(|(_, data)| data.len());
    assert!(sizes.clone().all(|size| size <= OBJECT) && sizes.sum::<usize>() <= PACK);
}

fn sealed(mut pack: Vec<u8>) -> Vec<u8> {
    let end = checksum(&pack).unwrap_or_default();
    pack.extend_from_slice(&end);
    pack
}

/// An entry as it was written.
struct Entry {
    kind: u8,
    data: Vec<u8>,
    base: Base,
}

enum Base {
    None,
    Entry(usize),
    Known,
    Nowhere,
}

/// Writes entries, and compares what is read with what they mean.
fn written(input: &mut Input<'_>) {
    let (mut pack, mut entries, mut offsets) = (Vec::new(), Vec::<Entry>::new(), Vec::new());
    let mut is_right = true;
    while !input.0.is_empty() && entries.len() < 16 {
        let (kind, choice, lie) = ([1, 2, 3, 4, 6, 7, 3, 7][usize::from(input.byte() % 8)], input.byte(), input.byte());
        let data = input.chunk().to_vec();
        let said = if lie > 250 { data.len() + usize::from(lie - 250) } else { data.len() };
        is_right = is_right && said == data.len();
        offsets.push(12 + pack.len());
        pack.extend(model::head(kind, said));
        let base = match kind {
            6 | 7 => based(kind, choice, &entries, &offsets, &mut pack),
            _ => Base::None,
        };
        pack.extend(model::zlib(&data));
        entries.push(Entry { kind, data, base });
    }
    let count = u32::try_from(entries.len()).unwrap_or_default().to_be_bytes();
    let pack = sealed([&b"PACK\0\0\0\x02"[..], &count, &pack].concat());
    let read = unpack(&pack, &[KNOWN], OBJECT as u64, PACK as u64);
    let meant = meaning(&entries).filter(|_| is_right);
    assert_eq!(read.ok().map(|objects| objects.into_values().collect::<BTreeSet<_>>()), meant);
}

/// Chooses the base of a delta, and writes where it is.
fn based(kind: u8, choice: u8, entries: &[Entry], offsets: &[usize], pack: &mut Vec<u8>) -> Base {
    let at = usize::from(choice) % (entries.len() + 1);
    let entry = entries.get(at);
    if kind == 6 {
        let here = offsets.last().copied().unwrap_or_default();
        pack.extend(model::distance(entry.map_or(5, |_| here - offsets[at])));
        return if entry.is_some() { Base::Entry(at) } else { Base::Nowhere };
    }
    match entry.filter(|entry| entry.kind == 3) {
        Some(entry) => {
            pack.extend(blob_id(&entry.data));
            Base::Entry(at)
        }
        None if choice < 250 => {
            pack.extend(blob_id(KNOWN));
            Base::Known
        }
        None => {
            pack.extend([7; 20]);
            Base::Nowhere
        }
    }
}

/// Works out the objects, their kinds and bytes; `None` where the pack is to be refused.
fn meaning(entries: &[Entry]) -> Option<BTreeSet<(String, Vec<u8>)>> {
    let mut objects: Vec<(u8, Vec<u8>)> = Vec::new();
    let mut size = 0;
    for entry in entries {
        size += entry.data.len();
        let object = match entry.base {
            Base::None => (entry.kind, entry.data.clone()),
            Base::Entry(at) => (objects[at].0, model::apply(&objects[at].1, &entry.data, OBJECT)?),
            Base::Known => (3, model::apply(KNOWN, &entry.data, OBJECT)?),
            Base::Nowhere => return None,
        };
        if !matches!(entry.base, Base::None) {
            size += object.1.len();
        }
        objects.push(object);
    }
    let named =
        |(kind, data): (u8, Vec<u8>)| (["", "commit", "tree", "blob", "tag"][usize::from(kind)].to_owned(), data);
    (size <= PACK).then(|| objects.into_iter().map(named).collect())
}

fn delta(input: &mut Input<'_>) {
    let base = input.chunk();
    let made = apply(base, input.0, OBJECT as u64);
    assert_eq!(made, model::apply(base, input.0, OBJECT));
}

/// Takes the bytes for trees and for a commit.
fn inside(input: &mut Input<'_>) {
    let length = usize::from(input.byte()) << 8 | usize::from(input.byte());
    let (base, new) = (input.take(length), input.0);
    if let Some(delta) = delta_of_trees(base, new) {
        assert_eq!(apply(base, &delta, new.len() as u64).as_deref(), Some(new));
    }
    if let Ok(tree) = rewrite_tree(new) {
        assert_eq!(tree, new);
    }
    if let Ok((tree, parents, _)) = read_commit(new) {
        let is_id = |id: &String| id.len() == 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_id(&tree) && parents.iter().all(is_id));
    }
}
