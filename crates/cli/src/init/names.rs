//! Names that are made to fit, and names that say nothing.

/// Keys that say that there is an image, and not whose.
const GENERAL: [&str; 14] = [
    "image",
    "images",
    "container",
    "containers",
    "initcontainers",
    "global",
    "spec",
    "template",
    "deployment",
    "values",
    "app",
    "base",
    "main",
    "default",
];

/// Folders that say what stands in them, and not for which application.
const FOLDERS: [&str; 16] = [
    "apps",
    "app",
    "applications",
    "overlays",
    "environments",
    "environment",
    "envs",
    "env",
    "charts",
    "chart",
    "helm",
    "values",
    "deploy",
    "k8s",
    "kustomize",
    "manifests",
];

/// What is put behind an application's name to name its deployment repo.
const ENDINGS: [&str; 9] =
    ["-deployment", "-deployments", "-deploy", "-gitops", "-config", "-manifests", "-env", "-envs", "-infra"];

/// Tells whether a key names no component.
pub(super) fn is_general(key: &str) -> bool {
    GENERAL.contains(&key.to_lowercase().as_str())
}

/// Makes a text a name of a component or environment: `workerPool_2` becomes `worker-pool-2`.
pub(super) fn fitting(text: &str) -> Option<String> {
    let mut name = String::new();
    let mut before = '-';
    for character in text.chars() {
        let is_new_word = character.is_ascii_uppercase() && before.is_ascii_lowercase();
        if (is_new_word || !character.is_ascii_alphanumeric()) && !name.ends_with('-') && !name.is_empty() {
            name.push('-');
        }
        if character.is_ascii_alphanumeric() {
            name.push(character.to_ascii_lowercase());
        }
        before = character;
    }
    name.truncate(63);
    let name = name.trim_matches('-');
    (!name.is_empty()).then(|| name.to_owned())
}

/// Returns the name of an application whose files match `pattern`, if a folder above them has one.
pub(super) fn of_folders(pattern: &str) -> Option<String> {
    let before = pattern.split('*').next().unwrap_or_default();
    let folders: Vec<&str> = before.split('/').rev().skip(1).collect();
    let is_own = |folder: &&&str| !folder.is_empty() && !FOLDERS.contains(&folder.to_lowercase().as_str());
    folders.iter().find(is_own).map(|folder| (*folder).to_owned())
}

/// Returns the name of an application whose deployment repo is called so.
pub(super) fn of_repository(name: &str) -> Option<String> {
    let name = name.trim_end_matches('/');
    let name = name.rsplit(['/', ':', '\\']).next().unwrap_or(name);
    let name = name.strip_suffix(".git").unwrap_or(name);
    let name = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    let says_nothing = ENDINGS.iter().any(|ending| ending[1..] == *name);
    (!says_nothing && !matches!(name, "" | "." | "..")).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_to_fit() {
        let cases = [
            ("frontend", Some("frontend")),
            ("workerPool_2", Some("worker-pool-2")),
            ("Ünder.score", Some("nder-score")),
            ("--", None),
            ("HTTP", Some("http")),
        ];
        for (text, name) in cases {
            assert_eq!(fitting(text).as_deref(), name, "{text}");
        }
        let long = fitting(&format!("{}-x", "a".repeat(62))).unwrap();
        assert!(long.parse::<embark_core::ComponentName>().is_ok(), "{long}");
    }

    #[test]
    fn an_application_is_called_as_its_folder_or_its_repository() {
        assert_eq!(of_folders("apps/shop/*/values.yaml").as_deref(), Some("shop"));
        assert_eq!(of_folders("overlays/*/kustomization.yaml"), None);
        assert_eq!(of_folders("prefix-*.yaml"), None);
        assert_eq!(of_repository("https://github.com/acme/shop-deployment.git").as_deref(), Some("shop"));
        assert_eq!(of_repository("/srv/shop/"), Some("shop".into()));
        assert_eq!(of_repository("../deployment.git"), None);
    }
}
