//! The pipeline: components, environments in their order, and the rules between them.

mod component;
mod environment;

use std::collections::{BTreeMap, BTreeSet};

use embark_values::Path;

pub use self::component::{Component, ValuesKeys};
pub use self::environment::{Environment, Requirements, TagKind};
use crate::commit_subject::CommitSubject;
use crate::image::Tag;
use crate::name::{ComponentName, EnvironmentName, FilePath, Target};
use crate::text::TextError;
use crate::version::AppVersion;

/// The components and environments of one application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    components: Vec<Component>,
    environments: Vec<Environment>,
    version_format: VersionFormat,
    commit_subject: CommitSubject,
}

/// How a version becomes a tag: a text in which `{version}` stands once, e.g. `v{version}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionFormat(String);

impl Default for VersionFormat {
    fn default() -> Self {
        Self("{version}".into())
    }
}

impl VersionFormat {
    /// Returns the tag of `version`.
    ///
    /// # Errors
    /// [`TextError`] if it is too long for a tag.
    pub fn tag(&self, version: &AppVersion) -> Result<Tag, TextError> {
        self.0.replace("{version}", &version.to_string()).parse()
    }
}

impl std::str::FromStr for VersionFormat {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        if text.matches("{version}").count() != 1 {
            return Err(TextError::new(text, "the format of a version", "{version} must stand in it once"));
        }
        text.replace("{version}", "0.1.0").parse::<Tag>()?;
        Ok(Self(text.into()))
    }
}

/// Tells why components and environments do not make a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PipelineError {
    /// There is nothing of one kind.
    #[error("there are no {0}")]
    Empty(&'static str),
    /// A name is given twice.
    #[error("{kind} {name} is there twice")]
    Twice {
        /// `component` or `environment`.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// Two components would write one key.
    #[error("components {first} and {second} both name the values path {path}")]
    SharedKey {
        /// A component.
        first: ComponentName,
        /// Another one.
        second: ComponentName,
        /// The path that both name.
        path: Path,
    },
    /// One component's key holds another's.
    #[error("component {outer} names the values path {path}, which holds the path {inner_path} of component {inner}")]
    KeyInKey {
        /// The component whose path is the outer one.
        outer: ComponentName,
        /// Its path.
        path: Path,
        /// The other one.
        inner: ComponentName,
        /// Its path.
        inner_path: Path,
    },
    /// Two environments would write one file.
    #[error("environments {first} and {second} have the same values file {file}")]
    SharedFile {
        /// An environment.
        first: EnvironmentName,
        /// Another one.
        second: EnvironmentName,
        /// The file.
        file: FilePath,
    },
    /// `promotesFrom` does not name an environment that stands before.
    #[error("environment {environment} promotes from {from}, which is no environment before it")]
    NotEarlier {
        /// The environment.
        environment: EnvironmentName,
        /// What its `promotesFrom` names.
        from: EnvironmentName,
    },
    /// A version tag is only ever given to what another environment has verified.
    #[error("environment {0} has version tags, and promotes from no other environment")]
    VersionWithoutSource(EnvironmentName),
    /// A component names a repository for an environment that is not there.
    #[error("component {component} has an image for environment {environment}, which is not there")]
    UnknownEnvironment {
        /// The component.
        component: ComponentName,
        /// What its `images` names.
        environment: EnvironmentName,
    },
}

impl Pipeline {
    /// Puts components and environments, in their order, together.
    ///
    /// # Errors
    /// [`PipelineError`] if they do not fit.
    pub fn new(
        components: Vec<Component>,
        environments: Vec<Environment>,
        version_format: VersionFormat,
    ) -> Result<Self, PipelineError> {
        check_components(&components)?;
        check_environments(&environments)?;
        for component in &components {
            if let Some(environment) =
                component.images.keys().find(|name| !environments.iter().any(|other| &other.name == *name))
            {
                let (component, environment) = (component.name.clone(), environment.clone());
                return Err(PipelineError::UnknownEnvironment { component, environment });
            }
        }
        Ok(Self { components, environments, version_format, commit_subject: CommitSubject::default() })
    }

    /// Writes the subjects of commits in this way.
    #[must_use]
    pub fn with_commit_subject(self, commit_subject: CommitSubject) -> Self {
        Self { commit_subject, ..self }
    }

    /// Returns the components, in the order of the configuration.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// Returns the environments, in their order.
    pub fn environments(&self) -> &[Environment] {
        &self.environments
    }

    /// Returns how a version becomes a tag.
    pub fn version_format(&self) -> &VersionFormat {
        &self.version_format
    }

    /// Returns how the subject of a commit that carries a deployment out is written.
    pub fn commit_subject(&self) -> &CommitSubject {
        &self.commit_subject
    }

    /// Finds a component.
    pub fn component(&self, name: &ComponentName) -> Option<&Component> {
        self.components.iter().find(|component| &component.name == name)
    }

    /// Finds an environment.
    pub fn environment(&self, name: &EnvironmentName) -> Option<&Environment> {
        self.environments.iter().find(|environment| &environment.name == name)
    }

    /// Lists each component in each of these environments.
    pub(crate) fn targets<'a>(&self, environments: impl IntoIterator<Item = &'a Environment>) -> Vec<Target> {
        let in_one = |environment: &'a Environment| {
            self.components.iter().map(move |component| Target::new(&environment.name, &component.name))
        };
        environments.into_iter().flat_map(in_one).collect()
    }

    /// Returns what `target` names, if the pipeline has it.
    pub fn find(&self, target: &Target) -> Option<(&Environment, &Component)> {
        Some((self.environment(&target.environment)?, self.component(&target.component)?))
    }
}

