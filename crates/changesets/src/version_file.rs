//! The file that holds a version. Every byte that is not the version stays.

mod cargo;
mod json;
mod toml;

use std::ops::Range;

use embark_values::{Assignment, Document, LookupError, Path};

pub(crate) use cargo::Workspace;

use crate::Error;

/// A file that holds a version, known by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionFile {
    /// `package.json`.
    Npm,
    /// `Cargo.toml`: `package.version`, or `workspace.package.version`.
    Cargo,
    /// `pyproject.toml`: `project.version`, or `tool.poetry.version`.
    Python,
    /// `Chart.yaml`: `appVersion`, or `version`. Both are written.
    Chart,
    /// Any other: the version and nothing else.
    Plain,
}

impl VersionFile {
    /// Tells by its path what a file is.
    pub fn of(path: &str) -> Self {
        match path.rsplit('/').next().unwrap_or(path) {
            "package.json" => Self::Npm,
            "Cargo.toml" => Self::Cargo,
            "pyproject.toml" => Self::Python,
            "Chart.yaml" => Self::Chart,
            _ => Self::Plain,
        }
    }

    /// Returns the version of a text; `file` is for errors alone.
    ///
    /// # Errors
    /// [`Error::NoVersion`] if it has none.
    pub fn read(self, file: &str, text: &str) -> Result<String, Error> {
        let found = match self {
            Self::Npm | Self::Cargo | Self::Python => self.find(text).map(|(_, version)| version),
            Self::Chart => chart(text),
            Self::Plain => Ok(text.trim_start_matches('\u{feff}').trim().into()),
        };
        let found = found.and_then(|found| if found.is_empty() { Err("it is empty".into()) } else { Ok(found) });
        found.map_err(|what| Error::NoVersion { file: file.into(), what })
    }

    /// Returns the text with another version.
    ///
    /// # Errors
    /// [`Error::NoVersion`] if it has none, or one that cannot be replaced.
    pub fn write(self, file: &str, text: &str, version: &str) -> Result<String, Error> {
        let old = self.read(file, text)?;
        let written = match self {
            Self::Npm | Self::Cargo | Self::Python => self.find(text).map(|(range, _)| {
                let new = toml::quoted_like(&text[range.clone()], version);
                toml::splice(text, vec![(range, new)])
            }),
            Self::Chart => set_chart(text, version),
            Self::Plain => Ok(text.replacen(&old, version, 1)),
        };
        written.map_err(|what| Error::NoVersion { file: file.into(), what })
    }

    fn find(self, text: &str) -> Result<(Range<usize>, String), String> {
        match self {
            Self::Npm => json::version(text),
            Self::Cargo => toml::string(text, &toml::CARGO),
            _ => toml::string(text, &toml::PYTHON),
        }
    }
}

fn chart(text: &str) -> Result<String, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let found = match document.get(&Path::key("appVersion")) {
        Err(LookupError::NotFound { .. }) => document.get(&Path::key("version")),
        found => found,
    };
    found.map(|scalar| scalar.value).map_err(|error| error.to_string())
}

fn set_chart(text: &str, version: &str) -> Result<String, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let keys = ["version", "appVersion"].map(Path::key);
    let is_there = |path: &Path| !matches!(document.get(path), Err(LookupError::NotFound { .. }));
    let set: Vec<_> = keys.into_iter().filter(is_there).map(|path| Assignment::new(path, version)).collect();
    document.edit(&set).map(|edited| edited.text).map_err(|error| error.to_string())
}
