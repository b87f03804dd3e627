//! The texts of a deployment repo that may say something about environments and images.

use std::collections::BTreeMap;

/// Folders that hold what others wrote, or templates, which are no YAML.
const FOREIGN: [&str; 4] = ["node_modules", "vendor", "templates", "crds"];

/// The YAML files of a deployment repo by their paths from its root.
#[derive(Debug, Default, Clone)]
pub(crate) struct Files(BTreeMap<String, String>);

impl Files {
    pub(crate) fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(files.into_iter().collect())
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Lists the files of this name with their texts, those in the outermost folders first.
    pub(crate) fn named(&self, names: &[&str]) -> Vec<(&str, &str)> {
        let is_meant = |path: &str| names.contains(&file_name(path));
        let mut found: Vec<_> = self.0.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        found.retain(|(path, _)| is_meant(path));
        found.sort_by_key(|(path, _)| path.matches('/').count());
        found
    }
}

/// Tells whether files below a folder of this name are worth a look.
pub(crate) fn is_own_folder(name: &str) -> bool {
    !name.starts_with('.') && !FOREIGN.contains(&name)
}

/// Tells whether a file is worth a look.
pub(crate) fn is_wanted(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    (stem(name).is_some() || name == "Kustomization") && folders.split('/').all(is_own_folder)
}

/// Returns the name of a YAML file without its ending.
pub(super) fn stem(name: &str) -> Option<&str> {
    name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"))
}

/// Returns the last part of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Returns the folder of a path; empty for the root.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Tells whether a file is Kustomize's.
pub(super) fn is_kustomization(path: &str) -> bool {
    matches!(file_name(path), "kustomization.yaml" | "kustomization.yml" | "Kustomization")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yaml_outside_of_foreign_folders_is_wanted() {
        for path in ["dev.yaml", "apps/shop/values.yml", "overlays/prod/Kustomization"] {
            assert!(is_wanted(path), "{path}");
        }
        for path in ["README.md", ".github/workflows/prod.yaml", "chart/templates/prod.yaml", "vendor/x/values.yaml"] {
            assert!(!is_wanted(path), "{path}");
        }
    }
}
