//! Points in time.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::text::{TextError, serde_as_text};

/// A point in time, written as [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339) in UTC, to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// Takes the seconds since 1970-01-01T00:00:00Z; out of range becomes the nearest that is in it.
    pub fn from_unix(seconds: i64) -> Self {
        let bounds = (jiff::Timestamp::MIN.as_second(), jiff::Timestamp::MAX.as_second());
        Self(jiff::Timestamp::from_second(seconds.clamp(bounds.0, bounds.1)).unwrap_or(jiff::Timestamp::UNIX_EPOCH))
    }

    /// Returns the seconds since 1970-01-01T00:00:00Z.
    pub fn as_unix(self) -> i64 {
        self.0.as_second()
    }

    /// Returns how long ago `earlier` was; zero if it is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.as_unix().saturating_sub(earlier.as_unix()).max(0).unsigned_abs())
    }
}

impl FromStr for Timestamp {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        text.parse::<jiff::Timestamp>()
            .map(|time| Self::from_unix(time.as_second()))
            .map_err(|_| TextError::new(text, "a point in time", "RFC 3339 is needed, as in 2026-05-03T09:30:00Z"))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

serde_as_text!(Timestamp);
