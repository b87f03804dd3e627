//! Paths in trees: found level by level, and written with only the trees that change.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gix_hash::ObjectId;
use gix_object::Kind;
use gix_object::tree::{Entry, EntryKind};

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

/// New objects on top of a store.
pub(crate) struct Staged<'a> {
    store: &'a dyn Store,
    objects: Vec<(ObjectId, Object)>,
    places: HashMap<ObjectId, usize>,
}

impl<'a> Staged<'a> {
    pub(crate) fn new(store: &'a dyn Store) -> Self {
        Self { store, objects: Vec::new(), places: HashMap::new() }
    }

    pub(crate) fn put(&mut self, object: Object) -> ObjectId {
        let id = object.id();
        if self.store.get(&id).is_none() && !self.places.contains_key(&id) {
            self.places.insert(id, self.objects.len());
            self.objects.push((id, object));
        }
        id
    }

    pub(crate) fn get(&self, id: &ObjectId) -> Option<&Object> {
        self.places.get(id).map(|at| &self.objects[*at].1).or_else(|| self.store.get(id))
    }

    pub(crate) fn into_objects(self) -> Vec<(ObjectId, Object)> {
        self.objects
    }

    /// Writes `files` over `root` and returns the new root. The trees on their paths must be loaded. Modes stay; a file
    /// that is not there is created.
    pub(crate) fn write(
        &mut self,
        root: Option<ObjectId>,
        files: &BTreeMap<String, Vec<u8>>,
    ) -> Result<ObjectId, StoreError> {
        let files: Vec<(Vec<&str>, ObjectId)> = files
            .iter()
            .map(|(path, bytes)| {
                let blob = self.put(Object { kind: Kind::Blob, data: bytes.clone() });
                (path.split('/').collect(), blob)
            })
            .collect();
        let files: Vec<(&[&str], ObjectId)> = files.iter().map(|(path, blob)| (path.as_slice(), *blob)).collect();
        self.write_tree(root, &files)
    }

    fn write_tree(&mut self, tree: Option<ObjectId>, files: &[(&[&str], ObjectId)]) -> Result<ObjectId, StoreError> {
        let mut entries = match tree {
            Some(id) => entries(self.get(&id), id)?,
            None => Vec::new(),
        };
        let mut folders: BTreeMap<&str, Vec<(&[&str], ObjectId)>> = BTreeMap::new();
        for (path, blob) in files {
            match path {
                [name] => set(&mut entries, name, EntryKind::Blob, *blob)?,
                [name, rest @ ..] => folders.entry(*name).or_default().push((rest, *blob)),
                [] => {}
            }
        }
        for (name, files) in folders {
            let existing = entries.iter().find(|entry| entry.filename == name).map(|entry| entry.oid);
            let id = self.write_tree(existing, &files)?;
            set(&mut entries, name, EntryKind::Tree, id)?;
        }
        Ok(self.put(object::new_tree(entries)?))
    }
}

fn set(entries: &mut Vec<Entry>, name: &str, kind: EntryKind, oid: ObjectId) -> Result<(), StoreError> {
    let is_same_kind = |entry: &Entry| match entry.mode.kind() {
        EntryKind::Blob | EntryKind::BlobExecutable => kind == EntryKind::Blob,
        EntryKind::Tree => kind == EntryKind::Tree,
        EntryKind::Link | EntryKind::Commit => false,
    };
    match entries.iter_mut().find(|entry| entry.filename == name) {
        Some(entry) if is_same_kind(entry) => entry.oid = oid,
        Some(_) => {
            return Err(StoreError::Rejected(format!("{name} is neither a file nor a folder, or the other one")));
        }
        None => entries.push(Entry { mode: kind.into(), filename: name.into(), oid }),
    }
    Ok(())
}
