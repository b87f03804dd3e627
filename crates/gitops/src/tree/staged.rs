//! New trees over old ones: the large ones told as deltas.

use std::collections::{BTreeMap, HashMap};

use gix_hash::ObjectId;
use gix_object::Kind;
use gix_object::tree::{Entry, EntryKind};

use super::{bytes, entries};
use crate::delta;
use crate::object;
use crate::store::{Delta, NewObject, Object, Store, StoreError};

/// The smallest tree that is told as a delta, in bytes: what is pushed does not grow with what stands beside it.
const MIN_DELTA: usize = 256;

/// The trees that become one another in one push: version 0 is there already, and version `k` is the `k`-th rewrite.
#[derive(Default)]
struct Versions {
    lines: Vec<Vec<ObjectId>>,
    /// The line of each tree.
    line_of: HashMap<ObjectId, usize>,
}

impl Versions {
    /// Adds the tree that `old` became, and returns the one of which it is a delta: version `k & (k - 1)`, so that no
    /// chain of deltas has more links than `k` has bits, and each is to a tree not much older.
    fn add(&mut self, old: ObjectId, new: ObjectId) -> ObjectId {
        let line = *self.line_of.entry(old).or_insert_with(|| {
            self.lines.push(vec![old]);
            self.lines.len() - 1
        });
        self.line_of.insert(new, line);
        let versions = &mut self.lines[line];
        let version = versions.len();
        versions.push(new);
        versions[version & (version - 1)]
    }
}

/// New objects on top of a store.
pub(crate) struct Staged<'a> {
    store: &'a dyn Store,
    objects: Vec<NewObject>,
    places: HashMap<ObjectId, usize>,
    versions: Versions,
}

impl<'a> Staged<'a> {
    pub(crate) fn new(store: &'a dyn Store) -> Self {
        Self { store, objects: Vec::new(), places: HashMap::new(), versions: Versions::default() }
    }

    pub(crate) fn put(&mut self, object: Object) -> ObjectId {
        let id = object.id();
        if self.store.get(&id).is_none() && !self.places.contains_key(&id) {
            self.places.insert(id, self.objects.len());
            self.objects.push(NewObject { id, object, delta: None });
        }
        id
    }

    pub(crate) fn get(&self, id: &ObjectId) -> Option<&Object> {
        self.places.get(id).map(|at| &self.objects[*at].object).or_else(|| self.store.get(id))
    }

    pub(crate) fn into_objects(self) -> Vec<NewObject> {
        self.objects
    }

    /// Writes `files` over `root` and returns the new root. The trees on their paths must be loaded. Modes stay; a file
    /// that is not there is created.
    pub(crate) fn write(
        &mut self,
        root: Option<ObjectId>,
        files: BTreeMap<String, Vec<u8>>,
    ) -> Result<ObjectId, StoreError> {
        let files: Vec<(String, ObjectId)> =
            files.into_iter().map(|(path, data)| (path, self.put(Object { kind: Kind::Blob, data }))).collect();
        let files: Vec<(Vec<&str>, ObjectId)> =
            files.iter().map(|(path, blob)| (path.split('/').collect(), *blob)).collect();
        let files: Vec<(&[&str], ObjectId)> = files.iter().map(|(path, blob)| (path.as_slice(), *blob)).collect();
        self.write_tree(root, &files)
    }

