//! The time, as GitHub has it: it believes no token that is from the future, or too old.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap};

/// A clock that is put right by GitHub's.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// How many seconds GitHub's is ahead.
    ahead: AtomicI64,
}

impl Clock {
    /// Returns the seconds since 1970.
    pub(super) fn now(&self) -> i64 {
        here() + self.ahead.load(Ordering::Relaxed)
    }

    /// Looks at the time of an answer, and returns how many seconds the clock must be put forward.
    pub(super) fn off_by(&self, headers: &HeaderMap) -> Option<i64> {
        let date = headers.get(DATE)?.to_str().ok()?;
        let there = DateTimeParser::new().parse_timestamp(date).ok()?;
        Some(there.as_second() - self.now())
    }

    /// Puts the clock forward.
    pub(super) fn adjust(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }
}

fn here() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_an_answer_puts_the_clock_right() {
        let clock = Clock::default();
        let headers = HeaderMap::from_iter([(DATE, "Sat, 28 Nov 2026 13:20:00 GMT".parse().expect("a header"))]);
        let off = clock.off_by(&headers).expect("it has a time");
        clock.adjust(off);
        assert!((clock.now() - 1_795_872_000).abs() <= 5, "{}", clock.now());
        assert!(clock.off_by(&headers).is_some_and(|off| off.abs() <= 5));
        let none = HeaderMap::from_iter([(DATE, "yesterday".parse().expect("a header"))]);
        assert_eq!(clock.off_by(&none), None);
    }
}
