//! What charts and overlays make of values files: which images run, and what an edit changes.

mod compare;
mod image_path;
mod judge;
mod look;
mod manifest;
mod nobody;
mod note;
mod unfit;
mod unsteady;

use std::collections::BTreeMap;
use std::fmt;

use crate::digest::Digest;

pub use compare::{ImageChange, Reached, Wanted, compare};
pub use image_path::ImagePath;
pub(crate) use judge::{Edit, Judge};
pub use look::{Reach, Unreached, reach};
pub use manifest::ManifestError;
pub use unfit::Unfit;

/// What is rendered of one environment: its resources.
///
/// The texts of images are kept. Of all else there are digests only: what is rendered may hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rendered {
    pub(crate) resources: BTreeMap<ResourceName, Resource>,
    /// Those that a cluster would take for one, by the names that they have here, with the name that they share.
    pub(crate) twice: BTreeMap<ResourceName, ResourceName>,
}

/// What names a resource in a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceName {
    /// Its kind, e.g. `Deployment`.
    pub kind: String,
    /// Its namespace, where the manifest says one.
    pub namespace: Option<String>,
    /// Its name. Of two of one name, which a cluster would not have, the second has a number behind it.
    pub name: String,
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}

/// A place in a resource that names an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImagePlace {
    /// The resource.
    pub resource: ResourceName,
    /// The path in it, e.g. `spec.template.spec.containers[0].image`.
    pub path: String,
    /// The name of the container, where it is one's.
    pub container: Option<String>,
}

impl fmt::Display for ImagePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.container {
            Some(container) => write!(f, "{container} in {}", self.resource),
            None => write!(f, "{} of {}", self.path, self.resource),
        }
    }
}

/// What a manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Resource {
    /// The images by the paths that name them.
    pub(crate) images: BTreeMap<String, Named>,
    /// All other values, by their paths: scalars, and collections with nothing in them.
    pub(crate) fields: BTreeMap<String, Digest>,
    /// Annotations that look like an image: others run those.
    pub(crate) mentions: BTreeMap<String, String>,
    /// The group of its kind; none for the core's.
    pub(crate) group: Option<String>,
}

/// An image, and the container that runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) container: Option<String>,
    pub(crate) image: String,
}

impl Rendered {
    /// Iterates over the images and the places that name them.
    pub fn images(&self) -> impl Iterator<Item = (ImagePlace, &str)> {
        self.resources.iter().flat_map(|(resource, manifest)| {
            manifest.images.iter().map(|(path, named)| {
                let (resource, path, container) = (resource.clone(), path.clone(), named.container.clone());
                (ImagePlace { resource, path, container }, named.image.as_str())
            })
        })
    }
}
