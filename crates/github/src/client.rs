//! Requests to GitHub's API: with the token, tried again where that may help, and read no further than is sensible.

mod answer;
mod change;
mod graph;
mod limit;
mod links;
mod retry;
#[cfg(feature = "test-support")]
pub mod testing;

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, USER_AGENT};
use reqwest::{Method, StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use self::answer::Answer;
pub(crate) use self::graph::Mutated;
use self::limit::PATIENCE;
pub(crate) use self::retry::{TRIES, Twice, backoff};
use crate::address::ApiUrl;
use crate::credentials::Credentials;
use crate::error::{Error, Refusal, unavailable};
use crate::name::RepositoryName;

/// How long one answer may take from its beginning to its end: whoever sends a byte now and then would never end.
const ANSWER: Duration = Duration::from_mins(2);

/// What a request reads or writes; a token of fine-grained permissions, or of an app, needs this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permission {
    /// To see that the repository is there.
    Metadata,
    /// To read its files and commits.
    Contents,
    /// To read its check runs.
    Checks,
    /// To read the statuses of its commits.
    Statuses,
    /// To create deployments and their statuses.
    Deployments,
    /// To read deployments.
    ReadDeployments,
    /// To read its environments.
    Actions,
    /// To commit to it.
    WriteContents,
    /// To comment on its pull requests.
    PullRequests,
}

/// How much a permission allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Read,
    Write,
}

/// What GraphQL answers.
#[derive(Deserialize)]
struct Told<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<Fault>,
}

/// One of the [errors of GraphQL](https://spec.graphql.org/October2021/#sec-Errors), with GitHub's own word for its kind.
#[derive(Deserialize)]
struct Fault {
    r#type: Option<String>,
    message: String,
    /// The fields that lead to where it is.
    #[serde(default)]
    path: Vec<Value>,
}

impl Permission {
    /// Returns its name in [GitHub's list](https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens).
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Metadata => "Metadata: read",
            Self::Contents => "Contents: read",
            Self::WriteContents => "Contents: write",
            Self::Checks => "Checks: read",
            Self::Statuses => "Commit statuses: read",
            Self::Deployments => "Deployments: write",
            Self::ReadDeployments => "Deployments: read",
            Self::Actions => "Actions: read",
            Self::PullRequests => "Pull requests: write",
        }
    }

    /// Returns what it is called where [a token is narrowed](https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app).
    pub(crate) fn claim(self) -> (&'static str, Level) {
        match self {
            Self::Metadata => ("metadata", Level::Read),
            Self::Contents => ("contents", Level::Read),
            Self::Checks => ("checks", Level::Read),
            Self::Statuses => ("statuses", Level::Read),
            Self::Deployments => ("deployments", Level::Write),
            Self::ReadDeployments => ("deployments", Level::Read),
            Self::Actions => ("actions", Level::Read),
            Self::WriteContents => ("contents", Level::Write),
            Self::PullRequests => ("pull_requests", Level::Write),
        }
    }
}

/// Asks about one repository.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    api: ApiUrl,
    repository: RepositoryName,
    credentials: Credentials,
}

impl Client {
    pub(crate) fn new(
        http: reqwest::Client,
        api: ApiUrl,
        repository: RepositoryName,
        credentials: impl Into<Credentials>,
    ) -> Self {
        Self { http, api, repository, credentials: credentials.into() }
    }

    /// Returns the address of something of the repository.
    pub(crate) fn url(&self, rest: &[&str]) -> Url {
        self.api.of(&self.repository, rest)
    }

    pub(crate) fn repository(&self) -> &RepositoryName {
        &self.repository
    }

    /// Gets something; `None` where it is not there, or we may not know that it is.
    pub(crate) async fn get(&self, url: Url, permission: Permission) -> Result<Option<Answer>, Error> {
        let (status, answer) = self.send(Method::GET, &url, None, Twice::Harmless).await?;
        match status {
            status if status.is_success() => Ok(Some(answer)),
            // A commit that is not there is also told as an entity that cannot be processed.
            StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY => Ok(None),
            status => Err(self.refusal(status, &answer, permission)),
        }
    }

    /// Creates something, which is answered with `201`.
    ///
    /// Where it is harmful to do so twice it is sent once, but where GitHub has told that nothing came of it. Whether
    /// anything came of a request whose answer is lost is then for the caller to find out.
    pub(crate) async fn create(
        &self,
        url: Url,
        body: &Value,
        permission: Permission,
        twice: Twice,
    ) -> Result<Answer, Error> {
        let (status, answer) = self.send(Method::POST, &url, Some(body), twice).await?;
        let words = || answer.words().map_or_else(|| status.to_string(), |words| format!("{status}: {words}"));
        match status {
            StatusCode::CREATED => Ok(answer),
            StatusCode::NOT_FOUND => Err(Error::Unauthorized(format!(
                "there is no such repository, or the token needs the permission \"{}\" ({})",
                permission.name(),
                words()
            ))),
            StatusCode::ACCEPTED | StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => {
                Err(Error::Rejected(words()))
            }
            status => Err(self.refusal(status, &answer, permission)),
        }
    }

