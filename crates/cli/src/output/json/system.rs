//! What `config check --online` found.

use serde::Serialize;

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
    pub(crate) fn of(finding: &embark_core::Finding, queue: &crate::error::Queue) -> Self {
        let error = finding.result.as_ref().err();
        Self {
            name: finding.what.clone(),
            ok: error.is_none(),
            found: finding.result.as_ref().ok().cloned(),
            problem: error.map(|error| crate::error::chain(error)),
            hint: error.map(|error| crate::error::hint_of(error, queue)),
        }
    }

    pub(crate) fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}
