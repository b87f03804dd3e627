//! [Packs](https://git-scm.com/docs/pack-format), read and written in memory.

use std::collections::HashMap;
use std::io::Write as _;

use gix_hash::{Kind as Hash, ObjectId};
use gix_object::Kind;
use gix_pack::data::entry::Header;
use gix_pack::data::input::{BytesToEntriesIter, EntryDataMode, Mode};
use gix_pack::data::{Version, header};

use crate::store::{Object, StoreError};

/// The largest object that is taken, in bytes.
const MAX_OBJECT: u64 = 128 << 20;

fn malformed(reason: impl std::fmt::Display) -> StoreError {
    StoreError::Malformed(format!("its pack cannot be read: {reason}"))
}

/// An entry whose base has not been found yet.
struct Delta {
    offset: u64,
    base: Base,
    instructions: Vec<u8>,
}

enum Base {
    Offset(u64),
    Id(ObjectId),
}

/// Reads all objects of a pack, each under the id that its bytes hash to. Bases may be in `known`.
pub(super) fn read(bytes: &[u8], known: &HashMap<ObjectId, Object>) -> Result<HashMap<ObjectId, Object>, StoreError> {
    verify(bytes)?;
    let entries = BytesToEntriesIter::new_from_header(bytes, Mode::AsIs, EntryDataMode::Keep, Hash::Sha1);
    let mut objects = HashMap::new();
    let mut ids: HashMap<u64, ObjectId> = HashMap::new();
    let mut deltas = Vec::new();
    for entry in entries.map_err(malformed)? {
        let entry = entry.map_err(malformed)?;
        if entry.decompressed_size > MAX_OBJECT {
            return Err(malformed(format!("an object has {} bytes", entry.decompressed_size)));
        }
        let data = inflate(entry.compressed.as_deref().unwrap_or_default(), entry.decompressed_size)?;
        let offset = entry.pack_offset;
        let base = match entry.header {
            Header::OfsDelta { base_distance } => {
                let base = Header::verified_base_pack_offset(offset, base_distance);
                Base::Offset(base.ok_or_else(|| malformed("a delta has no base"))?)
            }
            Header::RefDelta { base_id } => Base::Id(base_id),
            plain => {
                let kind = plain.as_kind().ok_or_else(|| malformed("an object has no kind"))?;
                let object = Object { kind, data };
                let id = object.id();
                ids.insert(offset, id);
                objects.insert(id, object);
                continue;
            }
        };
        deltas.push(Delta { offset, base, instructions: data });
    }
    // A base may be a delta itself, and stand behind: what cannot be resolved yet waits for the next round.
    while !deltas.is_empty() {
        let before = deltas.len();
        let mut waiting = Vec::new();
        for delta in deltas {
            let base = match &delta.base {
                Base::Offset(offset) => ids.get(offset),
                Base::Id(id) => Some(id),
            };
            let base = base.and_then(|id| objects.get(id).or_else(|| known.get(id)));
            let Some(base) = base else {
                waiting.push(delta);
                continue;
            };
            let object = Object { kind: base.kind, data: apply(&base.data, &delta.instructions)? };
            let id = object.id();
            ids.insert(delta.offset, id);
            objects.insert(id, object);
        }
        if waiting.len() == before {
            return Err(malformed("the base of a delta is missing"));
        }
        deltas = waiting;
    }
    Ok(objects)
}

/// Compares the checksum at the end with the bytes before it, which an iterator does not for a pack of nothing.
fn verify(bytes: &[u8]) -> Result<(), StoreError> {
    let end = bytes.len().checked_sub(Hash::Sha1.len_in_bytes()).ok_or_else(|| malformed("it is cut off"))?;
    if checksum(&bytes[..end])?.as_slice() == &bytes[end..] { Ok(()) } else { Err(malformed("its checksum is wrong")) }
}

fn checksum(bytes: &[u8]) -> Result<ObjectId, StoreError> {
    let mut hasher = gix_hash::hasher(Hash::Sha1);
    hasher.update(bytes);
    hasher.try_finalize().map_err(malformed)
}

fn inflate(compressed: &[u8], size: u64) -> Result<Vec<u8>, StoreError> {
    let mut data = vec![0; usize::try_from(size).map_err(malformed)?];
    let (_, _, written) = gix_zlib::Inflate::default().once(compressed, &mut data).map_err(malformed)?;
    if written == data.len() { Ok(data) } else { Err(malformed("an object is shorter than it says")) }
}

