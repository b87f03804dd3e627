//! Reading what is rendered: a stream of YAML documents.

use std::collections::{BTreeMap, BTreeSet};

use embark_values::{Document, Leaf, LeavesError, ParseError, Shape};

use super::{ImagePath, Named, Rendered, Resource, ResourceName, note};
use crate::digest::Digest;

/// Tells why what is rendered cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// A document is not YAML.
    #[error("document {number} is not valid YAML")]
    Parse {
        /// Which one, from 1.
        number: usize,
        /// Where and why.
        source: ParseError,
    },
    /// It cannot be said what every reader gets of a document.
    #[error("it cannot be said what is in document {number}")]
    Unclear {
        /// Which one, from 1.
        number: usize,
        /// Where and why.
        source: LeavesError,
    },
    /// A document says what nobody could apply.
    #[error("document {number} has no {what}")]
    Without {
        /// Which one, from 1.
        number: usize,
        /// The key.
        what: &'static str,
    },
}

/// So many values and collections may be rendered: each costs microseconds, several times.
const MOST: usize = 500_000;

impl Rendered {
    /// Reads a stream of manifests. Images stand where containers have them, and at `more`.
    ///
    /// # Errors
    /// [`ManifestError`] if a document is not YAML, is no manifest, or is one that readers do not agree on; or if there is
    /// too much of it all. One without any value is passed over.
    pub fn read(stream: &str, more: &[ImagePath]) -> Result<Self, ManifestError> {
        Self::read_at_most(MOST, stream, more)
    }

    fn read_at_most(most: usize, stream: &str, more: &[ImagePath]) -> Result<Self, ManifestError> {
        let mut rendered = Self::default();
        let mut left = most;
        for (at, text) in documents(stream).into_iter().enumerate() {
            let number = at + 1;
            let document = Document::parse(text).map_err(|source| ManifestError::Parse { number, source })?;
            let leaves = document.leaves(left).map_err(|source| ManifestError::Unclear { number, source })?;
            left = left.saturating_sub(leaves.len());
            let leaves: BTreeMap<String, Leaf> =
                leaves.into_iter().map(|(path, leaf)| (path.to_string(), leaf)).collect();
            if leaves.is_empty() {
                continue;
            }
            for manifest in manifests(leaves) {
                rendered.add(&manifest, more).map_err(|what| ManifestError::Without { number, what })?;
            }
        }
        Ok(rendered)
    }

    fn add(&mut self, leaves: &BTreeMap<String, Leaf>, more: &[ImagePath]) -> Result<(), &'static str> {
        let get = |path: &str| scalar(leaves, path).map(ToOwned::to_owned);
        let made = get("metadata.name");
        let is_named = made.is_some();
        let own = ResourceName {
            kind: get("kind").ok_or("kind")?,
            namespace: get("metadata.namespace"),
            name: made.or_else(|| get("metadata.generateName")).ok_or("metadata.name")?,
        };
        // The version is another way to ask for the same resource, and the group is not.
        let group = get("apiVersion").and_then(|version| Some(version.split_once('/')?.0.to_owned()));
        let mut resource = Resource { group, ..Resource::default() };
        for (path, leaf) in leaves {
            if let Leaf::Scalar(scalar) = leaf {
                if ImagePath::is_one(path, more) {
                    let container = path.strip_suffix(".image").and_then(|item| get(&format!("{item}.name")));
                    let named = Named { container, image: scalar.value.clone() };
                    resource.images.insert(path.clone(), named);
                    continue;
                }
                if note::mentions_image(path, &scalar.value) {
                    resource.mentions.insert(path.clone(), scalar.value.clone());
                }
            }
            resource.fields.insert(path.clone(), digest(leaf));
        }
        let (mut name, mut is_again) = (own.clone(), false);
        for number in 2.. {
            let Some(other) = self.resources.get(&name) else { break };
            if is_named && other.group == resource.group {
                self.twice.insert(name.clone(), own.clone());
                is_again = true;
            }
            name.name = format!("{} ({number})", own.name);
        }
        if is_again {
            self.twice.insert(name.clone(), own);
        }
        self.resources.insert(name, resource);
        Ok(())
    }
}

