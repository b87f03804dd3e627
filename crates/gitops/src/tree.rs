//! Paths in trees: found level by level, and written with only the trees that change.

mod below;
mod staged;

use std::collections::{BTreeSet, HashMap};

use gix_hash::ObjectId;
use gix_object::Kind;
use gix_object::tree::{Entry, EntryKind};

pub(crate) use self::below::{Below, below};
pub(crate) use self::staged::Staged;
use crate::object;
use crate::store::{Extent, Object, Store, StoreError};

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
        match entry.mode.kind() {
            EntryKind::Tree => Self::Folder(entry.oid),
            EntryKind::Blob | EntryKind::BlobExecutable => Self::File(entry.oid),
            EntryKind::Link => Self::Other("a symbolic link"),
            EntryKind::Commit => Self::Other("a submodule"),
        }
    }

    /// Returns what stands at the first of `parts` below it; `None` where its tree must be looked into.
    fn below(self) -> Self {
        match self {
            Self::File(_) => Self::Other("below a file"),
            Self::Other("a symbolic link") => Self::Other("below a symbolic link"),
            Self::Other(_) => Self::Other("below a submodule"),
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
    let mut files = Vec::new();
    let mut open = vec![(String::new(), root)];
    while let Some((folder, id)) = open.pop() {
        for entry in entries(store.get(&id), id)? {
            // No values file has a name that is no text.
            let Ok(name) = std::str::from_utf8(&entry.filename) else { continue };
            match Node::of(&entry) {
                Node::File(_) => files.push(format!("{folder}{name}")),
                Node::Folder(id) => open.push((format!("{folder}{name}/"), id)),
                Node::Absent | Node::Other(_) => {}
            }
        }
    }
    files.sort();
    Ok(files)
}

fn entries(object: Option<&Object>, id: ObjectId) -> Result<Vec<Entry>, StoreError> {
    match object {
        Some(object) if object.kind == Kind::Tree => object::tree(&object.data),
        Some(_) => Err(StoreError::Malformed(format!("object {id} is no tree"))),
        None => Err(StoreError::NotFound(format!("object {id}"))),
    }
}
