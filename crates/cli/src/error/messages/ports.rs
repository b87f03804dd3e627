//! What goes wrong with a registry, the deployment repo, the ledger, and the application's repository.

use std::time::Duration;

use embark_core::ports::{ApplicationError, PlatformError, RegistryError, RepositoryError, SigningError};
use embark_core::{AppVersion, Error as CoreError, Reference};

use crate::env::SIGNING_KEY;

use super::sample::{commit, digest, io, layout, parse, repository, revision};
use super::{Case, Variants as _, compare, complete};

const ABSENT: i32 = 2;
const NO_SPACE: i32 = 28;
const REFUSED: i32 = 111;

#[test]
fn use_cases() {
    compare("use-cases", &use_case_cases());
}

#[test]
fn registry() {
    compare("registry", &registry_cases());
}

#[test]
fn deployment_repo() {
    compare("deployment-repo", &repository_cases());
}

#[test]
fn ledger() {
    compare("ledger", &ledger_cases());
}

#[test]
fn application() {
    compare("application", &application_cases());
}

pub(super) fn cases() -> Vec<Case> {
    [use_case_cases(), registry_cases(), repository_cases(), ledger_cases(), application_cases()]
        .into_iter()
        .flatten()
        .collect()
}

fn use_case_cases() -> Vec<Case> {
    let version = "v1.4".parse::<AppVersion>().expect_err("it is no version");
    let all = vec![
        CoreError::UnknownEnvironment(parse("prod")),
        CoreError::UnknownComponent(parse("fronted")),
        CoreError::UnknownDeployment(parse("01K9X2V7Q4T8R5W3Y6Z1A0B2C3")),
        CoreError::NotOnBranch("6b36dc8f2a4c1e9d7b5038f6a1c2d3e4f5061728".into()),
        CoreError::Ambiguous {
            digits: "6b36".into(),
            commits: ["6b36dc8f2a4c1e9d7b5038f6a1c2d3e4f5061728", "6b3650f2c4d8a7b1e3f90612d5c8a4b7e6f1d203"]
                .map(parse),
        },
        CoreError::NoSource(parse("staging")),
        CoreError::NoVersion(parse("production")),
        CoreError::Version(version),
    ];
    all.into_iter().map(|error| Case::error(error.variant(), error)).collect()
}

fn registry_cases() -> Vec<Case> {
    let repository = repository();
    let tag = || parse("1.4.0");
    let all = vec![
        RegistryError::NotFound { repository: repository.clone(), reference: Reference::Tag(tag()) },
        RegistryError::NotFound { repository: layout(), reference: Reference::Digest(digest("this build")) },
        RegistryError::NoRepository { repository: layout() },
        RegistryError::Unauthorized {
            repository: repository.clone(),
            reason: "there are no credentials for registry.example.com".into(),
        },
        RegistryError::Forbidden {
            repository: repository.clone(),
            reason: "requested access to the resource is denied".into(),
        },
        RegistryError::Forbidden { repository: layout(), reason: "cannot write images/frontend/index.json".into() },
        RegistryError::TagTaken {
            repository: repository.clone(),
            tag: tag(),
            existing: digest("somebody else's"),
            wanted: digest("this build"),
        },
        RegistryError::WroteOther {
            repository: repository.clone(),
            tag: tag(),
            wrote: digest("this build"),
            found: digest("somebody else's"),
        },
        RegistryError::RateLimited { repository: repository.clone(), retry_after: None },
        RegistryError::RateLimited { repository: repository.clone(), retry_after: Some(Duration::from_secs(90)) },
        RegistryError::Malformed {
            repository: repository.clone(),
            reason: format!("what it calls {} hashes to {}", digest("this build"), digest("something else")),
        },
        RegistryError::Malformed {
            repository: layout(),
            reason: "images/frontend/index.json: expected value at line 1 column 1".into(),
        },
        RegistryError::Unavailable { repository: repository.clone(), source: io(REFUSED) },
        RegistryError::Unavailable { repository: layout(), source: "images/frontend is no OCI image layout".into() },
        RegistryError::Unsupported { repository: layout(), reason: "a registry cannot be copied to a layout".into() },
        RegistryError::Other { operation: "write to", repository: layout(), source: io(NO_SPACE) },
    ];
    complete(&all);
    all.into_iter().map(|error| Case::error(error.variant(), CoreError::from(error))).collect()
}

