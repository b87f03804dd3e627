//! When a request is worth another try, and after how long.

use std::error::Error;
use std::io;
use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// How often a request is sent at most.
pub(super) const TRIES: u32 = 3;
/// Nobody waits longer for a registry that asks for patience; the caller is told.
const PATIENCE: Duration = Duration::from_secs(10);

/// Returns the pause after an answer that may be another one soon. A plain 500 is no such answer.
pub(super) fn after_answer(response: &reqwest::Response, tries: u32) -> Option<Duration> {
    let may_pass = matches!(
        response.status(),
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    );
    match retry_after(response.headers()) {
        _ if !may_pass => None,
        Some(pause) => Some(pause).filter(|pause| *pause <= PATIENCE),
        None => Some(backoff(tries)),
    }
}

/// Returns the pause after a connection that was not made or was lost. Where nobody listens, nobody will soon; and whoever
/// has not answered for so long does not either.
pub(super) fn after_error(error: &reqwest::Error, tries: u32) -> Option<Duration> {
    let is_settled = error.is_builder() || error.is_redirect() || error.is_timeout() && !error.is_connect();
    (!is_settled && !is_refused(error)).then(|| backoff(tries))
}

fn is_refused(error: &reqwest::Error) -> bool {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let mut causes = causes.filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| cause.kind() == io::ErrorKind::ConnectionRefused)
}

/// Half a second, then one, and up to a quarter more, so that many clients do not come back at once.
fn backoff(tries: u32) -> Duration {
    let pause = Duration::from_millis(250) * 2_u32.pow(tries.min(TRIES));
    // Without randomness they do.
    let jitter = getrandom::u32().unwrap_or_default() % 256;
    pause + pause * jitter / 1024
}

/// Reads `Retry-After`: [seconds or a date](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3).
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let date = rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
            // A date that has passed asks for no pause.
            Some(Duration::try_from(date.duration_since(Timestamp::now())).unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        retry_after(&headers)
    }

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(parsed("120"), Some(Duration::from_mins(2)));
        assert_eq!(parsed("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        let later = parsed("Tue, 31 Dec 2999 23:59:59 GMT").unwrap();
        assert!(later > Duration::from_hours(24), "{later:?}");
        assert_eq!(parsed("soon"), None);
    }

    #[test]
    fn pauses_grow() {
        for (tries, least, most) in [(1, 500, 625), (2, 1000, 1250)] {
            let pause = backoff(tries).as_millis();
            assert!((least..=most).contains(&pause), "{pause}");
        }
    }
}
