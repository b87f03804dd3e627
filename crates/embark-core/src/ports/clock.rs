//! The port of time and ids.

use std::time::Duration;

use async_trait::async_trait;

use crate::deployment::DeploymentId;
use crate::timestamp::Timestamp;

/// What the time is, and a source of ids.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait Clock: Send + Sync {
    /// Returns the time.
    fn now(&self) -> Timestamp;

    /// Makes an id that was never made before.
    fn new_id(&self) -> DeploymentId;

    /// Waits, with jitter, before a lost race is run again for the `attempt`-th time, counted from 1.
    async fn back_off(&self, attempt: u32);

    /// Waits for so long. Whoever looks on is told `why`.
    async fn pause(&self, duration: Duration, why: String);
}
