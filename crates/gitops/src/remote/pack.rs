//! [Packs](https://git-scm.com/docs/pack-format), read and written in memory.

use std::collections::{HashMap, HashSet};
use std::io::Write as _;

use gix_hash::{Kind as Hash, ObjectId};
use gix_object::Kind;
use gix_pack::data::entry::Header;
use gix_pack::data::input::{BytesToEntriesIter, EntryDataMode, Mode};
use gix_pack::data::{Version, header};

use crate::delta;
use crate::store::{NewObject, Object, StoreError};

/// The largest object that is taken, in bytes.
const MAX_OBJECT: u64 = 128 << 20;

fn malformed(reason: impl std::fmt::Display) -> StoreError {
    StoreError::Malformed(format!("its pack cannot be read: {reason}"))
}

/// An entry whose base has not been found yet.
struct Waiting {
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
        deltas.push(Waiting { offset, base, instructions: data });
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
            let made = delta::apply(&base.data, &delta.instructions, MAX_OBJECT);
            let data = made.ok_or_else(|| malformed("a delta does not fit its base"))?;
            let object = Object { kind: base.kind, data };
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

/// Writes a pack. Deltas stay deltas: those whose base is not in the pack only if it may be `thin`.
pub(super) fn write(objects: &[NewObject], thin: bool) -> Result<Vec<u8>, StoreError> {
    let other = |error: std::io::Error| StoreError::Other { operation: "write a pack for", source: error.into() };
    let count = u32::try_from(objects.len()).map_err(|error| StoreError::Malformed(error.to_string()))?;
    let inside: HashSet<ObjectId> = objects.iter().map(|new| new.id).collect();
    let mut pack = header::encode(Version::V2, count).to_vec();
    for NewObject { object, delta, .. } in objects {
        let (header, data) = match delta.as_ref().filter(|delta| thin || inside.contains(&delta.base)) {
            Some(delta) => (Header::RefDelta { base_id: delta.base }, &delta.instructions),
            None => (whole(object.kind), &object.data),
        };
        header.write_to(data.len() as u64, &mut pack).map_err(other)?;
        let mut deflate = gix_zlib::stream::deflate::Write::new(&mut pack, gix_zlib::Compression::default());
        deflate.write_all(data).and_then(|()| deflate.flush()).map_err(other)?;
    }
    let checksum = checksum(&pack)?;
    pack.extend_from_slice(checksum.as_slice());
    Ok(pack)
}

fn whole(kind: Kind) -> Header {
    match kind {
        Kind::Commit => Header::Commit,
        Kind::Tree => Header::Tree,
        Kind::Blob => Header::Blob,
        Kind::Tag => Header::Tag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Delta;

    fn blob(text: &str) -> NewObject {
        let object = Object { kind: Kind::Blob, data: text.as_bytes().to_vec() };
        NewObject { id: object.id(), object, delta: None }
    }

    fn by_id(objects: &[NewObject]) -> HashMap<ObjectId, Object> {
        objects.iter().map(|new| (new.id, new.object.clone())).collect()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let objects = [blob("one\n"), blob(""), blob(&"long ".repeat(10_000))];
        let pack = write(&objects, false).expect("written");
        assert_eq!(read(&pack, &HashMap::new()).expect("read"), by_id(&objects));
    }

    #[test]
    fn a_base_that_the_server_has_is_left_out_only_of_a_thin_pack() {
        let base = blob("hello, world\n");
        let delta = |base: &NewObject, instructions: &[u8], text: &str| NewObject {
            delta: Some(Delta { base: base.id, instructions: instructions.to_vec() }),
            ..blob(text)
        };
        let one = delta(&base, &[13, 5, 0x90, 5], "hello");
        let two = delta(&one, &[5, 4, 0x90, 4], "hell");
        let objects = [one, two];
        let thin = write(&objects, true).expect("written");
        assert!(read(&thin, &HashMap::new()).is_err(), "its base is not there");
        assert_eq!(read(&thin, &by_id(&[base])).expect("read"), by_id(&objects));
        let complete = write(&objects, false).expect("written");
        assert_eq!(read(&complete, &HashMap::new()).expect("read"), by_id(&objects));
        let none = [objects[0].id, objects[1].id].map(|id| complete.windows(20).any(|part| id.as_slice() == part));
        assert_eq!(none, [true, false], "the second is a delta of the first in both");
    }

    #[test]
    fn no_damaged_pack_is_believed_and_none_panics() {
        let pack = write(&[blob("one\n"), blob("two\n")], true).expect("written");
        for at in 0..pack.len() {
            for bit in 0..8 {
                let mut damaged = pack.clone();
                damaged[at] ^= 1 << bit;
                assert!(read(&damaged, &HashMap::new()).is_err(), "byte {at}, bit {bit}");
            }
            assert!(read(&pack[..at], &HashMap::new()).is_err(), "cut at {at}");
        }
    }
}
