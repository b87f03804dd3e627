//! What a repository on disk says of itself.

use std::path::{Path, PathBuf};

use embark_core::ports::RepositoryError;

use crate::error::of_repository;
use crate::local::{boxed, open};
use crate::store::{BoxError, StoreError};

/// A repository on disk: where it is, what is checked out, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The folder of its files, or of the repository itself if it is bare.
    pub folder: PathBuf,
    /// Whether it has no folder of files.
    pub is_bare: bool,
    /// The branch that `HEAD` names, e.g. `main`; `None` where a commit is checked out.
    pub branch: Option<String>,
    /// The address of the remote `origin`, as it is written.
    pub origin: Option<String>,
    /// The branch that `HEAD` of the remote `origin` named when it was cloned.
    pub default_branch: Option<String>,
}

impl About {
    /// Finds the repository that a folder is, or is in.
    ///
    /// # Errors
    /// [`RepositoryError`] if it cannot be read.
    pub fn discover(folder: &Path) -> Result<Option<Self>, RepositoryError> {
        let is_bare = |folder: &Path| ["HEAD", "objects", "refs"].iter().all(|part| folder.join(part).exists());
        let is_repository = |folder: &&Path| folder.join(".git").exists() || is_bare(folder);
        let failed = |folder: &Path, source: BoxError| {
            of_repository(&folder.display().to_string(), None, StoreError::Unavailable(source))
        };
        let absolute = std::path::absolute(folder).map_err(|error| failed(folder, boxed(error)))?;
        let Some(found) = absolute.ancestors().find(is_repository) else { return Ok(None) };
        Self::of(found).map(Some).map_err(|error| failed(found, error))
    }

    fn of(folder: &Path) -> Result<Self, BoxError> {
        let repository = open(folder)?;
        let head = repository.head_name().map_err(boxed)?;
        let branch = head.and_then(|head| head.to_string().strip_prefix("refs/heads/").map(ToOwned::to_owned));
        let origin = repository.config_snapshot().string("remote.origin.url").map(|url| url.to_string());
        let remote = repository.try_find_reference(ORIGIN_HEAD).map_err(boxed)?;
        let default_branch = remote.and_then(|remote| {
            let name = remote.target().try_name()?.as_bstr().to_string();
            name.strip_prefix("refs/remotes/origin/").map(ToOwned::to_owned)
        });
        Ok(Self { folder: folder.to_owned(), is_bare: repository.workdir().is_none(), branch, origin, default_branch })
    }
}

/// Where a clone keeps what the remote's `HEAD` names.
const ORIGIN_HEAD: &str = "refs/remotes/origin/HEAD";
