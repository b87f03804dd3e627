//! The one table from an error to what a person can do about it.

use embark_core::ports::{ApplicationError, PlatformError, RegistryError, RepositoryError};
use embark_core::{Error as CoreError, ValuesFileError};

use super::Error;

impl Error {
    /// Returns what a person can do about it.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Config(error) => error.hint(),
            Self::Core(error) => hint_of(error),
            Self::Init(error) => error.hint(),
            Self::Arguments(_, hint) => (*hint).into(),
            Self::Read { path, .. } => format!("see whether it is there with: ls -l {path}"),
            Self::Demo { .. } => "run it with --keep DIR, and look in DIR at what it left".into(),
            Self::Lookup { .. } => "name another path, as in: a.b[0].\"c.d\"".into(),
            Self::Edit { path, .. } => {
                format!("name another path, let the key be made with --create-missing, or mend {path} by hand")
            }
            Self::Parse { path, .. } => format!("mend {path}, then run it again"),
            Self::Write { path, .. } => format!("see who may write there with: ls -ld {path}"),
            Self::Start(_) => "see what the machine says of this process, e.g. its limits with: ulimit -a".into(),
        }
    }
}

/// Returns what a person can do about an error of a use case.
pub(crate) fn hint_of(error: &CoreError) -> String {
    let hint = match error {
        CoreError::UnknownEnvironment(_) | CoreError::UnknownComponent(_) => {
            "see which there are with: embark config check"
        }
        CoreError::UnknownDeployment(_) => "see which wait with: embark status",
        CoreError::NoSource(name) => return format!("release to it with: embark release {name}"),
        CoreError::NoVersion(_) | CoreError::Version(_) => "give one with --version, as in --version 1.4.0",
        CoreError::ValuesFile(ValuesFileError::Missing(_)) => {
            "commit the file to the deployment repo, or mend valuesFile in embark.yaml"
        }
        CoreError::ValuesFile(ValuesFileError::Lookup { .. } | ValuesFileError::Edit { .. }) => {
            "mend the paths under components in embark.yaml, or add createMissing: true to the component"
        }
        CoreError::ValuesFile(_) => "mend the file in the deployment repo",
        CoreError::Registry(error) => return registry_hint(error),
        CoreError::Repository(error) => return repository_hint(error),
        CoreError::Platform(error) => return platform_hint(error),
        CoreError::Application(error) => application_hint(error),
    };
    hint.into()
}

const GIT_TOKEN: &str = "set EMBARK_GIT_TOKEN to a token that may read and write the deployment repo";
const PROTECTED: &str =
    "allow the token's owner to push to the deployment branch, then carry out what waits with: embark deploy --pending";
const URL: &str = "see whether deploymentRepo.url is right in embark.yaml, and reachable from here";
const AGAIN: &str = "run it again";
const VERBOSE: &str = "run it again with -vv to see every step";

fn registry_hint(error: &RegistryError) -> String {
    match error {
        RegistryError::NotFound { repository, .. } | RegistryError::Malformed { repository, .. } => {
            let transport = if repository.layout_path().is_some() { "" } else { "docker://" };
            format!("see what another client gets with: skopeo inspect --raw {transport}{repository}:TAG")
        }
        RegistryError::Unauthorized { repository, .. } | RegistryError::Forbidden { repository, .. } => {
            let host = repository.as_str().split('/').next().unwrap_or_default();
            format!("log in with: docker login {host}")
        }
        RegistryError::WroteOther { .. } => "find out who else writes that tag, or what the registry does".into(),
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
        RegistryError::RateLimited { .. } => AGAIN.into(),
        RegistryError::Unsupported { .. } => "name another repository in embark.yaml".into(),
        RegistryError::Other { .. } => VERBOSE.into(),
    }
}

fn repository_hint(error: &RepositoryError) -> String {
    let hint = match error {
        RepositoryError::NotFound { .. } => "mend deploymentRepo.url and deploymentRepo.branch in embark.yaml",
        RepositoryError::Unauthorized { .. } => GIT_TOKEN,
        RepositoryError::Rejected { .. } => PROTECTED,
        RepositoryError::Conflict { .. } => AGAIN,
        RepositoryError::Busy { lock, .. } => {
            return format!("run it again; if nothing writes there, remove {lock}");
        }
        RepositoryError::NotAFile { .. } => "mend valuesFile in embark.yaml: it must be a regular file",
        RepositoryError::Unavailable { .. } => URL,
        RepositoryError::Malformed { repository, .. } => {
            return format!("see what git gets with: git ls-remote {repository}");
        }
        RepositoryError::Other { .. } => VERBOSE,
    };
    hint.into()
}

fn application_hint(error: &ApplicationError) -> &'static str {
    match error {
        ApplicationError::NotFound { .. } => {
            "mend application.repository in embark.yaml, or let the token see that repository"
        }
        ApplicationError::Unauthorized { .. } => {
            "set EMBARK_GITHUB_TOKEN to a token that may read the application's repository: its contents, checks and commit statuses"
        }
        ApplicationError::RateLimited { .. } => "run it again after that time",
        ApplicationError::Unavailable { .. } => "see whether GITHUB_API_URL is right, and reachable from here",
        ApplicationError::Malformed { .. } => VERBOSE,
        ApplicationError::Other { .. } => "name another --commit, or run it outside of the damaged checkout",
    }
}

fn platform_hint(error: &PlatformError) -> String {
    let hint = match error {
        PlatformError::Unauthorized { .. } => GIT_TOKEN,
        PlatformError::Rejected { .. } => PROTECTED,
        PlatformError::Conflict { .. } => AGAIN,
        PlatformError::NotFound { .. } => "see which there are with: embark status",
        PlatformError::Unavailable { .. } => URL,
        PlatformError::Malformed { .. } | PlatformError::Other { .. } => VERBOSE,
        PlatformError::Busy { lock, .. } => return format!("run it again; if nothing writes there, remove {lock}"),
    };
    hint.into()
}
