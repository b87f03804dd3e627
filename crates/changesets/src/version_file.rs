//! The file that holds a version. Every byte that is not the version stays.

mod cargo;
mod chart;
mod json;
mod plain;
mod toml;

use std::ops::Range;

pub(crate) use cargo::Workspace;

use crate::Error;
use crate::place::{Place, line_of};

/// How a version that is not there is mended.
const WRITE: &str = "write one into it, as in 1.4.0";

/// A version, and where it stands with its quotes.
struct Found {
    range: Range<usize>,
    version: String,
}

/// What is wrong with a text, and how to mend it.
struct Wrong {
    /// From 1.
    line: usize,
    what: String,
    mend: &'static str,
}

impl Wrong {
    fn of(self, file: &str) -> Error {
        Place::new(file, self.line).no_version(self.what, self.mend)
    }
}

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
    /// [`Error::NoVersion`] if it has none, or two.
    pub fn read(self, file: &str, text: &str) -> Result<String, Error> {
        self.find(file, text).map(|(_, version)| version)
    }

    /// Returns the version of a text, and where it stands.
    pub(crate) fn find(self, file: &str, text: &str) -> Result<(Place, String), Error> {
        let found = match self {
            Self::Chart => chart::version(text),
            _ => self.span(text).map(|found| (line_of(text, found.range.start), found.version)),
        };
        let (line, version) = found.map_err(|wrong| wrong.of(file))?;
        let place = Place::new(file, line);
        if version.is_empty() {
            Err(place.no_version("its version is empty".into(), WRITE))
        } else {
            Ok((place, version))
        }
    }

    /// Returns the text with another version.
    ///
    /// # Errors
    /// [`Error::NoVersion`] if it has none, or one that cannot be replaced.
    pub fn write(self, file: &str, text: &str, version: &str) -> Result<String, Error> {
        self.find(file, text)?;
        let written = match self {
            Self::Chart => chart::set(text, version),
            _ => self.span(text).map(|Found { range, .. }| {
                let new = match self {
                    Self::Plain => version.into(),
                    _ => toml::quoted_like(&text[range.clone()], version),
                };
                toml::splice(text, vec![(range, new)])
            }),
        };
        written.map_err(|wrong| wrong.of(file))
    }

    fn span(self, text: &str) -> Result<Found, Wrong> {
        match self {
            Self::Npm => json::version(text),
            Self::Cargo => toml::version(text, &toml::CARGO),
            Self::Python => toml::version(text, &toml::PYTHON),
            Self::Chart | Self::Plain => plain::version(text),
        }
    }
}
