//! One deployment, as the two APIs tell it.

use embark_core::{Deployment, EnvironmentName, Record, State, Status, Target, Timestamp};
use serde::Deserialize;
use serde_json::Value;

/// What embark's tasks begin with; the component follows.
pub(crate) const TASK: &str = "embark:";

/// Returns the task of a component's deployments, by which GitHub lists them.
pub(super) fn task(target: &Target) -> String {
    format!("{TASK}{}", target.component)
}

/// A deployment without its statuses.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Row {
    pub(super) id: u64,
    pub(super) node_id: String,
    task: String,
    environment: String,
    /// A status may name another environment; this one stays.
    original_environment: Option<String>,
    payload: Value,
    pub(super) created_at: Timestamp,
}

impl Row {
    /// Makes one of what GraphQL tells.
    pub(super) fn new(
        id: u64,
        node_id: String,
        task: String,
        environment: String,
        payload: String,
        created_at: Timestamp,
    ) -> Self {
        let payload = Value::String(payload);
        Self { id, node_id, task, environment, original_environment: None, payload, created_at }
    }

    /// Tells whether it is meant for embark.
    pub(super) fn is_own(&self) -> bool {
        self.task.starts_with(TASK)
    }

    /// Makes a deployment of it. One that is not what its task says is passed over: whoever made it must not stop the
    /// others.
    pub(super) fn with(self, statuses: Vec<Status>) -> Option<Deployment> {
        let environment = self.original_environment.as_ref().unwrap_or(&self.environment);
        let environment: EnvironmentName = environment.parse().ok()?;
        let record = match Record::from_payload(&environment, &self.payload) {
            Ok(record) => record,
            Err(error) => {
                let reason = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
                tracing::warn!(deployment = self.id, reason, "a deployment is passed over");
                return None;
            }
        };
        let Some(record) = record.filter(|record| task(&record.target) == self.task) else {
            tracing::warn!(deployment = self.id, task = self.task, "a deployment of another component is passed over");
            return None;
        };
        Some(Deployment { record, number: self.id, created_at: self.created_at, statuses })
    }
}

/// Makes a status; a state that is not known is one that waits.
pub(super) fn status(state: &str, description: Option<String>, at: Timestamp) -> Status {
    let state = state.to_lowercase().parse().unwrap_or(State::Pending);
    Status { state, description: description.unwrap_or_default(), at }
}