fn check_components(components: &[Component]) -> Result<(), PipelineError> {
    if components.is_empty() {
        return Err(PipelineError::Empty("components"));
    }
    let of = |component: &Component| {
        let paths = component.values.paths().into_iter().cloned();
        paths.map(|path| (path, component.name.clone())).collect::<Vec<_>>()
    };
    let all: BTreeMap<Path, ComponentName> = components.iter().flat_map(of).collect();
    let mut names = BTreeSet::new();
    let mut paths: BTreeMap<&Path, &ComponentName> = BTreeMap::new();
    for component in components {
        if !names.insert(&component.name) {
            return Err(PipelineError::Twice { kind: "component", name: component.name.to_string() });
        }
        for path in component.values.paths() {
            let above = std::iter::successors(path.parent(), Path::parent);
            if let Some(outer_path) = above.into_iter().find(|above| all.contains_key(above)) {
                let (outer, inner) = (all[&outer_path].clone(), component.name.clone());
                return Err(PipelineError::KeyInKey { outer, path: outer_path, inner, inner_path: path.clone() });
            }
            if let Some(first) = paths.insert(path, &component.name) {
                let (first, second) = (first.clone(), component.name.clone());
                return Err(PipelineError::SharedKey { first, second, path: path.clone() });
            }
        }
    }
    Ok(())
}

fn check_environments(environments: &[Environment]) -> Result<(), PipelineError> {
    if environments.is_empty() {
        return Err(PipelineError::Empty("environments"));
    }
    for (at, environment) in environments.iter().enumerate() {
        let before = &environments[..at];
        if before.iter().any(|other| other.name == environment.name) {
            return Err(PipelineError::Twice { kind: "environment", name: environment.name.to_string() });
        }
        if let Some(other) = before.iter().find(|other| other.values_file == environment.values_file) {
            let (first, second) = (other.name.clone(), environment.name.clone());
            return Err(PipelineError::SharedFile { first, second, file: environment.values_file.clone() });
        }
        match &environment.promotes_from {
            Some(from) if !before.iter().any(|other| &other.name == from) => {
                let (environment, from) = (environment.name.clone(), from.clone());
                return Err(PipelineError::NotEarlier { environment, from });
            }
            None if environment.tag == TagKind::Version => {
                return Err(PipelineError::VersionWithoutSource(environment.name.clone()));
            }
            _ => {}
        }
    }
    Ok(())
}
