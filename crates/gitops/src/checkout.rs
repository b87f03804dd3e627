//! A checkout of the application's repository: where it is, and which commit is an ancestor of which.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use embark_core::ports::{Ancestry, ApplicationError, ApplicationRepository};
use embark_core::{CheckName, Checks, Commit};
use gix_hash::ObjectId;

use crate::local::{boxed, open};
use crate::store::BoxError;

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
