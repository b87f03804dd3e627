//! `--timeout`, of every command that waits until something is healthy.

use std::time::Duration;

use embark_core::Systems;

use crate::wiring::Wiring;

/// How long is waited.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Patience {
    /// How long to wait for Argo CD, where it is waited for
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    timeout: Duration,
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<jiff::SignedDuration>().ok().and_then(|duration| duration.try_into().ok());
    parsed.ok_or_else(|| "a duration is needed, as in 90s, 10m or 1h 30m".into())
}

impl Patience {
    /// Returns what the use cases run on, with this patience.
    pub(crate) fn systems(self, wiring: &Wiring) -> Systems<'_> {
        Systems { patience: self.timeout, ..wiring.systems() }
    }
}
