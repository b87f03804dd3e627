//! When GitHub [asks for fewer requests](https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit),
//! and how long it asks us to wait. A request that is answered so was not carried out.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;

use super::Fault;
use super::answer::Answer;

/// The waits for one request are no longer than this together; a longer one is told.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// What GitHub asks for where it names no time.
const MINUTE: Duration = Duration::from_mins(1);

const REMAINING: &str = "x-ratelimit-remaining";
const RESET: &str = "x-ratelimit-reset";

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    errors: Vec<Fault>,
}

/// Returns how long REST asks us to wait; `None` where it does not.
pub(super) fn of_rest(status: StatusCode, answer: &Answer) -> Option<Duration> {
    let is_limited = match status {
        StatusCode::TOO_MANY_REQUESTS => true,
        // It is also what a missing permission is answered with.
        StatusCode::FORBIDDEN => {
            let headers = &answer.headers;
            headers.contains_key(RETRY_AFTER) || is_used_up(headers) || answer.words().is_some_and(|words| asks(&words))
        }
        _ => false,
    };
    is_limited.then(|| wait(&answer.headers))
}

/// Returns how long GraphQL asks us to wait, which is [also told with `200`](https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api#exceeding-the-rate-limit).
pub(super) fn of_graphql(status: StatusCode, answer: &Answer) -> Option<Duration> {
    if status != StatusCode::OK {
        return of_rest(status, answer);
    }
    let Told { errors } = serde_json::from_slice(&answer.body).ok()?;
    let is_limited = |error: &Fault| error.r#type.as_deref() == Some("RATE_LIMITED") || asks(&error.message);
    errors.iter().any(is_limited).then(|| wait(&answer.headers))
}

/// The secondary limit is not always told by a header.
fn asks(words: &str) -> bool {
    let words = words.to_lowercase();
    ["secondary rate limit", "rate limit exceeded", "abuse detection"].iter().any(|part| words.contains(part))
}

fn is_used_up(headers: &HeaderMap) -> bool {
    headers.get(REMAINING).is_some_and(|remaining| remaining == "0")
}

/// Some seconds, or until a time, or a minute.
fn wait(headers: &HeaderMap) -> Duration {
    let seconds = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs);
    let until_reset = || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // The time is of whole seconds, and our clock another.
        seconds(RESET).filter(|_| is_used_up(headers)).map(|reset| reset.saturating_sub(now) + Duration::from_secs(1))
    };
    seconds(RETRY_AFTER.as_str()).or_else(until_reset).unwrap_or(MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&'static str, &str)], body: &str) -> Answer {
        let header = |(name, value): &(&'static str, &str)| (name.parse().unwrap(), value.parse().unwrap());
        Answer { headers: headers.iter().map(header).collect(), body: body.into() }
    }

    fn rest(status: u16, headers: &[(&'static str, &str)], words: &str) -> Option<u64> {
        let body = serde_json::json!({ "message": words }).to_string();
        of_rest(StatusCode::from_u16(status).unwrap(), &answer(headers, &body)).map(|wait| wait.as_secs())
    }

    #[test]
    fn a_limit_is_told_in_many_ways() {
        let secondary = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
        for status in [403, 429] {
            assert_eq!(rest(status, &[("retry-after", "7")], secondary), Some(7));
            assert_eq!(rest(status, &[("retry-after", "7"), ("x-ratelimit-remaining", "0")], ""), Some(7));
            assert_eq!(rest(status, &[], secondary), Some(60));
            assert_eq!(rest(status, &[], "You have triggered an abuse detection mechanism."), Some(60));
            assert_eq!(rest(status, &[], "API rate limit exceeded for 203.0.113.1."), Some(60));
            let reset = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 900;
            let used_up = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &reset.to_string())];
            assert!(rest(status, &used_up, "").is_some_and(|wait| (800..=901).contains(&wait)));
            let gone = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1700000000")];
            assert_eq!(rest(status, &gone, ""), Some(1), "a time that is over by our clock");
        }
        assert_eq!(rest(429, &[], "slow down"), Some(60));
        // The reset of a limit that is not used up says nothing of a secondary one.
        let left = [("x-ratelimit-remaining", "4000"), ("x-ratelimit-reset", "1700000000")];
        assert_eq!(rest(403, &left, secondary), Some(60));
    }

    #[test]
    fn a_missing_permission_is_no_limit() {
        let left = [("x-ratelimit-remaining", "4000"), ("x-ratelimit-reset", "1700000000")];
        assert_eq!(rest(403, &left, "Resource not accessible by integration"), None);
        assert_eq!(rest(404, &[("x-ratelimit-remaining", "0")], "Not Found"), None);
        assert_eq!(rest(200, &[("x-ratelimit-remaining", "0")], ""), None, "the last one that was allowed");
    }

    #[test]
    fn graphql_tells_it_with_a_success() {
        let told = |headers: &[(&'static str, &str)], body: &str| of_graphql(StatusCode::OK, &answer(headers, body));
        let limited = r#"{"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}]}"#;
        assert_eq!(told(&[], limited), Some(MINUTE));
        assert_eq!(told(&[("retry-after", "3")], limited), Some(Duration::from_secs(3)));
        assert_eq!(told(&[("x-ratelimit-remaining", "0")], r#"{"data": {}}"#), None);
        assert_eq!(told(&[], r#"{"errors": [{"type": "NOT_FOUND", "message": "none"}], "data": null}"#), None);
        assert_eq!(told(&[], "no JSON"), None);
        let refused = answer(&[("retry-after", "3")], "{}");
        assert_eq!(of_graphql(StatusCode::FORBIDDEN, &refused), Some(Duration::from_secs(3)));
    }
}