    fn write_tree(&mut self, tree: Option<ObjectId>, files: &[(&[&str], ObjectId)]) -> Result<ObjectId, StoreError> {
        let mut entries = match tree {
            // What this push has written is as it should be.
            Some(id) if self.places.contains_key(&id) => entries(self.get(&id), id)?,
            Some(id) => object::tree_to_change(bytes(self.get(&id), id)?)?,
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
        let count = self.objects.len();
        let id = self.put(object::new_tree(entries)?);
        // A tree that is there already may be the base of others, and is left as it is.
        if let Some(tree) = tree.filter(|_| self.objects.len() > count) {
            let base = self.versions.add(tree, id);
            let delta = self.delta(base, &self.objects[count].object.data);
            self.objects[count].delta = delta;
        }
        Ok(id)
    }

    /// Tells a tree as a delta, where it is large and that saves at least half of it.
    fn delta(&self, base: ObjectId, tree: &[u8]) -> Option<Delta> {
        let old = self.get(&base).filter(|_| tree.len() >= MIN_DELTA)?;
        let instructions = delta::between_trees(&old.data, tree)?;
        (instructions.len() < tree.len() / 2).then_some(Delta { base, instructions })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::Local;

    fn files(names: impl Iterator<Item = usize>, content: usize) -> BTreeMap<String, Vec<u8>> {
        names.map(|name| (format!("apps/app-{name:05}.yaml"), format!("image: {content}\n").into_bytes())).collect()
    }

    /// A store that has nothing.
    fn nothing() -> Local {
        Local::new(std::path::Path::new("/nowhere"))
    }

    fn links(objects: &HashMap<ObjectId, &NewObject>, mut id: ObjectId) -> u32 {
        let mut links = 0;
        while let Some(delta) = objects.get(&id).and_then(|new| new.delta.as_ref()) {
            id = delta.base;
            links += 1;
        }
        links
    }

    #[test]
    fn a_thousand_rewrites_of_a_large_tree_are_short_and_their_chains_shallow() {
        let store = nothing();
        let mut staged = Staged::new(&store);
        let mut root = staged.write(None, files(0..500, 0)).expect("written");
        for number in 1..=1_000 {
            root = staged.write(Some(root), files([number * 7 % 500].into_iter(), number)).expect("written");
        }
        let objects = staged.into_objects();
        let by_id: HashMap<ObjectId, &NewObject> = objects.iter().map(|new| (new.id, new)).collect();
        let (mut large, mut length, mut depth) = (0, 0, 0);
        for (at, new) in objects.iter().enumerate().filter(|(_, new)| new.object.data.len() > MIN_DELTA) {
            large += 1;
            depth = depth.max(links(&by_id, new.id));
            let Some(delta) = &new.delta else { continue };
            length += delta.instructions.len();
            assert!(objects[..at].iter().any(|older| older.id == delta.base), "its base comes before it");
            let made = delta::apply(&by_id[&delta.base].object.data, &delta.instructions, u64::MAX);
            assert!(made.as_ref() == Some(&new.object.data), "{} is made again", new.id);
        }
        assert_eq!((large, depth), (1_001, 9), "999 of 1,000 in binary has eight ones, and 511 nine");
        assert!(length < 300 * 1_000, "{length} bytes");
    }

    #[test]
    fn a_tree_that_comes_back_is_never_its_own_base() {
        let store = nothing();
        let mut staged = Staged::new(&store);
        let first = staged.write(None, files(0..200, 0)).expect("written");
        let mut root = first;
        for number in 0..40 {
            root = staged.write(Some(root), files(0..1, number % 3)).expect("written");
        }
        let objects = staged.into_objects();
        let by_id: HashMap<ObjectId, &NewObject> = objects.iter().map(|new| (new.id, new)).collect();
        assert_eq!(by_id.len(), objects.len(), "each is sent once");
        assert!(objects.iter().any(|new| new.delta.is_some()));
        for (at, new) in objects.iter().enumerate() {
            let is_older = |delta: &Delta| objects[..at].iter().any(|older| older.id == delta.base);
            assert!(new.delta.as_ref().is_none_or(is_older));
        }
    }

    #[test]
    fn small_trees_commits_and_trees_that_are_quite_another_stay_whole() {
        let store = nothing();
        let mut staged = Staged::new(&store);
        let small = staged.write(None, files(0..4, 0)).expect("written");
        let small = staged.write(Some(small), files(0..1, 1)).expect("written");
        let grown = staged.write(Some(small), files(4..500, 0)).expect("written");
        staged.write(Some(grown), files(0..500, 2)).expect("written");
        assert!(staged.into_objects().iter().all(|new| new.delta.is_none()));
    }
}
