//! The payload of a deployment: what is wished, in one JSON object.

use serde::{Deserialize, Serialize};

use crate::commit::{Commit, Revision};
use crate::deployment::DeploymentId;
use crate::digest::Digest;
use crate::image::{Image, Repository, Tag};
use crate::name::{ComponentName, EnvironmentName, Target};
use crate::version::AppVersion;

/// What led to a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A build was released to an environment without a source.
    Release,
    /// What the environment before has verified was promoted.
    Promotion,
    /// What ran before was put back.
    Rollback,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Release => "release",
            Self::Promotion => "promotion",
            Self::Rollback => "rollback",
        })
    }
}

/// Where a promoted image was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The environment before.
    pub environment: EnvironmentName,
    /// Its deployment of the same component.
    pub deployment: DeploymentId,
    /// The commit of the deployment repo that carried it out.
    pub commit: Option<Revision>,
}

/// Rules that a person has waived, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// The rules, e.g. `soak`, `checks`, or `verified` of a rollback to what was never verified.
    pub rules: Vec<String>,
    /// Why.
    pub reason: String,
}

impl Waiver {
    /// The rule that an image has run for long enough.
    pub const SOAK: &str = "soak";
    /// The rule that checks have passed.
    pub const CHECKS: &str = "checks";
    /// The rule that an image was verified at all, which only a rollback can waive.
    pub const VERIFIED: &str = "verified";

    /// Tells whether it waives this rule.
    pub fn waives(&self, rule: &str) -> bool {
        self.rules.iter().any(|waived| waived == rule)
    }
}

impl std::fmt::Display for Waiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.rules.join(","), self.reason)
    }
}

/// The wish that a deployment records, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// embark's id of the deployment.
    pub id: DeploymentId,
    /// The id of the run that created it, shared by the components of that run.
    pub release: DeploymentId,
    /// What led to it.
    pub kind: Kind,
    /// Environment and component.
    pub target: Target,
    /// The image.
    pub image: Image,
    /// The application's commit from which the image was built.
    pub commit: Option<Commit>,
    /// The application's version, where the tag is one.
    pub version: Option<AppVersion>,
    /// The tip of the deployment branch at creation: its commit is searched for after this one.
    pub base: Option<Revision>,
    /// Who or what started it.
    pub actor: Option<String>,
    /// Where a promoted image was verified.
    pub from: Option<Source>,
    /// The deployment that a rollback goes away from.
    pub replaces: Option<DeploymentId>,
    /// Why the component is held with the commit that carries it out; `None` where it is not.
    pub hold: Option<String>,
    /// What was waived for it.
    pub waived: Option<Waiver>,
}

/// The version of the payload's schema that is written.
const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Payload {
    schema: u32,
    id: DeploymentId,
    release: DeploymentId,
    kind: Kind,
    component: ComponentName,
    image: Repository,
    tag: Tag,
    digest: Digest,
    commit: Option<Commit>,
    version: Option<AppVersion>,
    base: Option<Revision>,
    actor: Option<String>,
    from: Option<Source>,
    replaces: Option<DeploymentId>,
    #[serde(default)]
    hold: Option<String>,
    #[serde(default)]
    waived: Option<Waiver>,
}

/// Tells why a payload of embark's cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A newer embark wrote it.
    #[error("its payload has schema {0}, and this embark reads up to {SCHEMA}")]
    Schema(u64),
    /// A field is missing or not what it should be.
    #[error("its payload is not embark's: {0}")]
    Malformed(serde_json::Error),
}

impl Record {
    /// Writes the payload, `{"embark": {…}}`, every key present.
    pub fn to_payload(&self) -> serde_json::Value {
        let record = self.clone();
        let payload = Payload {
            schema: SCHEMA,
            id: record.id,
            release: record.release,
            kind: record.kind,
            component: record.target.component,
            image: record.image.repository,
            tag: record.image.tag,
            digest: record.image.digest,
            commit: record.commit,
            version: record.version,
            base: record.base,
            actor: record.actor,
            from: record.from,
            replaces: record.replaces,
            hold: record.hold,
            waived: record.waived,
        };
        serde_json::json!({ "embark": payload })
    }

    /// Reads the payload of a deployment to `environment`; `None` if it is not one of embark's.
    ///
    /// Unknown keys are ignored and a payload that is a JSON text is parsed first, since platforms may
    /// hand it back so.
    ///
    /// # Errors
    /// [`RecordError`] if it is one of embark's and cannot be read.
    pub fn from_payload(
        environment: &EnvironmentName,
        payload: &serde_json::Value,
    ) -> Result<Option<Self>, RecordError> {
        let parsed = payload.as_str().and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
        let Some(embark) = parsed.as_ref().unwrap_or(payload).get("embark") else { return Ok(None) };
        match embark.get("schema").and_then(serde_json::Value::as_u64) {
            Some(schema) if schema > u64::from(SCHEMA) => return Err(RecordError::Schema(schema)),
            _ => {}
        }
        let payload = Payload::deserialize(embark).map_err(RecordError::Malformed)?;
        Ok(Some(Self {
            id: payload.id,
            release: payload.release,
            kind: payload.kind,
            target: Target { environment: environment.clone(), component: payload.component },
            image: Image { repository: payload.image, tag: payload.tag, digest: payload.digest },
            commit: payload.commit,
            version: payload.version,
            base: payload.base,
            actor: payload.actor,
            from: payload.from,
            replaces: payload.replaces,
            hold: payload.hold,
            waived: payload.waived,
        }))
    }
}
