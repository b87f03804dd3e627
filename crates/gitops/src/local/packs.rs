//! Objects out of packs, one after the other, as a walk through a history asks for them.

use std::collections::HashMap;
use std::path::Path;

use gix_hash::ObjectId;
use gix_object::Kind;
use gix_pack::Bundle;
use gix_pack::data::entry::Header;

use crate::delta;
use crate::object;

/// How many bytes of objects are kept before the older half of them is forgotten. A history asks next for what is told by
/// the objects that it asked for last: a few of each tree.
const ROOM: usize = 2 << 20;

/// The largest object that is kept, in bytes: one must not drive out all others.
const LARGEST: usize = ROOM / 2;

/// The largest object that is read here, in bytes.
const MAX: u64 = 16 << 20;

/// The packs of a repository.
///
/// A pack tells most objects by what they change of another one, which is told so as well, up to fifty times. gix keeps
/// none of those in between, and a history asks for all of them. What cannot be read here is left to gix: it is no error
/// before gix says so.
#[derive(Default)]
pub(super) struct Packs {
    bundles: Vec<Bundle>,
    inflate: gix_zlib::Inflate,
    bases: Bases,
    /// The instructions that lead to an object, one behind the other, and what is made by them. A history has many small
    /// objects: most of the time it would take to make room for each.
    told: Vec<u8>,
    made: Vec<u8>,
}

impl Packs {
    /// Opens the packs in the folder of a repository's objects.
    pub(super) fn open(objects: &Path) -> Self {
        let files = std::fs::read_dir(objects.join("pack")).into_iter().flatten().flatten().map(|entry| entry.path());
        let indices = files.filter(|path| path.extension().is_some_and(|extension| extension == "idx"));
        let bundles = indices.filter_map(|path| Bundle::at(path, object::HASH).ok()).collect();
        Self { bundles, ..Self::default() }
    }

    /// Reads an object in place of what is in `data`, unchecked; `None` if it must be read in another way.
    pub(super) fn read(&mut self, id: ObjectId, data: &mut Vec<u8>) -> Option<Kind> {
        let mut packs = self.bundles.iter().enumerate();
        let (pack, at) = packs.find_map(|(pack, bundle)| Some((pack, bundle.index.lookup(id)?)))?;
        let bundle = &self.bundles[pack];
        let mut offset = bundle.index.pack_offset_at_index(at);
        self.told.clear();
        let mut deltas = Vec::new();
        let kind = loop {
            if let Some((kind, base)) = self.bases.get((pack, offset)) {
                data.clear();
                data.extend_from_slice(base);
                break kind;
            }
            let entry = bundle.pack.entry(offset).ok().filter(|entry| entry.decompressed_size <= MAX)?;
            let size = usize::try_from(entry.decompressed_size).ok()?;
            match entry.header {
                Header::OfsDelta { base_distance } => {
                    let start = self.told.len();
                    self.told.resize(start + size, 0);
                    bundle.pack.decompress_entry(&entry, &mut self.inflate, &mut self.told[start..]).ok()?;
                    deltas.push((offset, start));
                    // A base stands before what is told by it, so that this comes to an end.
                    offset = Header::verified_base_pack_offset(offset, base_distance)?;
                }
                header => {
                    let kind = header.as_kind()?;
                    data.clear();
                    data.resize(size, 0);
                    bundle.pack.decompress_entry(&entry, &mut self.inflate, data).ok()?;
                    self.bases.put((pack, offset), kind, data);
                    break kind;
                }
            }
        };
        for (offset, start) in deltas.into_iter().rev() {
            delta::apply_to(data, &self.told[start..], MAX, &mut self.made)?;
            std::mem::swap(data, &mut self.made);
            self.told.truncate(start);
            self.bases.put((pack, offset), kind, data);
        }
        Some(kind)
    }
}

/// Where an object stands: the number of the pack, and the place in it.
type Place = (usize, u64);

/// What was read last, which others are told by.
#[derive(Default)]
struct Bases {
    newer: HashMap<Place, (Kind, Vec<u8>)>,
    older: HashMap<Place, (Kind, Vec<u8>)>,
    /// The bytes in `newer`.
    size: usize,
}

impl Bases {
    fn put(&mut self, place: Place, kind: Kind, data: &[u8]) {
        if data.len() > LARGEST {
            return;
        }
        if self.size + data.len() > ROOM {
            self.older = std::mem::take(&mut self.newer);
            self.size = 0;
        }
        self.size += data.len();
        self.newer.insert(place, (kind, data.to_vec()));
    }

    fn get(&self, place: Place) -> Option<(Kind, &[u8])> {
        let (kind, data) = self.newer.get(&place).or_else(|| self.older.get(&place))?;
        Some((*kind, data))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_last_is_there_and_what_is_older_goes() {
        let mut bases = Bases::default();
        let large = vec![b'x'; LARGEST];
        bases.put((1, 0), Kind::Tree, b"first");
        assert_eq!(bases.get((1, 0)), Some((Kind::Tree, b"first".as_slice())));
        assert_eq!(bases.get((2, 0)), None, "it is in another pack");
        for offset in 1..=8 {
            bases.put((1, offset), Kind::Blob, &large);
        }
        assert_eq!(bases.get((1, 0)), None);
        assert!(bases.get((1, 8)).is_some());
        bases.put((1, 9), Kind::Blob, &vec![b'x'; LARGEST + 1]);
        assert_eq!(bases.get((1, 9)), None, "it is too large");
        let kept: usize = bases.newer.values().chain(bases.older.values()).map(|(_, data)| data.len()).sum();
        assert!(kept <= 2 * ROOM, "{kept}");
    }
}
