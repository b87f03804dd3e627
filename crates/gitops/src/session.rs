//! One view of a repository, shared by the branch and the ledger.

mod seen;

use std::collections::BTreeSet;

use gix_hash::ObjectId;

pub(crate) use self::seen::Seen;
use crate::store::{NewObject, RefUpdate, Refs, Store, StoreError};

/// What is asked of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Question {
    Files,
    List,
    Log,
    Get,
    Pending,
    Recent,
}

/// One view of a repository: the refs, as they were at one moment.
///
/// They are read once, so that files and deployments are of that moment, and again after a write and when the same
/// question is asked a second time: whoever asks again wants to know what has changed.
pub(crate) struct Session {
    pub(crate) store: Box<dyn Store>,
    /// The full name of the branch.
    pub(crate) branch: String,
    /// The full name of the ledger's ref.
    pub(crate) ledger: Option<String>,
    /// What the last walk has met.
    pub(crate) seen: Seen,
    refs: Option<Refs>,
    asked: BTreeSet<Question>,
}

impl Session {
    pub(crate) fn new(store: Box<dyn Store>, branch: String, ledger: Option<String>) -> Self {
        Self { store, branch, ledger, seen: Seen::default(), refs: None, asked: BTreeSet::new() }
    }

    /// Begins to answer a question.
    pub(crate) fn ask(&mut self, question: Question) {
        if !self.asked.insert(question) {
            self.forget();
            self.asked.insert(question);
        }
    }

    /// Forgets where the refs were.
    pub(crate) fn forget(&mut self) {
        self.refs = None;
        self.asked.clear();
    }

    fn refs(&mut self) -> Result<&Refs, StoreError> {
        if self.refs.is_none() {
            let names: Vec<&str> = std::iter::once(self.branch.as_str()).chain(self.ledger.as_deref()).collect();
            tracing::info!(repository = self.store.name(), "reading from");
            let refs = match self.store.refs(&names) {
                Err(StoreError::NeedsGit(why)) => {
                    let store = self.store.by_git().ok_or_else(|| StoreError::Malformed(why.clone()))?;
                    tracing::info!(repository = store.name(), why, "going on with git's own programs");
                    self.store = store;
                    self.store.refs(&names)
                }
                done => done,
            };
            self.refs = Some(refs?);
        }
        Ok(self.refs.get_or_insert_default())
    }

    /// Reads the refs, if they have not been: before anything else, since the way to a server is found by it.
    pub(crate) fn open(&mut self) -> Result<(), StoreError> {
        self.refs().map(|_| ())
    }

    /// Returns the tip of the branch.
    pub(crate) fn tip(&mut self) -> Result<ObjectId, StoreError> {
        let branch = self.branch.clone();
        let tip = self.refs()?.get(&branch).copied();
        tip.ok_or_else(|| {
            let name = branch.strip_prefix("refs/heads/").unwrap_or(&branch);
            StoreError::NotFound(format!("branch {name}"))
        })
    }

    /// Returns the tip of the ledger, if there is one.
    pub(crate) fn ledger_tip(&mut self) -> Result<Option<ObjectId>, StoreError> {
        let Some(name) = self.ledger.clone() else { return Ok(None) };
        Ok(self.refs()?.get(&name).copied())
    }

    /// Pushes; the refs are read again afterwards, whatever came of it. What has arrived is not.
    pub(crate) fn push(&mut self, objects: Vec<NewObject>, updates: &[RefUpdate]) -> Result<(), StoreError> {
        self.forget();
        let names: Vec<&str> = updates.iter().map(|update| update.name.as_str()).collect();
        tracing::info!(repository = self.store.name(), refs = names.join(" "), "pushing to");
        self.store.push(&objects, updates)?;
        self.store.keep(objects, updates);
        Ok(())
    }
}
