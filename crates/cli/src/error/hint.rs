//! The one table from an error to what a person can do about it.

mod config;
mod delivery;
mod event;
mod ports;
mod program;
mod release;
mod render;
mod values;

use embark_core::{Error as CoreError, ValuesFileError};

use super::{Error, Queue};
use crate::quote::shell;

impl Error {
    /// Returns what a person can do about it.
    pub(crate) fn hint(&self, queue: &Queue) -> String {
        match self {
            Self::Config(error) => error.hint(),
            Self::Core(error) => hint_of(error, queue),
            Self::Init(error) => error.hint(),
            Self::Change(error) => error.hint(),
            Self::Event(error) => event::hint(error),
            Self::Arguments(_, hint) | Self::Credentials(_, hint) => (*hint).into(),
            Self::Checkout(_, hint) => hint.clone(),
            Self::Program { source, is_unlocked, .. } => program::hint(source, *is_unlocked),
            Self::WorkingCopy(error) => program::copy_hint(error),
            Self::Read { path, .. } => look_at(path),
            Self::Demo { .. } => "keep what it leaves, and look at it, with: embark demo --keep DIR".into(),
            Self::Lookup { path, source } => values::lookup_hint(
                path,
                source,
                "name a path that is there, as in frontend.image.tag or images[name=web].newTag",
            ),
            Self::Edit { path, source } => values::edit_hint(
                path,
                source,
                "name a path that is there, or let its last key be made with --create-missing",
            ),
            Self::Parse { path, .. } => format!("mend {path}, then run the same command again"),
            Self::Write { path, .. } => format!("see who may write there with: ls -ld {}", shell(path)),
            Self::Start(_) => "see what the machine allows this process with: ulimit -a".into(),
        }
    }
}

/// Says where a file is that cannot be read.
fn look_at(path: &str) -> String {
    format!("see whether it is there, and who may read it, with: ls -l {}", shell(path))
}

pub(super) use render::unfit_hint;

/// Returns what a person can do about an error of a use case.
pub(crate) fn hint_of(error: &CoreError, queue: &Queue) -> String {
    match error {
        CoreError::UnknownEnvironment(_) | CoreError::UnknownComponent(_) => {
            "see which there are with: embark config check".into()
        }
        CoreError::UnknownDeployment(_) => "see which wait with: embark status".into(),
        CoreError::Ambiguous { commits: [newest, _], .. } => {
            format!("name one of them by more digits, as in: embark audit --since {newest}")
        }
        CoreError::NotOnBranch(_) => {
            "name a commit of the deployment branch, or a day, with: embark audit --since 2026-05-03".into()
        }
        CoreError::NoSource(name) => format!("release to it with: embark release {name}"),
        CoreError::NoVersion(name) => format!("name it with: embark promote {name} --version 1.4.0"),
        CoreError::Version(_) => {
            "name another one with --version, as in --version 1.4.0, or mend version.format in embark.yaml".into()
        }
        CoreError::ValuesFile(error) => in_deployment_repo(error),
        CoreError::Registry(error) => ports::registry_hint(error),
        CoreError::Repository(error) => ports::repository_hint(error),
        CoreError::Platform(error) => ports::platform_hint(error, queue),
        CoreError::Application(error) => ports::application_hint(error),
        CoreError::Release(error) => release::hint(error),
        CoreError::NotObserved(name) => {
            format!("name it in embark.yaml, under {name}, with argocd: {{ server, application }}")
        }
        CoreError::Delivery(error) => delivery::hint(error),
        CoreError::Unhealthy(error) => delivery::unhealthy(error),
        CoreError::Render(error) => render::hint(error),
        CoreError::Stopped { .. } => "run the same command again: it goes on from where this one ended".into(),
    }
}

fn in_deployment_repo(error: &ValuesFileError) -> String {
    const PATHS: &str = "mend the paths under components in embark.yaml, or add createMissing: true to the component";
    match error {
        ValuesFileError::Missing(file) => {
            format!("commit {file} to the deployment repo, or mend valuesFile in embark.yaml")
        }
        ValuesFileError::NotText(file) | ValuesFileError::Parse { file, .. } => {
            format!("mend {file} in the deployment repo, then run the same command again")
        }
        ValuesFileError::NoHold { .. } => {
            "name a component of an environment there, or \"*\" for all, and below it why: \
                                            production: { frontend: { reason: \"...\" } }"
                .into()
        }
        ValuesFileError::Lookup { file, source } => values::lookup_hint(file.as_str(), source, PATHS),
        ValuesFileError::Edit { file, source } => values::edit_hint(file.as_str(), source, PATHS),
    }
}
