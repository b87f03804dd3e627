//! A long way along the branch, in stretches: commits and trees of one stretch are in memory, and no files.

use gix_hash::ObjectId;
use gix_object::Kind;

use super::Remote;
use super::fetch::{Filter, Request};
use crate::store::{Extent, Store as _, StoreError};
use crate::tree;
use crate::walk::{Objects, Walk};

/// How many commits the first stretch has.
pub(super) const FIRST: usize = 256;

/// How many commits a stretch has at most.
const MOST: usize = 8192;

/// With more bytes than that in a stretch, the next one is half as long; with less than a quarter, twice.
const ROOM: usize = 32 << 20;

/// Reads what is in memory, and the next stretch of the branch where that ends.
pub(super) struct Stretches<'r>(pub(super) &'r mut Remote);

impl Stretches<'_> {
    /// Loads the newest commits and what the walk asks of them, and no other trees: most walks go no further.
    pub(super) fn load_first(&mut self, walk: &Walk<'_>) -> Result<(), StoreError> {
        let remote = &mut *self.0;
        let chain = remote.chain(walk.from, walk.until, FIRST)?;
        let mut roots = chain.iter().map(|id| remote.tree(id)).collect::<Result<Vec<_>, _>>()?;
        let parent = chain.last().map(|last| remote.commit(last)).transpose()?;
        if let Some(parent) = parent.and_then(|last| last.parents.first().copied()) {
            remote.load(&[parent], Extent::Root)?;
            roots.push(remote.tree(&parent)?);
        }
        let places = roots.iter().flat_map(|root| walk.paths.iter().map(|path| (*root, path.as_str())));
        tree::find(remote, &places.collect::<Vec<_>>()).map(|_| ())
    }

    /// Fetches the commits from `from` on with all of their trees, in place of what was in memory.
    fn go_on(&mut self, from: ObjectId) -> Result<(), StoreError> {
        let remote = &mut *self.0;
        remote.objects.clear();
        remote.whole.clear();
        let wants = [from];
        remote.fetch(&Request { depth: Some(remote.stretch), ..Request::new(&wants, Filter::Trees) })?;
        let size: usize = remote.objects.values().map(|object| object.data.len()).sum();
        tracing::debug!(commits = remote.stretch, bytes = size, "read a stretch of the branch");
        if size > ROOM {
            remote.stretch = (remote.stretch / 2).max(FIRST / 4);
        } else if size < ROOM / 4 {
            remote.stretch = (remote.stretch * 2).min(MOST);
        }
        Ok(())
    }
}

impl Objects for Stretches<'_> {
    fn read(&mut self, id: ObjectId, kind: Kind, data: &mut Vec<u8>) -> Result<(), StoreError> {
        if !self.0.objects.contains_key(&id) {
            match kind {
                Kind::Commit => self.go_on(id)?,
                _ => self.0.load(&[id], Extent::Alone)?,
            }
        }
        match self.0.objects.get(&id) {
            Some(object) if object.kind == kind => {
                data.clear();
                data.extend_from_slice(&object.data);
                Ok(())
            }
            Some(_) => Err(StoreError::Malformed(format!("object {id} is no {kind}"))),
            None => Err(StoreError::NotFound(format!("object {id}"))),
        }
    }
}
