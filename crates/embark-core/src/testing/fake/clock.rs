//! A clock that stands still until it is moved.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use crate::deployment::DeploymentId;
use crate::ports::{Clock, Stop};
use crate::timestamp::Timestamp;

/// What it says at first, in seconds.
const FIRST: i64 = 1_777_800_000;

/// A clock that stands until it is moved, and counts its ids.
#[derive(Debug)]
pub struct FakeClock {
    now: AtomicI64,
    passed: AtomicU64,
    ids: AtomicU64,
    is_stopped: AtomicBool,
    has_dates: AtomicBool,
}

impl Default for FakeClock {
    fn default() -> Self {
        Self {
            now: AtomicI64::new(FIRST),
            passed: AtomicU64::default(),
            ids: AtomicU64::new(1),
            is_stopped: AtomicBool::new(false),
            has_dates: AtomicBool::new(false),
        }
    }
}

impl FakeClock {
    /// Is set back.
    pub fn set_back(&self, by: Duration) {
        self.now.fetch_sub(i64::try_from(by.as_secs()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// Asks whoever waits to end, or no more.
    pub fn stop(&self, is_stopped: bool) {
        self.is_stopped.store(is_stopped, Ordering::SeqCst);
    }

    /// Makes ids of its time from now on, as real ones are: they are of its first one as long as nobody asks for that.
    pub fn date_ids(&self) {
        self.has_dates.store(true, Ordering::SeqCst);
    }

    /// Moves on.
    pub fn advance(&self, by: Duration) {
        self.passed.fetch_add(by.as_secs(), Ordering::SeqCst);
        self.now.fetch_add(i64::try_from(by.as_secs()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.now.load(Ordering::SeqCst))
    }

    fn passed(&self) -> Duration {
        Duration::from_secs(self.passed.load(Ordering::SeqCst))
    }

    fn new_id(&self) -> DeploymentId {
        // The counter stands in the random part, backwards: nothing may depend on the order of ids.
        let count = self.ids.fetch_add(1, Ordering::SeqCst);
        let seconds = if self.has_dates.load(Ordering::SeqCst) { self.now().as_unix() } else { FIRST };
        DeploymentId::new(seconds.unsigned_abs() * 1000, u128::from(u64::MAX - count))
    }

    async fn back_off(&self, _attempt: u32) {
        self.advance(Duration::from_secs(1));
    }

    async fn pause(&self, duration: Duration, _why: String) {
        self.advance(duration);
    }

    async fn stopped(&self) -> Stop {
        if self.is_stopped.load(Ordering::SeqCst) {
            return Stop::Terminate;
        }
        std::future::pending().await
    }
}
