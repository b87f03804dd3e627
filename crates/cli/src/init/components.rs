//! What one values file says about images.

use std::collections::{BTreeSet, HashMap};

use embark_values::{Document, Path, Scalar};

use super::files::is_kustomization;
use super::images::{Parts, is_place, parts};
use super::names::is_general;

/// Pairs of keys that name an image: its tag, and what may hold its repository.
const APART: [(&str, &[&str]); 3] = [
    ("tag", &["repository", "image", "name"]),
    ("imageTag", &["imageRepository", "imageName", "image"]),
    ("image_tag", &["image_repository", "image_name", "image"]),
];

const REPOSITORIES: [&str; 6] =
    ["repository", "imageRepository", "imageName", "image_repository", "image_name", "image"];

/// Where a values file names an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Keys {
    Apart { tag: Path, repository: Option<Path>, digest: Option<Path> },
    Whole(Path),
}

impl Keys {
    /// Returns the path by which the same image is found in another file.
    pub(super) fn main(&self) -> &Path {
        match self {
            Self::Apart { tag, .. } => tag,
            Self::Whole(image) => image,
        }
    }
}

/// An image that a values file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) keys: Keys,
    /// The key above, which names the component; none at the top of the file.
    pub(super) name: Option<String>,
    /// Where the image is, if the file says so.
    pub(super) repository: Option<String>,
    /// Empty where none stands.
    pub(super) tag: String,
    /// Whether the key of the tag, or of the whole reference, is there.
    pub(super) has_tag: bool,
    pub(super) is_pinned: bool,
}

/// What a values file says.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) images: Vec<Found>,
    /// Where images are, by the mapping that says so, with a tag beside it or without.
    pub(super) places: Vec<(Path, String)>,
    /// The paths of all mappings that hold something.
    mappings: BTreeSet<Path>,
}

impl Reading {
    /// Tells whether a key can be created at `path`: the mapping that would hold it is there.
    pub(super) fn has_parent(&self, path: &Path) -> bool {
        path.parent().is_none_or(|parent| self.mappings.contains(&parent))
    }
}

/// A mapping with its scalars.
struct Mapping {
    path: Option<Path>,
    scalars: Vec<(String, Scalar)>,
}

impl Mapping {
    fn get(&self, key: &str) -> Option<&Scalar> {
        self.scalars.iter().find(|(name, _)| name == key).map(|(_, scalar)| scalar)
    }

    fn path_of(&self, key: &str) -> Path {
        self.path.as_ref().map_or_else(|| Path::key(key), |path| path.join(key))
    }

    /// Returns the first of these keys that holds a repository.
    fn repository_key<'k>(&self, keys: &[&'k str]) -> Option<&'k str> {
        let is_repository = |key: &&&str| {
            self.get(key).is_some_and(|value| parts(&value.value).is_some_and(|parts| parts.tag.is_none()))
        };
        keys.iter().find(is_repository).copied()
    }

    /// Returns the registry beside the repository, if it stands apart.
    fn registry(&self) -> Option<&str> {
        self.get("registry").map(|registry| registry.value.trim_end_matches('/')).filter(|text| !text.is_empty())
    }

    /// Returns the whole repository that one of these keys says, with its registry.
    fn repository(&self, keys: &[&str]) -> Option<String> {
        let repository = &self.get(self.repository_key(keys)?)?.value;
        Some(match self.registry() {
            Some(registry) => format!("{registry}/{repository}"),
            None => repository.clone(),
        })
    }

    /// Returns the keys above, the innermost first; an item of a list has none.
    fn keys_above(&self) -> impl Iterator<Item = Option<String>> {
        let paths = std::iter::successors(self.path.clone(), Path::parent);
        paths.map(|path| path.last_key().map(ToOwned::to_owned))
    }

    /// Returns the innermost key above that says whose image it is.
    fn owner(&self) -> Option<String> {
        let first = self.keys_above().next().flatten();
        if first.is_none() && self.path.is_some() {
            return self.get("name").map(|name| name.value.clone());
        }
        self.keys_above().flatten().map(|key| own_part(&key)).find(|key| !key.is_empty() && !is_general(key))
    }
}

