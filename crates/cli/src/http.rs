//! The HTTP clients of a run: one for all systems, one for layers that are sent, and one that follows no redirect, for Argo
//! CD and the webhook.

mod redirects;

use std::path::Path;
use std::time::Duration;

use reqwest::redirect::Policy;

use crate::error::Error;

/// How long a connection may take to be made.
const CONNECTION: Duration = Duration::from_secs(10);

/// How long a server may say nothing: from the request on, however long that takes to be sent.
const ANSWER: Duration = Duration::from_mins(1);

/// Builds the client. The proxy comes from the environment, and the roots from the system; what `roots` holds, in PEM,
/// is trusted beside these.
pub(crate) fn client(roots: Option<&Path>) -> Result<reqwest::Client, Error> {
    built(answering(roots)?)
}

/// Builds one without a read timeout, for layers that are sent: the upload itself decides how long it waits.
pub(crate) fn client_for_uploads(roots: Option<&Path>) -> Result<reqwest::Client, Error> {
    built(builder(roots)?)
}

/// Builds one that follows no redirect: for an address that nobody else may know, with what is sent there, and for a server
/// whose word nobody else may give.
pub(crate) fn client_without_redirects(roots: Option<&Path>) -> Result<reqwest::Client, Error> {
    built(answering(roots)?.redirect(Policy::none()))
}

fn built(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Error> {
    builder.build().map_err(|error| Error::Start(Box::new(error)))
}

fn answering(roots: Option<&Path>) -> Result<reqwest::ClientBuilder, Error> {
    Ok(builder(roots)?.read_timeout(ANSWER))
}

fn builder(roots: Option<&Path>) -> Result<reqwest::ClientBuilder, Error> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("embark/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::custom(redirects::follow))
        .connect_timeout(CONNECTION)
        .tls_certs_merge(roots.map(certificates).transpose()?.unwrap_or_default());
    Ok(builder)
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
