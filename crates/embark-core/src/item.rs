//! What came of one deployment, or of the wish for one.

use std::fmt;

use crate::commit::{Commit, Revision};
use crate::deployment::{Deployment, DeploymentId, State};
use crate::digest::Digest;
use crate::error::Error;
use crate::image::{Image, Repository, Tag};
use crate::name::Target;
use crate::refusal::Refusal;
use crate::render::Reached;

/// What came of one deployment, or of the wish for one.
#[derive(Debug)]
pub struct Item {
    /// The deployment's id; `None` where none was created.
    pub id: Option<DeploymentId>,
    /// The environment and component.
    pub target: Target,
    /// The repository.
    pub repository: Option<Repository>,
    /// The version tag.
    pub tag: Option<Tag>,
    /// The digest.
    pub digest: Option<Digest>,
    /// The application's commit from which the image was built; `None` where no deployment tells it.
    pub built_from: Option<Commit>,
    /// The deployment's newest state; `None` where none was created.
    pub state: Option<State>,
    /// The commit of the deployment repo that carried it out.
    pub commit: Option<Revision>,
    /// What the edit of the values file changes of what is rendered; `None` where it was not rendered.
    pub rendered: Option<Reached>,
    /// Why it is so.
    pub reason: Option<String>,
    /// What came of it.
    pub outcome: ItemOutcome,
}

/// What came of one item.
#[derive(Debug)]
pub enum ItemOutcome {
    /// Something was written.
    Done,
    /// Nothing needed to be written.
    Unchanged,
    /// Something would be written, were it not a dry run.
    Planned,
    /// A rule says no.
    Refused(Box<Refusal>),
    /// It could not be done.
    Failed(Box<Error>),
}

impl fmt::Display for ItemOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Unchanged => f.write_str("unchanged"),
            Self::Planned => f.write_str("planned"),
            Self::Refused(refusal) => write!(f, "refused: {refusal}"),
            Self::Failed(error) => write!(f, "failed: {error}"),
        }
    }
}

impl Item {
    /// Tells whether a run has brought a deployment to its end, so that people want to hear of it: it was carried out,
    /// refused, or could not be done. What waits, is held or was done before is no news, and neither is a lost race.
    pub fn is_news(&self) -> bool {
        let has_ended = matches!(self.state, Some(State::Success | State::Failure | State::Error));
        has_ended && !matches!(self.outcome, ItemOutcome::Unchanged | ItemOutcome::Planned)
    }

    pub(crate) fn new(target: &Target, outcome: ItemOutcome) -> Self {
        Self {
            id: None,
            target: target.clone(),
            repository: None,
            tag: None,
            digest: None,
            built_from: None,
            state: None,
            commit: None,
            rendered: None,
            reason: None,
            outcome,
        }
    }

    pub(crate) fn of(deployment: &Deployment, outcome: ItemOutcome) -> Self {
        let record = &deployment.record;
        let item = Self::new(&record.target, outcome).image(&record.image);
        Self {
            id: Some(record.id),
            built_from: record.commit.clone(),
            state: deployment.state().or(Some(State::Queued)),
            commit: deployment.commit(),
            ..item
        }
    }

    pub(crate) fn refused(target: &Target, refusal: Refusal) -> Self {
        let reason = Some(refusal.to_string());
        Self { reason, ..Self::new(target, ItemOutcome::Refused(Box::new(refusal))) }
    }

    pub(crate) fn image(self, image: &Image) -> Self {
        Self {
            repository: Some(image.repository.clone()),
            tag: Some(image.tag.clone()),
            digest: Some(image.digest.clone()),
            ..self
        }
    }

    pub(crate) fn because(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    pub(crate) fn in_state(self, state: State) -> Self {
        Self { state: Some(state), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::RepositoryError;

    #[test]
    fn what_a_run_has_brought_to_its_end_is_news() {
        let target = Target::new(&"dev".parse().expect("a name"), &"frontend".parse().expect("a name"));
        let failed = || {
            let absent = RepositoryError::NotFound { repository: "deployment.git".into(), what: "branch".into() };
            ItemOutcome::Failed(Box::new(absent.into()))
        };
        let refused = || ItemOutcome::Refused(Box::new(Refusal::Sibling(target.component.clone())));
        let ended = [State::Success, State::Failure, State::Error];
        for state in State::ALL.into_iter().map(Some).chain([None]) {
            let is_news = |outcome| Item { state, ..Item::new(&target, outcome) }.is_news();
            let has_ended = state.is_some_and(|state| ended.contains(&state));
            for outcome in [ItemOutcome::Done, refused(), failed()] {
                assert_eq!(is_news(outcome), has_ended, "{state:?}");
            }
            for outcome in [ItemOutcome::Unchanged, ItemOutcome::Planned] {
                assert!(!is_news(outcome), "{state:?}");
            }
        }
    }
}
