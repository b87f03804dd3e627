//! The clock of a run that can be asked to end.

use std::time::Duration;

use async_trait::async_trait;
use embark_core::ports::{Clock, Stop};
use embark_core::{DeploymentId, Timestamp};

use super::Stopping;
use crate::clock::SystemClock;

/// The clock of the machine, and what asks the run to end.
#[derive(Debug, Default)]
pub(crate) struct RunClock(pub(crate) Stopping);

#[async_trait]
impl Clock for RunClock {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn passed(&self) -> Duration {
        SystemClock.passed()
    }

    fn new_id(&self) -> DeploymentId {
        SystemClock.new_id()
    }

    async fn back_off(&self, attempt: u32) {
        SystemClock.back_off(attempt).await;
    }

    async fn pause(&self, duration: Duration, why: String) {
        SystemClock.pause(duration, why).await;
    }

    async fn stopped(&self) -> Stop {
        self.0.asked().await
    }
}
