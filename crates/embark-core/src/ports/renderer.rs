//! The port of what turns values into manifests: Helm, Kustomize.

use async_trait::async_trait;

use super::{BoxError, RepositoryError};
use crate::commit::Revision;
use crate::name::{EnvironmentName, FilePath};
use crate::render::{ManifestError, Rendered};

/// What is to be rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendering {
    /// The commit of the deployment repo whose chart it is.
    pub tip: Revision,
    /// The environment.
    pub environment: EnvironmentName,
    /// Its values file.
    pub file: FilePath,
    /// The bytes of the values file, in place of those that the commit has.
    pub values: Vec<u8>,
}

/// What turns the values of an environment into manifests.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait Renderer: Send + Sync {
    /// Renders an environment as a commit has it, with other bytes for its values file.
    ///
    /// It MUST write nothing that lasts, and MUST ask no cluster. What the chart or the values are to blame for MUST be
    /// [`RenderError::Refused`] with the program's own words.
    async fn render(&self, rendering: Rendering) -> Result<Rendered, RenderError>;
}

/// Tells why nothing was rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The program is not installed.
    #[error("there is no {program} program, which renders {environment}")]
    NoProgram {
        /// The program, e.g. `helm`.
        program: &'static str,
        /// The environment.
        environment: EnvironmentName,
    },
    /// The program is there, and cannot be run.
    #[error("{program}, which renders {environment}, cannot be run: {words}")]
    NotRun {
        /// The program, e.g. `helm`.
        program: &'static str,
        /// The environment.
        environment: EnvironmentName,
        /// Why.
        words: String,
    },
    /// Nothing is found that reads the values file.
    #[error("no chart is found that reads {file}")]
    NoChart {
        /// The values file.
        file: FilePath,
    },
    /// The values file is a manifest in the folder of a chart, which may make more of it than it says.
    #[error("{file} is a manifest, and in the chart {folder}, which may render it")]
    Unnamed {
        /// The values file.
        file: FilePath,
        /// The folder of the chart, as the configuration would name it.
        folder: String,
    },
    /// Something in the folder of a chart cannot be read here. Without it something else may be rendered.
    #[error("{path} is {what}")]
    NotRead {
        /// Its path.
        path: String,
        /// What it is, e.g. `a submodule`.
        what: String,
    },
    /// What the configuration names is not in the deployment repo.
    #[error("the deployment repo has no {what}")]
    Missing {
        /// What is missing, e.g. `chart in charts/web`.
        what: String,
    },
    /// A chart that another needs is not in the deployment repo, and nothing is fetched.
    #[error("{chart} needs the chart {name} of {repository}, which is not in the deployment repo")]
    Dependency {
        /// The folder of the chart that needs it.
        chart: String,
        /// The name of the one that is needed.
        name: String,
        /// Where it would be fetched from.
        repository: String,
    },
    /// The program does not render it.
    #[error("{program} does not render {environment} with {file}: {words}")]
    Refused {
        /// The program, e.g. `helm`.
        program: &'static str,
        /// The environment.
        environment: EnvironmentName,
        /// The values file.
        file: FilePath,
        /// The program's own words.
        words: String,
    },
    /// What it wrote cannot be read.
    #[error("what {program} makes of {file} cannot be read")]
    Unreadable {
        /// The program, e.g. `helm`.
        program: &'static str,
        /// The values file.
        file: FilePath,
        /// Where and why.
        source: ManifestError,
    },
    /// The chart cannot be read.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// Anything else.
    #[error("cannot {operation} to render {environment}")]
    Other {
        /// What was tried, e.g. `run helm`.
        operation: String,
        /// The environment.
        environment: EnvironmentName,
        /// Why.
        source: BoxError,
    },
}

impl RenderError {
    /// Tells whether it is the chart's fault, or the values': another environment may render all the same.
    pub(crate) fn is_of_chart(&self) -> bool {
        match self {
            Self::NoChart { .. }
            | Self::Unnamed { .. }
            | Self::NotRead { .. }
            | Self::Repository(RepositoryError::NotAFile { .. })
            | Self::Missing { .. }
            | Self::Dependency { .. }
            | Self::Refused { .. }
            | Self::Unreadable { .. } => true,
            Self::NoProgram { .. } | Self::NotRun { .. } | Self::Repository(_) | Self::Other { .. } => false,
        }
    }
}