/// Returns the text at a path.
fn scalar<'l>(leaves: &'l BTreeMap<String, Leaf>, path: &str) -> Option<&'l str> {
    match leaves.get(path) {
        Some(Leaf::Scalar(scalar)) => Some(&scalar.value),
        _ => None,
    }
}

/// Stands for a value: what is equal has an equal one.
fn digest(leaf: &Leaf) -> Digest {
    match leaf {
        // The text `true` is another value than the truth.
        Leaf::Scalar(scalar) if scalar.is_string => text(&scalar.value),
        Leaf::Scalar(scalar) => Digest::sha256(&[b"-", scalar.value.as_bytes()].concat()),
        Leaf::Empty(Shape::Mapping) => Digest::sha256(b"{}"),
        _ => Digest::sha256(b"[]"),
    }
}

/// Stands for a text.
pub(super) fn text(text: &str) -> Digest {
    Digest::sha256(&[b"s", text.as_bytes()].concat())
}

/// Separates [the documents of a stream](https://yaml.org/spec/1.2.2/#91-documents): no content of one begins a line with
/// `---` or `...`.
fn documents(stream: &str) -> Vec<&str> {
    let mut documents = Vec::new();
    let (mut begin, mut at) = (0, 0);
    for line in stream.split_inclusive('\n') {
        let is_mark = ["---", "..."].iter().any(|mark| {
            line.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
        });
        if is_mark {
            documents.push(&stream[begin..at]);
            // What follows the mark on its line belongs to the document.
            begin = at + 3;
        }
        at += line.len();
    }
    documents.push(&stream[begin..]);
    documents
}

