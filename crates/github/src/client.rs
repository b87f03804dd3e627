//! Requests to GitHub's API: with the token, tried again where that may help, and read no further than is sensible.

mod answer;
mod retry;

use embark_core::ports::ApplicationError;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, USER_AGENT};
use reqwest::{StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;

pub(crate) use self::answer::Answer;
use crate::address::ApiUrl;
use crate::error::{Refusal, malformed, unavailable};
use crate::name::RepositoryName;

/// What a request reads; a token of fine-grained permissions, or of an app, needs this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    Metadata,
    Contents,
    Checks,
    Statuses,
}

impl Permission {
    /// Returns its name in [GitHub's list](https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens).
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Metadata => "Metadata: read",
            Self::Contents => "Contents: read",
            Self::Checks => "Checks: read",
            Self::Statuses => "Commit statuses: read",
        }
    }
}

/// Asks about one repository.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    api: ApiUrl,
    repository: RepositoryName,
    token: Option<SecretString>,
}

impl Client {
    pub(crate) fn new(
        http: reqwest::Client,
        api: ApiUrl,
        repository: RepositoryName,
        token: Option<SecretString>,
    ) -> Self {
        Self { http, api, repository, token }
    }

    /// Returns the address of something of the repository.
    pub(crate) fn url(&self, rest: &[&str]) -> Url {
        self.api.of(&self.repository, rest)
    }

    /// Gets something; `None` where it is not there, or we may not know that it is.
    pub(crate) async fn get(&self, url: Url, permission: Permission) -> Result<Option<Answer>, ApplicationError> {
        let headers = self.headers()?;
        let mut tries = 0;
        loop {
            tries += 1;
            let sent = self.http.get(url.clone()).headers(headers.clone()).send().await;
            let pause = match &sent {
                Ok(response) => {
                    tracing::debug!(method = "GET", path = url.path(), status = response.status().as_u16(), "GitHub");
                    retry::after_answer(response, tries)
                }
                Err(error) => {
                    tracing::debug!(method = "GET", path = url.path(), "GitHub does not answer");
                    retry::after_error(error, tries)
                }
            };
            match (pause, sent) {
                (Some(pause), sent) => {
                    drop(sent);
                    tokio::time::sleep(pause).await;
                }
                (None, Err(error)) => return Err(unavailable(&self.repository, error)),
                (None, Ok(response)) => return self.read(response, permission).await,
            }
        }
    }

    async fn read(
        &self,
        response: reqwest::Response,
        permission: Permission,
    ) -> Result<Option<Answer>, ApplicationError> {
        let status = response.status();
        let answer = Answer::read(response, &self.repository).await?;
        match status {
            status if status.is_success() => Ok(Some(answer)),
            // A commit that is not there is also told as an entity that cannot be processed.
            StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY => Ok(None),
            status => {
                let refusal = Refusal { status, answer: &answer, permission, has_token: self.token.is_some() };
                Err(refusal.into_error(&self.repository))
            }
        }
    }

    /// Reads what an answer holds, as far as it is needed.
    pub(crate) fn parse<T: DeserializeOwned>(&self, answer: &Answer, what: &str) -> Result<T, ApplicationError> {
        serde_json::from_slice(&answer.body)
            .map_err(|error| self.malformed(format!("its {what} cannot be read: {error}")))
    }

    /// Returns the next page of a list, which is on the same server: it gets the token, too.
    pub(crate) fn next_page(&self, answer: &Answer) -> Result<Option<Url>, ApplicationError> {
        let next = answer.next().map_err(|_| self.malformed("its header Link cannot be read".into()))?;
        match next {
            None => Ok(None),
            Some(url) if self.api.is_home_of(&url) => Ok(Some(url)),
            Some(url) => {
                let host = url.host_str().unwrap_or_default();
                Err(self.malformed(format!("its next page is on another server, {host}")))
            }
        }
    }

    pub(crate) fn malformed(&self, reason: String) -> ApplicationError {
        malformed(&self.repository, reason)
    }

    /// Tells that the repository is not there for us.
    pub(crate) fn not_found(&self) -> ApplicationError {
        let repository = self.repository.to_string();
        match self.token {
            Some(_) => ApplicationError::NotFound { repository },
            None => ApplicationError::Unauthorized {
                repository,
                reason: "there is no token, and without one it cannot be seen".into(),
            },
        }
    }

    /// [What every request says](https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api).
    fn headers(&self) -> Result<HeaderMap, ApplicationError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
        headers.insert("x-github-api-version", HeaderValue::from_static("2022-11-28"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("embark/", env!("CARGO_PKG_VERSION"))));
        if let Some(token) = &self.token {
            let value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret().trim()));
            let mut value = value.map_err(|_| ApplicationError::Unauthorized {
                repository: self.repository.to_string(),
                reason: "the token holds characters that no token has".into(),
            })?;
            // Neither logged nor sent to another host that a redirect leads to.
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(headers)
    }
}
