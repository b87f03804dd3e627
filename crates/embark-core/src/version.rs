//! Application versions.

use std::fmt;
use std::str::FromStr;

use crate::text::{TextError, serde_as_text};

/// The version of the application: [SemVer 2.0][semver] without a leading `v` and without build metadata,
/// whose `+` no tag can hold.
///
/// [semver]: https://semver.org/spec/v2.0.0.html
///
/// ```
/// use embark_core::AppVersion;
///
/// assert!("1.4.0-rc.1".parse::<AppVersion>().is_ok());
/// assert!("v1.4.0".parse::<AppVersion>().is_err());
/// assert!("1.4.0+build".parse::<AppVersion>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppVersion(semver::Version);

impl FromStr for AppVersion {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let error = |rule| TextError::new(text, "an application version", rule);
        let version = semver::Version::parse(text)
            .map_err(|_| error("a SemVer version without a leading v is needed, as in 1.4.0"))?;
        if !version.build.is_empty() {
            return Err(error("build metadata (+…) cannot stand in an image tag"));
        }
        Ok(Self(version))
    }
}

impl AppVersion {
    /// Tells whether it comes before a release, as `1.4.0-rc.1` does.
    pub fn is_prerelease(&self) -> bool {
        !self.0.pre.is_empty()
    }
}

impl fmt::Display for AppVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

serde_as_text!(AppVersion);
