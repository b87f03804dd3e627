//! What an edit changes of what is rendered, and whether that is what it should.

use std::collections::{BTreeMap, BTreeSet};

use super::{ImagePlace, Named, Rendered, Resource, ResourceName, Unfit};
use crate::image::{Image, Repository};

/// The image that should run, and how much of it is configured to stand in the values file.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The image.
    pub image: &'a Image,
    /// Whether its digest is part of what is written.
    pub is_pinned: bool,
}

/// What an edit brings about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reached {
    /// The images that change; none where the very digest runs already, and another tag of it changes nothing.
    pub images: Vec<ImageChange>,
    /// What else changes and may: labels, annotations, and the name of a resource that is made anew.
    pub also: Vec<String>,
}

/// An image that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageChange {
    /// The place.
    pub place: ImagePlace,
    /// What runs before.
    pub before: String,
    /// What runs then.
    pub after: String,
}

/// What differs between two renderings of the same, as random texts and times do: resources, and paths in them.
#[derive(Debug, Default)]
pub(super) struct Unsteady(BTreeSet<(ResourceName, Option<String>)>);

/// Compares what is rendered before an edit with what is rendered after it.
///
/// Exactly the images that should change may change, and nothing else but labels and annotations of metadata: charts
/// write the version there. A resource that is there under another name is the same one, if all else of it is the same.
///
/// # Errors
/// [`Unfit`] if the edit does not do what it is for, or more.
pub fn compare(before: &Rendered, after: &Rendered, wanted: Wanted<'_>) -> Result<Reached, Unfit> {
    compare_steady(before, after, wanted, &Unsteady::default())
}

pub(super) fn compare_steady(
    before: &Rendered,
    after: &Rendered,
    wanted: Wanted<'_>,
    unsteady: &Unsteady,
) -> Result<Reached, Unfit> {
    let Changes { images, also, otherwise } = Changes::between(before, after, unsteady);
    // Many charts leave the tag out where there is a digest.
    let is_there = |image: &str| image.ends_with(&format!("@{}", wanted.image.digest)) && is_image(image, wanted.image);
    if images.is_empty() && !after.images().any(|(_, image)| is_there(image)) {
        return Err(Unfit::NoImage { keys: Vec::new(), reaching: Vec::new() });
    }
    for ImageChange { place, after, .. } in &images {
        let (place, image) = (Box::new(place.clone()), after.clone());
        if !is_image(after, wanted.image) {
            let wanted = if wanted.is_pinned { wanted.image.to_string() } else { wanted.image.by_tag().to_string() };
            return Err(Unfit::OtherImage { place, image, wanted });
        }
        if wanted.is_pinned && !after.contains('@') {
            return Err(Unfit::NoDigest { place, image });
        }
    }
    match otherwise.first() {
        Some(what) => Err(Unfit::Otherwise { what: what.clone(), more: otherwise.len() - 1 }),
        None => Ok(Reached { images, also }),
    }
}

impl Unsteady {
    /// Takes two renderings of the same values.
    pub(super) fn of(one: &Rendered, other: &Rendered) -> Self {
        let mut unsteady = BTreeSet::new();
        for (name, resource) in one.resources.iter().chain(&other.resources) {
            let [Some(one), Some(other)] = [one, other].map(|rendered| rendered.resources.get(name)) else {
                unsteady.insert((name.clone(), None));
                continue;
            };
            let differs = |path: &&String| one.fields.get(*path) != other.fields.get(*path);
            unsteady.extend(resource.fields.keys().filter(differs).map(|path| (name.clone(), Some(path.clone()))));
        }
        Self(unsteady)
    }

    fn has(&self, name: &ResourceName, path: Option<&str>) -> bool {
        self.0.contains(&(name.clone(), None)) || self.0.contains(&(name.clone(), path.map(ToOwned::to_owned)))
    }
}

/// All that differs between two renderings.
#[derive(Default)]
struct Changes {
    images: Vec<ImageChange>,
    also: Vec<String>,
    otherwise: Vec<String>,
}

impl Changes {
    fn between(before: &Rendered, after: &Rendered, unsteady: &Unsteady) -> Self {
        let mut changes = Self::default();
        let mut gone: BTreeMap<&ResourceName, &Resource> = BTreeMap::new();
        for (name, old) in &before.resources {
            match after.resources.get(name) {
                Some(new) => changes.compare(name, old, new, unsteady),
                None if unsteady.has(name, None) => {}
                None => _ = gone.insert(name, old),
            }
        }
        for (name, new) in &after.resources {
            if before.resources.contains_key(name) || unsteady.has(name, None) {
                continue;
            }
            // Jobs are often named by the version: they cannot be changed, and are made anew.
            match gone.iter().find(|(other, old)| is_renamed(other, old, name, new)).map(|(other, _)| *other) {
                Some(other) => {
                    changes.also.push(format!("the name of {other}, which becomes {}", name.name));
                    if let Some(old) = gone.remove(other) {
                        changes.compare(name, old, new, unsteady);
                    }
                }
                None => changes.otherwise.push(format!("{name}, which is not there before,")),
            }
        }
        changes.otherwise.extend(gone.into_keys().map(|name| format!("{name}, which would be gone,")));
        changes
    }

