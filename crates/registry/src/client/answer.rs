//! Answers, and what a refusal means.

use std::time::Duration;

use bytes::Bytes;
use embark_core::Repository;
use embark_core::ports::{BoxError, RegistryError};
use futures::stream::{BoxStream, StreamExt as _};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use reqwest::{StatusCode, Url};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::pace::{Pace, TooSlow};
use super::retry;
use crate::auth::Challenge;
use crate::endpoint::Endpoint;
use crate::words;

/// No explanation of a refusal is read further.
const WORDS_LIMIT: usize = 64 << 10;

/// How long nothing may come of a body that has begun.
const SILENCE: Duration = Duration::from_mins(1);

/// An answer whose body has not been read.
pub(crate) struct Answer {
    response: reqwest::Response,
    /// Held until the body is read.
    permit: Option<OwnedSemaphorePermit>,
}

impl Answer {
    pub(super) fn new(response: reqwest::Response, permit: Option<OwnedSemaphorePermit>) -> Self {
        Self { response, permit }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// Tells whether it is a host's own demand for a login.
    pub(super) fn is_demand_of(&self, endpoint: &Endpoint) -> bool {
        self.status() == StatusCode::UNAUTHORIZED && endpoint.is_home_of(self.url())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn all(&self, name: &HeaderName) -> impl Iterator<Item = &HeaderValue> {
        self.response.headers().get_all(name).iter()
    }

    /// Returns where it came from in the end, after redirects.
    pub(crate) fn url(&self) -> &Url {
        self.response.url()
    }

    /// Reads the body. Only then the connection serves again.
    pub(crate) async fn body(mut self, limit: usize) -> Result<Vec<u8>, BodyError> {
        let mut body = Vec::new();
        let mut pace = Pace::begin();
        while let Some(chunk) = self.chunk().await? {
            pace.keep(chunk.len()).map_err(BodyError::Slow)?;
            if body.len() + chunk.len() > limit {
                return Err(BodyError::TooLarge { limit });
            }
            body.extend_from_slice(&chunk);
        }
        // The connection goes back to the pool in a task of its own, which must come first.
        drop(self);
        tokio::task::yield_now().await;
        Ok(body)
    }

    /// Waits for the next piece: what answers an upload comes by a client without a read timeout.
    async fn chunk(&mut self) -> Result<Option<Bytes>, BodyError> {
        let chunk = timeout(SILENCE, self.response.chunk()).await.map_err(|_| BodyError::Silent)?;
        chunk.map_err(BodyError::Lost)
    }

    /// Reads a body that is of no interest.
    pub(crate) async fn finish(self) {
        drop(self.body(WORDS_LIMIT).await);
    }

    /// Hands the body out as it comes.
    pub(crate) fn into_stream(self) -> BoxStream<'static, Result<Bytes, BoxError>> {
        let permit = self.permit;
        let mut pace = Pace::begin();
        let stream = self.response.bytes_stream().map(move |chunk| {
            let _held_until_the_end = &permit;
            let chunk = chunk.map_err(|error| BoxError::from(error.without_url()))?;
            pace.keep(chunk.len())?;
            Ok(chunk)
        });
        stream.boxed()
    }
}

/// Tells why a body was not read.
#[derive(Debug)]
pub(crate) enum BodyError {
    Lost(reqwest::Error),
    TooLarge { limit: usize },
    Slow(TooSlow),
    Silent,
}

impl BodyError {
    pub(crate) fn of(self, repository: &Repository) -> RegistryError {
        match self {
            Self::Lost(error) => unavailable(repository, error),
            Self::Slow(slow) => RegistryError::Unavailable { repository: repository.clone(), source: slow.into() },
            Self::Silent => RegistryError::Unavailable { repository: repository.clone(), source: Silent.into() },
            Self::TooLarge { limit } => RegistryError::Malformed {
                repository: repository.clone(),
                reason: format!("its answer is larger than {limit} bytes"),
            },
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("its answer has begun, and nothing more of it came for {} s", SILENCE.as_secs())]
struct Silent;

/// An answer that is not what was asked for, with the registry's own words.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    said: String,
    headers: HeaderMap,
    challenges: Vec<Challenge>,
}

#[derive(Debug, thiserror::Error)]
#[error("it answers {0}")]
struct Answered(String);

impl Refusal {
    pub(crate) async fn read(answer: Answer) -> Self {
        let status = answer.status();
        let headers = answer.response.headers().clone();
        let challenges = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|header| header.to_str().ok());
        let challenges = challenges.flat_map(Challenge::parse).collect();
        // A refusal whose explanation is lost is a refusal still.
        let said = answer.body(WORDS_LIMIT).await.map(|body| words::of_body(&body)).unwrap_or_default();
        Self { status, said, headers, challenges }
    }

