//! The fakes of all ports together.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{FakeApplication, FakeClock, FakeDelivery, FakePlatform, FakeRegistry, FakeRepository};
use crate::name::FilePath;
use crate::pipeline::Pipeline;
use crate::systems::Systems;

/// A fake of every port, on one clock.
pub struct FakeSystems {
    /// The registries.
    pub registry: FakeRegistry,
    /// The deployment branch.
    pub repository: FakeRepository,
    /// The queue of deployments.
    pub platform: FakePlatform,
    /// The application's history.
    pub application: FakeApplication,
    /// What observes the environments.
    pub delivery: FakeDelivery,
    /// The time, and ids.
    pub clock: Arc<FakeClock>,
}

impl FakeSystems {
    /// Makes a deployment branch with one commit of these files; all else is empty.
    pub fn new(files: BTreeMap<FilePath, Vec<u8>>) -> Self {
        let clock = Arc::new(FakeClock::default());
        Self {
            registry: FakeRegistry::default(),
            repository: FakeRepository::new(files),
            platform: FakePlatform::new(clock.clone()),
            application: FakeApplication::default(),
            delivery: FakeDelivery::default(),
            clock,
        }
    }

    /// Returns what the use cases of `pipeline` run on, with nobody as the actor.
    pub fn systems<'a>(&'a self, pipeline: &'a Pipeline) -> Systems<'a> {
        let systems = Systems::new(pipeline, &self.registry, &self.repository, &self.platform, &*self.clock);
        Systems { application: Some(&self.application), delivery: Some(&self.delivery), ..systems }
    }
}
