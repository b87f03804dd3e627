//! What a person can do about a registry, the deployment repo, or the ledger.

use embark_core::ports::{ApplicationError, PlatformError, RegistryError, RepositoryError, SigningError};
use embark_core::{Reference, Repository};
use embark_gitops::SshUrl;

use crate::env::SIGNING_KEY;
use crate::error::Queue;
use crate::quote::shell;

const GIT_TOKEN: &str =
    "set EMBARK_GIT_TOKEN to a token that may read and write the deployment repo; a GitHub App must be installed on it";
const GITHUB_TOKEN: &str = "set EMBARK_GITHUB_TOKEN to a token with the permission Deployments: write on the repository; a GitHub App needs it, too, and must be installed there";
const GITHUB_CONTENTS: &str = "set EMBARK_GITHUB_TOKEN to a token with the permission Contents: write on the deployment repo; a GitHub App needs it, too, and must be installed there";
const GITHUB_API: &str = "see whether GITHUB_API_URL is right, and reachable from here";
const PROTECTED: &str = "allow the token's owner to push to the deployment branch, then run the same command again; a deployment that waits by then is carried out with: embark deploy --pending";
const URL: &str = "see whether deploymentRepo.url is right in embark.yaml, and reachable from here";
const FOLDER: &str = "mend deploymentRepo.url in embark.yaml: it must be a git repository that this user may read";
const FILE_ON_GITHUB: &str = "mend valuesFile in embark.yaml: it must be a regular file; an executable one is written with \
                              deploymentRepo.write: push";
const AGAIN: &str = "run the same command again: it starts from what is there then";
const LATER: &str = "wait that long, or a minute, then run the same command again: it goes on where it ended";
const VERBOSE: &str = "run the same command again with -vv, which shows every step";

pub(super) fn registry_hint(error: &RegistryError) -> String {
    match error {
        RegistryError::NotFound { repository, reference } => inspect(repository, &name(reference)),
        RegistryError::Malformed { repository, .. } => inspect(repository, ":TAG"),
        RegistryError::Unauthorized { repository, .. } | RegistryError::Forbidden { repository, .. } => {
            match repository.layout_path() {
                Some(path) => {
                    format!("see who may write there, from the folder of embark.yaml, with: ls -ld {}", shell(path))
                }
                None => {
                    let host = repository.as_str().split('/').next().unwrap_or_default();
                    format!("log in as somebody who may, with: docker login {}", shell(host))
                }
            }
        }
        RegistryError::WroteOther { repository, tag, .. } => {
            format!("find out who else writes that tag; {}", inspect(repository, &format!(":{tag}")))
        }
        RegistryError::TagTaken { .. } => {
            "a tag keeps its image for ever: bump the version, or build a new commit".into()
        }
        RegistryError::NoRepository { .. } => {
            "mend the image in embark.yaml: the path of a layout starts at the folder of that file".into()
        }
        RegistryError::Unavailable { repository, .. } if repository.layout_path().is_some() => {
            "mend the image in embark.yaml: name an OCI image layout, or a folder that is not there yet".into()
        }
        RegistryError::Unavailable { .. } => {
            "see whether the host is right in embark.yaml, and reachable from here".into()
        }
        RegistryError::RateLimited { .. } => LATER.into(),
        RegistryError::Unsupported { .. } => "name another repository for this image in embark.yaml".into(),
        RegistryError::Other { .. } => VERBOSE.into(),
    }
}

/// Says how to ask with another client.
fn inspect(repository: &Repository, name: &str) -> String {
    match repository.layout_path() {
        Some(path) => {
            let index = shell(&format!("{path}/index.json"));
            format!("see what it holds, from the folder of embark.yaml, with: cat {index}")
        }
        None => {
            let image = shell(&format!("docker://{repository}{name}"));
            format!("see what another client gets with: skopeo inspect --raw {image}")
        }
    }
}

fn name(reference: &Reference) -> String {
    match reference {
        Reference::Tag(tag) => format!(":{tag}"),
        Reference::Digest(digest) => format!("@{digest}"),
    }
}

pub(super) fn repository_hint(error: &RepositoryError) -> String {
    match error {
        RepositoryError::NotFound { .. } => "mend deploymentRepo.url or deploymentRepo.branch in embark.yaml".into(),
        RepositoryError::Unauthorized { repository, .. } if repository.ends_with(ON_GITHUB) => GITHUB_CONTENTS.into(),
        RepositoryError::Unauthorized { repository, .. } => unauthorized(repository),
        RepositoryError::Rejected { repository, .. } if repository.ends_with(ON_GITHUB) => PROTECTED.into(),
        RepositoryError::Rejected { repository, .. } => rejected(repository),
        RepositoryError::Conflict { .. } => AGAIN.into(),
        RepositoryError::Busy { lock, .. } => busy(lock),
        RepositoryError::NotAFile { repository, .. } if repository.ends_with(ON_GITHUB) => FILE_ON_GITHUB.into(),
        RepositoryError::Malformed { repository, .. } if repository.ends_with(ON_GITHUB) => VERBOSE.into(),
        RepositoryError::NotAFile { .. } => "mend valuesFile in embark.yaml: it must be a regular file".into(),
        RepositoryError::RateLimited { .. } => LATER.into(),
        RepositoryError::Unavailable { repository, .. } => unavailable(repository),
        RepositoryError::Malformed { repository, .. } => {
            format!("see what git gets with: git ls-remote {}", shell(repository))
        }
        RepositoryError::Signing(error) => signing_hint(error),
        RepositoryError::Other { .. } => VERBOSE.into(),
    }
}

