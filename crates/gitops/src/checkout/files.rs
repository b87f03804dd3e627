//! The files of a commit.

use std::collections::BTreeMap;

use gix_hash::ObjectId;
use gix_object::tree::EntryKind;

use crate::local::boxed;
use crate::store::BoxError;

/// Reads the files of a commit whose paths are wanted; `None` where the commit is not there.
pub(super) fn read(
    repository: &gix::Repository,
    commit: ObjectId,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<Option<BTreeMap<String, Vec<u8>>>, BoxError> {
    let Some(commit) = find(repository, commit)? else { return Ok(None) };
    let mut files = BTreeMap::new();
    for (path, id) in list(repository, commit.tree_id().map_err(boxed)?.detach(), "")? {
        if is_wanted(&path) {
            files.insert(path, std::mem::take(&mut repository.find_object(id).map_err(boxed)?.data));
        }
    }
    Ok(Some(files))
}

/// Finds a commit.
pub(super) fn find(repository: &gix::Repository, id: ObjectId) -> Result<Option<gix::Commit<'_>>, BoxError> {
    let found = repository.try_find_object(id).map_err(boxed)?;
    Ok(found.and_then(|found| found.try_into_commit().ok()))
}

/// Lists the regular files below a tree.
pub(super) fn list(
    repository: &gix::Repository,
    root: ObjectId,
    folder: &str,
) -> Result<Vec<(String, ObjectId)>, BoxError> {
    let mut files = Vec::new();
    let mut open = vec![(folder.to_owned(), root)];
    while let Some((folder, id)) = open.pop() {
        for entry in repository.find_tree(id).map_err(boxed)?.iter() {
            let entry = entry.map_err(boxed)?;
            // No file that matters has a name that is no text.
            let Ok(name) = std::str::from_utf8(entry.filename()) else { continue };
            match entry.mode().kind() {
                EntryKind::Tree => open.push((format!("{folder}{name}/"), entry.object_id())),
                EntryKind::Blob | EntryKind::BlobExecutable => {
                    files.push((format!("{folder}{name}"), entry.object_id()));
                }
                EntryKind::Link | EntryKind::Commit => {}
            }
        }
    }
    Ok(files)
}