/// Reads what a values file, or a kustomization, names.
pub(super) fn read(file: &str, document: &Document<'_>) -> Reading {
    let mut mappings: Vec<Mapping> = Vec::new();
    let mut places: HashMap<Option<Path>, usize> = HashMap::new();
    let mut reading = Reading::default();
    for (path, scalar) in document.scalars() {
        let parent = path.parent();
        reading.mappings.extend(std::iter::successors(parent.clone(), Path::parent));
        let Some(key) = path.last_key().map(ToOwned::to_owned) else { continue };
        let place = *places.entry(parent.clone()).or_insert_with(|| {
            mappings.push(Mapping { path: parent, scalars: Vec::new() });
            mappings.len() - 1
        });
        mappings[place].scalars.push((key, scalar));
    }
    for mapping in &mappings {
        if is_kustomization(file) && is_item_of_images(mapping) {
            if let Some(found) = kustomize(mapping) {
                let item = found.keys.main().parent();
                reading.places.extend(item.clone().zip(found.repository.clone()));
                reading.mappings.extend(item);
                reading.images.push(found);
            }
            continue;
        }
        reading.places.extend(mapping.path.clone().zip(mapping.repository(&REPOSITORIES)));
        match apart(mapping) {
            Some(found) => reading.images.push(found),
            None => reading.images.extend(whole(mapping)),
        }
    }
    reading
}

fn is_item_of_images(mapping: &Mapping) -> bool {
    let Some(path) = &mapping.path else { return false };
    path.last_key().is_none() && path.parent() == Some(Path::key("images"))
}

/// Reads an item of [`images`](https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/).
fn kustomize(mapping: &Mapping) -> Option<Found> {
    let name = &mapping.get("name")?.value;
    let item = Path::key("images").item_with("name", name);
    let path = |key: &str| mapping.get(key).map(|_| item.join(key));
    let repository = mapping.get("newName").map_or(name, |name| &name.value);
    let last = name.rsplit('/').next().unwrap_or(name);
    Some(Found {
        name: Some(last.to_owned()),
        repository: is_place(repository).then(|| repository.clone()),
        tag: mapping.get("newTag").map(|tag| tag.value.clone()).unwrap_or_default(),
        has_tag: mapping.get("newTag").is_some(),
        is_pinned: mapping.get("digest").is_some(),
        keys: Keys::Apart { tag: item.join("newTag"), repository: path("newName"), digest: path("digest") },
    })
}

/// Reads a mapping that names repository and tag apart, or a tag below a key for an image.
fn apart(mapping: &Mapping) -> Option<Found> {
    let (tag_key, tag, keys) = APART.iter().find_map(|(key, keys)| Some((*key, mapping.get(key)?, *keys)))?;
    let is_below_image = {
        let mut keys = mapping.keys_above();
        let (inner, outer) = (keys.next().flatten(), keys.next().flatten());
        inner.is_some_and(|key| is_image(&key)) || outer.as_deref() == Some("images")
    };
    let keys: Vec<&str> = keys.iter().copied().filter(|key| *key != "name" || is_below_image).collect();
    let repository_key = mapping.repository_key(&keys);
    if tag_key == "tag" && !is_below_image && repository_key.is_none() {
        return None;
    }
    Some(Found {
        name: mapping.owner(),
        repository: mapping.repository(&keys),
        tag: tag.value.clone(),
        has_tag: true,
        is_pinned: mapping.get("digest").is_some(),
        keys: Keys::Apart {
            tag: mapping.path_of(tag_key),
            // Beside a registry the key holds a part of the repository only.
            repository: repository_key.filter(|_| mapping.registry().is_none()).map(|key| mapping.path_of(key)),
            digest: mapping.get("digest").map(|_| mapping.path_of("digest")),
        },
    })
}

