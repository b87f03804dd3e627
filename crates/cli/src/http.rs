//! The one HTTP client of a run.

use std::path::Path;
use std::time::Duration;

use crate::error::Error;

/// How long a connection may take to be made, and a server to say anything more.
const TIMEOUTS: (Duration, Duration) = (Duration::from_secs(10), Duration::from_mins(1));

/// Builds the client. The proxy comes from the environment, and the roots from the system; what `roots` holds, in PEM,
/// is trusted beside these.
pub(crate) fn client(roots: Option<&Path>) -> Result<reqwest::Client, Error> {
    let (connect, read) = TIMEOUTS;
    reqwest::Client::builder()
        .user_agent(concat!("embark/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(connect)
        .read_timeout(read)
        .tls_certs_merge(roots.map(certificates).transpose()?.unwrap_or_default())
        .build()
        .map_err(|error| Error::Start(Box::new(error)))
}

fn certificates(file: &Path) -> Result<Vec<reqwest::Certificate>, Error> {
    let path = || file.display().to_string();
    let bytes = std::fs::read(file).map_err(|source| Error::Read { path: path(), source })?;
    let found = reqwest::Certificate::from_pem_bundle(&bytes);
    let found = found.map_err(|source| Error::Parse { path: path(), source: source.into() })?;
    if found.is_empty() {
        return Err(Error::Parse { path: path(), source: "it holds no certificate in PEM".into() });
    }
    Ok(found)
}
