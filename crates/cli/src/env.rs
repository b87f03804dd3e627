//! Every environment variable that embark reads, in one place.

mod github;

use std::path::{Path, PathBuf};

use embark_argocd::ArgoCd;
use embark_core::Commit;
use embark_github::{Branch, Credentials, Deployments, GitHub, PullRequests, Releases, RepositoryName};
use embark_gitops::SigningKey;
use secrecy::SecretString;

use crate::config::Config;
use crate::error::Error;

/// The variables that are read, and what they are for.
#[cfg(test)]
pub(crate) const VARIABLES: [(&[&str], &str); 29] = [
    (&["EMBARK_GIT_TOKEN"], "the token for the deployment repo, sent as the password of basic authentication"),
    (
        &["GIT_SSH_COMMAND"],
        "a line for the shell that is run in place of `ssh`, with the same options; git reads it as well. For a \
         deployment repo over ssh",
    ),
    (
        &["EMBARK_GITHUB_TOKEN"],
        "the token for GitHub. For `application.repository` it needs `Contents: read`, and for `requires.checks` also \
         `Checks: read` and `Commit statuses: read`, for `notify.pullRequest` `Pull requests: write`, for `release-pr` and \
         `notes` `Contents: write` and `Pull requests: write`; for \
         `deployments.github` `Deployments: write` and, to see where reviewers are asked, `Actions: read`. It is that of the deployment repo, too, if that is on the host of \
         `GITHUB_SERVER_URL` and `EMBARK_GIT_TOKEN` is not set; with `deploymentRepo.write: api` always, and \
         `Contents: write` is needed there",
    ),
    (
        &["EMBARK_GITHUB_APP_ID", "EMBARK_GITHUB_APP_PRIVATE_KEY"],
        "else a GitHub App: its id or client id, and the text of its private key in PEM, whose line breaks may be \
         written as `\\n`. It is handed out a token for the same",
    ),
    (&["GITHUB_TOKEN"], "else the token of a job in GitHub Actions"),
    (
        &["EMBARK_RELEASE_TOKEN"],
        "of `release-pr` and `notes`: the token that writes branches, pull requests and releases of \
         `application.repository`. It goes before those above, which then write nothing there: so the token of a job can \
         be it, and an app needs no `Contents: write`",
    ),
    (
        &["EMBARK_CHANGESETS_GITHUB_TOKEN"],
        "of `release-pr`: the token that the repository's own `@changesets/cli` gets as `GITHUB_TOKEN`, for a changelog that \
         asks GitHub; reading is enough. It gets no `GITHUB_TOKEN` else, and none of embark's own variables",
    ),
    (
        &[ARGOCD_TOKEN],
        "the token for Argo CD, of an account or of a role of the project: it must be allowed to `get` the applications that \
         `argocd` names. It is sent to their servers",
    ),
    (
        &[SIGNING_KEY],
        "the text of an SSH private key without a passphrase, which signs the commits. It goes before \
         `deploymentRepo.signingKey`",
    ),
    (&["GITHUB_SERVER_URL"], "`https://github.com` if it is not set"),
    (
        &["GITHUB_API_URL"],
        "where GitHub's API is. If it is not set, that of `GITHUB_SERVER_URL`: `https://api.github.com`, \
         `https://HOST/api/v3`, or `https://api.SUBDOMAIN.ghe.com`. `https`, or this machine",
    ),
    (&["GITHUB_ACTOR", "USER", "LOGNAME"], "who started it, for the record. The first of them counts"),
    (
        &["GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH"],
        "on an event whose name begins with `pull_request`, the commit is that of the event's `pull_request.head.sha`. With \
         `deploy --event` the name must be `deployment`, which is meant if it is not set",
    ),
    (
        &["GITHUB_REF"],
        "of `release` without an environment: on a `push` it must be `release.base`. There `GITHUB_EVENT_NAME` tells which \
         environment is meant: of `push` the first one, of `schedule` the one from which versions are promoted, and of a \
         `pull_request` that is the merged release PR the one that gets them",
    ),
    (&["GITHUB_SHA"], "else the commit"),
    (
        &["GITHUB_ACTIONS"],
        "if it is `true`, what is refused, failed or broken is written to the standard error as an annotation, too",
    ),
    (&["GITHUB_STEP_SUMMARY"], "the file to which the table is appended, or the error"),
    (
        &["GITHUB_OUTPUT"],
        "the file to which `outcome` is appended, also of a failure. Of `release`, `deploy`, `promote` and `rollback` \
         `deployments` (JSON), of `release` and `promote` `commit`, of `promote` `version`, of `release-pr` and `notes` `commit` and `version`, of \
         `release-pr` `branch`, where there are any",
    ),
    (
        &["EMBARK_NOTIFY_URL"],
        "the address of the webhook, a secret, where `notify.webhook.urlFrom` names this variable; it may name another",
    ),
    (&["EMBARK_CA_FILE"], "a file with certificates in PEM: authorities that are trusted beside the system's"),
    // The TLS library reads them.
    (&["SSL_CERT_FILE", "SSL_CERT_DIR"], "a file or a folder with certificates in PEM that stand for the system's"),
    // The HTTP client reads them.
    (&["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"], "the proxy, also in lower case"),
    (&["REGISTRY_AUTH_FILE"], "a file with logins for registries, in docker's form. It goes before the next two"),
    (&["DOCKER_CONFIG"], "the folder with docker's `config.json`; else `.docker` in `HOME`"),
    (
        &["XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"],
        "the folders with podman's `containers/auth.json`; else `.config` in `HOME`. They are read where docker's file \
         has no login for a registry",
    ),
    (
        &["HOME"],
        "the folder in which `.docker` and `.config` are, and that `~` stands for in `deploymentRepo.signingKey`",
    ),
    (
        &["PATH", "TMPDIR"],
        "where other programs are (`ssh`, `git`, `ssh-keygen`, helpers of docker, `npx`, `pnpm`, `yarn`), and temporary files",
    ),
    // The program that signs is told of these, and of `PATH`, `HOME`, `TMPDIR` and `LANG`, and of no others.
    (
        &["SSH_AUTH_SOCK", "SSH_SK_PROVIDER", "SSH_SK_HELPER"],
        "where the agent is that holds an SSH key, or what reaches the hardware: `ssh` and `ssh-keygen` are told",
    ),
    (
        &["NO_COLOR", "FORCE_COLOR"],
        "with `--color auto`: no colour, colour unless it is `0` or `false`. The first of them counts",
    ),
];