pub(super) fn platform_hint(error: &PlatformError, queue: &Queue) -> String {
    match error {
        PlatformError::Unauthorized { platform, .. } => unauthorized(platform),
        PlatformError::Rejected { platform, .. } => rejected(platform),
        PlatformError::Conflict { .. } => AGAIN.into(),
        PlatformError::NotFound { .. } => "see which there are with: embark status".into(),
        PlatformError::RateLimited { .. } => LATER.into(),
        PlatformError::Unavailable { platform, .. } => unavailable(platform),
        PlatformError::Malformed { .. } => queue.look(),
        PlatformError::Signing(error) => signing_hint(error),
        PlatformError::Other { .. } => VERBOSE.into(),
        PlatformError::Busy { lock, .. } => busy(lock),
    }
}

pub(super) fn application_hint(error: &ApplicationError) -> String {
    match error {
        ApplicationError::NotFound { .. } => {
            "mend application.repository in embark.yaml, or let the token see that repository".into()
        }
        ApplicationError::Unauthorized { .. } => "set EMBARK_GITHUB_TOKEN to a token that may read the application's \
                                                  repository: its contents, checks and commit statuses; a GitHub App \
                                                  must be installed there"
            .into(),
        ApplicationError::RateLimited { .. } => LATER.into(),
        ApplicationError::Unavailable { .. } => GITHUB_API.into(),
        ApplicationError::Malformed { .. } => VERBOSE.into(),
        ApplicationError::Other { .. } => "name another --commit, or run it outside of the damaged checkout".into(),
    }
}

fn signing_hint(error: &SigningError) -> String {
    match error {
        SigningError::Key { key, .. } if key == SIGNING_KEY => "see where there is room with: df -h".into(),
        SigningError::Key { .. } => {
            "mend deploymentRepo.signingKey in embark.yaml, or set EMBARK_SIGNING_KEY to the text of a private key"
                .into()
        }
        SigningError::Program { program, .. } => {
            format!(
                "install OpenSSH, of which {program} is a part, or take deploymentRepo.signingKey out of embark.yaml"
            )
        }
        SigningError::Refused { key, .. } if key == SIGNING_KEY => {
            "set EMBARK_SIGNING_KEY to the text of a private key that has no passphrase".into()
        }
        SigningError::Refused { key, .. } => {
            format!("a key with a passphrase is used through an agent; add it with: ssh-add {}", shell(key))
        }
    }
}

fn busy(lock: &str) -> String {
    format!("run the same command again; if nothing writes there, remove what was left behind with: rm {}", shell(lock))
}

/// Tells whether it is the name of a repository on a server, or of one on disk.
fn is_remote(name: &str) -> bool {
    let name = name.trim_start_matches(LEDGER_OF);
    name.contains("://") || SshUrl::is_meant(name)
}

/// How a queue on GitHub is called.
const ON_GITHUB: &str = " on GitHub";
const LEDGER_OF: &str = "the ledger of ";

fn unauthorized(name: &str) -> String {
    let name = name.trim_start_matches(LEDGER_OF);
    if name.ends_with(ON_GITHUB) {
        return GITHUB_TOKEN.into();
    }
    // It has keys and known hosts of its own, and takes no token.
    if SshUrl::is_meant(name) {
        format!("see what ssh asks with: git ls-remote {}", shell(name))
    } else {
        GIT_TOKEN.into()
    }
}

fn rejected(name: &str) -> String {
    if let Some(repository) = name.strip_suffix(ON_GITHUB) {
        return format!("see what it asks for with: gh api repos/{repository}/environments");
    }
    if is_remote(name) {
        return PROTECTED.into();
    }
    let path = name.trim_start_matches(LEDGER_OF);
    format!("see who may write there with: ls -ld {}", shell(path))
}

fn unavailable(name: &str) -> String {
    if name.ends_with(ON_GITHUB) {
        return GITHUB_API.into();
    }
    if is_remote(name) { URL } else { FOLDER }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_a_command_is_one_word_of_the_shell() {
        let path = "/srv/our repo/main.lock";
        for hint in [busy(path), rejected(&format!("the ledger of {path}"))] {
            assert!(hint.ends_with(" '/srv/our repo/main.lock'"), "{hint}");
        }
        let repository = "oci:our images/web".parse().expect("a layout");
        assert!(inspect(&repository, "").ends_with(" 'our images/web/index.json'"), "{}", inspect(&repository, ""));
    }
}