    fn compare(&mut self, name: &ResourceName, old: &Resource, new: &Resource, unsteady: &Unsteady) {
        for (path, was, is) in both(&old.images, &new.images).filter(|(_, was, is)| was != is) {
            match (was, is) {
                (Some(was), Some(is)) if was.container == is.container => self.images.push(ImageChange {
                    place: ImagePlace { resource: name.clone(), path: path.clone(), container: is.container.clone() },
                    before: was.image.clone(),
                    after: is.image.clone(),
                }),
                _ => self.otherwise.push(format!("{path} of {name}")),
            }
        }
        for (path, was, is) in both(&old.fields, &new.fields).filter(|(_, was, is)| was != is) {
            let is_new_name = path == "metadata.name";
            if unsteady.has(name, Some(path)) || is_new_name && was.is_some() && is.is_some() {
                continue;
            }
            let what = format!("{path} of {name}");
            if is_note(path) { self.also.push(what) } else { self.otherwise.push(what) }
        }
    }
}

/// Iterates over the keys of two maps, with what each has there.
fn both<'m, T>(
    one: &'m BTreeMap<String, T>,
    other: &'m BTreeMap<String, T>,
) -> impl Iterator<Item = (&'m String, Option<&'m T>, Option<&'m T>)> {
    let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    keys.into_iter().map(|key| (key, one.get(key), other.get(key)))
}

/// Tells whether a path is that of a label or an annotation, of a resource or of the pods that it makes.
fn is_note(path: &str) -> bool {
    ["labels.", "annotations."].iter().any(|map| {
        path.strip_prefix("metadata.").is_some_and(|rest| rest.starts_with(map))
            || path.contains(&format!(".template.metadata.{map}"))
            || path.contains(&format!(".jobTemplate.metadata.{map}"))
    })
}

/// Tells whether nothing but name, labels, annotations and images of a resource differ.
fn is_renamed(old_name: &ResourceName, old: &Resource, name: &ResourceName, new: &Resource) -> bool {
    let own = |resource: &Resource| {
        let fields = resource.fields.iter().filter(|(path, _)| *path != "metadata.name" && !is_note(path));
        fields.map(|(path, digest)| (path.clone(), digest.clone())).collect::<Vec<_>>()
    };
    let containers = |resource: &Resource| {
        resource
            .images
            .iter()
            .map(|(path, Named { container, .. })| (path.clone(), container.clone()))
            .collect::<Vec<_>>()
    };
    (&old_name.kind, &old_name.namespace) == (&name.kind, &name.namespace)
        && own(old) == own(new)
        && containers(old) == containers(new)
}

/// Tells whether a text names this image, by its tag, its digest or both.
fn is_image(text: &str, image: &Image) -> bool {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    // A colon before the last slash belongs to the host's port.
    let colon = name.rfind(':').filter(|colon| !name[*colon..].contains('/'));
    let (repository, tag) = colon.map_or((name, None), |colon| (&name[..colon], Some(&name[colon + 1..])));
    let is_named = tag.is_some() || digest.is_some();
    is_named
        && tag.is_none_or(|tag| tag == image.tag.as_str())
        && digest.is_none_or(|digest| digest == image.digest.as_str())
        && is_of(repository, &image.repository)
}

/// Tells whether a text names a repository. No cluster pulls from a folder: a layout is every repository.
fn is_of(text: &str, repository: &Repository) -> bool {
    repository.layout_path().is_some() || in_full(text) == in_full(repository.as_str())
}

/// Writes out what [a reference without a host](https://docs.docker.com/reference/cli/docker/image/tag/) means.
fn in_full(repository: &str) -> String {
    let repository = repository.strip_prefix("index.docker.io/").unwrap_or(repository);
    let has_host = |host: &str| host.contains(['.', ':']) || host == "localhost";
    match repository.split_once('/') {
        Some(("docker.io", path)) if !path.contains('/') => format!("docker.io/library/{path}"),
        Some((host, _)) if has_host(host) => repository.to_owned(),
        Some(_) => format!("docker.io/{repository}"),
        None => format!("docker.io/library/{repository}"),
    }
}

#[cfg(test)]
mod tests;
