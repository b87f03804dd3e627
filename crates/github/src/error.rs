//! What a refusal means, to each of the ports.

use std::time::Duration;

use embark_core::ports::{ApplicationError, BoxError, PlatformError, ReleaseError, RepositoryError};
use reqwest::StatusCode;

use crate::app::TokenError;
use crate::client::{Answer, Permission};
use crate::name::RepositoryName;

/// Tells why GitHub did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Error {
    NotFound(String),
    Unauthorized(String),
    RateLimited(Option<Duration>),
    /// It says no to what was to be written, in its own words.
    Rejected(String),
    Malformed(String),
    Unavailable(BoxError),
}

impl Error {
    /// Tells it of the application's repository.
    pub(crate) fn of_application(self, repository: &RepositoryName) -> ApplicationError {
        let repository = repository.to_string();
        match self {
            Self::NotFound(_) => ApplicationError::NotFound { repository },
            Self::Unauthorized(reason) => ApplicationError::Unauthorized { repository, reason },
            Self::RateLimited(retry_after) => ApplicationError::RateLimited { repository, retry_after },
            Self::Rejected(words) => {
                ApplicationError::Other { operation: "write to", repository, source: words.into() }
            }
            Self::Malformed(reason) => ApplicationError::Malformed { repository, reason },
            Self::Unavailable(source) => ApplicationError::Unavailable { repository, source },
        }
    }

    /// Tells it of the deployments of a repository.
    pub(crate) fn of_platform(self, repository: &RepositoryName) -> PlatformError {
        let platform = format!("{repository} on GitHub");
        match self {
            Self::NotFound(what) => PlatformError::NotFound { platform, what },
            Self::Unauthorized(reason) => PlatformError::Unauthorized { platform, reason },
            Self::Rejected(words) => PlatformError::Rejected { platform, words },
            Self::Malformed(reason) => PlatformError::Malformed { platform, reason },
            Self::Unavailable(source) => PlatformError::Unavailable { platform, source },
            Self::RateLimited(retry_after) => PlatformError::RateLimited { platform, retry_after },
        }
    }

    /// Tells it of the token of an app.
    pub(crate) fn of_token(self) -> TokenError {
        match self {
            Self::NotFound(reason) | Self::Unauthorized(reason) | Self::Rejected(reason) => TokenError::Refused(reason),
            Self::Malformed(reason) => TokenError::Unavailable(reason.into()),
            Self::Unavailable(source) => TokenError::Unavailable(source),
            Self::RateLimited(after) => TokenError::Unavailable(fewer(after)),
        }
    }

    /// Tells it of the deployment branch.
    pub(crate) fn of_branch(self, repository: &RepositoryName) -> RepositoryError {
        let repository = format!("{repository} on GitHub");
        match self {
            Self::NotFound(what) => RepositoryError::NotFound { repository, what },
            Self::Unauthorized(reason) => RepositoryError::Unauthorized { repository, reason },
            Self::Rejected(words) => RepositoryError::Rejected { repository, words },
            Self::Malformed(reason) => RepositoryError::Malformed { repository, reason },
            Self::Unavailable(source) => RepositoryError::Unavailable { repository, source },
            Self::RateLimited(retry_after) => RepositoryError::RateLimited { repository, retry_after },
        }
    }
}

impl Error {
    /// Tells it of the branches, pull requests and releases of the application's repository.
    pub(crate) fn of_releases(self, repository: &RepositoryName) -> ReleaseError {
        let platform = format!("{repository} on GitHub");
        match self {
            Self::NotFound(what) => ReleaseError::NotFound { platform, what },
            Self::Unauthorized(reason) => ReleaseError::Unauthorized { platform, reason },
            Self::Rejected(words) => ReleaseError::Rejected { platform, words },
            Self::Malformed(reason) => ReleaseError::Malformed { platform, reason },
            Self::Unavailable(source) => ReleaseError::Unavailable { platform, source },
            Self::RateLimited(retry_after) => ReleaseError::RateLimited { platform, retry_after },
        }
    }
}

/// Says when fewer requests have been asked for.
fn fewer(after: Option<Duration>) -> BoxError {
    let when = after.map_or("later".into(), |after| format!("in {} s", after.as_secs()));
    format!("it asks for fewer requests: try again {when}").into()
}

/// An answer that is not what was asked for.
pub(crate) struct Refusal<'a> {
    pub(crate) status: StatusCode,
    pub(crate) answer: &'a Answer,
    pub(crate) permission: Permission,
    pub(crate) has_token: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("it answers {0}")]
struct Answered(String);

impl Refusal<'_> {
    pub(crate) fn into_error(self) -> Error {
        let Self { status, answer, permission, has_token } = self;
        let said = answer.said(status);
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if !has_token => {
                Error::Unauthorized(format!("there is no token ({said})"))
            }
            StatusCode::UNAUTHORIZED => Error::Unauthorized(format!("the token is not valid ({said})")),
            StatusCode::FORBIDDEN => {
                Error::Unauthorized(format!("the token needs the permission \"{}\" ({said})", permission.name()))
            }
            status if status.is_server_error() => Error::Unavailable(Answered(said).into()),
            _ => Error::Malformed(format!("it answers {said}")),
        }
    }
}

/// Tells that GitHub does not answer. The address is left out.
pub(crate) fn unavailable(error: reqwest::Error) -> Error {
    Error::Unavailable(error.without_url().into())
}
