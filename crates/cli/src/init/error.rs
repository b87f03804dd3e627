//! Why there is no proposal.

use std::path::PathBuf;

use embark_core::ports::RepositoryError;
use embark_values::ParseError;

use crate::config::ConfigError;
use crate::exit_code::Exit;
use crate::output::Place;

/// Tells why there is no proposal, or why it is not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InitError {
    /// The files do not tell; `example` is a whole command that does.
    #[error("{question}")]
    Unanswered { question: String, example: String },
    #[error("{file} cannot be read")]
    Malformed { file: String, source: ParseError },
    #[error("{0} is there already")]
    Exists(String),
    #[error("what is given and found makes no configuration")]
    Unfit(#[source] ConfigError),
    #[error(transparent)]
    Repository(RepositoryError),
    #[error("{0} is in no git repository")]
    NoRepository(String),
    #[error("{} is not in a checkout of the application's repository", .0.display())]
    NoApplication(PathBuf),
    /// `example` is what the configuration would say.
    #[error("nothing tells where on GitHub {what} is")]
    NotOnGitHub { what: &'static str, example: &'static str },
}

impl InitError {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Unanswered { .. }
            | Self::NoRepository(_)
            | Self::NoApplication(_)
            | Self::NotOnGitHub { .. }
            | Self::Unfit(_) => Exit::Arguments,
            Self::Repository(_) => Exit::Unreachable,
            Self::Malformed { .. } => Exit::File,
            Self::Exists(_) => Exit::Refused,
        }
    }

    pub(crate) fn place(&self) -> Option<Place> {
        match self {
            Self::Malformed { file, .. } => Some(Place { path: file.clone(), at: None }),
            _ => None,
        }
    }

    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Unanswered { example, .. } => format!("answer it as in: {example}"),
            Self::Malformed { file, .. } => format!("mend {file}, or name the values files with --environment"),
            Self::Unfit(error) => error.hint(),
            Self::Repository(_) => "name the branch that Argo CD watches, as in: --branch main".into(),
            Self::Exists(_) => "replace it with --force, or write another file with --config FILE".into(),
            Self::NoRepository(_) => {
                "name a checkout or a bare repository of the deployment repo, as in: embark init ../shop-deployment"
                    .into()
            }
            Self::NoApplication(_) => {
                "run it where the application is checked out, which is not the deployment repo, as in: embark init \
                 ../shop-deployment --github"
                    .into()
            }
            Self::NotOnGitHub { example, .. } => {
                format!("write it into embark.yaml, as in: {example}; or set the checkout's origin to its address")
            }
        }
    }
}