fn repository_cases() -> Vec<Case> {
    let url = || "https://github.com/acme/shop-deployment.git".to_owned();
    let path = || "/srv/git/deployment.git".to_owned();
    let on_github = || "acme/shop-deployment on GitHub".to_owned();
    let all = vec![
        RepositoryError::NotFound { repository: url(), what: "branch trunk".into() },
        RepositoryError::NotFound { repository: path(), what: "git repository there".into() },
        RepositoryError::Unauthorized {
            repository: url(),
            reason: "none are given, and it asks for some (HTTP 401 Unauthorized)".into(),
        },
        RepositoryError::Rejected {
            repository: url(),
            words: "refs/heads/main: protected branch hook declined".into(),
        },
        RepositoryError::Rejected { repository: path(), words: "this user may not write to it".into() },
        RepositoryError::Conflict { repository: url(), expected: revision(), actual: None },
        RepositoryError::Busy { repository: path(), lock: format!("{}/refs/heads/main.lock", path()) },
        RepositoryError::NotAFile { repository: url(), path: parse("staging.yaml"), what: "a symbolic link" },
        RepositoryError::Unauthorized {
            repository: on_github(),
            reason: "the token needs the permission \"Contents: write\" (Resource not accessible by integration)"
                .into(),
        },
        RepositoryError::Rejected {
            repository: on_github(),
            words: "Changes must be made through a pull request.".into(),
        },
        RepositoryError::NotAFile {
            repository: on_github(),
            path: parse("staging.yaml"),
            what: "executable, and would not be after a commit over GitHub's API",
        },
        RepositoryError::Malformed { repository: on_github(), reason: "its answer holds no data".into() },
        RepositoryError::RateLimited { repository: on_github(), retry_after: Some(Duration::from_secs(90)) },
        RepositoryError::Unavailable { repository: on_github(), source: io(REFUSED) },
        RepositoryError::Other {
            operation: "walk the history of",
            repository: on_github(),
            source: "more than 100 requests would be needed".into(),
        },
        RepositoryError::Malformed { repository: url(), reason: "its pack cannot be read: it ends early".into() },
        RepositoryError::Malformed {
            repository: url(),
            reason: "it answers with \"text/html\", and not as a git server does".into(),
        },
        RepositoryError::Unavailable { repository: url(), source: io(REFUSED) },
        RepositoryError::Unavailable {
            repository: path(),
            source: "it hashes objects with SHA-256, which is not supported yet".into(),
        },
        RepositoryError::Other { operation: "write to", repository: path(), source: io(NO_SPACE) },
    ];
    let all: Vec<RepositoryError> =
        all.into_iter().chain(signing().into_iter().map(RepositoryError::Signing)).collect();
    complete(&all);
    all.into_iter().map(|error| Case::error(error.variant(), CoreError::from(error))).collect()
}

fn signing() -> Vec<SigningError> {
    let all = vec![
        SigningError::Key { key: "/home/ada/.ssh/embark".into(), source: io(ABSENT) },
        SigningError::Key { key: SIGNING_KEY.into(), source: io(NO_SPACE) },
        SigningError::Program { program: "ssh-keygen", source: io(ABSENT) },
        SigningError::Refused {
            key: "/home/ada/.ssh/embark".into(),
            words: "Load key \"/home/ada/.ssh/embark\": incorrect passphrase supplied to decrypt private key".into(),
        },
        SigningError::Refused {
            key: SIGNING_KEY.into(),
            words: "Load key \"EMBARK_SIGNING_KEY\": invalid format".into(),
        },
    ];
    complete(&all);
    all
}

fn ledger_cases() -> Vec<Case> {
    let url = || "the ledger of https://github.com/acme/shop-deployment.git".to_owned();
    let path = || "the ledger of /srv/git/deployment.git".to_owned();
    let all = vec![
        PlatformError::NotFound { platform: url(), what: "deployment 01K9X2V7Q4T8R5W3Y6Z1A0B2C3".into() },
        PlatformError::Unauthorized {
            platform: url(),
            reason: "none are given, and it asks for some (HTTP 401 Unauthorized)".into(),
        },
        PlatformError::Rejected { platform: url(), words: "refs/embark/ledger: pre-receive hook declined".into() },
        PlatformError::Unauthorized {
            platform: "acme/shop-deployment on GitHub".into(),
            reason: "there is no token, and without one it cannot be seen".into(),
        },
        PlatformError::Rejected {
            platform: "acme/shop-deployment on GitHub".into(),
            words: "the environment production has required reviewers, whom nobody asks for a deployment like this one"
                .into(),
        },
        PlatformError::RateLimited {
            platform: "acme/shop-deployment on GitHub".into(),
            retry_after: Some(Duration::from_secs(90)),
        },
        PlatformError::Conflict { platform: url(), attempts: 60 },
        PlatformError::Busy { platform: path(), lock: "/srv/git/deployment.git/refs/embark/ledger.lock".into() },
        PlatformError::Malformed {
            platform: url(),
            reason: "deployments/staging/frontend/01K9X2V7Q4T8R5W3Y6Z1A0B2C3.json: EOF while parsing a value at line 1 column 0"
                .into(),
        },
        PlatformError::Unavailable { platform: url(), source: io(REFUSED) },
        PlatformError::Other { operation: "write to", platform: path(), source: io(NO_SPACE) },
        PlatformError::Signing(SigningError::Key { key: "/home/ada/.ssh/embark".into(), source: io(ABSENT) }),
    ];
    complete(&all);
    all.into_iter().map(|error| Case::error(error.variant(), CoreError::from(error))).collect()
}

fn application_cases() -> Vec<Case> {
    let name = || "acme/shop".to_owned();
    let all = vec![
        ApplicationError::NotFound { repository: name() },
        ApplicationError::Unauthorized {
            repository: name(),
            reason: "there is no token (401 Unauthorized: Bad credentials)".into(),
        },
        ApplicationError::RateLimited { repository: name(), retry_after: Some(Duration::from_secs(90)) },
        ApplicationError::Malformed { repository: name(), reason: "it answers 418 I'm a teapot".into() },
        ApplicationError::Unavailable { repository: name(), source: io(REFUSED) },
        ApplicationError::Other {
            operation: "read the history of",
            repository: "/home/ada/shop".into(),
            source: format!("object {} cannot be read", commit()).into(),
        },
    ];
    complete(&all);
    all.into_iter().map(|error| Case::error(error.variant(), CoreError::from(error))).collect()
}
