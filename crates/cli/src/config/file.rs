//! The shape of `embark.yaml`.

mod deployment_repo;
mod ordered;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use embark_core::{CheckName, ComponentName, EnvironmentName, FilePath, Repository, TagKind, VersionFormat};
use embark_values::Path;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

pub(super) use self::deployment_repo::{Author, DeploymentRepo, Write};
use self::ordered::Ordered;
use super::{argocd, release, render};

/// The whole file.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct File {
    /// The application: its name, or a map with its name and its repository.
    #[schemars(with = "NameOrMap")]
    pub(super) application: Application,
    /// The parts of the application that have an image of their own, by name, in the order in which tables show
    /// them. At least one.
    #[schemars(with = "BTreeMap<String, Component>")]
    pub(super) components: Ordered<ComponentName, Component>,
    /// Where the application's version stands, and how it becomes a tag.
    #[serde(default)]
    pub(super) version: Version,
    /// The environments, in their order. At least one.
    pub(super) environments: Vec<Environment>,
    /// The git repo that Argo CD watches.
    pub(super) deployment_repo: DeploymentRepo,
    /// Where deployments are kept. The default is the ledger.
    #[serde(default)]
    pub(super) deployments: Deployments,
    /// Who is told of what was deployed. The default is nobody.
    #[serde(default)]
    pub(super) notify: Notify,
    /// How `release-pr` and `notes` propose and publish a release of `application.repository`.
    #[serde(default)]
    pub(super) release: release::File,
    /// What renders the values files, for `--render`. What is not named is found.
    #[serde(default)]
    pub(super) render: render::File,
}

/// The application: its name alone, or with its repository.
#[derive(Debug)]
pub(super) struct Application {
    pub(super) name: String,
    pub(super) repository: Option<String>,
}

impl<'de> Deserialize<'de> for Application {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Application;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of the application, or a map with name and repository")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Application, E> {
                Ok(Application { name: name.into(), repository: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Application, A::Error> {
                let map = ApplicationMap::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Application { name: map.name, repository: map.repository })
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// What `application` may be, for the schema.
#[derive(schemars::JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it has a shape, and no values")]
enum NameOrMap {
    Name(String),
    Map(ApplicationMap),
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ApplicationMap {
    /// The name of the application; not empty. `application: shop` is short for the name alone.
    name: String,
    /// The repository of the application on GitHub, e.g. `acme/shop`. It is asked for `requires.checks`, for
    /// `notify.pullRequest`, and for the order of commits where the checkout around the working folder does not have both;
    /// `release-pr` and `notes` write there.
    repository: Option<String>,
}

/// A component.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Component {
    /// The repository to which its images are built: `host/path`, or `oci:PATH` for an OCI image layout on
    /// disk. Without tag and digest.
    #[schemars(with = "String")]
    pub(super) image: Repository,
    /// Another repository for an environment, by its name. Images are copied there.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) images: Ordered<EnvironmentName, Repository>,
    /// Where a values file names the image: the parts, or the whole reference.
    pub(super) values: Values,
    /// Whether the last key of a path is created beside its siblings if it is not there. The default is
    /// `false`.
    #[serde(default)]
    pub(super) create_missing: bool,
    /// Whether what refers to an image (signatures, SBOMs, attestations) is copied with it to another repository. The
    /// default is `false`.
    #[serde(default)]
    pub(super) copy_referrers: bool,
}

/// The paths in the values files.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Values {
    /// With `tag`: the path of the repository, if the file names it.
    #[serde(default, deserialize_with = "path")]
    #[schemars(with = "Option<String>")]
    pub(super) repository: Option<Path>,
    /// The path of the version tag.
    #[serde(default, deserialize_with = "path")]
    #[schemars(with = "Option<String>")]
    pub(super) tag: Option<Path>,
    /// With `tag`: the path of the digest, if the file pins it. It is created beside its tag, also without
    /// `createMissing`.
    #[serde(default, deserialize_with = "path")]
    #[schemars(with = "Option<String>")]
    pub(super) digest: Option<Path>,
    /// Alone: the path of one scalar with the whole reference, `repository:tag`.
    #[serde(default, deserialize_with = "path")]
    #[schemars(with = "Option<String>")]
    pub(super) image: Option<Path>,
    /// With `image`: `true` writes `repository:tag@digest`.
    #[serde(default)]
    pub(super) pin: bool,
}

fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Path>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Path::parse(&text).map(Some).map_err(D::Error::custom)
}

/// Where the application's version stands.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Version {
    /// The file with the application's version, for `promote` without `--version`: `package.json`,
    /// `Cargo.toml`, `pyproject.toml`, `Chart.yaml`, or one with nothing but the version.
    pub(super) file: Option<String>,
    /// How a version becomes a tag: a text in which `{version}` stands once. The default is `{version}`.
    #[serde(default, deserialize_with = "version_format")]
    #[schemars(with = "String")]
    pub(super) format: VersionFormat,
}