/// Reads the scalars that hold a whole reference.
fn whole(mapping: &Mapping) -> Vec<Found> {
    let references = mapping.scalars.iter().filter(|(key, _)| is_image(key));
    let found = references.filter_map(|(key, scalar)| {
        let Parts { repository, tag, is_pinned } = parts(&scalar.value)?;
        let own = own_part(key);
        Some(Found {
            name: if own.is_empty() { mapping.owner() } else { Some(own) },
            repository: Some(repository.to_owned()),
            tag: tag.unwrap_or_default().to_owned(),
            has_tag: true,
            is_pinned,
            keys: Keys::Whole(mapping.path_of(key)),
        })
    });
    found.collect()
}

/// `image`, `workerImage`, `worker_image`.
fn is_image(key: &str) -> bool {
    key.to_lowercase().ends_with("image")
}

/// Returns what a key such as `workerImage` says besides that it is an image.
fn own_part(key: &str) -> String {
    let rest = if is_image(key) { &key[..key.len() - "image".len()] } else { key };
    rest.trim_end_matches(['-', '_', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: &str, text: &str) -> Vec<String> {
        let document = Document::parse(text).unwrap();
        let show = |found: &Found| {
            let keys = match &found.keys {
                Keys::Apart { tag, repository, digest } => {
                    let optional = |path: &Option<Path>| path.as_ref().map(|path| format!(" {path}"));
                    format!("{tag}{}{}", optional(repository).unwrap_or_default(), optional(digest).unwrap_or_default())
                }
                Keys::Whole(path) => format!("={path}"),
            };
            let name = found.name.as_deref().unwrap_or("?");
            format!("{name} {}:{} {keys}", found.repository.as_deref().unwrap_or("?"), found.tag)
        };
        read(file, &document).images.iter().map(show).collect()
    }

    #[test]
    fn helm_charts_name_images_in_many_ways() {
        let cases = [
            ("frontend: { image: { tag: a } }", "frontend ?:a frontend.image.tag"),
            (
                "image: { repository: ghcr.io/acme/web, tag: a, digest: '' }",
                "? ghcr.io/acme/web:a image.tag image.repository image.digest",
            ),
            (
                "web: { image: { registry: ghcr.io, repository: acme/web, tag: a } }",
                "web ghcr.io/acme/web:a web.image.tag",
            ),
            ("images: { web: { tag: a } }", "web ?:a images.web.tag"),
            ("workerImage: ghcr.io/acme/worker:a", "worker ghcr.io/acme/worker:a =workerImage"),
            ("worker: { image: 'ghcr.io/acme/worker:a' }", "worker ghcr.io/acme/worker:a =worker.image"),
            ("web: { image: ghcr.io/acme/web, tag: a }", "web ghcr.io/acme/web:a web.tag web.image"),
            ("web: { imageTag: a }", "web ?:a web.imageTag"),
            ("containers: [{ name: web, image: 'ghcr.io/acme/web:a' }]", "web ghcr.io/acme/web:a =containers[0].image"),
            ("global: { image: { tag: a } }", "? ?:a global.image.tag"),
            ("image: busybox", "? busybox: =image"),
        ];
        for (text, expected) in cases {
            assert_eq!(found("dev.yaml", text), [expected], "{text}");
        }
    }

    #[test]
    fn what_is_no_image_is_none() {
        for text in ["tag: a", "release: { tag: a, name: b }", "image: { pullPolicy: Always }", "image: 'an image'"] {
            assert_eq!(found("dev.yaml", text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn kustomize_names_images_by_what_they_replace() {
        let text = "images:\n- { name: web, newName: ghcr.io/acme/web, newTag: a }\n- { name: acme/x, digest: '' }\n";
        assert_eq!(
            found("overlays/prod/kustomization.yaml", text),
            [
                "web ghcr.io/acme/web:a images[name=web].newTag images[name=web].newName",
                "x acme/x: images[name=acme/x].newTag images[name=acme/x].digest",
            ]
        );
    }
}
