//! All that is below a folder.

use std::collections::{BTreeMap, BTreeSet};

use gix_hash::ObjectId;
use gix_object::tree::EntryKind;

use super::{MOST_PATHS, Room, entries};
use crate::store::{Extent, Store, StoreError};

/// The paths below a folder, each with its object: regular files, and symbolic links; and what else there is.
#[derive(Debug, Default)]
pub(crate) struct Below {
    pub(crate) files: Vec<(String, ObjectId)>,
    pub(crate) links: Vec<(String, ObjectId)>,
    pub(crate) left_out: BTreeMap<String, &'static str>,
}

/// What is left out for its name.
pub(crate) const UNNAMEABLE: &str = "a file with a name that is no path here";

/// Lists what is below the tree of a folder, one load for each level.
pub(crate) fn below(store: &mut dyn Store, folder: Option<&str>, tree: ObjectId) -> Result<Below, StoreError> {
    below_within(&mut Room::new(MOST_PATHS), store, folder, tree)
}

pub(super) fn below_within(
    room: &mut Room,
    store: &mut dyn Store,
    folder: Option<&str>,
    tree: ObjectId,
) -> Result<Below, StoreError> {
    let mut found = Below::default();
    let mut level = vec![(folder.map(|folder| format!("{folder}/")).unwrap_or_default(), tree)];
    while !level.is_empty() {
        let trees: BTreeSet<ObjectId> = level.iter().map(|(_, id)| *id).collect();
        let trees: Vec<ObjectId> = trees.into_iter().collect();
        store.load(&trees, Extent::Alone)?;
        let mut next = Vec::new();
        for (folder, id) in level {
            for entry in entries(store.get(&id), id)? {
                let path = format!("{folder}{}", entry.filename);
                room.take(&path)?;
                if std::str::from_utf8(&entry.filename).is_err() {
                    found.left_out.insert(path, UNNAMEABLE);
                    continue;
                }
                match entry.mode.kind() {
                    EntryKind::Tree => next.push((format!("{path}/"), entry.oid)),
                    EntryKind::Blob | EntryKind::BlobExecutable => found.files.push((path, entry.oid)),
                    EntryKind::Link => found.links.push((path, entry.oid)),
                    EntryKind::Commit => _ = found.left_out.insert(path, "a submodule"),
                }
            }
        }
        level = next;
    }
    Ok(found)
}