fn version_format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<VersionFormat, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// An environment.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Environment {
    /// Its name: 1 to 63 lower-case letters, digits and inner hyphens.
    #[schemars(with = "String", regex(pattern = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"))]
    pub(super) name: EnvironmentName,
    /// Its values file in the deployment repo, e.g. `apps/staging.yaml`: relative, separated by `/`.
    #[schemars(with = "String")]
    pub(super) values_file: FilePath,
    /// The folder of its Helm chart, if it has one of its own. It goes before `render.chart`.
    pub(super) chart: Option<String>,
    /// What its version tags are: `commit`, the application's commit, or `version`, the application's version.
    #[serde(deserialize_with = "tag_kind")]
    #[schemars(with = "Kind")]
    pub(super) tag: TagKind,
    /// The environment whose verified images it gets, and no others. It stands before in the list.
    #[schemars(with = "Option<String>")]
    pub(super) promotes_from: Option<EnvironmentName>,
    /// What *verified* means for an image that comes here. The default is `{ status: success }`.
    #[serde(default)]
    pub(super) requires: Requires,
    /// When a deployment is a success: `committed`, when its commit is on the branch; or `healthy`, when Argo CD runs it, too,
    /// and it is healthy, which needs `argocd`. The default is `committed`.
    #[serde(default)]
    pub(super) success: Success,
    /// The application of Argo CD that brings the environment to its cluster. It is only read: by `status`, `verify`, `wait`, and what
    /// deploys with `success: healthy`, with the token of `EMBARK_ARGOCD_TOKEN`.
    pub(super) argocd: Option<argocd::File>,
}

/// By what an environment names images.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// By the application's commit.
    Commit,
    /// By the application's version.
    Version,
}

fn tag_kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TagKind, D::Error> {
    Ok(match Kind::deserialize(deserializer)? {
        Kind::Commit => TagKind::Commit,
        Kind::Version => TagKind::Version,
    })
}

/// What *verified* means.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Requires {
    /// `success`, the only value: a success is always required.
    #[serde(default)]
    #[expect(dead_code, reason = "a success is always required; the key says so")]
    status: Option<RequiredStatus>,
    /// How long the image must have run in the environment before, without a break, e.g. `30m` or `1h 30m`.
    #[serde(default, deserialize_with = "duration")]
    #[schemars(with = "String")]
    pub(super) soak: Duration,
    /// Which checks must have passed on the application's commit, by the names of check runs or the contexts of commit
    /// statuses, e.g. `[e2e, "test (ubuntu, 20)"]`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) checks: Vec<CheckName>,
}

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum RequiredStatus {
    Success,
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let parsed = text.parse::<jiff::SignedDuration>().ok().and_then(|duration| duration.try_into().ok());
    parsed.ok_or_else(|| D::Error::custom(format!("{text:?} is not a duration, as in 30m or 1h 30m")))
}

/// When a deployment is a success.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Success {
    #[default]
    Committed,
    Healthy,
}

impl From<Success> for embark_core::Success {
    fn from(success: Success) -> Self {
        match success {
            Success::Committed => Self::Committed,
            Success::Healthy => Self::Healthy,
        }
    }
}

/// Where deployments are kept.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Deployments {
    /// GitHub's deployments, with the credentials for GitHub: `EMBARK_GITHUB_TOKEN`, an app, or the token of a job.
    pub(super) github: Option<GitHub>,
    /// The ledger: deployments are kept in the deployment repo itself, on a ref of its own.
    pub(super) ledger: Option<Ledger>,
}

/// GitHub's deployments.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct GitHub {
    /// The repository whose deployments they are, e.g. `acme/shop-deployment`.
    pub(super) repository: String,
}

/// The ledger.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Ledger {
    /// The ref: `refs/…` in full, or the name of a branch, but not the deployment branch. The default is
    /// `refs/embark/ledger`.
    pub(super) r#ref: Option<String>,
}

/// Who is told of what was deployed.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Notify {
    /// Whether the merged pull request that brought the commit is told, in a comment. It needs
    /// `application.repository`.
    #[serde(default)]
    pub(super) pull_request: bool,
    /// A webhook that is told, as JSON.
    pub(super) webhook: Option<Webhook>,
}

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Webhook {
    /// The variable of the environment that holds its address, e.g. `EMBARK_NOTIFY_URL`: `https`, or this machine.
    pub(super) url_from: String,
}
