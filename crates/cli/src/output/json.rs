//! The JSON that programs read: one object, `embark/v1`, additive only, every key present.

mod audit;
mod change;
mod check;
mod delivery;
mod deployment;
mod environment;
mod hold;
mod init;
mod release;
mod rendered;
mod system;
mod wait;

use serde::Serialize;

use crate::error::{Queue, causes};
use crate::foreign::is_unseen;

pub(crate) use audit::Audited;
pub(crate) use change::{Change, Changed};
pub(crate) use check::VerifyCheck;
pub(crate) use deployment::Deployment;
pub(crate) use environment::Environment;
pub(crate) use hold::HeldScope;
pub(crate) use init::{Init, Workflow};
pub(crate) use release::{Release, ReleasePr};
pub(crate) use rendered::{Reaches, Rendered};
pub(crate) use system::System;
pub(crate) use wait::Waited;

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
    /// One for each change of what an environment that promotes from another names, newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) changes: Option<Vec<Audited>>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    pub(crate) held: Option<HeldScope>,
    /// One for each system, file and repository; `null` without `--online`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) systems: Option<Systems>,
    /// One for each component that was waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) waited: Option<Vec<Waited>>,
    /// One for each component of each environment; `null` without `--render`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) renders: Option<Renders>,
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
    /// The changeset that is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) change: Option<Change>,
    /// The release that is proposed.
    #[serde(skip_serializing_if = "Option::is_none", rename = "releasePr")]
    pub(crate) release_pr: Option<ReleasePr>,
    /// The release that is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) release: Option<Release>,
}

/// The folder that was kept; `null` where none was.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Directory(pub(crate) Option<String>);

/// What was asked with `--online`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Systems(pub(crate) Option<Vec<System>>);

/// What was asked with `--render`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Renders(pub(crate) Option<Vec<Reaches>>);

/// A scalar of a values file.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Scalar {
    /// The scalar; `null` on an error, as the next two.
    pub(crate) value: Option<String>,
    /// The line on which it begins, from 1.
    pub(crate) line: Option<usize>,
    /// Its column, from 1.
    pub(crate) column: Option<usize>,
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

impl Error {
    /// Takes what an error says, and how to mend it.
    pub(crate) fn of(error: &crate::error::Error, queue: &Queue) -> Self {
        Self { message: error.to_string(), causes: causes(error), hint: error.hint(queue) }
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
        "change" => body.change = Some(Change::default()),
        "release-pr" => body.release_pr = Some(ReleasePr::default()),
        "notes" => {
            body.release = Some(Release::default());
            body.deployments = Some(Vec::new());
        }
        "verify" => body.checks = Some(Vec::new()),
        "audit" => body.changes = Some(Vec::new()),
        "init" => body.init = Some(Init::default()),
        "status" => body.environments = Some(Vec::new()),
        "wait" => body.waited = Some(Vec::new()),
        "hold" | "resume" => body.held = Some(HeldScope::default()),
        "config check" => {
            body.systems = Some(Systems(None));
            body.renders = Some(Renders(None));
        }
        "values get" => body.value = Some(Scalar::default()),
        "values set" => body.changed = Some(Vec::new()),
        "demo" => {
            body.directory = Some(Directory(None));
            body.environments = Some(Vec::new());
            body.checks = Some(Vec::new());
        }
        _ => {}
    }
    write(&Object { schema: SCHEMA, command, outcome: outcome.as_str(), body: &body, error: Some(error) })
}

fn write(object: &Object<'_>) -> String {
    // Nothing in these structs can fail to be written: no maps with other keys than texts.
    let mut text = escaped(&serde_json::to_string_pretty(object).unwrap_or_default());
    text.push('\n');
    text
}

/// Writes what a terminal or the log of a job would act on as an escape, which means the same to who reads JSON.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '\n' => text.push('\n'),
            // What is not seen stands in texts alone, and all of it is in the first plane of Unicode.
            character if is_unseen(character) => text.push_str(&format!("\\u{:04x}", u32::from(character))),
            character => text.push(character),
        }
    }
    // The log of a job takes this for a command wherever it stands.
    text.replace("##[", "##\\u005b")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_others_wrote_acts_on_no_terminal_and_stays_what_it_is() {
        let said = "\u{1b}[31m \u{9b}2J \u{7f} a\u{202e}b ##[set-output name=outcome]done n\u{e4}me \u{1f98b}\n";
        let value = serde_json::json!({ "reason": said, said: [1, 2] });
        let text = escaped(&serde_json::to_string_pretty(&value).expect("it is JSON"));
        assert!(!text.chars().any(|c| c != '\n' && crate::foreign::is_unseen(c)) && !text.contains("##["), "{text}");
        assert!(text.contains("n\u{e4}me \u{1f98b}"), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("it is JSON still"), value);
    }
}
