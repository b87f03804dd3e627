//! When a request whose connection was lost is worth another try, and after how long.

use std::error::Error;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::time::Duration;

/// How often a request is sent.
const TRIES: u32 = 3;

/// Returns the pause after a connection that was not made or was lost. Where nobody listens, nobody will soon; and what
/// came of a push that was sent is told by the refs alone.
pub(super) fn after_error(error: &reqwest::Error, is_write: bool, tries: u32) -> Option<Duration> {
    let is_settled = error.is_builder() || error.is_redirect() || error.is_timeout() || is_refused(error);
    let may_be_sent = !is_write || error.is_connect();
    (tries < TRIES && may_be_sent && !is_settled).then(|| backoff(tries))
}

fn is_refused(error: &reqwest::Error) -> bool {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let mut causes = causes.filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| cause.kind() == io::ErrorKind::ConnectionRefused)
}

/// A twentieth of a second, since most that is lost is lost once; then a quarter. And up to a quarter more, so that many
/// clients do not come back at once.
fn backoff(tries: u32) -> Duration {
    let pause = Duration::from_millis(if tries == 1 { 50 } else { 250 });
    let jitter = u32::try_from(RandomState::new().hash_one(tries) % 256).unwrap_or_default();
    pause + pause * jitter / 1024
}
