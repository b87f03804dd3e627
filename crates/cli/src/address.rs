//! The address of a git repository, in each of its forms.

mod on_github;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use embark_core::ports::Clock;
use embark_github::{Credentials, RepositoryName};
use embark_gitops::{GitRepository, Options, RemoteUrl, SshUrl, UrlError};

pub(crate) use self::on_github::OnGitHub;
use crate::env::Env;

/// Where a repository is.
#[derive(Debug)]
pub(crate) enum Address {
    Folder(PathBuf),
    Server(RemoteUrl),
    Ssh(SshUrl),
}

impl Address {
    /// Reads an address; a path is one from `folder`. The error says what is wrong with it.
    pub(crate) fn parse(text: &str, folder: &Path) -> Result<Self, String> {
        let wrong = |error: UrlError| error.to_string();
        if text.starts_with("http://") || text.starts_with("https://") {
            return text.parse().map(Self::Server).map_err(wrong);
        }
        if let Some(path) = text.strip_prefix("file://localhost").or_else(|| text.strip_prefix("file://")) {
            if !path.starts_with('/') {
                return Err("a file address names an absolute path, as in file:///srv/deployment.git".into());
            }
            return Ok(Self::Folder(Path::new(path).into()));
        }
        if SshUrl::is_meant(text) {
            return text.parse().map(Self::Ssh).map_err(wrong);
        }
        if text.contains("://") {
            return Err("it is none of https, http, ssh, file, and no path".into());
        }
        Ok(Self::Folder(folder.join(text)))
    }

    /// Returns which repository on GitHub it is, if that lets git in with what its API takes.
    pub(crate) fn on_github(&self, env: &Env) -> Option<RepositoryName> {
        match self {
            Self::Server(url) => env.on_github(url),
            Self::Folder(_) | Self::Ssh(_) => None,
        }
    }

    /// Prepares the repository, with the credentials of the environment; nothing is asked of it yet.
    pub(crate) fn open(
        self,
        env: &Env,
        github: &Credentials,
        client: reqwest::Client,
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> Result<GitRepository, String> {
        Ok(match self {
            Self::Folder(path) => GitRepository::local(&path, options, clock),
            Self::Ssh(url) => GitRepository::ssh(url, env.ssh_command.clone(), options, clock),
            Self::Server(url) => {
                let url = env.let_in(url, github).map_err(|error| error.to_string())?;
                let url = match env.certificates.clone() {
                    Some(file) => url.with_authorities(file),
                    None => url,
                };
                GitRepository::remote(url, client, options, clock)
            }
        })
    }
}
