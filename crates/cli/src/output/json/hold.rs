//! What is held.

use serde::Serialize;

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
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct HeldScope {
    /// The environment; `null` on an error or a refusal.
    environment: Option<String>,
    /// The component; `null` for all of the environment.
    component: Option<String>,
    /// Whether it is held now; `null` on an error or a refusal.
    held: Option<bool>,
    /// Why, if it is.
    hold: Option<Hold>,
    /// The commit that was made, if one was.
    commit: Option<String>,
    /// The deployments that `deploy --pending` carries out next.
    next: Vec<String>,
    /// Why it was refused, if it was.
    reason: Option<String>,
    /// What can be done about that.
    hint: Option<String>,
}

impl HeldScope {
    pub(crate) fn refused(reason: String, hint: Option<String>) -> Self {
        Self { reason: Some(reason), hint, ..Self::default() }
    }

    pub(crate) fn of(held: &embark_core::Held) -> Self {
        Self {
            environment: Some(held.scope.environment.to_string()),
            component: held.scope.component.as_ref().map(ToString::to_string),
            held: Some(held.hold.is_some()),
            hold: held.hold.as_ref().map(Hold::of),
            commit: held.commit.as_ref().map(ToString::to_string),
            next: held.next.iter().map(|deployment| deployment.record.id.to_string()).collect(),
            ..Self::default()
        }
    }
}
