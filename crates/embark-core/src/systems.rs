//! What a use case is run on, what it reports, and how it fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::commit::{Commit, Revision};
use crate::deployment::{Deployment, DeploymentId, State};
use crate::digest::Digest;
use crate::image::{Image, Repository, Tag};
use crate::lane::Lane;
use crate::name::{ComponentName, EnvironmentName, Target};
use crate::pipeline::{Component, Environment, Pipeline};
use crate::ports::{
    ApplicationError, ApplicationRepository, Clock, Delivery, DeliveryError, DeploymentPlatform, DeploymentRepository,
    ImageRegistry, PlatformError, RegistryError, ReleaseError, RenderError, Renderer, RepositoryError, Stop,
};
use crate::refusal::Refusal;
use crate::render::Reached;
use crate::values_file::ValuesFileError;

/// The pipeline and the systems that a use case is run on.
#[derive(Clone)]
pub struct Systems<'a> {
    /// The components and environments.
    pub pipeline: &'a Pipeline,
    /// The registries.
    pub registry: &'a dyn ImageRegistry,
    /// The deployment branch.
    pub repository: &'a dyn DeploymentRepository,
    /// The queue of deployments.
    pub platform: &'a dyn DeploymentPlatform,
    /// The application's history and its checks, where they are at hand.
    pub application: Option<&'a dyn ApplicationRepository>,
    /// What brings the deployment branch to the environments, where it can be observed.
    pub delivery: Option<&'a dyn Delivery>,
    /// How long it is waited for until something is healthy.
    pub patience: Duration,
    /// How many deployments go out in one push at most. What a run holds of each until it is pushed is a version of its
    /// values file.
    pub batch: usize,
    /// What renders the values, where deployments are judged by what comes of them.
    pub renderer: Option<&'a dyn Renderer>,
    /// The time, and ids.
    pub clock: &'a dyn Clock,
    /// Who or what started it.
    pub actor: Option<String>,
}

/// How often a lost race is run again before it is given up. With back-off in between, dozens of writers get through.
pub(crate) const MAX_ATTEMPTS: u32 = 60;

/// How many of the newest deployments of a target are looked at first.
const RECENT: usize = 64;

impl<'a> Systems<'a> {
    /// How long it is waited for where nobody says otherwise.
    pub const PATIENCE: Duration = Duration::from_mins(10);

    /// How many deployments go out in one push where nobody says otherwise.
    pub const BATCH: usize = 1_000;

    /// Takes what every use case needs; the application's history, what delivers, a renderer and the actor may be added.
    pub fn new(
        pipeline: &'a Pipeline,
        registry: &'a dyn ImageRegistry,
        repository: &'a dyn DeploymentRepository,
        platform: &'a dyn DeploymentPlatform,
        clock: &'a dyn Clock,
    ) -> Self {
        let (application, delivery, renderer, actor) = (None, None, None, None);
        let (patience, batch) = (Self::PATIENCE, Self::BATCH);
        Self {
            pipeline,
            registry,
            repository,
            platform,
            application,
            delivery,
            patience,
            batch,
            renderer,
            clock,
            actor,
        }
    }

    /// Finds an environment by name.
    pub(crate) fn environment(&self, name: &EnvironmentName) -> Result<&'a Environment, Error> {
        self.pipeline.environment(name).ok_or_else(|| Error::UnknownEnvironment(name.clone()))
    }

    /// Returns what observes an environment.
    pub(crate) fn observing(&self, name: &EnvironmentName) -> Result<&'a dyn Delivery, Error> {
        self.delivery.filter(|delivery| delivery.observes(name)).ok_or_else(|| Error::NotObserved(name.clone()))
    }

    /// Finds components by name; all of them if none is named.
    pub(crate) fn components(&self, names: &[ComponentName]) -> Result<Vec<&'a Component>, Error> {
        if names.is_empty() {
            return Ok(self.pipeline.components().iter().collect());
        }
        for name in names {
            if self.pipeline.component(name).is_none() {
                return Err(Error::UnknownComponent(name.clone()));
            }
        }
        Ok(self.pipeline.components().iter().filter(|component| names.contains(&component.name)).collect())
    }

    /// Reads the lanes of `targets`, each with at least what is recent.
    pub(crate) async fn lanes(&self, targets: Vec<Target>) -> Result<BTreeMap<Target, Lane>, PlatformError> {
        let recent = self.platform.recent(targets, RECENT).await?;
        Ok(recent.into_iter().map(|(target, deployments)| (target, Lane::new(deployments))).collect())
    }
}