    /// Asks [the GraphQL API](https://docs.github.com/en/graphql/guides/forming-calls-with-graphql) something that
    /// changes nothing; `None` where there is none.
    pub(crate) async fn query<T: DeserializeOwned>(
        &self,
        query: &str,
        variables: &Value,
        permission: Permission,
    ) -> Result<Option<T>, Error> {
        let body = json!({ "query": query, "variables": variables });
        let (status, answer) = self.send(Method::POST, &self.api.graphql(), Some(&body), Twice::Harmless).await?;
        match status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            status => return Err(self.refusal(status, &answer, permission)),
        }
        let Told { data, errors } = answer.parse("answer")?;
        match (data, errors.into_iter().next()) {
            (_, Some(error)) if error.r#type.as_deref() == Some("NOT_FOUND") => Err(self.not_found()),
            (_, Some(error)) => Err(match error.r#type.as_deref() {
                Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => Error::Unauthorized(format!(
                    "the token needs the permission \"{}\" ({})",
                    permission.name(),
                    error.message
                )),
                _ => Error::Malformed(format!("it answers {}", error.message)),
            }),
            (Some(data), None) => Ok(Some(data)),
            (None, None) => Err(Error::Malformed("its answer holds no data".into())),
        }
    }

    /// Sends a request with the repository's token, and where that is refused, once with another one.
    async fn send(
        &self,
        method: Method,
        url: &Url,
        body: Option<&Value>,
        twice: Twice,
    ) -> Result<(StatusCode, Answer), Error> {
        let token = self.credentials.token(&self.repository).await?;
        let (status, answer) = self.send_with(token.as_ref(), &method, url, body, twice).await?;
        if status == StatusCode::UNAUTHORIZED
            && let Some(other) = self.credentials.another(&self.repository, token.as_ref()).await?
        {
            return self.send_with(Some(&other), &method, url, body, twice).await;
        }
        Ok((status, answer))
    }

    /// Sends a request with a token.
    pub(crate) async fn send_with(
        &self,
        token: Option<&SecretString>,
        method: &Method,
        url: &Url,
        body: Option<&Value>,
        twice: Twice,
    ) -> Result<(StatusCode, Answer), Error> {
        let headers = headers(token)?;
        let (mut tries, mut patience) = (0, PATIENCE);
        loop {
            tries += 1;
            let request = self.http.request(method.clone(), url.clone()).timeout(ANSWER).headers(headers.clone());
            let sent = body.into_iter().fold(request, reqwest::RequestBuilder::json).send().await;
            let response = match sent {
                Ok(response) => response,
                Err(error) => {
                    tracing::debug!(%method, path = url.path(), "GitHub does not answer");
                    let Some(pause) = retry::after_error(&error, twice, tries) else { return Err(unavailable(error)) };
                    tokio::time::sleep(pause).await;
                    continue;
                }
            };
            let status = response.status();
            tracing::debug!(%method, path = url.path(), status = status.as_u16(), "GitHub");
            if let Some(pause) = retry::after_answer(status, twice, tries) {
                drop(response);
                tokio::time::sleep(pause).await;
                continue;
            }
            let answer = Answer::read(response).await?;
            let is_graphql = *url == self.api.graphql();
            let limit = if is_graphql { limit::of_graphql(status, &answer) } else { limit::of_rest(status, &answer) };
            let Some(wait) = limit else { return Ok((status, answer)) };
            self.wait(wait, tries, &mut patience).await?;
        }
    }

    /// Waits as long as GitHub asks us to; a wait for which there is no patience left is told.
    async fn wait(&self, wait: Duration, tries: u32, patience: &mut Duration) -> Result<(), Error> {
        let Some(left) = patience.checked_sub(wait).filter(|_| tries < TRIES) else {
            return Err(Error::RateLimited(Some(wait)));
        };
        *patience = left;
        tracing::warn!(seconds = wait.as_secs(), "{} asks for fewer requests: waiting", self.repository);
        tokio::time::sleep(wait).await;
        Ok(())
    }

    fn refusal(&self, status: StatusCode, answer: &Answer, permission: Permission) -> Error {
        Refusal { status, answer, permission, has_token: self.credentials.are_given() }.into_error()
    }

    /// Returns the next page of a list, which is on the same server: it gets the token, too.
    pub(crate) fn next_page(&self, answer: &Answer) -> Result<Option<Url>, Error> {
        let next = answer.next().map_err(|_| Error::Malformed("its header Link cannot be read".into()))?;
        match next {
            None => Ok(None),
            Some(url) if self.api.is_home_of(&url) => Ok(Some(url)),
            Some(url) => {
                let host = url.host_str().unwrap_or_default();
                Err(Error::Malformed(format!("its next page is on another server, {host}")))
            }
        }
    }

    /// Looks whether [the repository](https://docs.github.com/en/rest/repos/repos#get-a-repository) is there for us.
    pub(crate) async fn look(&self) -> Result<(), Error> {
        match self.get(self.url(&[]), Permission::Metadata).await? {
            Some(_) => Ok(()),
            None => Err(self.not_found()),
        }
    }

    /// Tells that the repository is not there for us.
    pub(crate) fn not_found(&self) -> Error {
        if self.credentials.are_given() {
            Error::NotFound("repository, or none that the token may see,".into())
        } else {
            Error::Unauthorized("there is no token, and without one it cannot be seen".into())
        }
    }
}

/// [What every request says](https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api).
fn headers(token: Option<&SecretString>) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
    headers.insert("x-github-api-version", HeaderValue::from_static("2022-11-28"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("embark/", env!("CARGO_PKG_VERSION"))));
    if let Some(token) = token {
        let value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret().trim()));
        let no_token = |_| Error::Unauthorized("the token holds characters that no token has".into());
        let mut value = value.map_err(no_token)?;
        // Neither logged nor sent to another host that a redirect leads to.
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}
