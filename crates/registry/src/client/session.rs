//! A request to a host that demands a login.

use std::time::Instant;

use embark_core::ports::RegistryError;
use reqwest::StatusCode;

use super::{Answer, Client, Refusal, Request};
use crate::auth::{Demand, Host, Scopes, Token, TokenRequest};
use crate::credentials::Login;
use crate::endpoint::Endpoint;

/// No answer of a token server is larger.
const TOKEN_LIMIT: usize = 1 << 20;

pub(super) struct Session<'a> {
    pub(super) client: &'a Client,
    pub(super) host: &'a Host,
    pub(super) endpoint: &'a Endpoint,
}

impl Session<'_> {
    /// Sends a request with what the host demands. A token that is refused is replaced once, by one that covers what the
    /// challenge names: it may have ended early, or cover too little.
    pub(super) async fn send(
        &self,
        mut request: Request,
        mut demand: Demand,
        mut refusal: Option<Refusal>,
    ) -> Result<Answer, RegistryError> {
        let login = self.client.credentials.login(self.endpoint).await;
        let login = login.map_err(|error| self.unauthorized(error.to_string()))?;
        let mut needed = request.scopes.clone();
        let mut refused: Option<Token> = None;
        for _ in 0..2 {
            needed = refusal.iter().flat_map(Refusal::challenges).fold(needed, |all, one| all.with(&one.scopes()));
            let (header, token) = match &demand {
                Demand::Nothing => break,
                Demand::Basic => (login.as_ref().and_then(Login::basic), None),
                Demand::Bearer { .. } => {
                    let token = self.token(&demand, login.as_ref(), &needed, refused.as_ref()).await?;
                    (token.header(), Some(token))
                }
            };
            if header.is_none() {
                break;
            }
            let answer = self.client.attempt(self.host, self.endpoint, &mut request, header.as_ref()).await?;
            if !answer.is_demand_of(self.endpoint) {
                return Ok(answer);
            }
            let said = Refusal::read(answer).await;
            if token.is_none() || request.is_spent() {
                return Err(self.refused(login.as_ref(), Some(&said)));
            }
            // Some servers have a token server for each repository.
            if let Ok(other) = Demand::of(said.challenges()) {
                *self.host.demand.lock().await = Some(other.clone());
                demand = other;
            }
            (refused, refusal) = (token, Some(said));
        }
        Err(self.refused(login.as_ref(), refusal.as_ref()))
    }

    /// Returns the repository's token. Whoever gets a new one lets the others wait for it.
    async fn token(
        &self,
        demand: &Demand,
        login: Option<&Login>,
        needed: &Scopes,
        refused: Option<&Token>,
    ) -> Result<Token, RegistryError> {
        let slot = self.host.slot(self.endpoint);
        let mut held = slot.lock().await;
        let is_refused = |token: &Token| refused.is_some_and(|refused| refused.is_same(token));
        if let Some(token) = held.as_ref().filter(|token| token.serves(needed) && !is_refused(token)) {
            return Ok(token.clone());
        }
        // Pulling and pushing are asked for at once, so that a retag needs one token: a server grants what it will.
        let wide = Scopes::pull_push(&self.endpoint.name).with(needed);
        let narrow = Scopes::pull(&self.endpoint.name).with(needed);
        let mut got = self.fetch(demand, login, &wide).await?;
        if got.is_err() && narrow != wide {
            got = self.fetch(demand, login, &narrow).await?;
        }
        let token = got.map_err(|refusal| self.refused(login, Some(&refusal)))?;
        *held = Some(token.clone());
        Ok(token)
    }

    /// Asks the token server; a 401 or 403 of its is the inner error.
    async fn fetch(
        &self,
        demand: &Demand,
        login: Option<&Login>,
        scopes: &Scopes,
    ) -> Result<Result<Token, Refusal>, RegistryError> {
        let malformed = |reason: &str| RegistryError::Malformed {
            repository: self.endpoint.repository.clone(),
            reason: format!("the token server of {} {reason}", self.endpoint.host),
        };
        let Demand::Bearer { realm, service } = demand else { return Err(malformed("is not known")) };
        let wish = TokenRequest { realm, service: service.as_deref(), login };
        let _permit = self.host.token_permit().await;
        let asked = Instant::now();
        let answer = self.client.attempt(self.host, self.endpoint, &mut wish.request(scopes), None).await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Ok(Err(Refusal::read(answer).await)),
            _ => return Err(Refusal::read(answer).await.error(&self.endpoint.repository)),
        }
        let body = answer.body(TOKEN_LIMIT).await.map_err(|error| error.of(&self.endpoint.repository))?;
        Token::parse(&body, scopes.clone(), asked).map(Ok).ok_or_else(|| malformed("gave no token"))
    }

    fn refused(&self, login: Option<&Login>, refusal: Option<&Refusal>) -> RegistryError {
        let said = refusal.map(Refusal::words);
        let host = &self.endpoint.host;
        self.unauthorized(match (login, said) {
            (None, None) => format!("there are no credentials for {host}"),
            (None, Some(said)) => format!("there are no credentials for {host}, which says: {said}"),
            (Some(_), Some(said)) => format!("{host} says: {said}"),
            (Some(_), None) => format!("{host} takes another kind of credentials"),
        })
    }

    fn unauthorized(&self, reason: String) -> RegistryError {
        RegistryError::Unauthorized { repository: self.endpoint.repository.clone(), reason }
    }
}
