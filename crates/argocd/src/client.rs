//! Requests to Argo CD's API: with the token, tried again where that may help, and read no further than is sensible.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use embark_core::ports::{BoxError, DeliveryError};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use reqwest::{StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::application::Application;
use crate::text::line;

/// How often a request is sent.
const TRIES: u32 = 3;

/// How long the answer to one request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// No answer is larger: an application with thousands of resources has some megabytes.
const LIMIT: usize = 16 << 20;

/// What a refusal says: an error of [grpc-gateway](https://grpc-ecosystem.github.io/grpc-gateway/docs/mapping/customizing_your_gateway/#error-handler).
#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    message: String,
    #[serde(default)]
    error: String,
}

/// Asks about applications.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    token: Option<SecretString>,
}

/// Why there is no answer.
enum Failure {
    /// Another try may help.
    MayPass(BoxError),
    Final(DeliveryError),
}

/// The answer to one request.
struct Answer {
    status: StatusCode,
    is_json: bool,
    body: Vec<u8>,
}

impl Client {
    pub(crate) fn new(http: reqwest::Client, token: Option<SecretString>) -> Self {
        Self { http, token }
    }

    /// Gets something of an application.
    pub(crate) async fn get<T: DeserializeOwned>(&self, url: &Url, of: &Application) -> Result<T, DeliveryError> {
        let headers = self.headers(of)?;
        for tries in 1.. {
            let failure = match self.ask(url, &headers, of).await {
                Ok(answer) => self.read(&answer, of),
                Err(failure) => Err(failure),
            };
            match failure {
                Ok(read) => return Ok(read),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::MayPass(source)) if tries == TRIES => {
                    return Err(DeliveryError::Unavailable { server: of.server.to_string(), source });
                }
                Err(Failure::MayPass(_)) => tokio::time::sleep(Duration::from_millis(250) * 2_u32.pow(tries)).await,
            }
        }
        unreachable!("the last try returns")
    }

    async fn ask(&self, url: &Url, headers: &HeaderMap, of: &Application) -> Result<Answer, Failure> {
        let sent = self.http.get(url.clone()).headers(headers.clone()).timeout(PATIENCE).send().await;
        let mut response = sent.map_err(|error| unanswered(error, of))?;
        let status = response.status();
        let place = response.headers().get(LOCATION).filter(|_| status.is_redirection());
        let target =
            place.map_or_else(|| Ok(response.url().clone()), |place| url.join(place.to_str().unwrap_or_default()));
        // What another host says is not Argo CD's word, and there the token is missing, too.
        match target {
            Ok(target) if target.origin() == url.origin() => {}
            Ok(target) => {
                return Err(of.malformed(format!("it redirects to {}", target.origin().ascii_serialization())));
            }
            Err(_) => return Err(of.malformed("it redirects to what is no address".into())),
        }
        tracing::debug!(method = "GET", path = url.path(), status = status.as_u16(), "Argo CD");
        let is_json = response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.trim_start().starts_with("application/json")));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unanswered(error, of))? {
            if body.len() + chunk.len() > LIMIT {
                return Err(of.malformed(format!("its answer is larger than {LIMIT} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, is_json, body })
    }

    fn read<T: DeserializeOwned>(&self, answer: &Answer, of: &Application) -> Result<T, Failure> {
        let said = answer.said();
        let server = || of.server.to_string();
        match answer.status {
            // In place of an API some serve a page, a login say.
            StatusCode::OK if !answer.is_json => Err(of.malformed("it answers with no JSON".into())),
            StatusCode::OK => serde_json::from_slice(&answer.body)
                .map_err(|error| of.malformed(format!("its application cannot be read: {error}"))),
            StatusCode::UNAUTHORIZED => {
                let what = if self.token.is_some() { "the token is not valid" } else { "there is no token" };
                let reason = format!("{what} ({said})");
                Err(Failure::Final(DeliveryError::Unauthorized { server: server(), reason }))
            }
            StatusCode::FORBIDDEN => {
                Err(Failure::Final(DeliveryError::Forbidden { application: of.to_string(), words: said }))
            }
            // Where something else answers than Argo CD, nothing is known of the application.
            StatusCode::NOT_FOUND if !answer.is_json => Err(of.malformed(format!("it answers {said}"))),
            StatusCode::NOT_FOUND => Err(Failure::Final(DeliveryError::NotFound { application: of.to_string() })),
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                Err(Failure::MayPass(format!("it answers {said}").into()))
            }
            _ => Err(of.malformed(format!("it answers {said}"))),
        }
    }

    fn headers(&self, of: &Application) -> Result<HeaderMap, DeliveryError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(token) = &self.token {
            let value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret().trim()));
            let mut value = value.map_err(|_| DeliveryError::Unauthorized {
                server: of.server.to_string(),
                reason: "the token holds characters that no token has".into(),
            })?;
            // Neither logged nor sent to another host that a redirect leads to.
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(headers)
    }
}

impl Answer {
    /// Returns the status, and what a refusal says.
    fn said(&self) -> String {
        let refusal: Option<Refusal> = serde_json::from_slice(&self.body).ok();
        let words = refusal.and_then(|refusal| line(&refusal.message).or_else(|| line(&refusal.error)));
        words.map_or_else(|| self.status.to_string(), |words| format!("{}: {words}", self.status))
    }
}

impl Application {
    fn malformed(&self, reason: String) -> Failure {
        Failure::Final(DeliveryError::Malformed { server: self.server.to_string(), reason })
    }
}

/// Tells that there is no answer. The address is left out. Who has let us wait for long is not asked again at once, and where
/// nobody listens, nobody will soon.
fn unanswered(error: reqwest::Error, of: &Application) -> Failure {
    let is_final = error.is_timeout() || error.is_builder() || error.is_redirect() || is_refused(&error);
    tracing::debug!(server = %of.server, "Argo CD does not answer");
    let source: BoxError = if error.is_timeout() {
        format!("it does not answer within {} s", PATIENCE.as_secs()).into()
    } else {
        error.without_url().into()
    };
    if is_final {
        Failure::Final(DeliveryError::Unavailable { server: of.server.to_string(), source })
    } else {
        Failure::MayPass(source)
    }
}

fn is_refused(error: &reqwest::Error) -> bool {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let mut causes = causes.filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| cause.kind() == io::ErrorKind::ConnectionRefused)
}
