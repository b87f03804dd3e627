//! Paths in trees: found level by level, and written with only the trees that change.

mod below;
mod staged;

use std::collections::{BTreeSet, HashMap};

use gix_hash::ObjectId;
use gix_object::Kind;
use gix_object::tree::{Entry, EntryKind};

pub(crate) use self::below::{Below, UNNAMEABLE, below};
pub(crate) use self::staged::Staged;
use crate::object;
use crate::store::{Extent, Object, Store, StoreError};

/// How much memory the paths that are listed may take, in bytes: a million of them. A tree may hold another one many times,
/// and that another: a handful of objects can have more paths than there is memory for.
pub(crate) const MOST_PATHS: usize = 128 << 20;

/// What a path takes besides its text.
const OVERHEAD: usize = 64;

/// How long a path may be, in bytes; no system has [longer ones](https://man7.org/linux/man-pages/man0/limits.h.0p.html).
const LONGEST_PATH: usize = 4096;

/// The memory that is left for paths.
#[derive(Debug)]
pub(crate) struct Room(usize);

impl Room {
    pub(crate) fn new(most: usize) -> Self {
        Self(most)
    }

    /// Makes room for one more.
    pub(crate) fn take(&mut self, path: &str) -> Result<(), StoreError> {
        if path.len() > LONGEST_PATH {
            return Err(StoreError::Malformed(format!("a path has more than {LONGEST_PATH} bytes")));
        }
        let left = self.0.checked_sub(OVERHEAD + path.len());
        self.0 = left.ok_or_else(|| StoreError::Malformed("its trees have more paths than are read".into()))?;
        Ok(())
    }
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Node {
    Absent,
    File(ObjectId),
    Folder(ObjectId),
    /// Something that is neither, e.g. `a symbolic link`.
    Other(&'static str),
}

impl Node {
    fn of(entry: &Entry) -> Self {
        Self::at(entry.mode.kind(), entry.oid)
    }

    /// Tells what an entry of a tree is.
    pub(crate) fn at(kind: EntryKind, id: ObjectId) -> Self {
        match kind {
            EntryKind::Tree => Self::Folder(id),
            EntryKind::Blob | EntryKind::BlobExecutable => Self::File(id),
            EntryKind::Link => Self::Other("a symbolic link"),
            EntryKind::Commit => Self::Other("a submodule"),
        }
    }

    /// Returns what stands at any name below it, where it is no folder.
    pub(crate) fn below(self) -> Self {
        match self {
            Self::File(_) => Self::Other("below a file"),
            Self::Other("a symbolic link") => Self::Other("below a symbolic link"),
            Self::Other("a submodule") => Self::Other("below a submodule"),
            other => other,
        }
    }
}

/// Finds a path in each of many trees, one load for each level.
pub(crate) fn find(store: &mut dyn Store, places: &[(ObjectId, &str)]) -> Result<Vec<Node>, StoreError> {
    let mut nodes: Vec<Node> = places.iter().map(|(root, _)| Node::Folder(*root)).collect();
    let paths: Vec<Vec<&str>> = places.iter().map(|(_, path)| path.split('/').collect()).collect();
    let depth = paths.iter().map(Vec::len).max().unwrap_or_default();
    for level in 0..depth {
        let open = |at: &usize| paths[*at].len() > level;
        let folders: BTreeSet<ObjectId> = (0..nodes.len())
            .filter(open)
            .filter_map(|at| match nodes[at] {
                Node::Folder(id) => Some(id),
                _ => None,
            })
            .collect();
        store.load(&folders.iter().copied().collect::<Vec<_>>(), Extent::Alone)?;
        let mut trees: HashMap<ObjectId, Vec<Entry>> = HashMap::new();
        for id in folders {
            trees.insert(id, entries(store.get(&id), id)?);
        }
        for at in (0..nodes.len()).filter(open) {
            nodes[at] = match nodes[at] {
                Node::Folder(id) => {
                    let entry = trees[&id].iter().find(|entry| entry.filename == paths[at][level]);
                    entry.map_or(Node::Absent, Node::of)
                }
                other => other.below(),
            };
        }
    }
    Ok(nodes)
}

/// Lists the paths of the files below a tree, sorted. All its trees must be loaded.
pub(crate) fn list(store: &dyn Store, root: ObjectId) -> Result<Vec<String>, StoreError> {
    list_within(&mut Room::new(MOST_PATHS), store, root)
}

fn list_within(room: &mut Room, store: &dyn Store, root: ObjectId) -> Result<Vec<String>, StoreError> {
    let mut files = Vec::new();
    let mut open = vec![(String::new(), root)];
    while let Some((folder, id)) = open.pop() {
        for entry in entries(store.get(&id), id)? {
            // No values file has a name that is no text.
            let Ok(name) = std::str::from_utf8(&entry.filename) else { continue };
            let path = format!("{folder}{name}");
            room.take(&path)?;
            match Node::of(&entry) {
                Node::File(_) => files.push(path),
                Node::Folder(id) => open.push((format!("{path}/"), id)),
                Node::Absent | Node::Other(_) => {}
            }
        }
    }
    files.sort();
    Ok(files)
}

fn entries(object: Option<&Object>, id: ObjectId) -> Result<Vec<Entry>, StoreError> {
    object::tree(bytes(object, id)?)
}

fn bytes(object: Option<&Object>, id: ObjectId) -> Result<&[u8], StoreError> {
    match object {
        Some(object) if object.kind == Kind::Tree => Ok(&object.data),
        Some(_) => Err(StoreError::Malformed(format!("object {id} is no tree"))),
        None => Err(StoreError::NotFound(format!("object {id}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::Local;
    use crate::store::NewObject;

    /// Writes a tree that holds one object under many names.
    fn tree_of(local: &mut Local, names: usize, kind: EntryKind, id: ObjectId) -> ObjectId {
        let entry = |at| Entry { mode: kind.into(), filename: format!("{at:02}").into(), oid: id };
        let object = object::new_tree((0..names).map(entry).collect()).expect("it is a tree");
        let new = NewObject { id: object.id(), object, delta: None };
        local.write(std::slice::from_ref(&new)).expect("it is written");
        new.id
    }

    #[test]
    fn a_handful_of_trees_with_a_billion_paths_is_given_up() {
        let folder = tempfile::tempdir().expect("a folder");
        gix::init_bare(folder.path()).expect("it is made");
        let mut local = Local::new(folder.path());
        let blob = Object { kind: Kind::Blob, data: b"a".to_vec() };
        let new = NewObject { id: blob.id(), object: blob, delta: None };
        local.write(std::slice::from_ref(&new)).expect("it is written");
        let mut ids = vec![tree_of(&mut local, 10, EntryKind::Blob, new.id)];
        for _ in 0..8 {
            let below = ids[ids.len() - 1];
            ids.push(tree_of(&mut local, 10, EntryKind::Tree, below));
        }
        local.load(&ids, Extent::Alone).expect("they are there");
        assert_eq!(list(&local, ids[1]).expect("they are few").len(), 100);
        let top = ids[ids.len() - 1];
        for error in [
            list_within(&mut Room::new(100_000), &local, top).map(drop),
            below::below_within(&mut Room::new(100_000), &mut local, None, top).map(drop),
        ] {
            let error = error.expect_err("it is given up").to_string();
            assert!(error.contains("more paths than are read"), "{error}");
        }
    }
}