/// The variable with the token for Argo CD.
pub(crate) const ARGOCD_TOKEN: &str = "EMBARK_ARGOCD_TOKEN";

/// The variable with the key that signs commits.
pub(crate) const SIGNING_KEY: &str = "EMBARK_SIGNING_KEY";

/// The environment, read once.
#[derive(Debug, Default, Clone)]
pub(crate) struct Env {
    /// `EMBARK_GIT_TOKEN`
    git_token: Option<SecretString>,
    /// `GIT_SSH_COMMAND`
    pub(crate) ssh_command: Option<String>,
    /// `EMBARK_GITHUB_TOKEN`
    embark_github_token: Option<SecretString>,
    /// `EMBARK_GITHUB_APP_ID`
    github_app_id: Option<String>,
    /// `EMBARK_GITHUB_APP_PRIVATE_KEY`
    github_app_key: Option<SecretString>,
    /// `GITHUB_TOKEN`
    github_token: Option<SecretString>,
    /// `EMBARK_RELEASE_TOKEN`
    release_token: Option<SecretString>,
    /// `EMBARK_CHANGESETS_GITHUB_TOKEN`
    pub(crate) changesets_token: Option<SecretString>,
    /// `EMBARK_ARGOCD_TOKEN`
    argocd_token: Option<SecretString>,
    /// `EMBARK_SIGNING_KEY`
    signing_key: Option<SecretString>,
    /// `HOME`
    home: Option<PathBuf>,
    /// `GITHUB_SERVER_URL`
    github_server: Option<String>,
    /// `GITHUB_API_URL`
    github_api: Option<String>,
    /// `GITHUB_ACTOR`, else the name of who is logged in.
    pub(crate) actor: Option<String>,
    /// `GITHUB_SHA`
    github_sha: Option<String>,
    /// `GITHUB_EVENT_NAME`
    github_event_name: Option<String>,
    /// `GITHUB_EVENT_PATH`
    github_event_path: Option<PathBuf>,
    /// `GITHUB_REF`
    pub(crate) github_ref: Option<String>,
    /// `GITHUB_ACTIONS`: whether what is wrong is annotated.
    pub(crate) github_actions: bool,
    /// `GITHUB_STEP_SUMMARY`
    pub(crate) github_summary: Option<PathBuf>,
    /// `GITHUB_OUTPUT`
    pub(crate) github_output: Option<PathBuf>,
    /// [`NO_COLOR`](https://no-color.org)
    pub(crate) no_color: bool,
    /// `FORCE_COLOR`
    pub(crate) force_color: bool,
    /// `EMBARK_CA_FILE`: certificates of authorities that are trusted beside the system's, in PEM.
    pub(crate) certificates: Option<PathBuf>,
    /// The files with the logins for registries: `REGISTRY_AUTH_FILE`; docker's, in `DOCKER_CONFIG` or else in `HOME`;
    /// podman's, in `XDG_RUNTIME_DIR` and in `XDG_CONFIG_HOME` or else in `HOME`.
    pub(crate) logins: Vec<PathBuf>,
}

