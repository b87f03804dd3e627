//! A component, and where a values file names its image.

use std::collections::BTreeMap;

use embark_values::Path;

use crate::image::Repository;
use crate::name::{ComponentName, EnvironmentName};

/// A part of the application with its own image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its name.
    pub name: ComponentName,
    /// The repository to which its images are built.
    pub image: Repository,
    /// The repositories of those environments that have one of their own; images are copied there.
    pub images: BTreeMap<EnvironmentName, Repository>,
    /// Where a values file names its image.
    pub values: ValuesKeys,
    /// Whether a key that is not in the values file is created beside its siblings.
    pub create_missing: bool,
    /// Whether what refers to an image (signatures, SBOMs, attestations) is copied with it to another repository.
    pub copy_referrers: bool,
}

impl Component {
    /// Makes a component whose images are built to `image` and run from there everywhere.
    ///
    /// ```
    /// use embark_core::{Component, ValuesKeys};
    ///
    /// let values = ValuesKeys::tag("frontend.image.tag".parse()?);
    /// let frontend = Component::new("frontend".parse()?, "registry.test/frontend".parse()?, values);
    /// assert_eq!(frontend.repository(&"production".parse()?), &frontend.image);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(name: ComponentName, image: Repository, values: ValuesKeys) -> Self {
        Self { name, image, images: BTreeMap::new(), values, create_missing: false, copy_referrers: false }
    }

    /// Returns the repository whose images `environment` runs.
    pub fn repository(&self, environment: &EnvironmentName) -> &Repository {
        self.images.get(environment).unwrap_or(&self.image)
    }
}

/// Where a values file names the image of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValuesKeys {
    /// Tag, repository and digest each in a scalar of its own.
    Apart {
        /// Of the repository, where the file names it.
        repository: Option<Path>,
        /// Of the tag.
        tag: Path,
        /// Of the digest, where the file pins it.
        digest: Option<Path>,
    },
    /// The whole reference in one scalar.
    Whole {
        /// Of the reference: `repository:tag`, or `repository:tag@digest` if it is pinned.
        image: Path,
        /// Whether the digest is part of it.
        pin: bool,
    },
}

impl ValuesKeys {
    /// Names the scalar that holds the tag, and nothing else of the image.
    pub fn tag(path: Path) -> Self {
        Self::Apart { repository: None, tag: path, digest: None }
    }

    /// Returns every path that is written.
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Apart { repository, tag, digest } => repository.iter().chain([tag]).chain(digest.iter()).collect(),
            Self::Whole { image, .. } => vec![image],
        }
    }

    /// Tells whether a values file pins the digest.
    pub fn pins(&self) -> bool {
        match self {
            Self::Apart { digest, .. } => digest.is_some(),
            Self::Whole { pin, .. } => *pin,
        }
    }
}
