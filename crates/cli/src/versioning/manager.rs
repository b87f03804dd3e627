//! The package manager of a repository, and how it runs what is installed.

use std::collections::BTreeMap;

use serde_json::Value;

/// A package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manager {
    Npm,
    Pnpm,
    Yarn,
}

impl Manager {
    /// The file that makes a workspace of pnpm.
    pub(super) const PNPM_WORKSPACE: &str = "pnpm-workspace.yaml";
    pub(super) const PNPM_LOCK: &str = "pnpm-lock.yaml";
    pub(super) const YARN_LOCK: &str = "yarn.lock";

    /// Takes the one that [`packageManager`](https://nodejs.org/api/packages.html#packagemanager) names, else the one
    /// whose lock file there is, else npm.
    pub(super) fn of(package: &Value, files: &BTreeMap<String, Vec<u8>>) -> Self {
        let named = package.get("packageManager").and_then(Value::as_str).and_then(|text| text.split('@').next());
        match named {
            Some("npm") => Self::Npm,
            Some("pnpm") => Self::Pnpm,
            Some("yarn") => Self::Yarn,
            _ if files.contains_key(Self::PNPM_LOCK) || files.contains_key(Self::PNPM_WORKSPACE) => Self::Pnpm,
            _ if files.contains_key(Self::YARN_LOCK) => Self::Yarn,
            _ => Self::Npm,
        }
    }

    /// Returns the command that makes the next version with what is installed: nothing is fetched.
    pub(super) fn command(self) -> &'static [&'static str] {
        match self {
            Self::Npm => &["npx", "--no-install", "changeset", "version"],
            Self::Pnpm => &["pnpm", "exec", "changeset", "version"],
            Self::Yarn => &["yarn", "run", "changeset", "version"],
        }
    }

    /// Returns the command that installs what the lock file names.
    pub(super) fn install(self) -> &'static str {
        match self {
            Self::Npm => "npm ci",
            Self::Pnpm => "pnpm install --frozen-lockfile",
            Self::Yarn => "yarn install --immutable",
        }
    }

    /// Returns the line of a shell that does so where Node.js alone is there.
    pub(super) fn prepare(self) -> &'static str {
        match self {
            Self::Npm => "npm ci",
            Self::Pnpm => "corepack enable && pnpm install --frozen-lockfile",
            Self::Yarn => "corepack enable && yarn install --immutable",
        }
    }

    /// Returns the command that adds the program to the repository.
    pub(super) fn add(self) -> &'static str {
        match self {
            Self::Npm => "npm install --save-dev @changesets/cli",
            Self::Pnpm => "pnpm add --save-dev --workspace-root @changesets/cli",
            Self::Yarn => "yarn add --dev @changesets/cli",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_named_goes_before_the_lock_file() {
        let of = |package: Value, files: &[&str]| {
            Manager::of(&package, &files.iter().map(|path| ((*path).to_owned(), Vec::new())).collect())
        };
        assert_eq!(of(json!({}), &["package-lock.json"]), Manager::Npm);
        assert_eq!(of(json!({}), &["yarn.lock"]), Manager::Yarn);
        assert_eq!(of(json!({}), &["pnpm-lock.yaml"]), Manager::Pnpm);
        assert_eq!(of(json!({ "packageManager": "yarn@4.5.0+sha512.abc" }), &["package-lock.json"]), Manager::Yarn);
        assert_eq!(of(json!({ "packageManager": "npm@11.0.0" }), &["yarn.lock"]), Manager::Npm);
        assert_eq!(of(json!({ "packageManager": "other@1" }), &["pnpm-workspace.yaml"]), Manager::Pnpm);
    }
}
