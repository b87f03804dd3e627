//! Objects and refs of one git repository, on disk or on a server: the seam below which transports differ.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use embark_core::ports::SigningError;
use gix_hash::ObjectId;
use gix_object::Kind;

use crate::object;
use crate::walk::{Passed, Walk};

/// An object as git hashes it, without its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) kind: Kind,
    pub(crate) data: Vec<u8>,
}

impl Object {
    /// Computes its id.
    pub(crate) fn id(&self) -> ObjectId {
        // Hashing fails only for input that was made to collide, which is then no object of ours.
        gix_object::compute_hash(gix_hash::Kind::Sha1, self.kind, &self.data)
            .unwrap_or_else(|_| ObjectId::null(gix_hash::Kind::Sha1))
    }
}

/// An object that a repository is to get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewObject {
    pub(crate) id: ObjectId,
    pub(crate) object: Object,
    /// A shorter way to say the same.
    pub(crate) delta: Option<Delta>,
}

/// An object, told as instructions on another one that the repository has, or gets in the same push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delta {
    pub(crate) base: ObjectId,
    /// See [`crate::delta`].
    pub(crate) instructions: Vec<u8>,
}

/// What else to load with the objects that are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Nothing.
    Alone,
    /// Of a commit, its root tree.
    Root,
    /// Of a commit, all its trees but no blobs: for a small tree that is read whole (the ledger).
    Trees,
}

/// One ref to be moved; `old` is `None` where it must not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefUpdate {
    pub(crate) name: String,
    pub(crate) old: Option<ObjectId>,
    pub(crate) new: ObjectId,
}

/// Ids of refs by their full names.
pub(crate) type Refs = BTreeMap<String, ObjectId>;

/// The objects and refs of a repository. All calls block. Objects stay in memory by their id.
pub(crate) trait Store: Send {
    /// Returns how people name the repository, without credentials.
    fn name(&self) -> &str;

    /// Returns the same repository through git's own programs, for a server that [needs them](StoreError::NeedsGit).
    fn by_git(&self) -> Option<Box<dyn Store>> {
        None
    }

    /// Asks where the refs with exactly these names are now; those that do not exist are left out.
    fn refs(&mut self, names: &[&str]) -> Result<Refs, StoreError>;

    /// Makes sure that `ids` are in memory, in as few requests as can be. Each is checked against its id.
    fn load(&mut self, ids: &[ObjectId], extent: Extent) -> Result<(), StoreError>;

    /// Returns an object that has been loaded.
    fn get(&self, id: &ObjectId) -> Option<&Object>;

    /// Keeps in memory what was pushed and hangs on the refs' new ids, where it would be read from far away next.
    fn keep(&mut self, _objects: Vec<NewObject>, _updates: &[RefUpdate]) {}

    /// Forgets objects that are not needed again.
    fn forget(&mut self, ids: &[ObjectId]);

    /// Makes sure that those of these commits that exist are in memory, without anything that hangs on them.
    fn load_commits(&mut self, ids: &[ObjectId]) -> Result<(), StoreError>;

    /// Loads the commits from `from` (included) along first parents down to `until` (left out), at most `limit`,
    /// and returns their ids, newest first.
    fn chain(&mut self, from: ObjectId, until: Option<ObjectId>, limit: usize) -> Result<Vec<ObjectId>, StoreError>;

