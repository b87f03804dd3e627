//! What a person can do about an event for which nothing is carried out.

use embark_github::webhook::EventError;

use crate::commands::deploy::Unheeded;

pub(super) fn hint(error: &Unheeded) -> String {
    match error {
        Unheeded::Ledger { .. } => {
            "name the repository under deployments.github in embark.yaml, or carry out what waits \
                                    with: embark deploy --pending"
                .into()
        }
        Unheeded::Malformed { source: EventError::Form, .. } => {
            "set the content type of the webhook to application/json, on its page on GitHub".into()
        }
        Unheeded::Malformed { source: EventError::TooLarge(_), .. } => {
            "GitHub did not send it: hand over the body of a webhook as it came".into()
        }
        Unheeded::Malformed { .. } => {
            "hand over the body of a deployment webhook as it came; in GitHub Actions it is the \
                                       file of GITHUB_EVENT_PATH, in a workflow on deployment"
                .into()
        }
        Unheeded::ForeignRepository { .. } => {
            "send events of that repository to where it is configured, or mend deployments.github in embark.yaml".into()
        }
        Unheeded::NotConfigured { .. } => "see which there are with: embark config check".into(),
        Unheeded::NotThere { .. } => "see which wait with: embark status".into(),
    }
}
