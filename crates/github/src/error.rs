//! What a refusal means.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use embark_core::ports::ApplicationError;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::client::{Answer, Permission};
use crate::name::RepositoryName;

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
    pub(crate) fn into_error(self, name: &RepositoryName) -> ApplicationError {
        let Self { status, answer, permission, has_token } = self;
        let repository = name.to_string();
        if is_rate_limit(status, &answer.headers) {
            return ApplicationError::RateLimited { repository, retry_after: retry_after(&answer.headers) };
        }
        let said = match answer.words() {
            Some(words) => format!("{status}: {words}"),
            None => status.to_string(),
        };
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if !has_token => {
                ApplicationError::Unauthorized { repository, reason: format!("there is no token ({said})") }
            }
            StatusCode::UNAUTHORIZED => {
                ApplicationError::Unauthorized { repository, reason: format!("the token is not valid ({said})") }
            }
            StatusCode::FORBIDDEN => ApplicationError::Unauthorized {
                repository,
                reason: format!("the token needs the permission \"{}\" ({said})", permission.name()),
            },
            status if status.is_server_error() => {
                ApplicationError::Unavailable { repository, source: Answered(said).into() }
            }
            _ => malformed(name, format!("it answers {said}")),
        }
    }
}

/// Tells whether GitHub [asks for fewer requests](https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).
pub(crate) fn is_rate_limit(status: StatusCode, headers: &HeaderMap) -> bool {
    let is_used_up = || headers.get(REMAINING).is_some_and(|remaining| remaining == "0");
    status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::FORBIDDEN && (headers.contains_key(RETRY_AFTER) || is_used_up())
}

const REMAINING: &str = "x-ratelimit-remaining";
const RESET: &str = "x-ratelimit-reset";

/// Returns how long GitHub asks us to wait: some seconds, or until a time.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs);
    seconds(RETRY_AFTER.as_str()).or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        seconds(RESET).map(|reset| reset.saturating_sub(now))
    })
}

pub(crate) fn malformed(repository: &RepositoryName, reason: String) -> ApplicationError {
    ApplicationError::Malformed { repository: repository.to_string(), reason }
}

/// Tells that GitHub does not answer. The address is left out.
pub(crate) fn unavailable(repository: &RepositoryName, error: reqwest::Error) -> ApplicationError {
    ApplicationError::Unavailable { repository: repository.to_string(), source: error.without_url().into() }
}