    /// Walks commits along first parents, newest first, and returns those that changed what stands at some paths. What was
    /// in memory may be forgotten by it.
    fn walk(&mut self, walk: &Walk<'_>) -> Result<Vec<Passed>, StoreError>;

    /// Returns those of `ids`, all in memory and the oldest first, that lie on the way along first parents from `tip` on.
    fn on_way(&mut self, tip: ObjectId, ids: &[ObjectId]) -> Result<BTreeSet<ObjectId>, StoreError> {
        let mut on_way = BTreeSet::from([tip]);
        for id in ids {
            if !on_way.contains(id) {
                let chain = self.chain(tip, Some(*id), usize::MAX)?;
                let end = chain.last().and_then(|last| self.get(last)).map(|end| object::links(&end.data));
                if end.transpose()?.is_some_and(|(_, parent)| parent == Some(*id)) {
                    on_way.extend(chain);
                    on_way.insert(*id);
                }
            }
        }
        Ok(ids.iter().copied().filter(|id| on_way.contains(id)).collect())
    }

    /// Tells whether several refs can be moved all or none.
    fn is_atomic(&mut self) -> Result<bool, StoreError>;

    /// Sends `objects` and moves the refs, each only if it is still at `old`.
    fn send(&mut self, objects: &[NewObject], updates: &[RefUpdate]) -> Result<(), StoreError>;

    /// Sends `objects` and moves the refs; what came of it is told by the refs, never by a text.
    ///
    /// After a refusal or a lost answer the refs are read again: all at `new`, or somewhere above it, is a success, one
    /// that is neither there nor at `old` is [`StoreError::Stale`], and anything else the error itself. If all are at `old`
    /// after a connection that was soon lost, it is sent again: should the first one arrive late, it moves the same refs to
    /// the same commits.
    fn push(&mut self, objects: &[NewObject], updates: &[RefUpdate]) -> Result<(), StoreError> {
        // What keeps us from the server before anything is sent is told as it is.
        self.is_atomic()?;
        let mut tries = 0;
        loop {
            tries += 1;
            let begun = Instant::now();
            let Err(error) = self.send(objects, updates) else { return Ok(()) };
            let is_lost = matches!(error, StoreError::Unavailable(_)) && begun.elapsed() < SOON;
            match self.settle(error, updates)? {
                None => return Ok(()),
                Some(_) if is_lost && tries < PUSHES => std::thread::sleep(BEFORE_NEXT),
                Some(error) => return Err(error),
            }
        }
    }

    /// Tells what came of a push that ended in an error: `None` if it has arrived, the error if all is as it was before.
    fn settle(&mut self, error: StoreError, updates: &[RefUpdate]) -> Result<Option<StoreError>, StoreError> {
        let is_answered = matches!(error, StoreError::Rejected(_) | StoreError::Unauthorized(_));
        let names: Vec<&str> = updates.iter().map(|update| update.name.as_str()).collect();
        let refs = match self.refs(&names) {
            Ok(refs) => refs,
            // If they cannot be read either, what went wrong first says more.
            Err(_) if is_answered => return Err(error),
            Err(_) => return Err(StoreError::Unavailable(Unknown(error).into())),
        };
        let mut is_done = true;
        for update in updates {
            let actual = refs.get(&update.name).copied();
            is_done = is_done && (actual == Some(update.new) || !is_answered && self.is_below(update, actual));
        }
        if is_done {
            return Ok(None);
        }
        for update in updates {
            let actual = refs.get(&update.name).copied();
            if actual != update.old && actual != Some(update.new) {
                return Err(StoreError::Stale { name: update.name.clone(), actual });
            }
        }
        Ok(Some(error))
    }

    /// Tells whether somebody has built upon what was pushed, before it could be seen that it had arrived.
    fn is_below(&mut self, update: &RefUpdate, actual: Option<ObjectId>) -> bool {
        let chain = actual.map(|actual| self.chain(actual, update.old, MAX_ABOVE));
        chain.is_some_and(|chain| chain.is_ok_and(|chain| chain.contains(&update.new)))
    }
}

/// How often a push is sent.
const PUSHES: u32 = 3;

/// A connection that is lost later than this is not worth another push.
const SOON: Duration = Duration::from_secs(10);

/// The pause before a push is sent again.
const BEFORE_NEXT: Duration = Duration::from_millis(100);

/// So many commits of others may lie above one whose answer was lost.
const MAX_ABOVE: usize = 256;

/// A push that may have arrived.
#[derive(Debug, thiserror::Error)]
#[error("a push was sent, and what came of it is not known: run it again")]
pub(crate) struct Unknown(#[source] pub(crate) StoreError);

/// Why a repository of the other hash cannot be used.
pub(crate) const SHA256: &str = "it hashes objects with SHA-256, which is not supported yet";

/// Any error, as the source of another.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Tells why a repository did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("it has no {0}")]
    NotFound(String),
    #[error("{0}")]
    Unauthorized(String),
    #[error("{0}")]
    Rejected(String),
    #[error("another process holds {0}")]
    Busy(String),
    #[error("{name} has moved")]
    Stale { name: String, actual: Option<ObjectId> },
    #[error("{0}")]
    Malformed(String),
    /// The server does not speak what embark does, and git's own programs are needed.
    #[error("{0}")]
    NeedsGit(String),
    #[error("it cannot be reached")]
    Unavailable(#[source] BoxError),
    #[error(transparent)]
    Signing(#[from] SigningError),
    #[error("cannot {operation}")]
    Other { operation: &'static str, source: BoxError },
}