/// Takes a list of manifests apart. A custom resource may have items and be called a list, too: it is none if they are no
/// resources.
fn manifests(leaves: BTreeMap<String, Leaf>) -> Vec<BTreeMap<String, Leaf>> {
    let is_list = scalar(&leaves, "kind").is_some_and(|kind| kind.ends_with("List"));
    let item = |path: &str| {
        let (number, rest) = path.strip_prefix("items[")?.split_once("].")?;
        Some((number.parse::<usize>().ok()?, rest.to_owned()))
    };
    let numbers = |paths: &mut dyn Iterator<Item = &String>| -> BTreeSet<usize> {
        paths.filter_map(|path| item(path)).map(|(number, _)| number).collect()
    };
    let all = numbers(&mut leaves.keys());
    let of_kinds =
        numbers(&mut leaves.keys().filter(|path| path.ends_with("].kind") && path.matches(']').count() == 1));
    if !is_list || all.is_empty() || all != of_kinds && scalar(&leaves, "metadata.name").is_some() {
        return vec![leaves];
    }
    let mut items: BTreeMap<usize, BTreeMap<String, Leaf>> = BTreeMap::new();
    for (path, leaf) in leaves {
        let Some((number, rest)) = item(&path) else { continue };
        items.entry(number).or_default().insert(rest, leaf);
    }
    items.into_values().flat_map(manifests).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(stream: &str, more: &[&str]) -> Vec<String> {
        let more: Vec<ImagePath> = more.iter().map(|path| path.parse().expect("a path")).collect();
        let rendered = Rendered::read(stream, &more).expect("it can be read");
        rendered.images().map(|(place, image)| format!("{place}: {image}")).collect()
    }

    #[test]
    fn images_are_found_wherever_pods_are_made() {
        let stream = "---\n# Source: shop/templates/web.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, \
                      namespace: shop}\nspec:\n  template:\n    spec:\n      initContainers:\n        - name: migrate\n          \
                      image: a:1\n      containers:\n        - image: \"b:2\"\n          name: web\n--- \nkind: CronJob\nmetadata: \
                      {name: night}\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{name: run, image: c:3}]}}}}}\n\
                      ---\n# nothing\n---\nkind: Pod\nmetadata: {generateName: test-}\nspec: {containers: [{image: d:4}]}\n...\n";
        assert_eq!(
            images(stream, &[]),
            [
                "run in CronJob/night: c:3",
                "web in Deployment/shop/web: b:2",
                "migrate in Deployment/shop/web: a:1",
                "spec.containers[0].image of Pod/test-: d:4"
            ]
        );
    }

    #[test]
    fn lists_hold_resources_and_others_have_images_where_it_is_told() {
        let stream = "kind: List\nitems:\n  - kind: Pod\n    metadata: {name: a}\n    spec: {containers: [{name: c, image: \
                      a:1}]}\n  - kind: Database\n    metadata: {name: b}\n    spec: {image: b:2, nodes: [{image: n:3}]}\n";
        assert_eq!(images(stream, &[]), ["c in Pod/a: a:1"]);
        assert_eq!(
            images(stream, &["spec.image", "spec.nodes[].image"]),
            ["spec.image of Database/b: b:2", "spec.nodes[0].image of Database/b: n:3", "c in Pod/a: a:1"]
        );
    }

    #[test]
    fn what_is_called_a_list_and_holds_no_resources_is_one_resource() {
        let stream = "kind: AllowList\nmetadata: {name: a}\nitems: [{host: b}, {host: c, kind: d}]\n";
        let rendered = Rendered::read(stream, &[]).expect("it can be read");
        let names: Vec<String> = rendered.resources.keys().map(ToString::to_string).collect();
        assert_eq!(names, ["AllowList/a"]);
        assert!(Rendered::read("kind: List\nitems: [{host: b}]\n", &[]).is_err(), "items of a list are resources");
    }

    #[test]
    fn images_behind_an_alias_are_found_and_what_is_merged_is_refused() {
        let stream =
            "kind: Pod\nmetadata: {name: a, annotations: &a {name: side, image: a:1}}\nspec: {containers: [*a]}\n";
        assert_eq!(images(stream, &[]), ["side in Pod/a: a:1"]);
        let stream = "kind: Pod\nmetadata: {name: a, annotations: &a {image: a:1}}\nspec:\n  containers:\n  - <<: *a\n";
        let error = Rendered::read(stream, &[]).expect_err("it merges");
        assert_eq!(error.to_string(), "it cannot be said what is in document 1");
    }

    #[test]
    fn a_stream_of_too_many_values_is_refused() {
        let stream = "kind: A\nmetadata: {name: a}\n---\nkind: A\nmetadata: {name: b}\nitems:\n- 1\n- 2\n";
        assert!(Rendered::read_at_most(20, stream, &[]).is_ok());
        let error = Rendered::read_at_most(6, stream, &[]).expect_err("there are too many");
        assert!(matches!(&error, ManifestError::Unclear { number: 2, .. }), "{error:?}");
    }

    #[test]
    fn what_looks_like_a_mark_within_a_text_is_none() {
        let stream = "kind: ConfigMap\nmetadata: {name: a}\ndata:\n  file: |\n    ---\n    kind: Pod\n  other: x\n---\nkind: \
                      ConfigMap\nmetadata: {name: a}\n";
        let rendered = Rendered::read(stream, &[]).expect("it can be read");
        let names: Vec<String> = rendered.resources.keys().map(ToString::to_string).collect();
        assert_eq!(names, ["ConfigMap/a", "ConfigMap/a (2)"]);
    }

    #[test]
    fn two_of_one_group_kind_and_name_are_one_to_a_cluster() {
        let twice = |stream: &str| {
            let rendered = Rendered::read(stream, &[]).expect("it can be read");
            rendered.twice.into_iter().map(|(stored, own)| format!("{stored}: {own}")).collect::<Vec<_>>()
        };
        let of = |version: &str, name: &str| format!("---\napiVersion: {version}\nkind: A\nmetadata: {{{name}: a}}\n");
        let both = of("apps/v1", "name") + &of("apps/v2", "name");
        assert_eq!(twice(&both), ["A/a: A/a", "A/a (2): A/a"]);
        assert_eq!(twice(&(both.clone() + &of("apps/v1", "name"))), ["A/a: A/a", "A/a (2): A/a", "A/a (3): A/a"]);
        assert!(twice(&(of("apps/v1", "name") + &of("other/v1", "name"))).is_empty());
        assert!(twice(&(of("v1", "generateName") + &of("v1", "generateName"))).is_empty());
    }

    #[test]
    fn what_is_no_manifest_is_told() {
        let error = |stream: &str| Rendered::read(stream, &[]).expect_err("it is none").to_string();
        assert_eq!(error("kind: A\nmetadata: {name: a}\n---\nkind: B\n"), "document 2 has no metadata.name");
        assert_eq!(error("---\na: b\n"), "document 2 has no kind");
        assert_eq!(error("a: [\n"), "document 1 is not valid YAML");
    }
}
