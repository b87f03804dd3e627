//! The shape of `deploymentRepo`.

use embark_core::CommitSubject;
use serde::de::{Deserialize, Deserializer, Error as _};

/// The deployment repo.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::config) struct DeploymentRepo {
    /// `https://…`, `http://…`, `ssh://…`, `git@host:path`, `file://…`, or a path. No user with a password in it. A path
    /// with a colon is written `./a:b`.
    pub(in crate::config) url: String,
    /// The branch that Argo CD watches; `refs/…` names a ref in full. The default is `main`.
    #[serde(default = "main_branch")]
    pub(in crate::config) branch: String,
    /// How it is written to: `push`, the default, by git; `api`, by GitHub's API alone, which signs the commits. `api`
    /// needs `deployments.github`, and a `url` on GitHub.
    #[serde(default)]
    pub(in crate::config) write: Write,
    /// The author of the commits. The default is `embark <embark@localhost>`. Not with `write: api`.
    pub(in crate::config) author: Option<Author>,
    /// The committer of the commits. The default is the author. Not with `write: api`.
    pub(in crate::config) committer: Option<Author>,
    /// The subject of the commits that carry deployments out: one line in which `{environment}`, `{component}`, `{tag}`
    /// and `{version}` may stand. Where a deployment has no version, `{version}` is its tag. The trailers below it stay.
    /// The default is `deploy({environment}): {component} {tag}`.
    #[serde(default, deserialize_with = "commit_subject")]
    #[schemars(with = "String")]
    pub(in crate::config) message: CommitSubject,
    /// A file with the SSH key that signs the commits: a private key, or the public one of a key that an agent holds. It
    /// is relative to the folder of `embark.yaml`, or begins with `~/`. `EMBARK_SIGNING_KEY` goes before it.
    /// Not with `write: api`.
    pub(in crate::config) signing_key: Option<String>,
}

fn main_branch() -> String {
    "main".into()
}

fn commit_subject<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CommitSubject, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// How it is written to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum Write {
    #[default]
    Push,
    Api,
}

/// Who commits.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::config) struct Author {
    /// The name.
    pub(in crate::config) name: String,
    /// The address.
    pub(in crate::config) email: String,
}
