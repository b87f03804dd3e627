//! What a host demands, and the tokens that were got for it.
//!
//! A host is challenged once: whoever comes first asks without credentials, and the others wait for what comes of it.
//! A token is got once for each repository, and covers pulling and pushing where the server grants both.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Url;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::endpoint::{Endpoint, is_private};

mod challenge;
mod scope;
mod token;

pub(crate) use challenge::Challenge;
pub(crate) use scope::Scopes;
pub(crate) use token::{Token, TokenRequest};

/// Requests in flight at one host, and beside them at its token server.
const AT_ONCE: usize = 8;

/// What a host demands of a request.
#[derive(Debug, Clone)]
pub(crate) enum Demand {
    Nothing,
    Basic,
    Bearer { realm: Url, service: Option<String> },
}

impl Demand {
    /// Reads what the challenges of a 401 demand; a token goes before a password.
    pub(crate) fn of(challenges: &[Challenge]) -> Result<Self, String> {
        if let Some(bearer) = challenges.iter().find(|challenge| challenge.scheme == "bearer") {
            let realm = bearer.parameter("realm").and_then(|realm| Url::parse(realm).ok());
            let mut realm = realm.ok_or("it demands a token, and tells no address for one")?;
            // Who a token is for is our own knowledge, never the challenger's.
            let _ = realm.set_username("").and_then(|()| realm.set_password(None));
            if !is_private(&realm) {
                let host = realm.host_str().unwrap_or_default();
                return Err(format!("its token server, {host}, would get the credentials over plain HTTP"));
            }
            return Ok(Self::Bearer { realm, service: bearer.parameter("service").map(Into::into) });
        }
        if challenges.iter().any(|challenge| challenge.scheme == "basic") {
            Ok(Self::Basic)
        } else {
            Err("it demands a login of a kind that is not known".into())
        }
    }
}

/// A host, as all requests to it share it.
pub(crate) struct Host {
    permits: Arc<Semaphore>,
    /// Apart from the others: who holds one of those may wait for a token.
    token_permits: Semaphore,
    /// What it demands; `None` before the first request, which holds the lock.
    pub(crate) demand: tokio::sync::Mutex<Option<Demand>>,
    tokens: Mutex<HashMap<String, Slot>>,
}

/// The token of one repository; whoever gets a new one holds the lock.
pub(crate) type Slot = Arc<tokio::sync::Mutex<Option<Token>>>;

impl Host {
    pub(crate) fn new() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            token_permits: Semaphore::new(AT_ONCE),
            demand: tokio::sync::Mutex::default(),
            tokens: Mutex::default(),
        }
    }

    /// Waits until the host may get another request.
    pub(crate) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// Waits until the token server may get another request.
    pub(crate) async fn token_permit(&self) -> Option<SemaphorePermit<'_>> {
        self.token_permits.acquire().await.ok()
    }

    pub(crate) fn slot(&self, endpoint: &Endpoint) -> Slot {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tokens.entry(endpoint.name.clone()).or_default())
    }
}
