//! Requests to registries: a few at a time for each host, logged in where the host demands it, and tried again where
//! that cannot do harm.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use embark_core::ports::RegistryError;
use reqwest::header::{AUTHORIZATION, HeaderValue};

use crate::auth::{Demand, Host};
use crate::credentials::Credentials;
use crate::endpoint::Endpoint;

mod answer;
mod pace;
mod request;
mod retry;
mod session;
mod upload;

pub(crate) use answer::{Answer, Refusal, is_unanswered};
use answer::{Unanswered, no_answer};
pub(crate) use request::{Payload, Request};
use session::Session;
use upload::Patience;

pub(crate) struct Client {
    http: reqwest::Client,
    uploads: reqwest::Client,
    credentials: Credentials,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

impl Client {
    /// `uploads` sends blobs, and `http` all else.
    pub(crate) fn new(http: reqwest::Client, uploads: reqwest::Client, credentials: Credentials) -> Self {
        Self { http, uploads, credentials, hosts: Mutex::default() }
    }

    fn host(&self, endpoint: &Endpoint) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(hosts.entry(endpoint.host.clone()).or_insert_with(|| Arc::new(Host::new())))
    }

    /// Sends a request about a repository. The answer may be a refusal, but no 401 of the repository's host. A 401 of
    /// another one, to which it was redirected, is no demand: that host gets no credentials, and names nobody who does.
    pub(crate) async fn send(&self, endpoint: &Endpoint, mut request: Request) -> Result<Answer, RegistryError> {
        let host = self.host(endpoint);
        if !endpoint.is_home_of(&request.url) {
            // An upload may be on another host, which gets none of this host's credentials.
            return self.attempt(&host, endpoint, &mut request, None).await;
        }
        let (demand, refusal) = match self.ask(&host, endpoint, &mut request).await? {
            Asked::Answered(answer) => return Ok(answer),
            Asked::Demanded(demand, refusal) => (demand, refusal),
        };
        let session = Session { client: self, host: &host, endpoint };
        session.send(request, demand, refusal).await
    }

    /// Finds out what the host demands. Whoever comes first sends the request without credentials, and the others wait.
    async fn ask(&self, host: &Host, endpoint: &Endpoint, request: &mut Request) -> Result<Asked, RegistryError> {
        let mut known = host.demand.lock().await;
        let guard = match &*known {
            Some(Demand::Nothing) => {
                drop(known);
                None
            }
            Some(demand) => return Ok(Asked::Demanded(demand.clone(), None)),
            None => {
                // Also if there is no answer: the others need not wait for one after the other.
                *known = Some(Demand::Nothing);
                Some(known)
            }
        };
        let answer = self.attempt(host, endpoint, request, None).await?;
        if !answer.is_demand_of(endpoint) {
            return Ok(Asked::Answered(answer));
        }
        let refusal = Refusal::read(answer).await;
        let demand = Demand::of(refusal.challenges()).map_err(|reason| {
            let reason = format!("{reason}; {} says: {}", endpoint.host, refusal.words());
            RegistryError::Unauthorized { repository: endpoint.repository.clone(), reason }
        })?;
        let mut known = match guard {
            Some(known) => known,
            None => host.demand.lock().await,
        };
        *known = Some(demand.clone());
        Ok(Asked::Demanded(demand, Some(refusal)))
    }

    /// Sends a request, and again if that cannot do harm.
    async fn attempt(
        &self,
        host: &Host,
        endpoint: &Endpoint,
        request: &mut Request,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, RegistryError> {
        let started = Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            let permit = if request.takes_permit { host.permit().await } else { None };
            let sent = self.send_once(request, authorization).await;
            let may_retry = tries < retry::TRIES && request.is_idempotent();
            let pause = match &sent {
                Ok(response) if !request.retries_elsewhere && response.url().origin() != request.url.origin() => None,
                Ok(response) => retry::after_answer(response, tries),
                Err(Unanswered::Lost(error)) => retry::after_error(error, tries),
                Err(_) => None,
            };
            match (pause.filter(|_| may_retry), sent) {
                (Some(pause), sent) => {
                    drop((sent, permit));
                    tokio::time::sleep(pause).await;
                }
                (None, Ok(response)) => return Ok(Answer::new(response, permit)),
                (None, Err(error)) => return Err(no_answer(&endpoint.repository, started.elapsed(), error)),
            }
        }
    }

    async fn send_once(
        &self,
        request: &mut Request,
        authorization: Option<&HeaderValue>,
    ) -> Result<reqwest::Response, Unanswered> {
        let mut headers = request.headers.clone();
        headers.extend(authorization.map(|header| (AUTHORIZATION, header.clone())));
        let by = |http: &reqwest::Client| http.request(request.method.clone(), request.url.clone()).headers(headers);
        let sent = match request.payload.take() {
            Payload::Blob(blob) => upload::send(by(&self.uploads), blob, Patience::default()).await,
            Payload::Stream(body) => by(&self.http).body(body).send().await.map_err(Unanswered::from),
            Payload::Bytes(bytes) => by(&self.http).body(bytes).send().await.map_err(Unanswered::from),
            Payload::None | Payload::Spent => by(&self.http).send().await.map_err(Unanswered::from),
        };
        let (method, host, path) = (&request.method, request.url.host_str().unwrap_or_default(), request.url.path());
        match &sent {
            Ok(response) => tracing::debug!(%method, host, path, status = response.status().as_u16(), "answer"),
            Err(_) => tracing::debug!(%method, host, path, "no answer"),
        }
        sent
    }
}

enum Asked {
    Answered(Answer),
    /// What the host demands, and the 401 that told it just now.
    Demanded(Demand, Option<Refusal>),
}
