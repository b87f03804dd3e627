//! What Argo CD tells of the environments of a world.

use std::sync::Arc;

use embark_core::ports::DeliveryError;
use embark_core::{Delivered, Environment, Health, Pipeline, Revision, Success, SyncState};

use crate::world::{COMPONENTS, World, environment, repository};

impl World {
    /// A world in which a deployment to these environments is a success once it is healthy, as it is at once.
    pub(crate) fn healthy(environments: &[&str]) -> Self {
        let world = Self::new().with_success(environments);
        for name in environments {
            world.argocd(name, |_, now| Ok(now));
        }
        world
    }

    /// The same world, where a success is a healthy one in these environments alone.
    pub(crate) fn with_success(self, healthy: &[&str]) -> Self {
        let success = |one: &Environment| {
            if healthy.contains(&one.name.as_str()) { Success::Healthy } else { Success::Committed }
        };
        let environments = self.pipeline.environments().iter();
        let environments = environments.map(|one| Environment { success: success(one), ..one.clone() }).collect();
        let components = self.pipeline.components().to_vec();
        let pipeline = Pipeline::new(components, environments, self.pipeline.version_format().clone());
        Self { pipeline: Arc::new(pipeline.expect("a pipeline")), ..self }
    }

    /// Has Argo CD tell of an environment what `play` makes, by the number of the observation, of what is on the branch.
    pub(crate) fn argocd(
        &self,
        name: &str,
        play: impl Fn(usize, Delivered) -> Result<Delivered, DeliveryError> + Send + 'static,
    ) {
        let (world, of) = (self.clone(), name.to_owned());
        self.delivery.play(&environment(name), move |number| play(number, world.now(&of)));
    }

    /// What an environment has that is at the tip and healthy.
    pub(crate) fn now(&self, name: &str) -> Delivered {
        let images = COMPONENTS.map(|component| format!("{}:{}", repository(component), self.named(name, component)));
        Delivered {
            revisions: vec![self.tip()],
            applied: vec![self.tip()],
            sync: SyncState::Synced,
            health: Health::Healthy,
            images: images.into(),
            is_automated: true,
            ..Delivered::default()
        }
    }

    pub(crate) fn tip(&self) -> Revision {
        self.repository.commits().last().expect("there is one").revision.clone()
    }

    /// How often an environment was observed.
    pub(crate) fn observed(&self, name: &str) -> usize {
        self.delivery.observed(&environment(name))
    }
}

/// One that has another commit, which was synchronised.
pub(crate) fn at(commit: &Revision, now: Delivered) -> Delivered {
    Delivered { revisions: vec![commit.clone()], applied: vec![commit.clone()], ..now }
}

/// One that has looked at what is on the branch, and has another commit.
pub(crate) fn behind(commit: &Revision, now: Delivered) -> Delivered {
    Delivered { applied: vec![commit.clone()], sync: SyncState::OutOfSync, ..now }
}

pub(crate) fn unreachable() -> DeliveryError {
    DeliveryError::Unavailable { server: "argocd.test".into(), source: "it does not answer".into() }
}

pub(crate) fn forbidden() -> DeliveryError {
    DeliveryError::Forbidden { application: "application shop".into(), words: "permission denied".into() }
}
