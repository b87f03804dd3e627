//! What a person can do about `embark.yaml`.

use std::path::Path;

use embark_core::PipelineError;
use embark_core::ports::RepositoryError;
use embark_gitops::SshUrl;

use crate::config::ConfigError;
use crate::quote::shell;

impl ConfigError {
    /// Returns what a person can do about it.
    pub(crate) fn hint(&self) -> String {
        match self {
            ConfigError::Absent(_) => {
                "name the file with --config FILE, or see how one looks with: embark demo --keep DIR".into()
            }
            ConfigError::Malformed { suggestion: Some(key), .. } => format!("is {key} meant?"),
            ConfigError::Malformed { path, .. } => check("mend it", path),
            // Some of it is found only on the way to the systems.
            ConfigError::Invalid { path, .. } => format!("{} --online", check("mend it", path)),
            ConfigError::Pipeline { path, source } => check(&pipeline(source), path),
            ConfigError::Repository { source, .. } => in_repository(source),
            ConfigError::NotThere(_) => {
                "name a file that is there, and its branch if it is not the first, as in embark.yaml?ref=main".into()
            }
            ConfigError::Read { path, .. } => super::look_at(&path.display().to_string()),
        }
    }
}

fn in_repository(error: &RepositoryError) -> String {
    match error {
        RepositoryError::NotFound { .. } => {
            "mend the address behind --config, or name another branch at its end, as in ?ref=main".into()
        }
        // ssh has keys and known hosts of its own, and takes no token.
        RepositoryError::Unauthorized { repository, .. } if !SshUrl::is_meant(repository) => {
            "set EMBARK_GIT_TOKEN to a token that may read the repository of the configuration".into()
        }
        RepositoryError::NotAFile { .. } => "name a regular file behind the // of --config".into(),
        RepositoryError::Unavailable { .. } => {
            "see whether the address behind --config is right, and reachable from here".into()
        }
        _ => super::ports::repository_hint(error),
    }
}

fn check(what: &str, path: &Path) -> String {
    format!("{what}, then check it with: embark config check --config {}", shell(&path.display().to_string()))
}

fn pipeline(error: &PipelineError) -> String {
    match error {
        PipelineError::Empty(what) => format!("name at least one under {what}"),
        PipelineError::Twice { kind, .. } => format!("give each {kind} a name of its own"),
        PipelineError::SharedKey { .. } | PipelineError::KeyInKey { .. } => {
            "give each component a path of its own under values".into()
        }
        PipelineError::SharedFile { .. } => "give each environment a valuesFile of its own".into(),
        PipelineError::NotEarlier { .. } => "name in promotesFrom an environment that stands above".into(),
        PipelineError::VersionWithoutSource(name) => format!("give {name} promotesFrom, or else tag: commit"),
        PipelineError::UnknownEnvironment { .. } => "name under images what stands under environments".into(),
    }
}
