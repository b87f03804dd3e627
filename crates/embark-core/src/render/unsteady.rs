//! What differs between two renderings of the same, as random texts and times do.

use std::collections::BTreeSet;

use super::{Rendered, Resource, ResourceName};

/// What differs between two renderings of the same: resources, and paths in them, by the names of the first.
#[derive(Debug, Default)]
pub(super) struct Unsteady(BTreeSet<(ResourceName, Option<String>)>);

impl Unsteady {
    /// Takes two renderings of the same values.
    pub(super) fn of(one: &Rendered, other: &Rendered) -> Self {
        let mut unsteady = Self::default();
        let mut unpaired: Vec<_> =
            other.resources.iter().filter(|(name, _)| !one.resources.contains_key(name)).collect();
        for (name, resource) in &one.resources {
            if let Some(other) = other.resources.get(name) {
                unsteady.add(name, resource, other);
                continue;
            }
            // The other one has it under another name.
            let alike = unpaired.iter().enumerate().filter(|(_, (other, as_other))| {
                (&other.kind, &other.namespace) == (&name.kind, &name.namespace)
                    && resource.fields.keys().eq(as_other.fields.keys())
                    && resource.images == as_other.images
            });
            match alike.min_by_key(|(_, (_, other))| differing(resource, other).count()).map(|(at, _)| at) {
                Some(at) => {
                    let (_, other) = unpaired.swap_remove(at);
                    unsteady.add(name, resource, other);
                }
                None => _ = unsteady.0.insert((name.clone(), None)),
            }
        }
        unsteady.0.extend(unpaired.into_iter().map(|(name, _)| (name.clone(), None)));
        unsteady
    }

    fn add(&mut self, name: &ResourceName, one: &Resource, other: &Resource) {
        self.0.extend(differing(one, other).map(|path| (name.clone(), Some(path.clone()))));
    }

    /// Tells whether a resource, or a path in it, is there in one rendering and not in the other, or differs.
    pub(super) fn has(&self, name: &ResourceName, path: Option<&str>) -> bool {
        self.0.contains(&(name.clone(), None)) || self.0.contains(&(name.clone(), path.map(ToOwned::to_owned)))
    }
}

fn differing<'r>(one: &'r Resource, other: &'r Resource) -> impl Iterator<Item = &'r String> {
    let of_both = one.fields.iter().filter(|(path, digest)| other.fields.get(*path) != Some(digest));
    let of_other = other.fields.keys().filter(|path| !one.fields.contains_key(*path));
    of_both.map(|(path, _)| path).chain(of_other)
}
