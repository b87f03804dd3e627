//! A checkout of the application's repository: where it is, which commit is an ancestor of which, and what is in one.

mod added;
mod files;
mod origin;
mod working_copy;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use embark_core::ports::{Ancestry, ApplicationError, ApplicationRepository};
use embark_core::{CheckName, Checks, Commit};
use gix_hash::ObjectId;

use crate::local::{boxed, open};
use crate::store::BoxError;

pub use working_copy::{FileChange, NewState, WorkingCopy, WorkingCopyError};

/// A checkout on disk, read and never written.
#[derive(Debug, Clone)]
pub struct Checkout(PathBuf);

impl Checkout {
    /// Finds the repository that a folder is in, if it is in one.
    pub fn discover(folder: &Path) -> Option<Self> {
        let is_repository = |folder: &&Path| folder.join(".git").exists();
        let found = std::path::absolute(folder).ok()?.ancestors().find(is_repository).map(Path::to_owned);
        found.map(Self)
    }

    /// Returns the folder of its work tree.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Returns the commit that is checked out; `None` before the first commit.
    ///
    /// # Errors
    /// [`ApplicationError`] if the repository cannot be read.
    pub fn head(&self) -> Result<Option<Commit>, ApplicationError> {
        let repository = open(&self.0).map_err(|source| self.unreadable(source))?;
        let Ok(head) = repository.head_id() else { return Ok(None) };
        Ok(head.to_string().parse().ok())
    }

    /// Returns the regular files of a commit whose paths are wanted, from the top of the repository; `None` where the
    /// commit is not at hand.
    ///
    /// # Errors
    /// [`ApplicationError`] if the repository cannot be read.
    pub fn files(
        &self,
        commit: &Commit,
        is_wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Option<BTreeMap<String, Vec<u8>>>, ApplicationError> {
        self.of(commit, None, |repository, id| files::read(repository, id, is_wanted))
    }

    /// Returns the first parent of a commit; `None` where it has none, or is not at hand.
    ///
    /// # Errors
    /// [`ApplicationError`] if the repository cannot be read.
    pub fn parent(&self, commit: &Commit) -> Result<Option<Commit>, ApplicationError> {
        self.of(commit, None, |repository, id| {
            let parent =
                files::find(repository, id)?.and_then(|commit| commit.parent_ids().next().map(gix::Id::detach));
            Ok(parent.and_then(|parent| parent.to_string().parse().ok()))
        })
    }

    /// Tells which commit added each file of a folder, among `commit` and its ancestors. A file that was moved was added
    /// where it was first, and what counts as moved is what git takes for a rename. What was added before a shallow history
    /// begins is left out, and so is what a merge alone added.
    ///
    /// # Errors
    /// [`ApplicationError`] if the repository cannot be read.
    pub fn added_by(&self, commit: &Commit, folder: &str) -> Result<BTreeMap<String, Commit>, ApplicationError> {
        self.of(commit, BTreeMap::new(), |repository, id| {
            let added = added::added_by(repository, id, folder)?;
            Ok(added.into_iter().filter_map(|(path, id)| Some((path, id.to_string().parse().ok()?))).collect())
        })
    }

    /// Asks for a commit; an id of another kind than the repository's is not there.
    fn of<T>(
        &self,
        commit: &Commit,
        absent: T,
        ask: impl FnOnce(&gix::Repository, ObjectId) -> Result<T, BoxError>,
    ) -> Result<T, ApplicationError> {
        let Ok(id) = ObjectId::from_hex(commit.as_str().as_bytes()) else { return Ok(absent) };
        let answer = open(&self.0).and_then(|repository| ask(&repository, id));
        answer.map_err(|source| self.unreadable(source))
    }

    fn unreadable(&self, source: BoxError) -> ApplicationError {
        let repository = self.0.display().to_string();
        ApplicationError::Other { operation: "read the history of", repository, source }
    }
}

#[async_trait]
impl ApplicationRepository for Checkout {
    async fn is_ancestor(&self, ancestor: &Commit, descendant: &Commit) -> Result<Ancestry, ApplicationError> {
        let (path, ancestor, descendant) = (self.0.clone(), ancestor.clone(), descendant.clone());
        let answer = tokio::task::spawn_blocking(move || is_ancestor(&path, &ancestor, &descendant)).await;
        answer.unwrap_or_else(|error| Err(boxed(error))).map_err(|source| self.unreadable(source))
    }

    /// Git knows nothing of checks.
    async fn checks(&self, _commit: &Commit, _names: Vec<CheckName>) -> Result<Checks, ApplicationError> {
        Ok(Checks::Unknown)
    }
}

fn is_ancestor(path: &Path, ancestor: &Commit, descendant: &Commit) -> Result<Ancestry, BoxError> {
    if ancestor == descendant {
        return Ok(Ancestry::Yes);
    }
    let repository = open(path)?;
    let find = |commit: &Commit| -> Result<Option<ObjectId>, BoxError> {
        let Ok(id) = ObjectId::from_hex(commit.as_str().as_bytes()) else { return Ok(None) };
        let found = repository.try_find_object(id).map_err(boxed)?;
        Ok(found.filter(|found| found.kind == gix_object::Kind::Commit).map(|_| id))
    };
    let (Some(ancestor), Some(descendant)) = (find(ancestor)?, find(descendant)?) else {
        return Ok(Ancestry::Unknown);
    };
    match repository.merge_base(ancestor, descendant) {
        Ok(Some(base)) if base.detach() == ancestor => Ok(Ancestry::Yes),
        // A history that was cut off may have lost the way from one to the other.
        _ if repository.is_shallow().map_err(boxed)? => Ok(Ancestry::Unknown),
        Ok(_) => Ok(Ancestry::No),
        Err(error) => Err(boxed(error)),
    }
}