impl Systems<'_> {
    /// Reads lanes whole that end before a deployment which is judged by what came after it.
    pub(crate) async fn read_back(
        &self,
        lanes: &mut BTreeMap<Target, Lane>,
        judged: impl IntoIterator<Item = &Deployment>,
    ) -> Result<(), PlatformError> {
        let is_cut = |deployment: &&Deployment| {
            let lane = lanes.get(&deployment.record.target);
            lane.is_some_and(|lane| !lane.goes_back_to(deployment.number, RECENT))
        };
        let cut: BTreeSet<Target> =
            judged.into_iter().filter(is_cut).map(|deployment| deployment.record.target.clone()).collect();
        if !cut.is_empty() {
            let whole = self.platform.recent(cut.into_iter().collect(), usize::MAX).await?;
            lanes.extend(whole.into_iter().map(|(target, deployments)| (target, Lane::new(deployments))));
        }
        Ok(())
    }
}

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

impl std::fmt::Display for ItemOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

/// Tells why a use case could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration does not have this environment.
    #[error("the configuration has no environment {0}")]
    UnknownEnvironment(EnvironmentName),
    /// The configuration does not have this component.
    #[error("the configuration has no component {0}")]
    UnknownComponent(ComponentName),
    /// The platform does not have this deployment.
    #[error("there is no deployment {0}")]
    UnknownDeployment(DeploymentId),
    /// The deployment branch does not have this commit.
    #[error("the deployment branch has no commit {0}")]
    NotOnBranch(Revision),
    /// An environment that is promoted to must promote from another.
    #[error("{0} promotes from no other environment")]
    NoSource(EnvironmentName),
    /// No version is given for an environment with version tags.
    #[error("{0} names images by the application's version, and none is given")]
    NoVersion(EnvironmentName),
    /// The version does not make a tag.
    #[error(transparent)]
    Version(#[from] crate::text::TextError),
    /// A values file cannot be read or edited.
    #[error(transparent)]
    ValuesFile(#[from] ValuesFileError),
    /// The registry failed. Several items can have failed of one answer.
    #[error(transparent)]
    Registry(Arc<RegistryError>),
    /// The deployment repo failed.
    #[error(transparent)]
    Repository(Arc<RepositoryError>),
    /// The platform failed.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// The application's repository failed. Several items can have failed of one answer.
    #[error(transparent)]
    Application(Arc<ApplicationError>),
    /// The platform of releases failed.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// Nobody can see what the environment has.
    #[error("the configuration names no application of Argo CD for {0}")]
    NotObserved(EnvironmentName),
    /// What the environment has cannot be seen. Several items can have failed of one answer.
    #[error(transparent)]
    Delivery(Arc<DeliveryError>),
    /// What was deployed is not healthy.
    #[error(transparent)]
    Unhealthy(#[from] Unhealthy),
    /// Nothing was rendered.
    #[error(transparent)]
    Render(Arc<RenderError>),
    /// The run was asked to end.
    #[error("ended by {by} {}", if *is_pushed { "while it was being pushed" } else { "before it was done" })]
    Stopped {
        /// Who asked.
        by: Stop,
        /// Whether a push was on its way, of which it is not known what came.
        is_pushed: bool,
    },
}

/// Tells why what was deployed does not count as healthy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unhealthy {
    /// It runs, and does not get well.
    #[error("{target} is degraded: {words}")]
    Degraded {
        /// The environment and component.
        target: Target,
        /// What is degraded, in Argo CD's words.
        words: String,
    },
    /// It is not known to be healthy, and the time is up.
    #[error("{target} is not healthy after {} s: {reason}", took.as_secs())]
    TimeUp {
        /// The environment and component.
        target: Target,
        /// How long it was waited for.
        took: Duration,
        /// How far it was.
        reason: String,
    },
}

impl From<RegistryError> for Error {
    fn from(error: RegistryError) -> Self {
        Self::Registry(Arc::new(error))
    }
}

impl From<RepositoryError> for Error {
    fn from(error: RepositoryError) -> Self {
        Self::Repository(Arc::new(error))
    }
}

impl From<ApplicationError> for Error {
    fn from(error: ApplicationError) -> Self {
        Self::Application(Arc::new(error))
    }
}

impl From<RenderError> for Error {
    fn from(error: RenderError) -> Self {
        match error {
            // That one is the chart's, and not the repository's.
            RenderError::Repository(error) if !matches!(error, RepositoryError::NotAFile { .. }) => error.into(),
            error => Self::Render(Arc::new(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
