//! What a chart needs besides itself.

use embark_values::{Document, Path};

/// A [dependency](https://helm.sh/docs/topics/charts/#chart-dependencies) of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Where it is fetched from; empty where it must be there.
    pub(crate) repository: String,
}

impl Dependency {
    /// Returns the folder that it is in, as its chart names it.
    pub(crate) fn folder(&self) -> Option<&str> {
        self.repository.strip_prefix("file://")
    }

    /// Tells whether a chart has it already: as one of the charts that are folders of its `charts/`, by their names, or packed
    /// among the files there.
    pub(crate) fn is_among(&self, charts: &[String], files: &[String]) -> bool {
        let is_packed = |file: &String| {
            let version = file.strip_prefix(&self.name).and_then(|rest| rest.strip_suffix(".tgz"));
            version.is_some_and(|version| version.starts_with('-'))
        };
        charts.contains(&self.name) || files.iter().any(is_packed)
    }
}

/// Reads the name of a chart out of its `Chart.yaml`. Helm goes by that, whatever the folder is called.
pub(crate) fn name(text: &str) -> Option<String> {
    Some(Document::parse(text).ok()?.get(&Path::key("name")).ok()?.value)
}

/// Reads the dependencies of a chart: out of `Chart.yaml`, or of `requirements.yaml` as Helm 2 had it. What cannot be read
/// names none: Helm says what is wrong with it.
pub(crate) fn read(text: &str) -> Vec<Dependency> {
    let Ok(document) = Document::parse(text) else { return Vec::new() };
    let list = Path::key("dependencies");
    let get = |item: &Path, key: &str| document.get(&item.join(key)).ok().map(|scalar| scalar.value);
    let mut all = Vec::new();
    for at in 0.. {
        let item = list.item(at);
        let Some(name) = get(&item, "name") else { break };
        all.push(Dependency { name, repository: get(&item, "repository").unwrap_or_default() });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_read_in_their_order() {
        let text = "apiVersion: v2\nname: shop\ndependencies:\n  - name: common\n    version: 1.x.x\n    repository: \
                    file://../common\n  - { name: redis, version: 17.0.0, repository: \"https://charts.example.com\" }\n  - \
                    name: own\n";
        let all = read(text);
        let told: Vec<_> = all.iter().map(|one| (one.name.as_str(), one.folder(), one.repository.as_str())).collect();
        assert_eq!(
            told,
            [
                ("common", Some("../common"), "file://../common"),
                ("redis", None, "https://charts.example.com"),
                ("own", None, "")
            ]
        );
        assert_eq!(read("a: [\n"), []);
    }

    #[test]
    fn a_dependency_is_there_as_a_folder_or_packed() {
        let redis = Dependency { name: "redis".into(), repository: String::new() };
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert!(redis.is_among(&owned(&["common", "redis"]), &[]));
        assert!(redis.is_among(&[], &owned(&["redis-17.0.0.tgz"])));
        assert!(!redis.is_among(&owned(&["redis-cluster"]), &owned(&["redis", "redis.tgz", "common-1.0.0.tgz"])));
        assert_eq!(name("apiVersion: v2\nname: redis\n").as_deref(), Some("redis"));
    }
}
