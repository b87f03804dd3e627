//! Objects of packs that others are told by, kept for as long as they are in use.

use std::collections::HashMap;

use gix_object::Kind;
use gix_pack::cache::DecodeEntry;

/// How many bytes of objects are kept before the older half of them is forgotten.
const ROOM: usize = 4 << 20;

/// The objects of packs that were decoded last. A pack tells most objects as what they change of another one, which is
/// told so as well: without the other one at hand, up to fifty would be decoded for each.
#[derive(Default)]
pub(super) struct Bases {
    newer: HashMap<(u32, u64), Base>,
    older: HashMap<(u32, u64), Base>,
    /// The bytes in `newer`.
    size: usize,
}

struct Base {
    kind: Kind,
    data: Vec<u8>,
    compressed_size: usize,
}

impl DecodeEntry for Bases {
    fn put(&mut self, pack_id: u32, offset: u64, data: &[u8], kind: Kind, compressed_size: usize) {
        // One large object must not drive out all others.
        if data.len() > ROOM / 4 {
            return;
        }
        if self.size + data.len() > ROOM {
            self.older = std::mem::take(&mut self.newer);
            self.size = 0;
        }
        self.size += data.len();
        self.newer.insert((pack_id, offset), Base { kind, data: data.to_vec(), compressed_size });
    }

    fn get(&mut self, pack_id: u32, offset: u64, out: &mut Vec<u8>) -> Option<(Kind, usize)> {
        let place = (pack_id, offset);
        let base = self.newer.get(&place).or_else(|| self.older.get(&place))?;
        out.clear();
        out.extend_from_slice(&base.data);
        Some((base.kind, base.compressed_size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_decoded_last_is_there_and_what_is_older_goes() {
        let (mut bases, mut out) = (Bases::default(), b"what was there".to_vec());
        let large = vec![b'x'; ROOM / 4];
        bases.put(1, 0, b"first", Kind::Tree, 5);
        assert_eq!((bases.get(1, 0, &mut out), out.as_slice()), (Some((Kind::Tree, 5)), b"first".as_slice()));
        assert_eq!(bases.get(2, 0, &mut out), None, "it is in another pack");
        for offset in 1..=8 {
            bases.put(1, offset, &large, Kind::Blob, 9);
        }
        assert_eq!(bases.get(1, 0, &mut out), None);
        assert_eq!(bases.get(1, 8, &mut out), Some((Kind::Blob, 9)));
        bases.put(1, 9, &vec![b'x'; ROOM / 4 + 1], Kind::Blob, 9);
        assert_eq!(bases.get(1, 9, &mut out), None, "it is too large");
        let kept: usize = bases.newer.values().chain(bases.older.values()).map(|base| base.data.len()).sum();
        assert!(kept <= 2 * ROOM, "{kept}");
    }
}
