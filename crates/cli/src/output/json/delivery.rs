//! What Argo CD has brought.

use serde::Serialize;

/// What Argo CD has brought to an environment.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Delivery {
    /// `Synced`, `OutOfSync` or `Unknown`: whether what runs is what the commit says.
    synced: &'static str,
    /// `Healthy`, `Progressing`, `Degraded`, `Suspended`, `Missing` or `Unknown`.
    health: &'static str,
    /// The commit of the deployment repo that is in effect, as far as that is told.
    revision: Option<String>,
}

impl Delivery {
    pub(super) fn of(delivered: &embark_core::Delivered) -> Self {
        Self {
            synced: delivered.sync.as_str(),
            health: delivered.health.as_str(),
            revision: delivered.in_effect().first().map(ToString::to_string),
        }
    }
}
