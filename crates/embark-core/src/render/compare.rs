//! What an edit changes of what is rendered, and whether that is what it should.

use std::collections::{BTreeMap, BTreeSet};

use super::note::{is_note, is_selected};
use super::unsteady::Unsteady;
use super::{ImagePlace, Named, Rendered, Resource, ResourceName, Unfit};
use crate::image::{Image, Mention};

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
    /// What else is to be known: what could not be compared, what stays and may surprise.
    pub notes: Vec<String>,
}

/// An image that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageChange {
    /// The place.
    pub place: ImagePlace,
    /// What runs before; `None` where nothing could be rendered.
    pub before: Option<String>,
    /// What runs then.
    pub after: String,
}

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
        // It may have come into a resource of another name, or another container.
        let has_moved = !otherwise.is_empty() && after.images().any(|(_, image)| is_image(image, wanted.image));
        if !has_moved {
            return Err(Unfit::NoImage { keys: Vec::new(), reaching: Vec::new() });
        }
    }
    for ImageChange { place, after: image, .. } in &images {
        fits(place, image, wanted)?;
        if let Some(resource) = after.twice.get(&place.resource) {
            return Err(Unfit::Twice { resource: resource.clone() });
        }
    }
    match otherwise.first() {
        Some(what) => Err(Unfit::Otherwise { what: what.clone(), more: otherwise.len() - 1 }),
        None => Ok(Reached { images, also, notes: notes(after, wanted.image) }),
    }
}

/// Judges what is rendered with an edit where nothing is without it: the image must be there, and that is all that can be
/// said.
///
/// # Errors
/// [`Unfit`] if no place names the image.
pub(super) fn alone(after: &Rendered, wanted: Wanted<'_>) -> Result<Reached, Unfit> {
    let mut images = Vec::new();
    for (place, image) in after.images().filter(|(_, image)| is_image(image, wanted.image)) {
        fits(&place, image, wanted)?;
        if let Some(resource) = after.twice.get(&place.resource) {
            return Err(Unfit::Twice { resource: resource.clone() });
        }
        images.push(ImageChange { place, before: None, after: image.to_owned() });
    }
    if images.is_empty() {
        return Err(Unfit::NoImage { keys: Vec::new(), reaching: Vec::new() });
    }
    Ok(Reached { images, also: Vec::new(), notes: notes(after, wanted.image) })
}

/// Refuses what would run in a place if it is not the image, or not all of it that is configured.
fn fits(place: &ImagePlace, image: &str, wanted: Wanted<'_>) -> Result<(), Unfit> {
    let (place, image) = (Box::new(place.clone()), image.to_owned());
    if !is_image(&image, wanted.image) {
        let wanted = if wanted.is_pinned { wanted.image.to_string() } else { wanted.image.by_tag().to_string() };
        return Err(Unfit::OtherImage { place, image, wanted });
    }
    if wanted.is_pinned && !image.contains('@') { Err(Unfit::NoDigest { place, image }) } else { Ok(()) }
}

/// Tells what stays as it is, and may surprise.
fn notes(after: &Rendered, image: &Image) -> Vec<String> {
    let is_stale = |text: &str| {
        let is_of_layout = image.repository.layout_path().is_some();
        !is_of_layout && Mention::parse(text).is_of(&image.repository) && !is_image(text, image)
    };
    let stale =
        after.images().filter(|(_, text)| is_stale(text)).map(|(place, text)| format!("{place} stays at {text}"));
    let twice: BTreeSet<&ResourceName> = after.twice.values().collect();
    stale
        .chain(twice.into_iter().map(|name| format!("{name} is rendered twice, and only one of them can stay")))
        .collect()
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
                Some(new) => changes.compare((name, old), (name, new), after, unsteady),
                None if unsteady.has(name, None) => {}
                None => _ = gone.insert(name, old),
            }
        }
        for (name, new) in &after.resources {
            if before.resources.contains_key(name) || unsteady.has(name, None) {
                continue;
            }
            // Jobs are often named by the version: they cannot be changed, and are made anew.
            let renamed = |(other, old): &(&&ResourceName, &&Resource)| is_renamed((other, old), (name, new), unsteady);
            match gone.iter().find(renamed).map(|(other, _)| *other) {
                Some(other) => {
                    changes.also.push(format!("the name of {other}, which becomes {}", name.name));
                    if let Some(old) = gone.remove(other) {
                        changes.compare((other, old), (name, new), after, unsteady);
                    }
                }
                None => changes.otherwise.push(format!("{name}, which is not there before,")),
            }
        }
        changes.otherwise.extend(gone.into_keys().map(|name| format!("{name}, which would be gone,")));
        changes
    }

    fn compare(
        &mut self,
        (old_name, old): (&ResourceName, &Resource),
        (name, new): (&ResourceName, &Resource),
        after: &Rendered,
        unsteady: &Unsteady,
    ) {
        for (path, was, is) in both(&old.images, &new.images).filter(|(_, was, is)| was != is) {
            match (was, is) {
                (Some(was), Some(is)) if was.container == is.container => self.images.push(ImageChange {
                    place: ImagePlace { resource: name.clone(), path: path.clone(), container: is.container.clone() },
                    before: Some(was.image.clone()),
                    after: is.image.clone(),
                }),
                _ => self.otherwise.push(format!("{path} of {name}")),
            }
        }
        for (path, was, is) in both(&old.fields, &new.fields).filter(|(_, was, is)| was != is) {
            let is_new_name = path == "metadata.name";
            if unsteady.has(old_name, Some(path)) || is_new_name && was.is_some() && is.is_some() {
                continue;
            }
            let mut what = format!("{path} of {name}");
            if !(is_note(path, old) || is_note(path, new)) || is_selected(path, old, after) {
                self.otherwise.push(what);
                continue;
            }
            // Who reads the annotation may run it.
            if let [Some(was), Some(is)] = [old, new].map(|resource| resource.mentions.get(path)) {
                what.push_str(&format!(" (from {was} to {is})"));
            } else if let Some(is) = new.mentions.get(path) {
                what.push_str(&format!(" (to {is})"));
            }
            self.also.push(what);
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

/// Tells whether nothing but name, labels, annotations and images of a resource differ, and what differs by itself.
fn is_renamed(
    (old_name, old): (&ResourceName, &Resource),
    (name, new): (&ResourceName, &Resource),
    unsteady: &Unsteady,
) -> bool {
    let own = |resource: &Resource| {
        let is_own =
            |path: &str| path != "metadata.name" && !is_note(path, resource) && !unsteady.has(old_name, Some(path));
        let fields = resource.fields.iter().filter(|(path, _)| is_own(path));
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

/// Tells whether a text names this image, by its tag, its digest or both. No cluster pulls from a folder: a layout is every
/// repository.
fn is_image(text: &str, image: &Image) -> bool {
    let mention = Mention::parse(text);
    (mention.tag.is_some() || mention.digest.is_some())
        && mention.tag.is_none_or(|tag| tag == image.tag.as_str())
        && mention.digest.is_none_or(|digest| digest == image.digest.as_str())
        && (image.repository.layout_path().is_some() || mention.is_of(&image.repository))
}

#[cfg(test)]
mod tests;
