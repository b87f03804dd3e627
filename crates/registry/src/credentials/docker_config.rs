//! The parts of docker's `config.json` that are about logins.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use secrecy::SecretString;
use serde::Deserialize;

use super::{CredentialsError, Login};

#[derive(Default)]
pub(super) struct DockerConfig {
    path: PathBuf,
    file: File,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct File {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase", default)]
struct Entry {
    auth: Option<SecretString>,
    username: Option<String>,
    password: Option<SecretString>,
    identitytoken: Option<SecretString>,
}

/// What writes the file does not always pad.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl DockerConfig {
    pub(super) async fn read(path: PathBuf) -> Result<Self, CredentialsError> {
        match tokio::fs::read(&path).await {
            Ok(bytes) => Self::parse(path, &bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(CredentialsError(format!("cannot read {}: {error}", path.display()))),
        }
    }

    pub(super) fn parse(path: PathBuf, bytes: &[u8]) -> Result<Self, CredentialsError> {
        // The parser's own message may quote a secret.
        let file: File = serde_json::from_slice(bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            CredentialsError(format!("{} is malformed at line {line}, column {column}", path.display()))
        })?;
        let config = Self { path, file };
        // The name of a helper becomes that of a program.
        let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if let Some(name) = config.helpers().find(|name| !is_name(name)) {
            return Err(CredentialsError(format!("{} names the helper {name:?}", config.path.display())));
        }
        Ok(config)
    }

    fn helpers(&self) -> impl Iterator<Item = &String> {
        self.file.cred_helpers.values().chain([&self.file.creds_store])
    }

    /// Returns the helper that knows the login for a host.
    pub(super) fn helper(&self, servers: &[&str]) -> Option<&str> {
        self.helper_of_one_host(servers).or(Some(self.file.creds_store.as_str())).filter(|name| !name.is_empty())
    }

    /// Tells whether a host has a helper of its own, beside which nothing else counts.
    pub(super) fn is_for_one_host(&self, servers: &[&str]) -> bool {
        self.helper_of_one_host(servers).is_some()
    }

    fn helper_of_one_host(&self, servers: &[&str]) -> Option<&str> {
        let helpers = self.file.cred_helpers.iter();
        let mut of_host = helpers.filter(|(key, _)| servers.contains(&normalized(key).as_str()));
        of_host.next().map(|(_, helper)| helper.as_str())
    }

    /// Returns the login that stands in the file; one for a part of a host goes before one for all of it.
    pub(super) fn login(&self, servers: &[&str], name: &str) -> Result<Option<Login>, CredentialsError> {
        let mut longest: Option<(usize, Login)> = None;
        for (key, entry) in &self.file.auths {
            let key = normalized(key);
            let is_of_it = servers.iter().any(|server| covers(&key, server, name));
            let depth = key.matches('/').count();
            if !is_of_it || longest.as_ref().is_some_and(|(deepest, _)| *deepest >= depth) {
                continue;
            }
            let login = entry
                .login()
                .map_err(|reason| CredentialsError(format!("{} has {reason} for {key}", self.path.display())))?;
            longest = login.map(|login| (depth, login)).or(longest);
        }
        Ok(longest.map(|(_, login)| login))
    }
}

/// Cuts a key to host and path: `https://index.docker.io/v1/` is `index.docker.io`.
fn normalized(key: &str) -> String {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let (host, path) = key.split_once('/').unwrap_or((key, ""));
    let path = path.trim_end_matches('/');
    let host = host.to_lowercase();
    match path {
        "" | "v1" | "v2" => host,
        path => format!("{host}/{path}"),
    }
}

/// Tells whether `key`, a host or the beginning of a repository, covers the repository.
fn covers(key: &str, server: &str, name: &str) -> bool {
    match key.strip_prefix(server) {
        Some("") => true,
        Some(rest) => rest.strip_prefix('/').is_some_and(|prefix| {
            name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }),
        None => false,
    }
}

impl Entry {
    /// Reads an entry; helpers leave empty ones behind.
    fn login(&self) -> Result<Option<Login>, &'static str> {
        use secrecy::ExposeSecret as _;
        let full = |secret: &&SecretString| !secret.expose_secret().is_empty();
        if let Some(token) = self.identitytoken.as_ref().filter(full) {
            return Ok(Some(Login::IdentityToken(token.clone())));
        }
        if let Some(auth) = self.auth.as_ref().filter(full) {
            let bytes = BASE64.decode(auth.expose_secret()).map_err(|_| "no Base64")?;
            let text = String::from_utf8(bytes).map_err(|_| "no text in its Base64")?;
            let (user, password) = text.split_once(':').ok_or("no user:password in its Base64")?;
            let password = password.trim_end_matches('\0').into();
            return Ok(Some(Login::Password { user: user.into(), password }));
        }
        Ok(match (&self.username, &self.password) {
            (Some(user), Some(password)) if !user.is_empty() => {
                Some(Login::Password { user: user.clone(), password: password.clone() })
            }
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn config(text: &str) -> Result<DockerConfig, CredentialsError> {
        DockerConfig::parse("config.json".into(), text.as_bytes())
    }

    /// Shows a login as the tests compare it.
    #[track_caller]
    fn login(text: &str, servers: &[&str], name: &str) -> Option<String> {
        let login = config(text).unwrap().login(servers, name).unwrap();
        login.map(|login| match login {
            Login::Password { user, password } => format!("{user}:{}", password.expose_secret()),
            Login::IdentityToken(token) => format!("token {}", token.expose_secret()),
        })
    }

    #[test]
    fn a_host_may_be_written_in_many_ways() {
        for key in ["gcr.io", "https://gcr.io", "http://gcr.io/", "https://gcr.io/v1/", "https://gcr.io/v2/", "GCR.io"]
        {
            let text = format!(r#"{{"auths": {{"{key}": {{"auth": "dTpw"}}}}, "HttpHeaders": {{}}}}"#);
            assert_eq!(login(&text, &["gcr.io"], "acme/x").as_deref(), Some("u:p"), "{key}");
            assert_eq!(login(&text, &["eu.gcr.io"], "acme/x"), None, "{key}");
        }
    }

    #[test]
    fn the_longest_key_counts() {
        let text = r#"{"auths": {
            "gcr.io": {"username": "all", "password": "1"},
            "gcr.io/acme": {"username": "acme", "password": "2"},
            "gcr.io/acme/x": {"username": "x", "password": "3"},
            "gcr.io/ac": {"username": "no", "password": "4"}
        }}"#;
        assert_eq!(login(text, &["gcr.io"], "other/y").as_deref(), Some("all:1"));
        assert_eq!(login(text, &["gcr.io"], "acme/y").as_deref(), Some("acme:2"));
        assert_eq!(login(text, &["gcr.io"], "acme/x").as_deref(), Some("x:3"));
        assert_eq!(login(text, &["gcr.io"], "acme/xy").as_deref(), Some("acme:2"));
    }

    #[test]
    fn docker_hub_has_a_key_of_its_own() {
        let hub = ["index.docker.io", "docker.io", "registry-1.docker.io"];
        let text = r#"{"auths": {"https://index.docker.io/v1/": {"auth": "dTpw"}}}"#;
        assert_eq!(login(text, &hub, "library/nginx").as_deref(), Some("u:p"));
    }

    #[test]
    fn an_identity_token_goes_before_the_rest_and_an_empty_entry_is_none() {
        let text = r#"{"auths": {"gcr.io": {"auth": "dTo=", "identitytoken": "t"}}}"#;
        assert_eq!(login(text, &["gcr.io"], "x").as_deref(), Some("token t"));
        assert_eq!(login(r#"{"auths": {"gcr.io": {}}}"#, &["gcr.io"], "x"), None);
        assert_eq!(login(r#"{"auths": {"gcr.io": {"auth": ""}}}"#, &["gcr.io"], "x"), None);
        assert_eq!(login("{}", &["gcr.io"], "x"), None);
    }

    #[test]
    fn a_password_may_hold_colons_and_need_no_padding() {
        let text = r#"{"auths": {"gcr.io": {"auth": "dTpwOnE"}}}"#;
        assert_eq!(login(text, &["gcr.io"], "x").as_deref(), Some("u:p:q"));
    }

    #[test]
    fn what_is_malformed_is_told_without_showing_it() {
        let error = config(r#"{"auths": {"gcr.io": "hunter2"}}"#).err().unwrap().to_string();
        assert!(error.starts_with("config.json is malformed at line 1, column "), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
        let bad = config(r#"{"auths": {"gcr.io": {"auth": "hunter2!"}}}"#).unwrap();
        let error = bad.login(&["gcr.io"], "x").unwrap_err().to_string();
        assert_eq!(error, "config.json has no Base64 for gcr.io");
        assert!(config(r#"{"credsStore": "../../tmp/evil"}"#).is_err());
    }

    #[test]
    fn a_helper_of_the_host_goes_before_the_one_of_all() {
        let text = r#"{"credsStore": "desktop", "credHelpers": {"https://gcr.io": "gcloud"}}"#;
        let config = config(text).unwrap();
        assert_eq!(config.helper(&["gcr.io"]), Some("gcloud"));
        assert_eq!(config.helper(&["ghcr.io"]), Some("desktop"));
        assert_eq!(DockerConfig::default().helper(&["ghcr.io"]), None);
    }
}
