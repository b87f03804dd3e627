//! What a person can do about branches, pull requests and releases of the application's repository.

use embark_core::ports::ReleaseError;

pub(super) fn hint(error: &ReleaseError) -> String {
    match error {
        ReleaseError::NotFound { .. } => {
            "push the commit first; mend application.repository in embark.yaml, or let the token see that repository"
        }
        ReleaseError::Unauthorized { .. } => {
            "set EMBARK_RELEASE_TOKEN, or EMBARK_GITHUB_TOKEN, to a token with the permissions Contents: write and Pull \
             requests: write on the application's repository; in GitHub Actions a job's own token may open pull requests \
             only where the repository's settings allow it; a GitHub App must be installed there"
        }
        ReleaseError::Rejected { .. } => {
            "let the token's owner write that branch, or open pull requests, in the settings of the repository"
        }
        ReleaseError::Conflict { .. } => "run the same command again: it starts from what is there then",
        ReleaseError::NotAFile { .. } => "put a regular file there, then run the same command again",
        ReleaseError::RateLimited { .. } => {
            "wait that long, or a minute, then run the same command again: it goes on where it ended"
        }
        ReleaseError::Malformed { .. } => "run the same command again with -vv, which shows every step",
        ReleaseError::Unavailable { .. } => "see whether GITHUB_API_URL is right, and reachable from here",
    }
    .into()
}
