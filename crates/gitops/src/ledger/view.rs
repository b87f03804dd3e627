//! The files of the ledger, as its trees list them.

use std::collections::BTreeMap;

use embark_core::{DeploymentId, DeploymentKey, Target};
use gix_hash::ObjectId;
use gix_object::tree::EntryKind;

use super::CHUNK;
use super::entry::Entry;
use crate::object;
use crate::session::Session;
use crate::store::{Extent, Store, StoreError};
use crate::tree::{MOST_PATHS, Room};

/// A file of the ledger.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) target: Target,
    pub(super) id: DeploymentId,
    blob: ObjectId,
}

/// The files of the ledger, for each target the newest id first.
#[derive(Debug, Default)]
pub(super) struct View(BTreeMap<Target, Vec<File>>);

/// Returns where a deployment is kept.
pub(super) fn path(target: &Target, id: DeploymentId) -> String {
    format!("deployments/{}/{}/{id}.json", target.environment, target.component)
}

pub(super) fn absent(id: DeploymentId) -> StoreError {
    StoreError::NotFound(format!("deployment {id}"))
}

/// Returns the root tree of a commit that has been loaded.
pub(super) fn root(store: &dyn Store, commit: ObjectId) -> Result<ObjectId, StoreError> {
    let found = store.get(&commit).ok_or_else(|| StoreError::NotFound(format!("commit {commit}")))?;
    Ok(object::commit(&found.data)?.tree)
}

/// Lists what a tree holds that has been loaded: names, kinds and ids.
fn list(store: &dyn Store, id: ObjectId) -> Result<Vec<(String, EntryKind, ObjectId)>, StoreError> {
    let found = store.get(&id).ok_or_else(|| StoreError::NotFound(format!("object {id}")))?;
    let entries = object::tree(&found.data)?.into_iter();
    Ok(entries.map(|entry| (entry.filename.to_string(), entry.mode.kind(), entry.oid)).collect())
}

impl View {
    /// Lists the files at the ledger's tip. What is not named as an entry is passed over.
    pub(super) fn open(session: &mut Session) -> Result<Self, StoreError> {
        let Some(tip) = session.ledger_tip()? else { return Ok(Self::default()) };
        session.store.load(&[tip], Extent::Trees)?;
        let store = &*session.store;
        let folders = |id: ObjectId| -> Result<Vec<(String, ObjectId)>, StoreError> {
            let listed = list(store, id)?.into_iter();
            Ok(listed.filter(|(_, kind, _)| *kind == EntryKind::Tree).map(|(name, _, id)| (name, id)).collect())
        };
        let mut targets: BTreeMap<Target, Vec<File>> = BTreeMap::new();
        // Whoever may write the ledger may list one tree under many names.
        let mut room = Room::new(MOST_PATHS);
        let deployments = folders(root(store, tip)?)?.into_iter().find(|(name, _)| name == "deployments");
        for (environment, id) in deployments.map(|(_, id)| folders(id)).transpose()?.unwrap_or_default() {
            let Ok(environment) = environment.parse() else { continue };
            for (component, id) in folders(id)? {
                room.take(&component)?;
                let Ok(component) = component.parse() else { continue };
                let target = Target::new(&environment, &component);
                let file = |(name, kind, blob): (String, EntryKind, ObjectId)| {
                    let id: DeploymentId =
                        name.strip_suffix(".json").filter(|_| kind == EntryKind::Blob)?.parse().ok()?;
                    // An id can be written in two ways, and is in one.
                    (name == format!("{id}.json")).then(|| File { target: target.clone(), id, blob })
                };
                let listed = list(store, id)?;
                listed.iter().try_for_each(|(name, ..)| room.take(name))?;
                let mut files: Vec<File> = listed.into_iter().filter_map(file).collect();
                files.sort_by_key(|file| std::cmp::Reverse(file.id));
                targets.insert(target.clone(), files);
            }
        }
        Ok(Self(targets))
    }

    pub(super) fn targets(&self) -> impl Iterator<Item = &Target> {
        self.0.keys()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &File> {
        self.0.values().flatten()
    }

    /// Returns how many entries a target has.
    pub(super) fn count(&self, target: &Target) -> u64 {
        self.0.get(target).map_or(0, |files| files.len() as u64)
    }

    /// Returns the `chunk`-th lot of a target's files.
    pub(super) fn chunk(&self, target: &Target, chunk: usize) -> impl Iterator<Item = &File> {
        self.0.get(target).into_iter().flatten().skip(chunk * CHUNK).take(CHUNK)
    }
}

impl File {
    /// Finds the file of a deployment.
    pub(super) fn named(view: &View, key: &DeploymentKey) -> Result<Self, StoreError> {
        let files = view.0.get(&key.target).into_iter().flatten();
        files.into_iter().find(|file| file.id == key.id).cloned().ok_or_else(|| absent(key.id))
    }
}

/// Has the bytes of entries not be kept, once they have been read.
pub(super) fn forget(session: &mut Session, files: &[File]) {
    let blobs: Vec<ObjectId> = files.iter().map(|file| file.blob).collect();
    session.store.forget(&blobs);
}

/// Reads entries, in the order of `files`. One that cannot be read, or is of another deployment than its path says, is
/// passed over: whoever wrote it must not stop the others.
pub(super) fn read<'s>(
    session: &'s mut Session,
    files: &'s [File],
) -> Result<impl Iterator<Item = Entry> + use<'s>, StoreError> {
    let blobs: Vec<ObjectId> = files.iter().map(|file| file.blob).collect();
    session.store.load(&blobs, Extent::Alone)?;
    let store = &*session.store;
    let found: Vec<_> = files
        .iter()
        .map(|file| Ok((file, store.get(&file.blob).ok_or_else(|| absent(file.id))?)))
        .collect::<Result<_, StoreError>>()?;
    Ok(found.into_iter().filter_map(|(file, found)| match Entry::parse(&file.target, file.id, &found.data) {
        Ok(entry) => Some(entry),
        Err(reason) => {
            tracing::warn!(file = path(&file.target, file.id), reason, "an entry of the ledger is passed over");
            None
        }
    }))
}
