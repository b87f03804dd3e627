//! The JSON that programs read: one object, `embark/v1`, additive only, every key present.

mod init;

use embark_core::{Check, Item, ItemOutcome, Verdict};
use serde::Serialize;

pub(crate) use init::Init;

/// The version of the schema.
const SCHEMA: &str = "embark/v1";

/// The whole object.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Object<'a> {
    /// `embark/v1`.
    schema: &'static str,
    /// The command, as in `release` or `values get`.
    command: &'a str,
    /// The first of `failed`, `broken`, `refused`, `planned`, `done`, `unchanged` that any item had.
    /// `unchanged`: nothing outside was written.
    outcome: &'static str,
    #[serde(flatten)]
    body: &'a Body,
    /// Why the command could not be carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Error>,
}

/// What the reference is generated from.
#[cfg(test)]
pub(crate) type ObjectSchema = Object<'static>;

/// What each command adds.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Body {
    /// One for each component or deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deployments: Option<Vec<Deployment>>,
    /// One for each component of each environment that promotes from another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checks: Option<Vec<VerifyCheck>>,
    /// Why it was refused, instead of the other keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// What can be done about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    pub(crate) held: Option<HeldScope>,
    /// With `--online`: one for each system, file and repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) systems: Option<Vec<System>>,
    /// One for each environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) environments: Option<Vec<Environment>>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    pub(crate) value: Option<Scalar>,
    /// The JSON Schema of `embark.yaml`.
    #[serde(skip_serializing_if = "Option::is_none", rename = "jsonSchema")]
    pub(crate) schema: Option<serde_json::Value>,
    /// The script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) script: Option<String>,
    /// The manual page, without `--dir`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) page: Option<String>,
    /// The paths whose scalars changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) changed: Option<Vec<String>>,
    /// The folder that was kept, or that has the manual pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) directory: Option<Directory>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    pub(crate) init: Option<Init>,
}

/// The folder that was kept; `null` where none was.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Directory(pub(crate) Option<String>);

/// A scalar of a values file.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Scalar {
    /// The scalar.
    pub(crate) value: String,
    /// The line on which it begins, from 1.
    pub(crate) line: usize,
    /// Its column, from 1.
    pub(crate) column: usize,
}

/// Why it could not be done.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Error {
    /// What went wrong.
    pub(crate) message: String,
    /// Why, outermost first.
    pub(crate) causes: Vec<String>,
    /// What can be done about it.
    pub(crate) hint: String,
}

/// A deployment, or the wish for one.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Deployment {
    /// Its id, a ULID. `null` where none was created.
    id: Option<String>,
    /// The environment.
    environment: String,
    /// The component.
    component: String,
    /// The repository of the image, without tag.
    image: Option<String>,
    /// The version tag.
    tag: Option<String>,
    /// The digest of the image.
    digest: Option<String>,
    /// `queued`, `pending`, `in_progress`, `success`, `failure`, `error` or `inactive`, as GitHub has them;
    /// `planned` in a dry run.
    state: Option<String>,
    /// The commit in the deployment repo that carried it out.
    commit: Option<String>,
    /// What there is to say of it: why it was refused, say.
    reason: Option<String>,
    /// What can be done about that.
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, schemars(rename = "Check"))]
pub(crate) struct VerifyCheck {
    /// The component.
    component: String,
    /// The environment that was checked.
    environment: String,
    /// The environment from which it promotes.
    from: String,
    /// The repository of the image, without tag.
    image: String,
    /// The tag that the values file names.
    tag: Option<String>,
    /// The digest that the registry has under it now.
    digest: Option<String>,
    /// The digest that is recorded for what the file names.
    recorded_digest: Option<String>,
    /// Whether the invariant holds; `null` where that is unknown.
    holds: Option<bool>,
    /// Whether the environment before runs the same digest.
    in_step: Option<bool>,
    /// What proves it.
    evidence: Option<Evidence>,
    /// Whether automation leaves it alone.
    held: bool,
    /// Why, if it does.
    hold: Option<Hold>,
    /// Why it holds, or does not.
    reason: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Evidence {
    /// `trailers` of a commit, the `deployment` on record, or what the `tag-now` names.
    kind: &'static str,
    /// The deployment that brought the image.
    deployment: Option<String>,
    /// Its commit.
    commit: Option<String>,
    /// The deployment of the environment before that verified it.
    source_deployment: Option<String>,
    /// The commit of that one.
    source_commit: Option<String>,
    /// When that one succeeded.
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Hold {
    /// Why.
    reason: String,
    /// Who said so.
    by: Option<String>,
    /// Since when.
    since: Option<String>,
}

impl Hold {
    pub(crate) fn of(hold: &embark_core::Hold) -> Self {
        Self { reason: hold.reason.clone(), by: hold.by.clone(), since: hold.since.map(|since| since.to_string()) }
    }
}

/// What came of a hold or of lifting one.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct HeldScope {
    /// The environment.
    environment: String,
    /// The component; `null` for all of the environment.
    component: Option<String>,
    /// Whether it is held now.
    held: bool,
    /// Why, if it is.
    hold: Option<Hold>,
    /// The commit that was made, if one was.
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct System {
    /// What was asked.
    name: String,
    /// Whether it is as the configuration says.
    ok: bool,
    /// What was found there.
    found: Option<String>,
    /// What is wrong.
    problem: Option<String>,
    /// What can be done about that.
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Environment {
    /// Its name.
    name: String,
    /// One for each component.
    components: Vec<Component>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Component {
    /// Its name.
    name: String,
    /// The repository of its image, without tag.
    image: String,
    /// The tag that the values file names.
    tag: Option<String>,
    /// The digest that the registry has under it now.
    digest: Option<String>,
    /// The deployment that brought it.
    deployment: Option<String>,
    /// The commit of that deployment.
    commit: Option<String>,
    /// When that deployment succeeded.
    since: Option<String>,
    /// Who started it.
    by: Option<String>,
    /// Whether file, record and registry agree, and the environment before runs the same digest.
    in_step: Option<bool>,
    /// Whether automation leaves it alone.
    held: bool,
    /// Why, if it does.
    hold: Option<Hold>,
    /// The ids of the deployments that wait.
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