/// Makes an object of its base and the [instructions](https://git-scm.com/docs/pack-format#_deltified_representation) of a delta.
fn apply(base: &[u8], instructions: &[u8]) -> Result<Vec<u8>, StoreError> {
    let wrong = || malformed("a delta does not fit its base");
    let mut rest = instructions;
    let base_size = size(&mut rest).ok_or_else(wrong)?;
    let size = size(&mut rest).filter(|size| *size <= MAX_OBJECT).ok_or_else(wrong)?;
    if base_size != base.len() as u64 {
        return Err(wrong());
    }
    let size = usize::try_from(size).map_err(malformed)?;
    let mut data = Vec::new();
    while let Some((&instruction, tail)) = rest.split_first() {
        rest = tail;
        let part = if instruction & 0x80 == 0 {
            // Seven bits that say how many new bytes follow; none is reserved.
            let (part, tail) = rest.split_at_checked(usize::from(instruction)).ok_or_else(wrong)?;
            rest = tail;
            part
        } else {
            let mut number = |bits: std::ops::Range<u8>| {
                bits.clone().try_fold(0_usize, |number, bit| {
                    if instruction >> bit & 1 == 0 {
                        return Some(number);
                    }
                    let (&byte, tail) = rest.split_first()?;
                    rest = tail;
                    Some(number | usize::from(byte) << (8 * (bit - bits.start)))
                })
            };
            let (start, length) = (number(0..4).ok_or_else(wrong)?, number(4..7).ok_or_else(wrong)?);
            let length = if length == 0 { 0x10000 } else { length };
            base.get(start..start + length).ok_or_else(wrong)?
        };
        if part.is_empty() || data.len() + part.len() > size {
            return Err(wrong());
        }
        data.extend_from_slice(part);
    }
    if data.len() == size { Ok(data) } else { Err(wrong()) }
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

/// Writes a pack of whole objects.
pub(super) fn write(objects: &[(ObjectId, Object)]) -> Result<Vec<u8>, StoreError> {
    let other = |error: std::io::Error| StoreError::Other { operation: "write a pack for", source: error.into() };
    let count = u32::try_from(objects.len()).map_err(|error| StoreError::Malformed(error.to_string()))?;
    let mut pack = header::encode(Version::V2, count).to_vec();
    for (_, object) in objects {
        let header = match object.kind {
            Kind::Commit => Header::Commit,
            Kind::Tree => Header::Tree,
            Kind::Blob => Header::Blob,
            Kind::Tag => Header::Tag,
        };
        header.write_to(object.data.len() as u64, &mut pack).map_err(other)?;
        let mut deflate = gix_zlib::stream::deflate::Write::new(&mut pack, gix_zlib::Compression::default());
        deflate.write_all(&object.data).and_then(|()| deflate.flush()).map_err(other)?;
    }
    let checksum = checksum(&pack)?;
    pack.extend_from_slice(checksum.as_slice());
    Ok(pack)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(text: &str) -> (ObjectId, Object) {
        let object = Object { kind: Kind::Blob, data: text.as_bytes().to_vec() };
        (object.id(), object)
    }

    #[test]
    fn what_is_written_is_read_again() {
        let objects = [blob("one\n"), blob(""), blob(&"long ".repeat(10_000))];
        let pack = write(&objects).expect("written");
        assert_eq!(read(&pack, &HashMap::new()).expect("read"), HashMap::from(objects));
    }

    #[test]
    fn no_damaged_pack_is_believed_and_none_panics() {
        let pack = write(&[blob("one\n"), blob("two\n")]).expect("written");
        for at in 0..pack.len() {
            for bit in 0..8 {
                let mut damaged = pack.clone();
                damaged[at] ^= 1 << bit;
                assert!(read(&damaged, &HashMap::new()).is_err(), "byte {at}, bit {bit}");
            }
            assert!(read(&pack[..at], &HashMap::new()).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_delta_copies_and_inserts() {
        let base = b"hello, world\n";
        // 13 bytes become 11: five copied from the start, six new ones.
        let delta = [&[13, 11, 0x90, 5, 6][..], b" again"].concat();
        assert_eq!(apply(base, &delta).expect("applied"), b"hello again");
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
            assert!(apply(base, wrong).is_err(), "{name}");
        }
    }
}
