//! The shape of `embark.yaml`.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use embark_core::{ComponentName, EnvironmentName, FilePath, Repository, TagKind, VersionFormat};
use embark_values::Path;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

/// The whole file.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct File {
    pub(super) application: Application,
    pub(super) components: Ordered<ComponentName, Component>,
    #[serde(default)]
    pub(super) version: Version,
    pub(super) environments: Vec<Environment>,
    pub(super) deployment_repo: DeploymentRepo,
    #[serde(default)]
    pub(super) deployments: Deployments,
    #[serde(default)]
    pub(super) notify: Option<Notify>,
}

/// The application: its name alone, or with its repository.
#[derive(Debug)]
pub(super) struct Application {
    pub(super) name: String,
    pub(super) repository: Option<String>,
}

impl<'de> Deserialize<'de> for Application {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        struct Map {
            name: String,
            repository: Option<String>,
        }

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
                let map = Map::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Application { name: map.name, repository: map.repository })
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// A map in the order of the file.
#[derive(Debug)]
pub(super) struct Ordered<K, V>(pub(super) Vec<(K, V)>);

impl<K, V> Default for Ordered<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Ordered<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<K, V>(PhantomData<(K, V)>);

        impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for Entries<K, V> {
            type Value = Ordered<K, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }
        }

        deserializer.deserialize_map(Entries(PhantomData))
    }
}

/// A component.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Component {
    pub(super) image: Repository,
    #[serde(default)]
    pub(super) images: Ordered<EnvironmentName, Repository>,
    pub(super) values: Values,
    #[serde(default)]
    pub(super) create_missing: bool,
}

/// The paths in the values files.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Values {
    #[serde(default, deserialize_with = "path")]
    pub(super) repository: Option<Path>,
    #[serde(default, deserialize_with = "path")]
    pub(super) tag: Option<Path>,
    #[serde(default, deserialize_with = "path")]
    pub(super) digest: Option<Path>,
    #[serde(default, deserialize_with = "path")]
    pub(super) image: Option<Path>,
    #[serde(default)]
    pub(super) pin: bool,
}

fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Path>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Path::parse(&text).map(Some).map_err(D::Error::custom)
}

/// Where the application's version stands.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Version {
    pub(super) file: Option<String>,
    #[serde(default, deserialize_with = "version_format")]
    pub(super) format: VersionFormat,
}

fn version_format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<VersionFormat, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// An environment.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Environment {
    pub(super) name: EnvironmentName,
    pub(super) values_file: FilePath,
    #[serde(deserialize_with = "tag_kind")]
    pub(super) tag: TagKind,
    pub(super) promotes_from: Option<EnvironmentName>,
    #[serde(default)]
    pub(super) requires: Requires,
    #[serde(default)]
    pub(super) success: Success,
}

fn tag_kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TagKind, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Commit,
        Version,
    }
    Ok(match Kind::deserialize(deserializer)? {
        Kind::Commit => TagKind::Commit,
        Kind::Version => TagKind::Version,
    })
}

/// What *verified* means.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Requires {
    #[serde(default)]
    #[expect(dead_code, reason = "a success is always required; the key says so")]
    status: Option<RequiredStatus>,
    #[serde(default, deserialize_with = "duration")]
    pub(super) soak: Duration,
    #[serde(default)]
    pub(super) checks: Vec<String>,
}

#[derive(Debug, serde::Deserialize)]
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
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Success {
    #[default]
    Committed,
    Healthy,
}

/// The deployment repo.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DeploymentRepo {
    pub(super) url: String,
    #[serde(default = "main_branch")]
    pub(super) branch: String,
    #[serde(default)]
    pub(super) write: Write,
    pub(super) author: Option<Author>,
}

fn main_branch() -> String {
    "main".into()
}

/// How it is written to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Write {
    #[default]
    Push,
    Api,
}

/// Who commits.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Author {
    pub(super) name: String,
    pub(super) email: String,
}

/// Where deployments are kept.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Deployments {
    pub(super) github: Option<GitHub>,
    pub(super) ledger: Option<Ledger>,
}

/// GitHub's deployments.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct GitHub {
    #[expect(dead_code, reason = "its shape is checked; the adapter is not there yet")]
    repository: String,
}

/// The ledger.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Ledger {
    pub(super) r#ref: Option<String>,
}

/// Who is told.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "its shape is checked; nothing is sent yet")]
pub(super) struct Notify {
    #[serde(default)]
    pull_request: bool,
    webhook: Option<Webhook>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "its shape is checked; nothing is sent yet")]
struct Webhook {
    url_from: String,
}
