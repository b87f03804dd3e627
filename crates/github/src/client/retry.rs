//! When a request is worth another try, and after how long.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::StatusCode;

/// How often a request is sent.
pub(crate) const TRIES: u32 = 3;

/// Whether it does harm to send a request twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Twice {
    Harmless,
    /// It is sent again only where nothing can have come of it.
    Harmful,
}

/// Returns the pause after an answer that another try may change.
pub(super) fn after_answer(status: StatusCode, twice: Twice, tries: u32) -> Option<Duration> {
    (tries < TRIES && status.is_server_error() && twice == Twice::Harmless).then(|| backoff(tries))
}

/// Returns the pause after a connection that was not made or was lost. Where nobody listens, nobody will soon.
pub(super) fn after_error(error: &reqwest::Error, twice: Twice, tries: u32) -> Option<Duration> {
    let may_be_sent = twice == Twice::Harmless || error.is_connect();
    let may_pass =
        may_be_sent && !error.is_builder() && !error.is_redirect() && !error.is_timeout() && !is_refused(error);
    (tries < TRIES && may_pass).then(|| backoff(tries))
}

fn is_refused(error: &reqwest::Error) -> bool {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let mut causes = causes.filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| cause.kind() == io::ErrorKind::ConnectionRefused)
}

/// Half a second, then one, and up to a quarter more, so that many clients do not come back at once.
pub(crate) fn backoff(tries: u32) -> Duration {
    let pause = Duration::from_millis(250) * 2_u32.pow(tries.min(TRIES));
    let jitter = getrandom::u32().unwrap_or_default() % 256;
    pause + pause * jitter / 1024
}
