//! What may change beside an image: labels and annotations.

use super::manifest::text;
use super::{Rendered, Resource};

/// Where resources have templates of pods: the path of the template, and that of the pods' containers.
const TEMPLATES: [(&str, &str); 3] = [
    ("spec.template.", "spec.template.spec.containers["),
    ("spec.jobTemplate.", "spec.jobTemplate.spec.template.spec.containers["),
    ("spec.jobTemplate.spec.template.", "spec.jobTemplate.spec.template.spec.containers["),
];

/// Where resources select pods by their labels.
const SELECTORS: [&str; 3] = ["spec.selector.matchLabels.", "spec.selector.", "spec.podSelector.matchLabels."];

/// Returns the key of a label or an annotation with the map that it is in: those of the resource and of the pods that it
/// makes.
fn key<'p>(path: &'p str, resource: &Resource) -> Option<(&'static str, &'p str)> {
    let has = |containers: &str| {
        let mut paths = resource.images.keys().chain(resource.fields.keys());
        paths.any(|path| path.starts_with(containers))
    };
    let template = TEMPLATES.iter().find_map(|(template, pods)| {
        let rest = path.strip_prefix(template)?.strip_prefix("metadata.")?;
        has(pods).then_some(rest)
    });
    let rest = template.or_else(|| path.strip_prefix("metadata."))?;
    ["labels", "annotations"].into_iter().find_map(|map| {
        let key = rest.strip_prefix(map)?;
        // The map itself is a value where it has none.
        (key.is_empty() || key.starts_with('.')).then(|| (map, key.trim_start_matches('.')))
    })
}

/// Tells whether a path is that of a label or an annotation, of a resource or of the pods that it makes.
pub(super) fn is_note(path: &str, resource: &Resource) -> bool {
    key(path, resource).is_some()
}

/// Tells whether a label is one by which pods are found, so that those who look for it would find them no more: `all` has
/// the selectors, and `old` is the resource with the label.
pub(super) fn is_selected(path: &str, old: &Resource, all: &Rendered) -> bool {
    let Some(("labels", key)) = key(path, old) else { return false };
    let Some(label) = old.fields.get(path) else { return false };
    let has = |resource: &Resource| {
        SELECTORS.iter().any(|selector| resource.fields.get(&format!("{selector}{key}")) == Some(label))
    };
    let key = text(key.trim_matches('"'));
    let own = old.fields.iter().filter(|(path, _)| path.starts_with("spec.selector.matchExpressions["));
    all.resources.values().any(has) || own.filter(|(path, _)| path.ends_with("].key")).any(|(_, named)| *named == key)
}

/// Tells whether a value is an annotation that looks like the name of an image: one with a host or a folder, and a tag or a
/// digest.
pub(super) fn mentions_image(path: &str, value: &str) -> bool {
    let is_clean = |byte: u8| byte.is_ascii_alphanumeric() || b"./-_:@".contains(&byte);
    let last = value.rsplit('/').next().unwrap_or_default();
    path.contains("metadata.annotations.")
        && value.len() > last.len()
        && !value.contains("//")
        && value.bytes().all(is_clean)
        && last.contains([':', '@'])
        && !value.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(stream: &str) -> Resource {
        let rendered = Rendered::read(stream, &[]).expect("it can be read");
        rendered.resources.into_values().next().expect("a resource")
    }

    #[test]
    fn labels_and_annotations_are_those_of_metadata_only() {
        let pods = "kind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{image: a}]}}}\n";
        let night = "kind: CronJob\nmetadata: {name: a}\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{image: \
                     a}]}}}}}\n";
        let custom = "kind: Other\nmetadata: {name: a}\nspec: {template: {type: b}}\n";
        for (path, stream, expected) in [
            ("metadata.labels.a", custom, true),
            ("metadata.annotations", custom, true),
            ("metadata.labelsets.a", custom, false),
            ("metadata.name", custom, false),
            ("spec.template.metadata.labels.a", pods, true),
            ("spec.template.metadata.labels.a", custom, false),
            ("spec.x.template.metadata.labels.image", pods, false),
            ("data.\"x.template.metadata.labels.y\"", pods, false),
            ("spec.jobTemplate.metadata.annotations.a", night, true),
            ("spec.jobTemplate.spec.template.metadata.annotations.a", night, true),
            ("spec.volumeClaimTemplates[0].metadata.labels.a", pods, false),
        ] {
            assert_eq!(is_note(path, &resource(stream)), expected, "{path} of {stream}");
        }
    }

    #[test]
    fn annotations_that_look_like_an_image_are_kept() {
        let at = "metadata.annotations.a";
        for (value, expected) in [
            ("evil.example.com/x:1", true),
            ("acme/web@sha256:6c3c624b58db", true),
            ("nginx", false),
            ("https://example.com:8443/x:1", false),
            ("12:30:00", false),
            ("a/b c:1", false),
            ("/healthz:1", false),
        ] {
            assert_eq!(mentions_image(at, value), expected, "{value}");
        }
        assert!(!mentions_image("data.a", "evil.example.com/x:1"), "it may be a secret");
    }
}
