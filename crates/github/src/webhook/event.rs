//! What an event says.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_json::error::Category;

use crate::deployments::TASK;
use crate::name::RepositoryName;

/// GitHub [sends no body](https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap) of more bytes: 25 MB.
pub const MAX_BODY: usize = 25 << 20;

/// The event of which embark wants to hear.
const DEPLOYMENT: &str = "deployment";

/// An event, as a webhook brings it, or as GitHub Actions keeps it in the file `GITHUB_EVENT_PATH`.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A deployment was created.
    Deployment(DeploymentEvent),
    /// Anything else.
    Ignored(Ignored),
}

/// What is of no concern to embark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ignored {
    /// GitHub tries a new webhook.
    Ping,
    /// Something else happened to a deployment than that it was created.
    Action(String),
    /// An event of this name.
    Other(String),
}

/// That a [deployment](https://docs.github.com/en/webhooks/webhook-events-and-payloads#deployment) was created.
///
/// It is a claim. Only its number names something, and that is to be read from GitHub.
#[derive(Debug, Clone, PartialEq)]
pub struct DeploymentEvent {
    repository: RepositoryName,
    number: u64,
    node_id: Option<String>,
    environment: String,
    task: String,
    payload: Value,
}

/// Tells why a body is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// It is larger than anything that GitHub sends.
    #[error("it has {0} bytes, and GitHub sends 25 MB at most")]
    TooLarge(usize),
    /// The webhook has the other content type.
    #[error("it is form-encoded, and the content type of the webhook must be application/json")]
    Form,
    /// It is no JSON.
    #[error("it is no JSON: {0}")]
    NotJson(String),
    /// It is JSON, and not of such an event.
    #[error("it does not say which deployment was created: {0}")]
    Malformed(String),
}

#[derive(Deserialize)]
struct Body {
    action: Option<String>,
    deployment: Deployment,
    repository: Repository,
}

#[derive(Deserialize)]
struct Deployment {
    id: u64,
    node_id: Option<String>,
    environment: String,
    original_environment: Option<String>,
    task: String,
    #[serde(default)]
    payload: Value,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
}

impl Event {
    /// Reads the body of an event with this name, which is that of the header `X-GitHub-Event`, or of the variable
    /// `GITHUB_EVENT_NAME`.
    ///
    /// Only what is needed must be there. A payload that is a text with JSON is parsed, too.
    ///
    /// # Errors
    /// [`EventError`] if it is no JSON, or a deployment is said to be created and it does not say which.
    pub fn parse(name: &str, body: &[u8]) -> Result<Self, EventError> {
        if body.len() > MAX_BODY {
            return Err(EventError::TooLarge(body.len()));
        }
        // Whether it is JSON is known before it is asked what it says.
        let _: IgnoredAny = read(body)?;
        if name != DEPLOYMENT {
            return Ok(Self::Ignored(if name == "ping" { Ignored::Ping } else { Ignored::Other(name.into()) }));
        }
        let Body { action, deployment, repository } = read(body)?;
        if let Some(action) = action.filter(|action| action != "created") {
            return Ok(Self::Ignored(Ignored::Action(action)));
        }
        let malformed = |error: &dyn fmt::Display| EventError::Malformed(error.to_string());
        let repository = repository.full_name.parse().map_err(|error: crate::NameError| malformed(&error))?;
        let parsed = deployment.payload.as_str().and_then(|text| serde_json::from_str(text).ok());
        Ok(Self::Deployment(DeploymentEvent {
            repository,
            number: deployment.id,
            node_id: deployment.node_id,
            // A status may name another environment; the original one stays.
            environment: deployment.original_environment.unwrap_or(deployment.environment),
            task: deployment.task,
            payload: parsed.unwrap_or(deployment.payload),
        }))
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, EventError> {
    if body.trim_ascii_start().starts_with(b"payload=") {
        return Err(EventError::Form);
    }
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => EventError::Malformed(error.to_string()),
        Category::Syntax | Category::Eof | Category::Io => EventError::NotJson(error.to_string()),
    })
}

impl DeploymentEvent {
    /// Returns the repository.
    pub fn repository(&self) -> &RepositoryName {
        &self.repository
    }

    /// Returns GitHub's id of the deployment.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns GitHub's [global id](https://docs.github.com/en/graphql/guides/using-global-node-ids) of it.
    pub fn node_id(&self) -> Option<&str> {
        self.node_id.as_deref()
    }

    /// Returns the environment; it need not be one that embark can have.
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// Returns the task, by default `deploy`.
    pub fn task(&self) -> &str {
        &self.task
    }

    /// Returns the component, if the deployment is meant for embark: its task is `embark:<component>`.
    pub fn component(&self) -> Option<&str> {
        self.task.strip_prefix(TASK)
    }

    /// Returns the payload, `null` where there is none.
    pub fn payload(&self) -> &Value {
        &self.payload
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ping => f.write_str("GitHub only tries the webhook"),
            Self::Action(action) => write!(f, "the deployment was {action:?}, and not created"),
            Self::Other(name) => write!(f, "the event is {name:?}, and no {DEPLOYMENT}"),
        }
    }
}

#[cfg(test)]
mod tests;
