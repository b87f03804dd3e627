//! The way along first parents, with what changed at some paths: one commit in memory at a time.

mod paths;

use embark_core::FilePath;
use gix_hash::ObjectId;
use gix_object::Kind;

use self::paths::Paths;
use crate::object;
use crate::store::StoreError;
use crate::tree::Node;

/// Which commits to walk, and what is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk<'a> {
    /// Where to start, itself included.
    pub(crate) from: ObjectId,
    /// Where to stop: it is left out.
    pub(crate) until: Option<ObjectId>,
    /// At what is looked.
    pub(crate) paths: &'a [FilePath],
    /// How many commits that changed something are enough.
    pub(crate) limit: usize,
    /// Whether a walk before this one has ended where it starts.
    pub(crate) goes_on: bool,
}

/// A commit that changed what stands at one of the paths, compared with its first parent.
#[derive(Debug)]
pub(crate) struct Passed {
    pub(crate) id: ObjectId,
    pub(crate) commit: object::Commit,
    /// What stands at each path.
    pub(crate) after: Vec<Node>,
    /// What stood there in the first parent.
    pub(crate) before: Vec<Node>,
}

/// Where objects are read one by one, and not kept.
pub(crate) trait Objects {
    /// Reads an object, which must be of this kind and hash to its id, in place of what is in `data`.
    fn read(&mut self, id: ObjectId, kind: Kind, data: &mut Vec<u8>) -> Result<(), StoreError>;
}

/// Walks commits, newest first, and returns those that changed something.
///
/// Of each commit its own bytes and its root tree are read, and of the folders on the paths those that changed; no file
/// is. A tree that the commit before had as well is not read again.
pub(crate) fn walk(objects: &mut dyn Objects, walk: &Walk<'_>) -> Result<Vec<Passed>, StoreError> {
    let mut found = Vec::new();
    if walk.limit == 0 || walk.until == Some(walk.from) {
        return Ok(found);
    }
    let mut paths = Paths::new(walk.paths);
    let (mut id, mut data, mut older) = (walk.from, Vec::new(), Vec::new());
    objects.read(id, Kind::Commit, &mut data)?;
    let (tree, mut parent) = object::links(&data)?;
    paths.go_to(objects, Some(tree))?;
    let mut after = paths.nodes().to_vec();
    loop {
        let (mut tree, mut next) = (None, None);
        if let Some(parent) = parent {
            objects.read(parent, Kind::Commit, &mut older)?;
            let (its_tree, its_parent) = object::links(&older)?;
            (tree, next) = (Some(its_tree), its_parent);
        }
        paths.go_to(objects, tree)?;
        if paths.nodes() != after {
            let (commit, before) = (object::commit(&data)?, paths.nodes().to_vec());
            found.push(Passed { id, commit, after: std::mem::replace(&mut after, before.clone()), before });
        }
        match parent {
            Some(older) if found.len() < walk.limit && Some(older) != walk.until => id = older,
            _ => return Ok(found),
        }
        std::mem::swap(&mut data, &mut older);
        parent = next;
    }
}

#[cfg(test)]
mod tests;
