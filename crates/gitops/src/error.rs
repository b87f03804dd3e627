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
        StoreError::Malformed(reason) | StoreError::NeedsGit(reason) => {
            RepositoryError::Malformed { repository, reason }
        }
        StoreError::Signing(error) => RepositoryError::Signing(error),
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
        StoreError::Malformed(reason) | StoreError::NeedsGit(reason) => PlatformError::Malformed { platform, reason },
        StoreError::Signing(error) => PlatformError::Signing(error),
        StoreError::Unavailable(source) => PlatformError::Unavailable { platform, source },
        StoreError::Other { operation, source } => PlatformError::Other { operation, platform, source },
        StoreError::Stale { .. } => PlatformError::Conflict { platform, attempts: crate::ledger::ATTEMPTS },
    }
}

#[cfg(test)]
mod tests {
    use embark_core::ports::SigningError;

    use super::*;
    use crate::store::Unknown;

    fn all() -> Vec<StoreError> {
        let no_space = || std::io::Error::from_raw_os_error(28);
        vec![
            StoreError::NotFound("branch trunk".into()),
            StoreError::Unauthorized("HTTP 401 Unauthorized".into()),
            StoreError::Rejected("refs/heads/main: protected branch hook declined".into()),
            StoreError::Busy("/srv/git/deployment.git/refs/heads/main.lock".into()),
            StoreError::Stale { name: "refs/heads/main".into(), actual: None },
            StoreError::Malformed("its pack cannot be read: it ends early".into()),
            StoreError::Unavailable(no_space().into()),
            StoreError::Unavailable(Unknown(StoreError::Unavailable("connection reset".into())).into()),
            StoreError::NeedsGit("it has no filters".into()),
            StoreError::Signing(SigningError::Refused {
                key: "/home/ada/.ssh/id".into(),
                words: "it is no key".into(),
            }),
            StoreError::Other { operation: "write to", source: no_space().into() },
        ]
    }

    fn chain(error: &dyn std::error::Error) -> String {
        let causes = std::iter::successors(error.source(), |error| error.source());
        causes.fold(error.to_string(), |text, cause| format!("{text}\n  caused by: {cause}"))
    }

    #[test]
    fn what_goes_wrong_in_a_store_is_told_of_the_branch_and_of_the_ledger() {
        let tip: Revision = "a81f0c52d94e7b360f18c2de5a7390b46cd1e2f8".parse().expect("a commit");
        let name = "/srv/git/deployment.git";
        let mut text = String::new();
        for ((one, other), (reading, ledger)) in all().into_iter().zip(all()).zip(all().into_iter().zip(all())) {
            let writing = of_repository(name, Some(&tip), other);
            let reading = of_repository(name, None, reading);
            text.push_str(&format!("## {one}\n{}\n", chain(&writing)));
            if reading.to_string() != writing.to_string() {
                text.push_str(&format!("{}\n", chain(&reading)));
            }
            text.push_str(&format!("{}\n\n", chain(&of_platform(name, ledger))));
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_snapshot_path(".");
        settings.bind(|| insta::assert_snapshot!("error", text));
    }
}
