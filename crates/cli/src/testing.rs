//! What people write, handed to its readers without a run (feature `test-support`).

use std::path::Path;

use crate::config::{Config, ConfigError};

/// What an `embark.yaml` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// All of it, as it is debugged.
    pub all: String,
    /// The values files.
    pub values_files: Vec<String>,
    /// The branch and the ref of the ledger.
    pub refs: [String; 2],
    /// For each environment its name, and that of its source.
    pub environments: Vec<(String, Option<String>)>,
}

/// Why an `embark.yaml` cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The whole message, with its causes.
    pub message: String,
    /// Line and column, from 1.
    pub at: Option<(u64, u64)>,
}

/// Reads the text of an `embark.yaml`.
///
/// # Errors
/// [`Unreadable`] says why it cannot be read.
pub fn configuration(text: &str) -> Result<Read, Unreadable> {
    let config = Config::parse(Path::new("embark.yaml"), text).map_err(|error| unreadable(&error))?;
    let environments = config.pipeline.environments();
    let name = |name: &embark_core::EnvironmentName| name.to_string();
    Ok(Read {
        all: format!("{config:?}"),
        values_files: environments.iter().map(|environment| environment.values_file.to_string()).collect(),
        refs: [config.git.branch.to_string(), config.git.ledger.to_string()],
        environments: environments.iter().map(|one| (name(&one.name), one.promotes_from.as_ref().map(name))).collect(),
    })
}

fn unreadable(error: &ConfigError) -> Unreadable {
    let mut message = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        message.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    Unreadable { message, at: error.place().and_then(|place| place.at) }
}
