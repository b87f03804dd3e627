//! From what went wrong in a store to the errors of the ports.

use embark_core::Revision;
use embark_core::ports::{PlatformError, RepositoryError};
use gix_hash::ObjectId;

use crate::store::StoreError;

/// Returns a commit's id in the words of the core.
pub(crate) fn revision(id: ObjectId) -> Result<Revision, StoreError> {
    id.to_string().parse().map_err(|error: embark_core::TextError| StoreError::Malformed(error.to_string()))
}

/// Returns the id of a commit.
pub(crate) fn object_id(revision: &Revision) -> Result<ObjectId, StoreError> {
    let id = ObjectId::from_hex(revision.as_str().as_bytes()).ok();
    id.filter(|id| id.kind() == gix_hash::Kind::Sha1).ok_or_else(|| {
        StoreError::Malformed(format!("{revision} is no id of this repository, which hashes with SHA-1"))
    })
}

/// Tells what went wrong with the branch.
pub(crate) fn of_repository(repository: &str, expected: Option<&Revision>, error: StoreError) -> RepositoryError {
    let repository = repository.to_owned();
    match error {
        StoreError::NotFound(what) => RepositoryError::NotFound { repository, what },
        StoreError::Unauthorized(reason) => RepositoryError::Unauthorized { repository, reason },
        StoreError::Busy(lock) => RepositoryError::Busy { repository, lock },
        StoreError::Rejected(words) => RepositoryError::Rejected { repository, words },
        StoreError::Malformed(reason) => RepositoryError::Malformed { repository, reason },
        StoreError::Unavailable(source) => RepositoryError::Unavailable { repository, source },
        StoreError::Other { operation, source } => RepositoryError::Other { operation, repository, source },
        StoreError::Stale { actual, name } => match expected {
            Some(expected) => RepositoryError::Conflict {
                repository,
                expected: expected.clone(),
                actual: actual.and_then(|id| revision(id).ok()),
            },
            None => RepositoryError::Malformed { repository, reason: format!("{name} moved while it was read") },
        },
    }
}

/// Tells what went wrong with the ledger.
pub(crate) fn of_platform(platform: &str, error: StoreError) -> PlatformError {
    let platform = format!("the ledger of {platform}");
    match error {
        StoreError::NotFound(what) => PlatformError::NotFound { platform, what },
        StoreError::Unauthorized(reason) => PlatformError::Unauthorized { platform, reason },
        StoreError::Busy(lock) => PlatformError::Busy { platform, lock },
        StoreError::Rejected(words) => PlatformError::Rejected { platform, words },
        StoreError::Malformed(reason) => PlatformError::Malformed { platform, reason },
        StoreError::Unavailable(source) => PlatformError::Unavailable { platform, source },
        StoreError::Other { operation, source } => PlatformError::Other { operation, platform, source },
        StoreError::Stale { .. } => PlatformError::Conflict { platform, attempts: crate::ledger::ATTEMPTS },
    }
}
