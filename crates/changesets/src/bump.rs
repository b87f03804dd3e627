//! By how much a version grows.

use std::fmt;
use std::str::FromStr;

use semver::{Prerelease, Version};

/// Tells by how much a version grows. The greater one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bump {
    /// Not at all.
    None,
    /// By a mended fault.
    Patch,
    /// By a new ability.
    Minor,
    /// By a change that breaks something.
    Major,
}

impl Bump {
    /// Returns the word for it in a changeset.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }

    /// Returns the next version, as `semver.inc` of npm has it: a prerelease becomes the version that it precedes, if
    /// that is far enough. There is no exception for versions below 1.0.0.
    pub fn next(self, version: &Version) -> Version {
        let (major, minor, patch) = (version.major, version.minor, version.patch);
        let released = version.pre.is_empty();
        let (major, minor, patch) = match self {
            Self::None => return version.clone(),
            Self::Major if minor != 0 || patch != 0 || released => (major.saturating_add(1), 0, 0),
            Self::Major => (major, 0, 0),
            Self::Minor if patch != 0 || released => (major, minor.saturating_add(1), 0),
            Self::Minor => (major, minor, 0),
            Self::Patch if released => (major, minor, patch.saturating_add(1)),
            Self::Patch => (major, minor, patch),
        };
        Version { pre: Prerelease::EMPTY, ..Version::new(major, minor, patch) }
    }
}

impl fmt::Display for Bump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Tells that a word is none of the bumps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of major, minor, patch and none")]
pub struct BumpError(String);

impl FromStr for Bump {
    type Err = BumpError;

    fn from_str(text: &str) -> Result<Self, BumpError> {
        let all = [Self::None, Self::Patch, Self::Minor, Self::Major];
        all.into_iter().find(|bump| bump.as_str() == text).ok_or_else(|| BumpError(text.into()))
    }
}
