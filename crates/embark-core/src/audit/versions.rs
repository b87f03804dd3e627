//! Versions of values files: from one to the next mostly images change.

use std::collections::{BTreeMap, VecDeque};

use embark_values::{Document, Path, Pattern, Scalar};

use crate::name::FilePath;
use crate::pipeline::Component;
use crate::text::chain;
use crate::values_file::{self, NamedImage};

/// How many patterns are kept for a file: the rest of it seldom changes, and versions come in no order.
const PATTERNS: usize = 4;

/// Reads what many versions of values files name, and parses those that differ in more than that.
pub(super) struct Versions<'a> {
    components: Vec<&'a Component>,
    /// Where the components' images are named.
    paths: Vec<&'a Path>,
    /// The newest first.
    patterns: BTreeMap<FilePath, VecDeque<Pattern>>,
}

/// What a values file says of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Says {
    Names(NamedImage),
    /// Something from which no image can be told: why.
    Unreadable(String),
}

impl Says {
    pub(super) fn named(&self) -> Option<&NamedImage> {
        match self {
            Self::Names(named) => Some(named),
            Self::Unreadable(_) => None,
        }
    }
}

impl<'a> Versions<'a> {
    pub(super) fn new(components: Vec<&'a Component>) -> Self {
        let paths = components.iter().flat_map(|component| component.values.paths()).collect();
        Self { components, paths, patterns: BTreeMap::new() }
    }

    /// Returns what a version of a file says of each component, `None` where nothing.
    pub(super) fn read(&mut self, file: &FilePath, bytes: &[u8]) -> Vec<(&'a Component, Option<Says>)> {
        if let Some(named) = self.by_pattern(file, bytes) {
            return self.components.iter().copied().zip(named.into_iter().map(|named| says(file, named))).collect();
        }
        let document = match values_file::parse(file, Some(bytes)) {
            Ok(document) => document,
            Err(error) => return self.unreadable(&chain(&error)),
        };
        self.learn(file, &document);
        let named = |component| match values_file::named(file, &document, component) {
            Ok(named) => says(file, named),
            Err(error) => Some(Says::Unreadable(chain(&error))),
        };
        self.components.iter().map(|component| (*component, named(component))).collect()
    }

    /// Says of each component why nothing can be told.
    pub(super) fn unreadable(&self, why: &str) -> Vec<(&'a Component, Option<Says>)> {
        let unreadable = || Some(Says::Unreadable(why.to_owned()));
        self.components.iter().map(|component| (*component, unreadable())).collect()
    }

    /// Reads a version that differs only in its images from one that was parsed; `None` if no pattern fits.
    fn by_pattern(&self, file: &FilePath, bytes: &[u8]) -> Option<Vec<NamedImage>> {
        let text = std::str::from_utf8(bytes).ok()?;
        let scalars = self.patterns.get(file)?.iter().find_map(|pattern| pattern.read(text))?;
        let scalars: BTreeMap<&Path, Scalar> = self.paths.iter().copied().zip(scalars).collect();
        let get = |path: &Path, _: bool| scalars.get(path).cloned().map(Some).ok_or(());
        self.components.iter().map(|component| values_file::named_by(get, component).ok()).collect()
    }

    fn learn(&mut self, file: &FilePath, document: &Document<'_>) {
        let Some(pattern) = document.pattern(&self.paths) else { return };
        let patterns = self.patterns.entry(file.clone()).or_default();
        patterns.truncate(PATTERNS - 1);
        patterns.push_front(pattern);
    }
}

fn says(file: &FilePath, named: NamedImage) -> Option<Says> {
    if named.is_malformed() {
        return Some(Says::Unreadable(format!("{file} names {named}, which is no image")));
    }
    if named.tag().is_some() || named.digest().is_some() {
        return Some(Says::Names(named));
    }
    let why = || format!("{file} names {named}, which has neither a tag nor a digest");
    (!named.is_empty()).then(|| Says::Unreadable(why()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::ValuesKeys;

    fn component(name: &str) -> Component {
        let path = |key: &str| Path::key(name).join(key);
        let values = ValuesKeys::Apart { repository: None, tag: path("tag"), digest: Some(path("digest")) };
        let image = format!("registry.test/{name}").parse().expect("a repository");
        Component::new(name.parse().expect("a name"), image, values)
    }

    fn text(tags: [&str; 2], rest: &str) -> String {
        let [web, api] = tags;
        let digest = "a".repeat(64);
        format!(
            "web:\n  tag: {web}\n  digest: sha256:{digest}\napi:\n  tag: {api}\n  digest: sha256:{digest}\n{rest}\n"
        )
    }

    #[test]
    fn a_version_says_the_same_whatever_was_read_before_it() {
        let (web, api) = (component("web"), component("api"));
        let file: FilePath = "values.yaml".parse().expect("a path");
        let new = || Versions::new(vec![&web, &api]);
        let mut versions = new();
        let digest = "a".repeat(64);
        for rest in ["", "# one", "x: 1", "x: 2", "x: 3", "x: 4", "x: &a b", ""] {
            for tags in [
                ["v1", "v2"],
                ["v3", "v2"],
                ["1.10", "v2"],
                ["\"1.10\"", "v2"],
                ["v1 # new", "v2"],
                ["v1", "[]"],
                ["\"\"", "v2"],
                ["v1\n  tag: v3", "v2"],
                ["a/b", "v2"],
                [": :", "v2"],
            ] {
                for text in
                    [text(tags, rest), text(tags, rest).replace(&digest, "none"), text(tags, rest).replace(':', "")]
                {
                    assert_eq!(versions.read(&file, text.as_bytes()), new().read(&file, text.as_bytes()), "{text}");
                }
            }
        }
        assert_eq!(versions.patterns[&file].len(), PATTERNS);
        let known = versions.by_pattern(&file, text(["v7", "v8"], "").as_bytes()).expect("it is read by a pattern");
        assert_eq!(
            known.iter().filter_map(NamedImage::tag).map(|tag| tag.to_string()).collect::<Vec<_>>(),
            ["v7", "v8"]
        );
        assert!(versions.read(&file, b"\xff").iter().all(|(_, says)| matches!(says, Some(Says::Unreadable(_)))));
    }
}
