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

/// How much is taken of what a server sends, in bytes, once it is unpacked: a short delta can stand for a large object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Of one object.
    pub(super) object: u64,
    /// Of all objects of a pack.
    pub(super) pack: u64,
}

const LIMITS: Limits = Limits { object: 128 << 20, pack: 1 << 30 };

fn malformed(reason: impl std::fmt::Display) -> StoreError {
    StoreError::Malformed(format!("its pack cannot be read: {reason}"))
}

/// An entry that says how its object is made of another one.
struct Delta {
    offset: u64,
    base: Base,
    instructions: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Base {
    Offset(u64),
    Id(ObjectId),
}

/// Reads all objects of a pack, each under the id that its bytes hash to. Bases may be in `known`.
pub(super) fn read(bytes: &[u8], known: &HashMap<ObjectId, Object>) -> Result<HashMap<ObjectId, Object>, StoreError> {
    read_within(LIMITS, bytes, known)
}

/// Reads a pack that is not larger than it may be.
pub(super) fn read_within(
    limits: Limits,
    bytes: &[u8],
    known: &HashMap<ObjectId, Object>,
) -> Result<HashMap<ObjectId, Object>, StoreError> {
    verify(bytes)?;
    let entries = BytesToEntriesIter::new_from_header(bytes, Mode::AsIs, EntryDataMode::Keep, Hash::Sha1);
    let mut found = Found { limits, size: 0, objects: HashMap::new(), ids: HashMap::new() };
    let mut deltas = Vec::new();
    for entry in entries.map_err(malformed)? {
        let entry = entry.map_err(malformed)?;
        found.make_room(entry.decompressed_size)?;
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
                found.keep(offset, Object { kind, data });
                continue;
            }
        };
        deltas.push(Delta { offset, base, instructions: data });
    }
    found.resolve(deltas, known)?;
    Ok(found.objects)
}

/// What has been read of a pack.
struct Found {
    limits: Limits,
    /// Of all that was unpacked.
    size: u64,
    objects: HashMap<ObjectId, Object>,
    ids: HashMap<u64, ObjectId>,
}

impl Found {
    /// Counts what is about to be unpacked.
    fn make_room(&mut self, size: u64) -> Result<(), StoreError> {
        self.size = self.size.saturating_add(size);
        if size > self.limits.object {
            Err(malformed(format!("an object has {size} bytes")))
        } else if self.size > self.limits.pack {
            Err(malformed(format!("its objects have more than {} bytes", self.limits.pack)))
        } else {
            Ok(())
        }
    }

    fn keep(&mut self, offset: u64, object: Object) -> ObjectId {
        let id = object.id();
        self.ids.insert(offset, id);
        self.objects.insert(id, object);
        id
    }

    fn base<'a>(&'a self, base: &Base, known: &'a HashMap<ObjectId, Object>) -> Option<&'a Object> {
        let id = match base {
            Base::Offset(offset) => self.ids.get(offset)?,
            Base::Id(id) => id,
        };
        self.objects.get(id).or_else(|| known.get(id))
    }

    /// Makes the objects of deltas. A base may be a delta itself, and stand behind: what waits for it is taken up when it
    /// is there, so that no order of them takes longer than another.
    fn resolve(&mut self, deltas: Vec<Delta>, known: &HashMap<ObjectId, Object>) -> Result<(), StoreError> {
        let mut waiting: HashMap<Base, Vec<Delta>> = HashMap::new();
        let (mut ready, absent): (Vec<_>, Vec<_>) =
            deltas.into_iter().partition(|delta| self.base(&delta.base, known).is_some());
        for delta in absent {
            waiting.entry(delta.base).or_default().push(delta);
        }
        while let Some(delta) = ready.pop() {
            let base = self.base(&delta.base, known).ok_or_else(|| malformed("the base of a delta is missing"))?;
            let room = self.limits.object.min(self.limits.pack.saturating_sub(self.size));
            let made = delta::apply(&base.data, &delta.instructions, room);
            let data = made.ok_or_else(|| malformed("a delta does not fit its base, or makes too large an object"))?;
            let kind = base.kind;
            self.make_room(data.len() as u64)?;
            let id = self.keep(delta.offset, Object { kind, data });
            for base in [Base::Offset(delta.offset), Base::Id(id)] {
                ready.extend(waiting.remove(&base).into_iter().flatten());
            }
        }
        if waiting.is_empty() { Ok(()) } else { Err(malformed("the base of a delta is missing")) }
    }
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
    use std::time::{Duration, Instant};

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
    #[test]
    fn deltas_in_the_worst_order_are_read_as_fast_as_others() {
        // Each is the base of the one before it, so that the last one must be read first.
        let texts: Vec<String> = (0..20_000).map(|at| format!("{at:08}")).collect();
        let new: Vec<NewObject> = texts.iter().map(|text| blob(text)).collect();
        let deltas = texts.iter().enumerate().map(|(at, text)| {
            let instructions = [&[8, 8, 8][..], text.as_bytes()].concat();
            NewObject { delta: new.get(at + 1).map(|base| Delta { base: base.id, instructions }), ..new[at].clone() }
        });
        let pack = write(&deltas.collect::<Vec<_>>(), true).expect("written");
        let started = Instant::now();
        assert_eq!(read(&pack, &HashMap::new()).expect("read"), by_id(&new));
        assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    }

    #[test]
    fn a_pack_that_holds_far_more_than_it_has_is_given_up() {
        let limits = Limits { object: 1_000, pack: 10_000 };
        let base = blob(&"x".repeat(900));
        let made = |copies: usize| {
            // Each instruction copies 0x60 bytes from the beginning.
            let size = copies * 0x60;
            let head = [0x84, 0x07, (size & 0x7f | 0x80).to_le_bytes()[0], (size >> 7).to_le_bytes()[0]];
            let instructions = [&head[..], &[0x90, 0x60].repeat(copies)].concat();
            NewObject { delta: Some(Delta { base: base.id, instructions }), ..blob(&"x".repeat(size)) }
        };
        let read = |objects: &[NewObject]| {
            let pack = write(&[std::slice::from_ref(&base), objects].concat(), false).expect("written");
            read_within(limits, &pack, &HashMap::new())
        };
        assert_eq!(read(&[made(9)]).expect("read").len(), 2);
        assert!(read(&[made(11)]).is_err(), "an object of more than 1,000 bytes");
        let several: Vec<NewObject> = vec![made(10); 10];
        assert!(read(&several).is_err(), "more than 10,000 bytes in all");
    }
}
