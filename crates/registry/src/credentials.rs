//! Who we are to a registry: the configurations of docker and podman, and their credential helpers.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::{Mutex, OnceCell};

use crate::endpoint::Endpoint;

mod docker_config;
mod helper;
#[cfg(feature = "test-support")]
pub(crate) mod testing;

use docker_config::DockerConfig;

/// Where credentials for registries come from.
pub struct Credentials {
    /// In their order; each is read once it is needed.
    files: Vec<(PathBuf, OnceCell<DockerConfig>)>,
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
        Self::files(Vec::new())
    }

    /// Reads `config.json` in docker's configuration folder once a registry asks for credentials.
    ///
    /// A file that is not there means no credentials.
    pub fn docker(folder: &Path) -> Self {
        Self::files(vec![folder.join("config.json")])
    }

    /// Reads files in the form of docker's `config.json`, as podman's [`auth.json`] is, once a registry asks for
    /// credentials. The first one that has a login for it counts.
    ///
    /// A file that is not there means no credentials.
    ///
    /// [`auth.json`]: https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
    pub fn files(files: Vec<PathBuf>) -> Self {
        let files = files.into_iter().map(|file| (file, OnceCell::new())).collect();
        Self { files, answers: Mutex::default() }
    }

    /// Returns the login for a repository: in each file that of a helper for its host, of the helper for all hosts, or
    /// of the file itself.
    pub(crate) async fn login(&self, endpoint: &Endpoint) -> Result<Option<Login>, CredentialsError> {
        for (path, config) in &self.files {
            let config = config.get_or_try_init(|| DockerConfig::read(path.clone())).await?;
            let login = self.login_of(config, endpoint).await?;
            if login.is_some() {
                return Ok(login);
            }
        }
        Ok(None)
    }

    async fn login_of(&self, config: &DockerConfig, endpoint: &Endpoint) -> Result<Option<Login>, CredentialsError> {
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
        let command = || helper::get(helper, helper::program(helper), server);
        answer.get_or_try_init(command).await.cloned()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files: Vec<&PathBuf> = self.files.iter().map(|(path, _)| path).collect();
        f.debug_struct("Credentials").field("files", &files).finish_non_exhaustive()
    }
}
