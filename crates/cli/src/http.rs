//! The HTTP clients of a run: one for all systems, and one that follows no redirect, for Argo CD and the webhook.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use reqwest::Url;
use reqwest::redirect::{Attempt, Policy};

use crate::error::Error;

/// How long a connection may take to be made, and a server to say anything more.
const TIMEOUTS: (Duration, Duration) = (Duration::from_secs(10), Duration::from_mins(1));

/// How many redirects are followed, one after the other.
const REDIRECTS: usize = 10;

/// Why a redirect is not followed.
#[derive(Debug, thiserror::Error)]
enum NotFollowed {
    #[error("it redirects to {0} over plain HTTP, which anybody on the way could read and change")]
    ClearText(String),
    #[error("it redirects more than {REDIRECTS} times")]
    TooMany,
}

/// Builds the client. The proxy comes from the environment, and the roots from the system; what `roots` holds, in PEM,
/// is trusted beside these.
pub(crate) fn client(roots: Option<&Path>) -> Result<reqwest::Client, Error> {
    built(builder(roots)?)
}

/// Builds one that follows no redirect: for an address that nobody else may know, with what is sent there, and for a server
/// whose word nobody else may give.
pub(crate) fn client_without_redirects(roots: Option<&Path>) -> Result<reqwest::Client, Error> {
    built(builder(roots)?.redirect(Policy::none()))
}

fn built(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Error> {
    builder.build().map_err(|error| Error::Start(Box::new(error)))
}

fn builder(roots: Option<&Path>) -> Result<reqwest::ClientBuilder, Error> {
    let (connect, read) = TIMEOUTS;
    let builder = reqwest::Client::builder()
        .user_agent(concat!("embark/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::custom(|attempt| follow(attempt)))
        .connect_timeout(connect)
        .read_timeout(read)
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

/// Follows a redirect that gives nothing away.
fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let is_open = attempt.previous().last().is_some_and(|from| is_downgrade(from, attempt.url()));
    if is_open {
        let host = attempt.url().host_str().unwrap_or_default().to_owned();
        return attempt.error(NotFollowed::ClearText(host));
    }
    if attempt.previous().len() > REDIRECTS { attempt.error(NotFollowed::TooMany) } else { attempt.follow() }
}

/// Tells whether a redirect leads from where nobody on the way can listen to where somebody can.
///
/// This machine is no exception for who came by `https`: a server elsewhere has no business with what listens here.
fn is_downgrade(from: &Url, to: &Url) -> bool {
    to.scheme() != "https" && (from.scheme() == "https" || (is_this_machine(from) && !is_this_machine(to)))
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_redirect_is_not_followed_is_told() {
        let told =
            [NotFollowed::ClearText("registry.example.com".into()), NotFollowed::TooMany].map(|why| why.to_string());
        insta::assert_snapshot!("not_followed", told.join("\n"));
    }

    #[test]
    fn no_redirect_leads_into_the_open() {
        let is_followed = |from: &str, to: &str| {
            let url = |text: &str| Url::parse(text).expect("an address");
            !is_downgrade(&url(from), &url(to))
        };
        for (from, to) in [
            ("https://a.test/", "https://b.test/"),
            ("http://127.0.0.1:1/", "http://localhost:2/"),
            ("http://[::1]/", "https://a.test/"),
            // Nobody has asked for more than this.
            ("http://git.test/a", "http://git.test/b"),
        ] {
            assert!(is_followed(from, to), "{from} {to}");
        }
        for (from, to) in [
            ("https://a.test/", "http://a.test/"),
            ("https://a.test:8443/", "http://a.test:8443/"),
            ("https://a.test/", "http://127.0.0.1/"),
            ("https://a.test/", "ftp://a.test/"),
            ("http://127.0.0.1/", "http://a.test/"),
            ("http://127.0.0.1/", "http://127.0.0.1.a.test/"),
        ] {
            assert!(!is_followed(from, to), "{from} {to}");
        }
    }
}
