//! The one table from an error to its exit code.

use embark_core::ports::{
    ApplicationError, DeliveryError, PlatformError, RegistryError, ReleaseError, RenderError, RepositoryError,
    SigningError, Stop,
};
use embark_core::{Error as CoreError, Item, ItemOutcome};

use super::Error;
use crate::commands::deploy::Unheeded;
use crate::config::ConfigError;
use crate::exit_code::Exit;

impl Error {
    /// Returns the exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Config(ConfigError::Repository { source, .. }) => exit_of_repository(source),
            Self::Config(_)
            | Self::Checkout(..)
            | Self::Program { .. }
            | Self::Read { .. }
            | Self::Parse { .. }
            | Self::Lookup { .. }
            | Self::Edit { .. }
            | Self::Event(Unheeded::Ledger { .. } | Unheeded::Malformed { .. }) => Exit::File,
            Self::Core(error) => exit_of(error),
            Self::Init(error) => error.exit(),
            Self::Change(error) => error.exit(),
            Self::Event(_) => Exit::Refused,
            Self::Arguments(..) => Exit::Arguments,
            Self::Credentials(..) => Exit::Credentials,
            Self::WorkingCopy(_) | Self::Write { .. } | Self::Demo { .. } | Self::Start(_) => Exit::Unexpected,
        }
    }
}

/// Returns the exit code of what came of one item.
pub(crate) fn exit_of_item(item: &Item) -> Exit {
    match &item.outcome {
        ItemOutcome::Done | ItemOutcome::Unchanged | ItemOutcome::Planned => Exit::Success,
        ItemOutcome::Refused(_) => Exit::Refused,
        ItemOutcome::Failed(error) => exit_of(error),
    }
}

/// Returns the exit code of an error of a use case.
pub(crate) fn exit_of(error: &CoreError) -> Exit {
    match error {
        CoreError::UnknownEnvironment(_)
        | CoreError::UnknownComponent(_)
        | CoreError::UnknownDeployment(_)
        | CoreError::NoSource(_)
        | CoreError::NoVersion(_)
        | CoreError::NotObserved(_)
        | CoreError::Ambiguous { .. }
        | CoreError::Version(_) => Exit::Arguments,
        CoreError::NotOnBranch(_) => Exit::Unreachable,
        CoreError::ValuesFile(_) => Exit::File,
        CoreError::Registry(error) => match &**error {
            RegistryError::Unauthorized { .. } | RegistryError::Forbidden { .. } => Exit::Credentials,
            RegistryError::TagTaken { .. } => Exit::Refused,
            RegistryError::NotFound { .. }
            | RegistryError::WroteOther { .. }
            | RegistryError::NoRepository { .. }
            | RegistryError::Malformed { .. }
            | RegistryError::RateLimited { .. }
            | RegistryError::Unsupported { .. }
            | RegistryError::Unavailable { .. } => Exit::Unreachable,
            RegistryError::Other { .. } => Exit::Unexpected,
        },
        CoreError::Repository(error) => exit_of_repository(error),
        CoreError::Platform(error) => match error {
            PlatformError::Unauthorized { .. } | PlatformError::Rejected { .. } => Exit::Credentials,
            PlatformError::Conflict { .. } | PlatformError::Busy { .. } => Exit::Conflict,
            PlatformError::NotFound { .. }
            | PlatformError::RateLimited { .. }
            | PlatformError::Malformed { .. }
            | PlatformError::Unavailable { .. } => Exit::Unreachable,
            PlatformError::Signing(error) => exit_of_signing(error),
            PlatformError::Other { .. } => Exit::Unexpected,
        },
        CoreError::Application(error) => match &**error {
            ApplicationError::Unauthorized { .. } => Exit::Credentials,
            ApplicationError::NotFound { .. }
            | ApplicationError::RateLimited { .. }
            | ApplicationError::Malformed { .. }
            | ApplicationError::Unavailable { .. } => Exit::Unreachable,
            ApplicationError::Other { .. } => Exit::Unexpected,
        },
        CoreError::Stopped { by, .. } => exit_of_stop(*by),
        CoreError::Release(error) => exit_of_release(error),
        CoreError::Delivery(error) => match &**error {
            DeliveryError::Unauthorized { .. } | DeliveryError::Forbidden { .. } => Exit::Credentials,
            DeliveryError::NotFound { .. } | DeliveryError::Malformed { .. } | DeliveryError::Unavailable { .. } => {
                Exit::Unreachable
            }
            DeliveryError::Other { .. } => Exit::Unexpected,
        },
        CoreError::Unhealthy(_) => Exit::Unhealthy,
        CoreError::Render(error) => match &**error {
            RenderError::NoChart { .. }
            | RenderError::Unnamed { .. }
            | RenderError::NotRead { .. }
            | RenderError::Missing { .. }
            | RenderError::Dependency { .. }
            | RenderError::Refused { .. }
            | RenderError::Unreadable { .. } => Exit::File,
            RenderError::NoProgram { .. } | RenderError::NotRun { .. } => Exit::Unreachable,
            RenderError::Repository(error) => exit_of_repository(error),
            RenderError::Other { .. } => Exit::Unexpected,
        },
    }
}

fn exit_of_repository(error: &RepositoryError) -> Exit {
    match error {
        RepositoryError::Unauthorized { .. } | RepositoryError::Rejected { .. } => Exit::Credentials,
        RepositoryError::Conflict { .. } | RepositoryError::Busy { .. } => Exit::Conflict,
        RepositoryError::NotAFile { .. } => Exit::File,
        RepositoryError::NotFound { .. }
        | RepositoryError::RateLimited { .. }
        | RepositoryError::Malformed { .. }
        | RepositoryError::Unavailable { .. } => Exit::Unreachable,
        RepositoryError::Signing(error) => exit_of_signing(error),
        RepositoryError::Other { .. } => Exit::Unexpected,
    }
}

/// Returns the exit code of a run that such a signal has ended.
pub(crate) fn exit_of_stop(by: Stop) -> Exit {
    match by {
        Stop::Interrupt => Exit::Interrupted,
        Stop::Terminate => Exit::Terminated,
    }
}

fn exit_of_release(error: &ReleaseError) -> Exit {
    match error {
        ReleaseError::Unauthorized { .. } | ReleaseError::Rejected { .. } => Exit::Credentials,
        ReleaseError::Conflict { .. } => Exit::Conflict,
        ReleaseError::NotAFile { .. } => Exit::File,
        ReleaseError::NotFound { .. }
        | ReleaseError::RateLimited { .. }
        | ReleaseError::Malformed { .. }
        | ReleaseError::Unavailable { .. } => Exit::Unreachable,
    }
}

fn exit_of_signing(error: &SigningError) -> Exit {
    match error {
        SigningError::Key { .. } => Exit::File,
        SigningError::Program { .. } | SigningError::Refused { .. } => Exit::Credentials,
    }
}
