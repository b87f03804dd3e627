//! What is read of docker's configuration, for tests.

use embark_core::Repository;
use secrecy::ExposeSecret as _;

use super::Login;
use super::docker_config::DockerConfig;
use crate::endpoint::Endpoint;

/// What a configuration says of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logins {
    /// The helper that is asked.
    pub helper: Option<String>,
    /// The user, none with an identity token, and the secret; or what embark says where they cannot be read.
    pub login: Result<Option<(Option<String>, String)>, String>,
}

/// Reads a configuration, and what it says of a repository.
///
/// # Errors
/// What embark says where it cannot be read.
pub fn docker_config(bytes: &[u8], repository: &Repository) -> Result<Logins, String> {
    let config = DockerConfig::parse("config.json".into(), bytes).map_err(|error| error.to_string())?;
    let endpoint = Endpoint::of(repository).map_err(|error| error.to_string())?;
    let servers = endpoint.servers();
    let login = config.login(&servers, &endpoint.name).map_err(|error| error.to_string());
    let shown = |login: Login| match login {
        Login::Password { user, password } => (Some(user), password.expose_secret().to_owned()),
        Login::IdentityToken(token) => (None, token.expose_secret().to_owned()),
    };
    Ok(Logins { helper: config.helper(&servers).map(str::to_owned), login: login.map(|login| login.map(shown)) })
}
