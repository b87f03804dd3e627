//! An Argo CD in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;

use super::lock;
use crate::delivered::Delivered;
use crate::name::EnvironmentName;
use crate::ports::{Delivery, DeliveryError};

/// What is told at an observation, by its number from 0.
type Play = Box<dyn FnMut(usize) -> Result<Delivered, DeliveryError> + Send>;

/// Environments of which each tells, at each observation, what a test has it tell.
#[derive(Default)]
pub struct FakeDelivery(Mutex<BTreeMap<EnvironmentName, Seat>>);

struct Seat {
    play: Play,
    observed: usize,
    refreshed: usize,
}

impl FakeDelivery {
    /// Has an environment tell always the same.
    pub fn set(&self, environment: &EnvironmentName, delivered: Delivered) {
        self.play(environment, move |_| Ok(delivered.clone()));
    }

    /// Has an environment tell what `play` returns for the number of the observation, counted from 0.
    pub fn play(
        &self,
        environment: &EnvironmentName,
        play: impl FnMut(usize) -> Result<Delivered, DeliveryError> + Send + 'static,
    ) {
        let seat = Seat { play: Box::new(play), observed: 0, refreshed: 0 };
        lock(&self.0).insert(environment.clone(), seat);
    }

    /// Returns how often an environment was observed.
    pub fn observed(&self, environment: &EnvironmentName) -> usize {
        lock(&self.0).get(environment).map_or(0, |seat| seat.observed)
    }

    /// Returns how often an environment was asked to look at the deployment repo.
    pub fn refreshed(&self, environment: &EnvironmentName) -> usize {
        lock(&self.0).get(environment).map_or(0, |seat| seat.refreshed)
    }

    fn with<T>(
        &self,
        environment: &EnvironmentName,
        look: impl FnOnce(&mut Seat) -> Result<T, DeliveryError>,
    ) -> Result<T, DeliveryError> {
        let absent = || DeliveryError::NotFound { application: format!("application of {environment}") };
        look(lock(&self.0).get_mut(environment).ok_or_else(absent)?)
    }
}

#[async_trait]
impl Delivery for FakeDelivery {
    fn observes(&self, environment: &EnvironmentName) -> bool {
        lock(&self.0).contains_key(environment)
    }

    async fn observe(&self, environment: &EnvironmentName) -> Result<Delivered, DeliveryError> {
        self.with(environment, |seat| {
            let number = seat.observed;
            seat.observed += 1;
            (seat.play)(number)
        })
    }

    async fn refresh(&self, environment: &EnvironmentName) -> Result<(), DeliveryError> {
        self.with(environment, |seat| {
            seat.refreshed += 1;
            Ok(())
        })
    }
}
