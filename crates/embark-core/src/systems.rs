//! What a use case is run on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::deployment::Deployment;
use crate::error::Error;
use crate::lane::Lane;
use crate::name::{ComponentName, EnvironmentName, Target};
use crate::pipeline::{Component, Environment, Pipeline};
use crate::ports::{
    ApplicationRepository, Clock, Delivery, DeploymentPlatform, DeploymentRepository, ImageRegistry, PlatformError,
    Renderer,
};

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
    /// How long to wait until something is healthy.
    pub patience: Duration,
    /// How many deployments go out in one push at most; with 0, one does. What a run holds of each until it is pushed is a
    /// version of its values file.
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
    /// How long to wait where nobody says otherwise.
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
