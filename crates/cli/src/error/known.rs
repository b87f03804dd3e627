//! What hints call by its name, where a command knows it.

use embark_core::{EnvironmentName, Item, Tag};

use super::refusal::as_commit;
use crate::config::Config;

/// Where deployments are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Queue {
    /// In the ledger at this ref.
    Ledger(String),
    /// In this repository on GitHub.
    GitHub(String),
}

impl Default for Queue {
    fn default() -> Self {
        Self::Ledger(embark_gitops::RefName::ledger().to_string())
    }
}

impl Queue {
    /// Returns the one that a configuration names.
    pub(crate) fn of(config: &Config) -> Self {
        match &config.platform {
            Some(name) => Self::GitHub(name.to_string()),
            None => Self::Ledger(config.git.ledger.to_string()),
        }
    }

    /// Says how to see who wrote there what is not embark's.
    pub(super) fn look(&self) -> String {
        match self {
            Self::Ledger(name) => format!(
                "in a clone of the deployment repo, see who wrote it with: git fetch origin {name} && git log FETCH_HEAD"
            ),
            Self::GitHub(name) => format!("see who wrote it with: gh api repos/{name}/deployments"),
        }
    }
}

/// What is known where something is refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(super) queue: &'a Queue,
    environment: Option<&'a EnvironmentName>,
    tag: Option<&'a Tag>,
}

impl<'a> Known<'a> {
    pub(crate) fn queue(queue: &'a Queue) -> Self {
        Self { queue, environment: None, tag: None }
    }

    pub(crate) fn item(queue: &'a Queue, item: &'a Item) -> Self {
        Self { queue, environment: Some(&item.target.environment), tag: item.tag.as_ref() }
    }

    /// Returns the environment to which something should go, or what stands for one.
    pub(super) fn environment(&self) -> &'a str {
        self.environment.map_or("ENVIRONMENT", EnvironmentName::as_str)
    }

    /// Returns the application's commit that the image is named by, or what stands for one.
    pub(super) fn commit(&self) -> &'a str {
        self.tag.map_or("SHA", as_commit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_wrote_a_deployment_is_seen_where_deployments_are_kept() {
        let ledger = Queue::Ledger("refs/heads/ledger".into()).look();
        assert!(ledger.contains(": git fetch origin refs/heads/ledger && git log "), "{ledger}");
        let github = Queue::GitHub("acme/shop-deployment".into()).look();
        assert!(github.ends_with(": gh api repos/acme/shop-deployment/deployments"), "{github}");
        assert_eq!(Queue::default(), Queue::Ledger("refs/embark/ledger".into()));
    }
}
