//! A configuration that is read from a git repository: one for the application repo and the deployment repo.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use embark_core::FilePath;
use embark_core::ports::DeploymentRepository as _;
use embark_github::Permission;
use embark_gitops::{Author, Options, RefName, SshUrl};

use super::{Config, ConfigError};
use crate::address::Address;
use crate::clock::SystemClock;
use crate::env::Env;
use crate::error::Error;
use crate::http;
use crate::run::Run;

/// A file of a repository, as `--config` names it: `URL//PATH`, or `URL//PATH?ref=BRANCH`.
#[derive(Debug)]
pub(crate) struct InRepository {
    address: Address,
    file: FilePath,
    /// The branch; without one that of `HEAD`.
    branch: Option<RefName>,
}

impl InRepository {
    /// Reads what `--config` names; `None` where that is a file on disk.
    ///
    /// What is wrong is told without the address: it may hold a password.
    pub(crate) fn parse(named: &Path) -> Result<Option<Self>, Error> {
        let Some(text) = named.to_str() else { return Ok(None) };
        let rest = match text.split_once("://") {
            Some((_, rest)) => rest,
            None if SshUrl::is_meant(text) && text.contains("//") => text,
            None => return Ok(None),
        };
        let Some((_, file)) = rest.split_once("//") else {
            return Err(wrong("// and the path of the file are missing"));
        };
        let url = &text[..text.len() - "//".len() - file.len()];
        let (file, branch) = match file.split_once('?') {
            Some((file, query)) => match query.strip_prefix("ref=").map(str::parse) {
                Some(Ok(branch)) => (file, Some(branch)),
                Some(Err(error)) => return Err(wrong(error)),
                None => return Err(wrong("behind the ? only ref=BRANCH may stand")),
            },
            None => (file, None),
        };
        let file = file.parse().map_err(|error: embark_core::TextError| wrong(error))?;
        Ok(Some(Self { address: Address::parse(url, Path::new("/")).map_err(wrong)?, file, branch }))
    }

    /// Returns how people name it, without credentials.
    pub(crate) fn name(&self) -> String {
        let address = match &self.address {
            Address::Folder(path) => format!("file://{}", path.display()),
            Address::Server(url) => url.as_str().to_owned(),
            Address::Ssh(url) => url.as_str().to_owned(),
        };
        let named = self.branch.as_ref().map(|branch| {
            let branch = branch.as_str();
            format!("?ref={}", branch.strip_prefix("refs/heads/").unwrap_or(branch))
        });
        format!("{address}//{}{}", self.file, named.unwrap_or_default())
    }

    /// Reads it at the tip of its branch.
    async fn read(self, env: &Env, client: reqwest::Client) -> Result<String, Error> {
        let name = self.name();
        let invalid = |reason: String| ConfigError::Invalid { path: PathBuf::from(&name), reason };
        let options = Options {
            branch: self.branch.unwrap_or_else(RefName::head),
            ledger: None,
            // Nothing is committed.
            author: Author { name: String::new(), email: String::new() },
        };
        let wanted = self.address.on_github(env).map(|name| (name, Permission::Contents));
        let github = env.github_credentials(&client, wanted.into_iter().collect())?;
        let repository = self.address.open(env, &github, client, options, Arc::new(SystemClock)).map_err(invalid)?;
        let snapshot = repository.read(vec![self.file.clone()]).await;
        let mut snapshot = snapshot.map_err(|source| ConfigError::Repository { name: name.clone(), source })?;
        let bytes = snapshot.files.remove(&self.file).flatten();
        let bytes = bytes.ok_or_else(|| ConfigError::NotThere(name.clone()))?;
        Ok(String::from_utf8(bytes).map_err(|_| invalid("it is not text in UTF-8".into()))?)
    }
}

fn wrong(problem: impl std::fmt::Display) -> Error {
    Error::Arguments(
        format!("--config names no file of a repository: {problem}"),
        "name one, as in --config https://github.com/acme/shop-deployment.git//embark.yaml",
    )
}

impl Config {
    /// Reads the configuration that is named: the file, or, over a client, that of a repository.
    pub(crate) async fn read(
        run: &Run,
        client: impl FnOnce() -> Result<reqwest::Client, Error>,
    ) -> Result<Self, Error> {
        let named = run.global.config.as_deref();
        let Some(found) = named.map(InRepository::parse).transpose()?.flatten() else { return Ok(Self::load(named)?) };
        let name = found.name();
        let text = found.read(&run.env, client()?).await?;
        Ok(Self::parse_in_repository(&name, &text)?)
    }

