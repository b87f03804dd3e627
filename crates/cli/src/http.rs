//! The one HTTP client of a run.

use std::time::Duration;

use crate::error::Error;

/// How long a connection may take to be made, and a server to say anything more.
const TIMEOUTS: (Duration, Duration) = (Duration::from_secs(10), Duration::from_mins(1));

/// Builds the client; the proxy comes from the environment and the roots from the system.
pub(crate) fn client() -> Result<reqwest::Client, Error> {
    let (connect, read) = TIMEOUTS;
    reqwest::Client::builder()
        .user_agent(concat!("embark/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(connect)
        .read_timeout(read)
        .build()
        .map_err(|error| Error::Start(Box::new(error)))
}
