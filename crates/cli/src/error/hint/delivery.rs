//! What a person can do about Argo CD, and about what it brings.

use embark_core::Unhealthy;
use embark_core::ports::DeliveryError;

const TOKEN: &str =
    "set EMBARK_ARGOCD_TOKEN to a token of an account, or of a role of the project, that may get the application";

pub(super) fn hint(error: &DeliveryError) -> String {
    match error {
        DeliveryError::Unauthorized { .. } => TOKEN.into(),
        DeliveryError::Forbidden { .. } => {
            "see whether argocd.application, and argocd.namespace, are right in embark.yaml, and let the token's account get \
             the application; with argocd.project, Argo CD tells which of the two it is"
                .into()
        }
        DeliveryError::NotFound { .. } => {
            "mend argocd.application in embark.yaml, and its argocd.namespace and argocd.project if it has some".into()
        }
        DeliveryError::Malformed { .. } => {
            "see whether argocd.server in embark.yaml is Argo CD itself, and no page that asks people to log in".into()
        }
        DeliveryError::Unavailable { .. } => {
            "see whether argocd.server is right in embark.yaml, and reachable from here".into()
        }
        DeliveryError::Other { .. } => "run the same command again with -vv, which shows every step".into(),
    }
}

pub(super) fn unhealthy(error: &Unhealthy) -> String {
    match error {
        Unhealthy::Degraded { target, .. } => format!(
            "mend it with a new commit, or go back to what ran before with: embark rollback {} {}",
            target.environment, target.component
        ),
        Unhealthy::TimeUp { target, .. } => {
            format!("it stays in progress; go on waiting with: embark deploy --pending {}", target.environment)
        }
    }
}
