//! The clock of the machine, and ids from its randomness.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use embark_core::ports::Clock;
use embark_core::{DeploymentId, Timestamp};

/// The clock of the machine.
#[derive(Debug, Default)]
pub(crate) struct SystemClock;

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn random() -> u128 {
    let mut bytes = [0; 16];
    // A machine without randomness still has a clock and a process id; ids need to differ, not to be secret.
    if getrandom::fill(&mut bytes).is_err() {
        return since_epoch().as_nanos() ^ u128::from(std::process::id()) << 96;
    }
    u128::from_le_bytes(bytes)
}

/// The first pause after a lost race, and the longest.
const PAUSES: (u64, u64) = (20, 1_000);

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(i64::try_from(since_epoch().as_secs()).unwrap_or(i64::MAX))
    }

    fn passed(&self) -> Duration {
        static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
        BEGIN.elapsed()
    }

    fn new_id(&self) -> DeploymentId {
        DeploymentId::new(u64::try_from(since_epoch().as_millis()).unwrap_or(u64::MAX), random())
    }

    async fn back_off(&self, attempt: u32) {
        let (first, longest) = PAUSES;
        let ceiling = first.saturating_mul(1 << attempt.min(10)).min(longest);
        let jitter = u64::try_from(random() % u128::from(ceiling)).unwrap_or(first);
        tokio::time::sleep(Duration::from_millis(jitter + 1)).await;
    }

    async fn pause(&self, duration: Duration, why: String) {
        tracing::info!("{why}");
        tokio::time::sleep(duration).await;
    }
}
