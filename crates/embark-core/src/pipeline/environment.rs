//! An environment, and what it asks of the images that come to it.

use std::time::Duration;

use crate::checks::CheckName;
use crate::name::{EnvironmentName, FilePath};
use crate::record::Waiver;
use crate::success::Success;

/// A target with one values file in the deployment repo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: EnvironmentName,
    /// Its values file.
    pub values_file: FilePath,
    /// What its version tags are.
    pub tag: TagKind,
    /// The environment whose verified images it gets, and no others.
    pub promotes_from: Option<EnvironmentName>,
    /// What *verified* means for an image that comes here.
    pub requires: Requirements,
    /// When a deployment to it is a success.
    pub success: Success,
}

impl Environment {
    /// Makes an environment to which commits are released.
    pub fn new(name: EnvironmentName, values_file: FilePath) -> Self {
        let (requires, success) = (Requirements::default(), Success::default());
        Self { name, values_file, tag: TagKind::Commit, promotes_from: None, requires, success }
    }

    /// Makes it one that gets what `source` has verified, and no other image.
    ///
    /// ```
    /// use embark_core::{Environment, TagKind};
    ///
    /// let staging = Environment::new("staging".parse()?, "staging.yaml".parse()?);
    /// let production = Environment::new("production".parse()?, "prod.yaml".parse()?);
    /// let production = production.promotes_from(&staging, TagKind::Version);
    /// assert_eq!(production.promotes_from, Some(staging.name));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn promotes_from(self, source: &Self, tag: TagKind) -> Self {
        Self { promotes_from: Some(source.name.clone()), tag, ..self }
    }
}

/// What the version tags of an environment are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagKind {
    /// The application's commit.
    Commit,
    /// The application's version.
    Version,
}

/// What must hold in the source environment, besides a success, before an image is promoted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Requirements {
    /// How long the image must have run there without a break.
    pub soak: Duration,
    /// Which checks must have passed on the application's commit.
    pub checks: Vec<CheckName>,
}

impl Requirements {
    /// Returns what is left of them where a person has waived some.
    pub fn without(&self, waived: Option<&Waiver>) -> Self {
        let is_waived = |rule: &str| waived.is_some_and(|waived| waived.waives(rule));
        Self {
            soak: if is_waived(Waiver::SOAK) { Duration::ZERO } else { self.soak },
            checks: if is_waived(Waiver::CHECKS) { Vec::new() } else { self.checks.clone() },
        }
    }
}