impl Env {
    /// Reads the environment.
    pub(crate) fn read() -> Self {
        let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let path = |name: &str| text(name).map(PathBuf::from);
        Self {
            git_token: text("EMBARK_GIT_TOKEN").map(SecretString::from),
            ssh_command: text("GIT_SSH_COMMAND"),
            embark_github_token: text("EMBARK_GITHUB_TOKEN").map(SecretString::from),
            github_app_id: text("EMBARK_GITHUB_APP_ID"),
            github_app_key: text("EMBARK_GITHUB_APP_PRIVATE_KEY").map(SecretString::from),
            github_token: text("GITHUB_TOKEN").map(SecretString::from),
            release_token: text("EMBARK_RELEASE_TOKEN").map(SecretString::from),
            changesets_token: text("EMBARK_CHANGESETS_GITHUB_TOKEN").map(SecretString::from),
            argocd_token: text(ARGOCD_TOKEN).map(SecretString::from),
            // Where it is empty, as of a secret that is not there, nothing is signed in silence.
            signing_key: std::env::var(SIGNING_KEY).ok().map(SecretString::from),
            home: path("HOME"),
            github_server: text("GITHUB_SERVER_URL"),
            github_api: text("GITHUB_API_URL"),
            actor: text("GITHUB_ACTOR").or_else(|| text("USER")).or_else(|| text("LOGNAME")),
            github_sha: text("GITHUB_SHA"),
            github_event_name: text("GITHUB_EVENT_NAME"),
            github_event_path: path("GITHUB_EVENT_PATH"),
            github_ref: text("GITHUB_REF"),
            github_actions: text("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
            github_summary: path("GITHUB_STEP_SUMMARY"),
            github_output: path("GITHUB_OUTPUT"),
            no_color: text("NO_COLOR").is_some(),
            force_color: text("FORCE_COLOR").is_some_and(|value| forces(&value)),
            certificates: path("EMBARK_CA_FILE"),
            logins: logins(path),
        }
    }

    /// Reads a variable that the configuration names, which holds a secret.
    pub(crate) fn secret(variable: &str) -> Option<SecretString> {
        std::env::var(variable).ok().filter(|value| !value.is_empty()).map(SecretString::from)
    }

    /// Returns the pull requests of a repository on GitHub.
    pub(crate) fn pull_requests(
        &self,
        http: reqwest::Client,
        repository: RepositoryName,
        credentials: &Credentials,
    ) -> Result<PullRequests, Error> {
        Ok(PullRequests::new(http, self.github_api()?, repository, credentials.clone()))
    }

    /// Tells whether branches, pull requests and releases are written with a token of their own.
    pub(crate) fn has_release_token(&self) -> bool {
        self.release_token.is_some()
    }

    /// Returns the branches, pull requests and releases of a repository on GitHub.
    pub(crate) fn releases(
        &self,
        http: reqwest::Client,
        repository: RepositoryName,
        credentials: &Credentials,
    ) -> Result<Releases, Error> {
        let credentials = self.release_token.clone().map_or_else(|| credentials.clone(), Credentials::Token);
        Ok(Releases::new(http, self.github_api()?, repository, credentials))
    }

    /// Returns the key that signs commits: the one of the environment, else the one of the configuration.
    pub(crate) fn signing_key(&self, config: &Config) -> Option<SigningKey> {
        if let Some(text) = &self.signing_key {
            return Some(SigningKey::text(SIGNING_KEY, text.clone()));
        }
        let path = config.git.signing_key.as_deref()?;
        let in_home = path.strip_prefix("~/").zip(self.home.as_deref());
        Some(SigningKey::file(in_home.map_or_else(|| config.folder.join(path), |(rest, home)| home.join(rest))))
    }

    /// Returns the applications of Argo CD that the configuration names.
    pub(crate) fn argocd(&self, http: reqwest::Client, config: &Config) -> ArgoCd {
        let argocd = ArgoCd::new(http, self.argocd_token.clone()).of_repository(&config.git.url);
        let applications = config.argocd.iter();
        applications.fold(argocd, |argocd, (environment, application)| argocd.with(environment, application.clone()))
    }

    /// Returns a repository on GitHub.
    pub(crate) fn github(
        &self,
        http: reqwest::Client,
        repository: RepositoryName,
        credentials: &Credentials,
    ) -> Result<GitHub, Error> {
        Ok(GitHub::new(http, self.github_api()?, repository, credentials.clone()))
    }

    /// Returns the deployments of a repository on GitHub; new ones name `branch`.
    pub(crate) fn deployments(
        &self,
        http: reqwest::Client,
        repository: RepositoryName,
        branch: &str,
        credentials: &Credentials,
    ) -> Result<Deployments, Error> {
        Ok(Deployments::new(http, self.github_api()?, repository, branch, credentials.clone()))
    }

    /// Returns the name of the event for which GitHub Actions runs.
    pub(crate) fn event_name(&self) -> Option<&str> {
        self.github_event_name.as_deref()
    }

    /// Reads the event for which GitHub Actions runs.
    pub(crate) fn event<T: serde::de::DeserializeOwned>(&self) -> Result<T, Error> {
        let path = self.github_event_path.as_ref().ok_or(Error::Arguments(
            "GITHUB_EVENT_PATH names no event".into(),
            "run it in GitHub Actions, or name the environment, as in: embark release staging",
        ))?;
        let name = path.display().to_string();
        let text = std::fs::read(path).map_err(|source| Error::Read { path: name.clone(), source })?;
        serde_json::from_slice(&text).map_err(|error| Error::Parse { path: name, source: error.into() })
    }

    /// Returns what GitHub Actions sets for this event.
    #[cfg(test)]
    pub(crate) fn of_actions(event: &str, reference: &str, body: &Path) -> Self {
        Self {
            github_actions: true,
            github_event_name: Some(event.into()),
            github_ref: Some(reference.into()),
            github_event_path: Some(body.into()),
            ..Self::default()
        }
    }

    /// Returns a branch of a repository on GitHub, over its API.
    pub(crate) fn branch(
        &self,
        http: reqwest::Client,
        repository: RepositoryName,
        branch: &str,
        credentials: &Credentials,
    ) -> Result<Branch, Error> {
        Ok(Branch::new(http, self.github_api()?, repository, branch, credentials.clone()))
    }

    /// Returns the commit that GitHub Actions runs for: of a pull request its head, which is what was built.
    pub(crate) fn commit(&self) -> Result<Option<Commit>, Error> {
        let is_pull_request = self.github_event_name.as_deref().is_some_and(|name| name.starts_with("pull_request"));
        if let Some(path) = self.github_event_path.as_ref().filter(|_| is_pull_request) {
            return head(path).map(Some);
        }
        self.github_sha.as_ref().map(|sha| commit("GITHUB_SHA", sha)).transpose()
    }
}

/// Tells whether `FORCE_COLOR` asks for colour: `0` and `false` count as unset.
fn forces(value: &str) -> bool {
    !matches!(value, "0" | "false")
}

/// Lists where logins may be, as docker and
/// [podman](https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md) have it.
fn logins(path: impl Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    let in_home = |folder: &str| path("HOME").map(|home| home.join(folder));
    let docker = path("DOCKER_CONFIG").or_else(|| in_home(".docker")).map(|folder| folder.join("config.json"));
    let podman = [path("XDG_RUNTIME_DIR"), path("XDG_CONFIG_HOME").or_else(|| in_home(".config"))];
    let podman = podman.into_iter().flatten().map(|folder| folder.join("containers/auth.json"));
    path("REGISTRY_AUTH_FILE").into_iter().chain(docker).chain(podman).collect()
}

/// Reads the head of the pull request from the event of the
/// [webhook](https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request).
fn head(path: &Path) -> Result<Commit, Error> {
    let name = path.display().to_string();
    let text = std::fs::read(path).map_err(|source| Error::Read { path: name.clone(), source })?;
    let parse = |source| Error::Parse { path: name.clone(), source };
    let event: serde_json::Value = serde_json::from_slice(&text).map_err(|error| parse(error.into()))?;
    let sha = event.pointer("/pull_request/head/sha").and_then(serde_json::Value::as_str);
    let sha = sha.ok_or_else(|| parse("it has no pull_request.head.sha".into()))?;
    sha.parse().map_err(|error: embark_core::TextError| parse(error.into()))
}

fn commit(variable: &str, text: &str) -> Result<Commit, Error> {
    text.parse().map_err(|error: embark_core::TextError| {
        Error::Arguments(
            format!("{variable} is not a commit: {error}"),
            "give the application's commit with --commit SHA",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_forced_by_all_but_zero_and_false() {
        assert!(["1", "true", "3"].into_iter().all(forces));
        assert!(!["0", "false"].into_iter().any(forces));
    }

    #[test]
    fn every_variable_that_is_read_is_listed() {
        let source = include_str!("env.rs").split("mod tests").next().unwrap_or_default();
        let read = ["text(\"", "path(\""].into_iter().flat_map(|call| source.split(call).skip(1));
        let names: Vec<&str> = read.filter_map(|rest| rest.split('"').next()).collect();
        assert!(names.len() > 10, "{names:?}");
        for name in names {
            assert!(VARIABLES.iter().any(|(listed, _)| listed.contains(&name)), "{name} is in VARIABLES");
        }
    }
}
