//! Errors at the edge, and what a person is told of them.

mod exit;
mod hint;
mod known;
#[cfg(test)]
mod messages;
mod refusal;

use embark_core::Error as CoreError;
use embark_gitops::WorkingCopyError;

use crate::commands::change::ChangeError;
use crate::commands::deploy::Unheeded;
use crate::config::ConfigError;
use crate::exit_code::Exit;
use crate::init::InitError;
use crate::output::{Outcome, Place};
use crate::versioning::ProgramError;

pub(crate) use exit::{exit_of, exit_of_item, exit_of_stop};
pub(crate) use hint::hint_of;
pub(crate) use known::{Known, Queue};
pub(crate) use refusal::hint_of_refusal;

/// Why a command could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Core(#[from] CoreError),
    #[error(transparent)]
    Init(#[from] InitError),
    #[error(transparent)]
    Change(#[from] ChangeError),
    #[error(transparent)]
    Event(#[from] Unheeded),
    #[error("{0}")]
    Arguments(String, &'static str),
    /// What is checked out is not what can be released; and how to mend it.
    #[error("{0}")]
    Checkout(String, String),
    /// The repository's own program did not do what it was run for.
    #[error("{command} did not make the next version")]
    Program {
        command: String,
        source: ProgramError,
        /// Whether the lock file is missing that makes a workspace of npm.
        is_unlocked: bool,
    },
    #[error("the files of the commit cannot be laid out for the repository's own program")]
    WorkingCopy(#[from] WorkingCopyError),
    #[error("{0}")]
    Credentials(String, &'static str),
    #[error("cannot read {path}")]
    Read { path: String, source: std::io::Error },
    #[error("cannot write {path}")]
    Write { path: String, source: std::io::Error },
    #[error("{path} is not as it should be")]
    Parse { path: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("{path} does not have what is asked for")]
    Lookup { path: String, source: embark_values::LookupError },
    #[error("{path} is left as it is")]
    Edit { path: String, source: embark_values::EditError },
    #[error("step {step} of the demo does not come out as it should")]
    Demo { step: usize, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("cannot start")]
    Start(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Returns what came of the command.
    pub(crate) fn outcome(&self) -> Outcome {
        if self.exit() == Exit::Refused { Outcome::Refused } else { Outcome::Failed }
    }

    /// Returns the file that is wrong, where it is one.
    pub(crate) fn place(&self) -> Option<Place> {
        match self {
            Self::Config(error) => error.place(),
            Self::Init(error) => error.place(),
            Self::Parse { path, .. } | Self::Lookup { path, .. } | Self::Edit { path, .. } => {
                Some(Place { path: path.clone(), at: None })
            }
            _ => None,
        }
    }
}

/// Returns the messages of an error's sources, outermost first.
pub(crate) fn causes(error: &dyn std::error::Error) -> Vec<String> {
    let mut causes = Vec::new();
    let mut source = error.source();
    while let Some(error) = source {
        causes.push(error.to_string());
        source = error.source();
    }
    causes
}

/// Joins an error's message and those of its sources.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    std::iter::once(error.to_string()).chain(causes(error)).collect::<Vec<_>>().join(": ")
}
