//! How slow an answer may be: whoever sends a byte now and then would never end.

use std::time::{Duration, Instant};

/// How long it may take whatever comes.
const GRACE: Duration = Duration::from_mins(2);

/// How many bytes must come in each second after that, taken together. A slow line has a hundred times as many.
const BYTES_A_SECOND: u64 = 4096;

/// Tells that an answer is too slow to be waited for.
#[derive(Debug, thiserror::Error)]
#[error("it has sent {bytes} bytes in {} s, and goes on", seconds)]
pub(crate) struct TooSlow {
    bytes: u64,
    seconds: u64,
}

/// The pace of one answer.
#[derive(Debug)]
pub(super) struct Pace {
    begun: Instant,
    bytes: u64,
}

impl Pace {
    pub(super) fn begin() -> Self {
        Self { begun: Instant::now(), bytes: 0 }
    }

    /// Counts bytes that have come.
    pub(super) fn keep(&mut self, bytes: usize) -> Result<(), TooSlow> {
        self.bytes += bytes as u64;
        self.judge(self.begun.elapsed())
    }

    fn judge(&self, after: Duration) -> Result<(), TooSlow> {
        let allowed = GRACE + Duration::from_secs(self.bytes / BYTES_A_SECOND);
        if after <= allowed { Ok(()) } else { Err(TooSlow { bytes: self.bytes, seconds: after.as_secs() }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_drips_is_given_up_and_a_slow_one_is_not() {
        let after = |bytes: u64, seconds: u64| {
            Pace { begun: Instant::now(), bytes }.judge(Duration::from_secs(seconds)).map_err(|slow| slow.to_string())
        };
        // A byte each minute, which is as slow as the client lets it be.
        assert_eq!(after(2, 120), Ok(()));
        insta::assert_snapshot!("too_slow", after(3, 180).unwrap_err());
        // A gigabyte over a line of a megabit.
        assert_eq!(after(1 << 30, 8 * 1024), Ok(()));
        assert!(after(4 << 20, 1200).is_err(), "a manifest ends in time");
    }
}
