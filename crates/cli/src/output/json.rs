//! The JSON that programs read: one object, `embark/v1`, additive only, every key present.

mod init;

use embark_core::{Check, Item, ItemOutcome, Verdict};
use serde::Serialize;

pub(crate) use init::Init;

/// The version of the schema.
const SCHEMA: &str = "embark/v1";

/// The whole object.
#[derive(Serialize)]
struct Object<'a> {
    schema: &'static str,
    command: &'a str,
    outcome: &'static str,
    #[serde(flatten)]
    body: &'a Body,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Error>,
}

/// What each command adds.
#[derive(Default, Serialize)]
pub(crate) struct Body {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deployments: Option<Vec<Deployment>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checks: Option<Vec<VerifyCheck>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    pub(crate) held: Option<HeldScope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) systems: Option<Vec<System>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) environments: Option<Vec<Environment>>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    pub(crate) value: Option<Scalar>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "jsonSchema")]
    pub(crate) schema: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) script: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) page: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) changed: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) directory: Option<Directory>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    pub(crate) init: Option<Init>,
}

/// The folder that was kept; `null` where none was.
#[derive(Serialize)]
pub(crate) struct Directory(pub(crate) Option<String>);

/// A scalar of a values file.
#[derive(Serialize)]
pub(crate) struct Scalar {
    pub(crate) value: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// Why it could not be done.
#[derive(Serialize)]
pub(crate) struct Error {
    pub(crate) message: String,
    pub(crate) causes: Vec<String>,
    pub(crate) hint: String,
}

/// A deployment, or the wish for one.
#[derive(Serialize)]
pub(crate) struct Deployment {
    id: Option<String>,
    environment: String,
    component: String,
    image: Option<String>,
    tag: Option<String>,
    digest: Option<String>,
    state: Option<String>,
    commit: Option<String>,
    reason: Option<String>,
    hint: Option<String>,
}

impl Deployment {
    pub(crate) fn of(item: &Item) -> Self {
        let planned = matches!(item.outcome, ItemOutcome::Planned);
        Self {
            id: item.id.map(|id| id.to_string()),
            environment: item.target.environment.to_string(),
            component: item.target.component.to_string(),
            image: item.repository.as_ref().map(ToString::to_string),
            tag: item.tag.as_ref().map(ToString::to_string),
            digest: item.digest.as_ref().map(ToString::to_string),
            state: if planned { Some("planned".into()) } else { item.state.map(|state| state.to_string()) },
            commit: item.commit.as_ref().map(ToString::to_string),
            reason: item.reason.clone(),
            hint: super::hint(item),
        }
    }
}

/// Whether the invariant holds for one component.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VerifyCheck {
    component: String,
    environment: String,
    from: String,
    image: String,
    tag: Option<String>,
    digest: Option<String>,
    recorded_digest: Option<String>,
    holds: Option<bool>,
    in_step: Option<bool>,
    evidence: Option<Evidence>,
    held: bool,
    hold: Option<Hold>,
    reason: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Evidence {
    kind: &'static str,
    deployment: Option<String>,
    commit: Option<String>,
    source_deployment: Option<String>,
    source_commit: Option<String>,
    verified_at: Option<String>,
}

impl VerifyCheck {
    pub(crate) fn of(check: &Check) -> Self {
        Self {
            component: check.component.to_string(),
            environment: check.environment.to_string(),
            from: check.from.to_string(),
            image: check.image.to_string(),
            tag: check.tag.as_ref().map(ToString::to_string),
            digest: check.digest.as_ref().map(ToString::to_string),
            recorded_digest: check.recorded_digest.as_ref().map(ToString::to_string),
            holds: match check.verdict {
                Verdict::Holds => Some(true),
                Verdict::Broken => Some(false),
                Verdict::Unknown => None,
            },
            in_step: check.in_step,
            evidence: check.evidence.as_ref().map(|evidence| Evidence {
                kind: evidence.kind.as_str(),
                deployment: evidence.deployment.map(|id| id.to_string()),
                commit: evidence.commit.as_ref().map(ToString::to_string),
                source_deployment: evidence.source_deployment.map(|id| id.to_string()),
                source_commit: evidence.source_commit.as_ref().map(ToString::to_string),
                verified_at: evidence.verified_at.map(|at| at.to_string()),
            }),
            held: check.hold.is_some(),
            hold: check.hold.as_ref().map(Hold::of),
            reason: check.reason.clone(),
        }
    }
}

/// Why automation leaves something alone.
#[derive(Serialize)]
pub(crate) struct Hold {
    reason: String,
    by: Option<String>,
    since: Option<String>,
}

impl Hold {
    pub(crate) fn of(hold: &embark_core::Hold) -> Self {
        Self { reason: hold.reason.clone(), by: hold.by.clone(), since: hold.since.map(|since| since.to_string()) }
    }
}

/// What came of a hold or of lifting one.
#[derive(Serialize)]
pub(crate) struct HeldScope {
    environment: String,
    component: Option<String>,
    held: bool,
    hold: Option<Hold>,
    commit: Option<String>,
    /// The deployments that `deploy --pending` carries out next.
    next: Vec<String>,
}

impl HeldScope {
    pub(crate) fn of(held: &embark_core::Held) -> Self {
        Self {
            environment: held.scope.environment.to_string(),
            component: held.scope.component.as_ref().map(ToString::to_string),
            held: held.hold.is_some(),
            hold: held.hold.as_ref().map(Hold::of),
            commit: held.commit.as_ref().map(ToString::to_string),
            next: held.next.iter().map(|deployment| deployment.record.id.to_string()).collect(),
        }
    }
}

/// What was found of a system that the configuration names.
#[derive(Serialize)]
pub(crate) struct System {
    name: String,
    ok: bool,
    found: Option<String>,
    problem: Option<String>,
    hint: Option<String>,
}

impl System {
    pub(crate) fn of(finding: &embark_core::Finding) -> Self {
        let error = finding.result.as_ref().err();
        Self {
            name: finding.what.clone(),
            ok: error.is_none(),
            found: finding.result.as_ref().ok().cloned(),
            problem: error.map(|error| crate::error::chain(error)),
            hint: error.map(crate::error::hint_of),
        }
    }

