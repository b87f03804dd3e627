//! What to render, as far as it is not found.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use embark_core::{EnvironmentName, FilePath, ImagePath, TextError};

/// What to render, as far as it is not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The name of the application, by which a chart may be called.
    pub application: String,
    /// The chart of every environment that has none of its own; it is looked for where there is none.
    pub chart: Option<ChartFolder>,
    /// The charts of single environments.
    pub charts: BTreeMap<EnvironmentName, ChartFolder>,
    /// The name of Helm's release.
    pub release: ReleaseName,
    /// The namespace of Helm's release.
    pub namespace: Option<ReleaseName>,
    /// Values files that come before that of the environment.
    pub values: Vec<FilePath>,
    /// Where images stand besides containers.
    pub images: Vec<ImagePath>,
}

impl Settings {
    /// Looks for everything.
    pub fn new(application: &str) -> Self {
        Self {
            application: application.to_owned(),
            chart: None,
            charts: BTreeMap::new(),
            release: application.parse().unwrap_or_else(|_| ReleaseName("app".into())),
            namespace: None,
            values: Vec::new(),
            images: Vec::new(),
        }
    }

    pub(crate) fn chart(&self, environment: &EnvironmentName) -> Option<&ChartFolder> {
        self.charts.get(environment).or(self.chart.as_ref())
    }
}

/// A folder of the deployment repo: `.`, or a path in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartFolder(Option<FilePath>);

impl ChartFolder {
    /// Returns the path; `None` for the whole repository.
    pub fn path(&self) -> Option<&FilePath> {
        self.0.as_ref()
    }
}

impl FromStr for ChartFolder {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        match text.trim_end_matches('/') {
            "." => Ok(Self(None)),
            path => path.parse().map(|path| Self(Some(path))),
        }
    }
}

impl fmt::Display for ChartFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref().map_or(".", FilePath::as_str))
    }
}

/// [The name of a release](https://helm.sh/docs/chart_best_practices/conventions/), or of a namespace: 1 to 53 lower-case
/// letters, digits and inner hyphens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseName(String);

/// Tells why a text is no name of a release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name of a release: 1 to 53 lower-case letters, digits and inner hyphens are allowed")]
pub struct NameError(String);

impl ReleaseName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ReleaseName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_name = (1..=53).contains(&text.len())
            && text.bytes().all(is_inner)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if is_name { Ok(Self(text.to_owned())) } else { Err(NameError(text.to_owned())) }
    }
}