    pub(crate) fn challenges(&self) -> &[Challenge] {
        &self.challenges
    }

    /// Returns what the registry says, or else the name of its status.
    pub(crate) fn words(&self) -> String {
        if self.said.is_empty() { self.status.to_string() } else { self.said.clone() }
    }

    /// Returns status and words.
    pub(crate) fn in_full(&self) -> String {
        if self.said.is_empty() { self.status.to_string() } else { format!("{}: {}", self.status, self.said) }
    }

    fn retry_after(&self) -> Option<Duration> {
        retry::retry_after(&self.headers)
    }

    /// Tells it of a repository that was read.
    pub(crate) fn error(&self, repository: &Repository) -> RegistryError {
        self.known(repository).unwrap_or_else(|| RegistryError::Malformed {
            repository: repository.clone(),
            reason: format!("it answers {}", self.in_full()),
        })
    }

    /// Tells it of a repository that was to be written.
    pub(crate) fn write_error(&self, repository: &Repository) -> RegistryError {
        self.known(repository).unwrap_or_else(|| {
            let (repository, reason) = (repository.clone(), self.in_full());
            match self.status {
                // How registries refuse to move a tag, or to take one at all.
                StatusCode::BAD_REQUEST
                | StatusCode::METHOD_NOT_ALLOWED
                | StatusCode::CONFLICT
                | StatusCode::PRECONDITION_FAILED => RegistryError::Forbidden { repository, reason },
                _ => RegistryError::Malformed { repository, reason: format!("it answers {reason}") },
            }
        })
    }

    /// Returns the error of a status that means the same in every answer.
    fn known(&self, repository: &Repository) -> Option<RegistryError> {
        let repository = repository.clone();
        match self.status {
            StatusCode::UNAUTHORIZED => Some(RegistryError::Unauthorized { repository, reason: self.words() }),
            StatusCode::FORBIDDEN => Some(RegistryError::Forbidden { repository, reason: self.words() }),
            StatusCode::TOO_MANY_REQUESTS => {
                Some(RegistryError::RateLimited { repository, retry_after: self.retry_after() })
            }
            status if status.is_server_error() => {
                Some(RegistryError::Unavailable { repository, source: Answered(self.in_full()).into() })
            }
            _ => None,
        }
    }
}

/// Tells that a registry does not answer. The address is left out: it may hold what nobody should see.
fn unavailable(repository: &Repository, error: reqwest::Error) -> RegistryError {
    RegistryError::Unavailable { repository: repository.clone(), source: error.without_url().into() }
}

/// The same, of a request that was waited for.
pub(super) fn no_answer(repository: &Repository, after: Duration, source: Unanswered) -> RegistryError {
    let source = NoAnswer { after, source };
    RegistryError::Unavailable { repository: repository.clone(), source: source.into() }
}

/// Tells whether it is that no answer came at all: what came of the request is not known.
pub(crate) fn is_unanswered(error: &RegistryError) -> bool {
    matches!(error, RegistryError::Unavailable { source, .. } if source.is::<NoAnswer>())
}

#[derive(Debug, thiserror::Error)]
#[error("no answer after {:.1} s", after.as_secs_f32())]
struct NoAnswer {
    after: Duration,
    source: Unanswered,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unanswered {
    #[error(transparent)]
    Lost(reqwest::Error),
    #[error("the registry takes nothing more of what is sent")]
    StandsStill,
    #[error("the registry has all that was sent, and says nothing")]
    Thinks,
}

impl From<reqwest::Error> for Unanswered {
    fn from(error: reqwest::Error) -> Self {
        Self::Lost(error.without_url())
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// The client of uploads has no read timeout.
    #[tokio::test]
    async fn a_body_that_begins_and_does_not_go_on_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _request = stream.read(&mut [0; 1024]).await.unwrap();
            stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 10\r\n\r\n").await.unwrap();
            stream
        });
        let response = reqwest::Client::new().put(url).send().await.unwrap();
        let _open = server.await.unwrap();
        // Time goes on by itself where all wait.
        tokio::time::pause();
        let silent = Answer::new(response, None).body(WORDS_LIMIT).await.unwrap_err();
        let error = silent.of(&"registry.test/web".parse().unwrap());
        insta::assert_snapshot!("begins_and_does_not_go_on", std::error::Error::source(&error).unwrap());
    }
}
