//! A [GitHub App](https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/about-authentication-with-a-github-app):
//! it proves itself with its key, and is handed out tokens for an hour.

mod clock;
mod issue;
mod key;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use embark_core::ports::BoxError;
use secrecy::SecretString;
use tokio::sync::Mutex;

use self::clock::Clock;
use self::issue::Token;
pub use self::key::{AppError, AppId, AppKey};
use crate::address::ApiUrl;
use crate::client::Permission;
use crate::credentials::is_same;
use crate::error::Error;
use crate::name::RepositoryName;

/// A GitHub App, as it is installed on the repositories that it is used for.
///
/// Tokens are kept in the process, one for each owner: an app is installed once for an owner. Each is narrowed to what
/// [`App::wanting`] names and the installation has. It is asked for anew when less than five minutes of it are left.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    api: ApiUrl,
    id: AppId,
    key: AppKey,
    wanted: Vec<(RepositoryName, Permission)>,
    clock: Clock,
    /// By the owner, in lower case. Who asks for one waits while another one is handed out.
    tokens: Mutex<HashMap<String, Token>>,
}

/// Tells why there is no token of an app.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// GitHub does not let the app in, and says why.
    #[error("{0}")]
    Refused(String),
    /// GitHub does not answer, or not as it should.
    #[error("GitHub hands out no token")]
    Unavailable(#[source] BoxError),
}

impl App {
    /// Takes where the API is, and the app's id and key. It wants nothing yet but to see which repositories there are.
    pub fn new(http: reqwest::Client, api: ApiUrl, id: AppId, key: AppKey) -> Self {
        let (wanted, clock, tokens) = (Vec::new(), Clock::default(), Mutex::default());
        Self(Arc::new(Inner { http, api, id, key, wanted, clock, tokens }))
    }

    /// Names what its tokens are for. Tokens of another one are not taken over.
    #[must_use]
    pub fn wanting(&self, wanted: Vec<(RepositoryName, Permission)>) -> Self {
        let Inner { http, api, id, key, .. } = &*self.0;
        let (http, api, id, key) = (http.clone(), api.clone(), id.clone(), key.clone());
        Self(Arc::new(Inner { http, api, id, key, wanted, clock: Clock::default(), tokens: Mutex::default() }))
    }

    /// Returns the token for a repository; where one was `refused`, another one.
    ///
    /// # Errors
    /// [`TokenError`] says why there is none.
    pub async fn token(
        &self,
        repository: &RepositoryName,
        refused: Option<&SecretString>,
    ) -> Result<SecretString, TokenError> {
        self.issued(repository, refused).await.map_err(Error::of_token)
    }

    pub(crate) async fn issued(
        &self,
        repository: &RepositoryName,
        refused: Option<&SecretString>,
    ) -> Result<SecretString, Error> {
        let mut tokens = self.0.tokens.lock().await;
        let owner = repository.owner().to_ascii_lowercase();
        if let Some(token) = tokens.get(&owner) {
            let is_refused = refused.is_some_and(|refused| is_same(refused, &token.secret));
            if !is_refused && token.lasts(self.0.clock.now()) {
                return Ok(token.secret.clone());
            }
            if is_refused {
                tracing::warn!(app = %self.0.id, "GitHub takes a token no longer that it handed out: another one is asked for");
            }
        }
        let token = Box::pin(self.0.issue(repository)).await?;
        let secret = token.secret.clone();
        tokens.insert(owner, token);
        Ok(secret)
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("id", &self.0.id).finish_non_exhaustive()
    }
}
