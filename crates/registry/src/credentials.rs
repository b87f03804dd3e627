//! Who we are to a registry: docker's configuration and its credential helpers.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::{Mutex, OnceCell};

use crate::endpoint::Endpoint;

mod docker_config;
mod helper;

use docker_config::DockerConfig;

/// Where credentials for registries come from.
pub struct Credentials {
    folder: Option<PathBuf>,
    config: OnceCell<DockerConfig>,
    /// What helpers answered, by their name and the server: some of them take a second.
    answers: Mutex<HashMap<(String, String), Answer>>,
}

type Answer = Arc<OnceCell<Option<Login>>>;

/// What logs us in.
#[derive(Debug, Clone)]
pub(crate) enum Login {
    Password {
        user: String,
        password: SecretString,
    },
    /// A refresh token: it is exchanged at the token server.
    IdentityToken(SecretString),
}

/// Tells why the credentials cannot be read. It names files and helpers, and never shows what they hold.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct CredentialsError(String);

impl Credentials {
    /// Knows no credentials.
    pub fn anonymous() -> Self {
        Self { folder: None, config: OnceCell::new(), answers: Mutex::default() }
    }

    /// Reads `config.json` in docker's configuration folder once a registry asks for credentials.
    ///
    /// A file that is not there means no credentials.
    pub fn docker(folder: &Path) -> Self {
        Self { folder: Some(folder.to_owned()), ..Self::anonymous() }
    }

    /// Returns the login for a repository: of a helper for its host, of the helper for all hosts, or of the file.
    pub(crate) async fn login(&self, endpoint: &Endpoint) -> Result<Option<Login>, CredentialsError> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let config = self.config.get_or_try_init(|| DockerConfig::read(folder.join("config.json"))).await?;
        let servers = endpoint.servers();
        if let Some(helper) = config.helper(&servers) {
            let login = self.ask(helper, endpoint.server_address()).await?;
            if login.is_some() || config.is_for_one_host(&servers) {
                return Ok(login);
            }
        }
        config.login(&servers, &endpoint.name)
    }

    async fn ask(&self, helper: &str, server: &str) -> Result<Option<Login>, CredentialsError> {
        let key = (helper.to_owned(), server.to_owned());
        let answer = Arc::clone(self.answers.lock().await.entry(key).or_default());
        let command =
            || helper::get(helper, tokio::process::Command::new(format!("docker-credential-{helper}")), server);
        answer.get_or_try_init(command).await.cloned()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("folder", &self.folder).finish_non_exhaustive()
    }
}
