//! The port of time and ids.

use std::time::Duration;

use async_trait::async_trait;

use crate::deployment::DeploymentId;
use crate::timestamp::Timestamp;

/// A signal that asks a run to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// A person does.
    Interrupt,
    /// The system does, or who started it.
    Terminate,
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        })
    }
}

/// What the time is, and a source of ids.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait Clock: Send + Sync {
    /// Returns the time. It may go back: clocks are set.
    fn now(&self) -> Timestamp;

    /// Returns how much time has passed since some moment. It never goes back.
    fn passed(&self) -> Duration;

    /// Makes an id that was never made before.
    fn new_id(&self) -> DeploymentId;

    /// Waits, with jitter, before a lost race is run again for the `attempt`-th time, counted from 1.
    async fn back_off(&self, attempt: u32);

    /// Waits for so long. Whoever looks on is told `why`.
    async fn pause(&self, duration: Duration, why: String);

    /// Returns as soon as the run is asked to end; never, where nobody can ask for it.
    async fn stopped(&self) -> Stop {
        std::future::pending().await
    }
}