    /// Prepares a client where there is none yet, and reads the configuration that is named.
    pub(crate) async fn read_alone(run: &Run) -> Result<Self, Error> {
        Self::read(run, || http::client(run.env.certificates.as_deref())).await
    }

    /// Reads a text that is on no disk. The application's version is looked for in the working folder; no other path
    /// may be relative.
    pub(crate) fn parse_in_repository(name: &str, text: &str) -> Result<Self, ConfigError> {
        let config = Self::parse_from(Path::new(name), Path::new("."), text)?;
        match config.relative_path() {
            Some((key, path)) => Err(config.invalid(format!(
                "{key}: {path:?} is relative to the folder of a file, and this one is in a repository: an absolute path \
                 is needed"
            ))),
            None => Ok(config),
        }
    }

    /// Finds a path that starts at the folder of the file.
    fn relative_path(&self) -> Option<(String, String)> {
        let is_relative = |path: &&str| Path::new(path).is_relative();
        if let Ok(Address::Folder(path)) = Address::parse(&self.git.url, Path::new(""))
            && path.is_relative()
        {
            return Some(("deploymentRepo.url".into(), self.git.url.clone()));
        }
        let key = self.git.signing_key.as_deref().filter(|path| !path.starts_with("~/")).filter(is_relative);
        if let Some(path) = key {
            return Some(("deploymentRepo.signingKey".into(), path.to_owned()));
        }
        let images = self.pipeline.components().iter().flat_map(|component| {
            let all = std::iter::once(&component.image).chain(component.images.values());
            all.map(move |image| (format!("the image of {}", component.name), image))
        });
        let mut layouts = images.filter_map(|(key, image)| Some((key, image.layout_path()?)));
        let found = layouts.find(|(_, path)| is_relative(path));
        found.map(|(key, path)| (key, path.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Option<String> {
        InRepository::parse(Path::new(text)).expect(text).map(|found| found.name())
    }

    fn problem(text: &str) -> String {
        InRepository::parse(Path::new(text)).expect_err(text).to_string()
    }

    #[test]
    fn an_address_is_told_from_the_path_of_a_file() {
        for file in ["embark.yaml", "../embark.yaml", "/srv/shop.git//embark.yaml", "a:b/embark.yaml"] {
            assert_eq!(named(file), None, "{file}");
        }
        for (text, name) in [
            ("https://github.com/acme/shop.git//embark.yaml", "https://github.com/acme/shop.git//embark.yaml"),
            ("https://ada@github.com/acme/shop//a/b.yaml", "https://github.com/acme/shop//a/b.yaml"),
            ("ssh://git@example.com:22/shop.git//embark.yaml", "ssh://git@example.com:22/shop.git//embark.yaml"),
            (
                "git@github.com:acme/shop.git//embark.yaml?ref=next",
                "git@github.com:acme/shop.git//embark.yaml?ref=next",
            ),
            ("file:///srv/shop.git//embark.yaml", "file:///srv/shop.git//embark.yaml"),
            (
                "https://github.com/acme/shop.git//embark.yaml?ref=refs/tags/v1",
                "https://github.com/acme/shop.git//embark.yaml?ref=refs/tags/v1",
            ),
        ] {
            assert_eq!(named(text).as_deref(), Some(name), "{text}");
        }
    }

    #[test]
    fn what_names_no_file_of_a_repository_is_told_without_its_password() {
        for (text, said) in [
            ("https://github.com/acme/shop.git", "// and the path"),
            ("https://github.com/acme/shop.git//../embark.yaml", "../embark.yaml"),
            ("https://github.com/acme/shop.git//embark.yaml?branch=main", "ref=BRANCH"),
            ("https://github.com/acme/shop.git//embark.yaml?ref=my branch", "my branch"),
            ("https://ada:secret@github.com/acme/shop.git//embark.yaml", "password"),
            ("ftp://example.com/shop.git//embark.yaml", "none of https, http, ssh, file"),
            ("file://shop.git//embark.yaml", "absolute"),
        ] {
            let problem = problem(text);
            assert!(problem.contains(said) && !problem.contains("secret"), "{text}: {problem}");
        }
    }
}
