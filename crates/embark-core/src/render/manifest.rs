//! Reading what is rendered: a stream of YAML documents.

use std::collections::BTreeMap;

use embark_values::{Document, ParseError, Scalar};

use super::{ImagePath, Named, Rendered, Resource, ResourceName};
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
    /// A document says what nobody could apply.
    #[error("document {number} has no {what}")]
    Without {
        /// Which one, from 1.
        number: usize,
        /// The key.
        what: &'static str,
    },
}

impl Rendered {
    /// Reads a stream of manifests. Images stand where containers have them, and at `more`.
    ///
    /// # Errors
    /// [`ManifestError`] if a document is not YAML, or is no manifest. One without any value is passed over.
    pub fn read(stream: &str, more: &[ImagePath]) -> Result<Self, ManifestError> {
        let mut rendered = Self::default();
        for (at, text) in documents(stream).into_iter().enumerate() {
            let number = at + 1;
            let document = Document::parse(text).map_err(|source| ManifestError::Parse { number, source })?;
            let scalars: BTreeMap<String, Scalar> =
                document.scalars().map(|(path, scalar)| (path.to_string(), scalar)).collect();
            if scalars.is_empty() {
                continue;
            }
            for manifest in manifests(scalars) {
                rendered.add(&manifest, more).map_err(|what| ManifestError::Without { number, what })?;
            }
        }
        Ok(rendered)
    }

    fn add(&mut self, scalars: &BTreeMap<String, Scalar>, more: &[ImagePath]) -> Result<(), &'static str> {
        let get = |path: &str| scalars.get(path).map(|scalar| scalar.value.clone());
        let mut name = ResourceName {
            kind: get("kind").ok_or("kind")?,
            namespace: get("metadata.namespace"),
            name: get("metadata.name").or_else(|| get("metadata.generateName")).ok_or("metadata.name")?,
        };
        let own = name.name.clone();
        for number in 2.. {
            if !self.resources.contains_key(&name) {
                break;
            }
            name.name = format!("{own} ({number})");
        }
        let mut resource = Resource::default();
        for (path, scalar) in scalars {
            if ImagePath::is_one(path, more) {
                let container = path.strip_suffix(".image").and_then(|item| get(&format!("{item}.name")));
                let named = Named { container, image: scalar.value.clone() };
                resource.images.insert(path.clone(), named);
            } else {
                // The text `true` is another value than the truth.
                let kind: &[u8] = if scalar.is_string { b"s" } else { b"-" };
                let digest = Digest::sha256(&[kind, scalar.value.as_bytes()].concat());
                resource.fields.insert(path.clone(), digest);
            }
        }
        self.resources.insert(name, resource);
        Ok(())
    }
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

/// Takes a list of manifests apart.
fn manifests(scalars: BTreeMap<String, Scalar>) -> Vec<BTreeMap<String, Scalar>> {
    let is_list = scalars.get("kind").is_some_and(|kind| kind.value.ends_with("List"));
    if !is_list || !scalars.keys().any(|path| path.starts_with("items[")) {
        return vec![scalars];
    }
    let mut items: BTreeMap<usize, BTreeMap<String, Scalar>> = BTreeMap::new();
    for (path, scalar) in scalars {
        let item = path.strip_prefix("items[").and_then(|rest| rest.split_once("]."));
        let Some((number, rest)) = item.and_then(|(number, rest)| Some((number.parse().ok()?, rest))) else { continue };
        items.entry(number).or_default().insert(rest.to_owned(), scalar);
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
    fn what_looks_like_a_mark_within_a_text_is_none() {
        let stream = "kind: ConfigMap\nmetadata: {name: a}\ndata:\n  file: |\n    ---\n    kind: Pod\n  other: x\n---\nkind: \
                      ConfigMap\nmetadata: {name: a}\n";
        let rendered = Rendered::read(stream, &[]).expect("it can be read");
        let names: Vec<String> = rendered.resources.keys().map(ToString::to_string).collect();
        assert_eq!(names, ["ConfigMap/a", "ConfigMap/a (2)"]);
    }

    #[test]
    fn what_is_no_manifest_is_told() {
        let error = |stream: &str| Rendered::read(stream, &[]).expect_err("it is none").to_string();
        assert_eq!(error("kind: A\nmetadata: {name: a}\n---\nkind: B\n"), "document 2 has no metadata.name");
        assert_eq!(error("---\na: b\n"), "document 2 has no kind");
        assert_eq!(error("a: [\n"), "document 1 is not valid YAML");
    }
}