    pub(crate) fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}

/// What an environment has.
#[derive(Serialize)]
pub(crate) struct Environment {
    name: String,
    components: Vec<Component>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Component {
    name: String,
    image: String,
    tag: Option<String>,
    digest: Option<String>,
    deployment: Option<String>,
    commit: Option<String>,
    since: Option<String>,
    by: Option<String>,
    in_step: Option<bool>,
    held: bool,
    hold: Option<Hold>,
    pending: Vec<String>,
}

impl Environment {
    pub(crate) fn of(environment: &embark_core::EnvironmentStatus) -> Self {
        let component = |component: &embark_core::ComponentStatus| Component {
            name: component.name.to_string(),
            image: component.image.to_string(),
            tag: component.tag.as_ref().map(ToString::to_string),
            digest: component.digest.as_ref().map(ToString::to_string),
            deployment: component.deployment.map(|id| id.to_string()),
            commit: component.commit.as_ref().map(ToString::to_string),
            since: component.since.map(|since| since.to_string()),
            by: component.by.clone(),
            in_step: component.in_step,
            held: component.hold.is_some(),
            hold: component.hold.as_ref().map(Hold::of),
            pending: component.pending.iter().map(ToString::to_string).collect(),
        };
        Self { name: environment.name.to_string(), components: environment.components.iter().map(component).collect() }
    }
}

/// Writes the object of a command that came to an end.
pub(crate) fn report(command: &str, outcome: super::Outcome, body: &Body) -> String {
    write(&Object { schema: SCHEMA, command, outcome: outcome.as_str(), body, error: None })
}

/// Writes the object of a command that failed: what it would have listed is empty.
pub(crate) fn failure(command: &str, outcome: super::Outcome, error: Error) -> String {
    let mut body = Body::default();
    match command {
        "release" | "deploy" | "promote" | "rollback" => body.deployments = Some(Vec::new()),
        "verify" => body.checks = Some(Vec::new()),
        "init" => body.init = Some(Init::default()),
        "status" => body.environments = Some(Vec::new()),
        _ => {}
    }
    write(&Object { schema: SCHEMA, command, outcome: outcome.as_str(), body: &body, error: Some(error) })
}

fn write(object: &Object<'_>) -> String {
    // Nothing in these structs can fail to be written: no maps with other keys than texts.
    let mut text = serde_json::to_string_pretty(object).unwrap_or_default();
    text.push('\n');
    text
}
