//! Where resources name images.

use std::str::FromStr;

use embark_values::Path;

use crate::text::{TextError, serde_as_text};

/// A path in resources at which an image stands, e.g. `spec.image`; `[]` is any item of a list.
///
/// ```
/// use embark_core::ImagePath;
///
/// assert!("spec.instances[].image".parse::<ImagePath>().is_ok());
/// assert!("spec..image".parse::<ImagePath>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImagePath(String);

/// Where pods, and all that has a template of pods, have their containers.
const PODS: [&str; 3] = ["spec", "spec.template.spec", "spec.jobTemplate.spec.template.spec"];

/// The kinds of [containers](https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container).
const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

impl ImagePath {
    /// Tells whether the scalar at `path` is an image: one of a container, or one at any of `more`.
    ///
    /// The kind of a resource is not asked: what has a template of pods runs them, whoever defined it.
    pub(super) fn is_one(path: &str, more: &[Self]) -> bool {
        is_container(path) || more.iter().any(|one| one.0 == without_numbers(path))
    }
}

fn is_container(path: &str) -> bool {
    let Some(list) = path.strip_suffix(".image").map(without_numbers) else { return false };
    PODS.iter().any(|pod| CONTAINERS.iter().any(|containers| list == format!("{pod}.{containers}[]")))
}

/// Leaves out which items of lists a path leads through.
fn without_numbers(path: &str) -> String {
    let mut text = String::new();
    let mut is_number = false;
    for character in path.chars() {
        is_number = is_number && character.is_ascii_digit();
        if !is_number {
            text.push(character);
        }
        is_number = is_number || character == '[';
    }
    text
}

impl FromStr for ImagePath {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        match Path::parse(&text.replace("[]", "[0]")) {
            Ok(path) => Ok(Self(without_numbers(&path.to_string()))),
            Err(_) => {
                Err(TextError::new(text, "the path of an image", "keys are separated by dots, and [] is any item"))
            }
        }
    }
}

impl std::fmt::Display for ImagePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(ImagePath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_containers_of_pods_have_images_and_nothing_beside_them() {
        let is_one = |path| ImagePath::is_one(path, &[]);
        for path in [
            "spec.containers[0].image",
            "spec.template.spec.initContainers[12].image",
            "spec.jobTemplate.spec.template.spec.ephemeralContainers[1].image",
        ] {
            assert!(is_one(path), "{path}");
        }
        for path in [
            "spec.image",
            "spec.template.spec.containers[0].env[0].image",
            "spec.template.spec.containers.image",
            "spec.template.spec.containers[0].imagePullPolicy",
            "data.spec.containers[0].image",
        ] {
            assert!(!is_one(path), "{path}");
        }
    }

    #[test]
    fn other_paths_are_told() {
        let more = ["spec.image", "spec.nodes[].image"].map(|path| path.parse().expect("a path"));
        for (path, expected) in [("spec.image", true), ("spec.nodes[3].image", true), ("spec.nodes.image", false)] {
            assert_eq!(ImagePath::is_one(path, &more), expected, "{path}");
        }
    }
}
