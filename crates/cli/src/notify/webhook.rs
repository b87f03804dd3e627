//! The webhook: what came of it, as JSON, at an address that nobody may see.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::{StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};

use crate::env::Env;
use crate::error::Error;
use crate::http;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tells why the webhook was not told. The address is left out: whoever has it may post there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebhookError {
    #[error("{0}, which notify.webhook.urlFrom names, is not set")]
    Unset(String),
    #[error("{0} is no address, as in https://hooks.example.com/embark")]
    Malformed(String),
    #[error("what is told would go in clear text to the address in {0}: https is needed")]
    ClearText(String),
    #[error("it answers {0}")]
    Answered(StatusCode),
    #[error("it does not answer")]
    Unavailable(#[source] reqwest::Error),
    #[error(transparent)]
    Client(Box<Error>),
}

/// Posts a JSON object to the address that stands in a variable, once. A redirect is not followed.
pub(super) async fn post(env: &Env, variable: &str, body: &str) -> Result<(), WebhookError> {
    let url = address_in(variable, Env::secret(variable))?;
    let client = http::client_without_redirects(env.certificates.as_deref());
    let client = client.map_err(|error| WebhookError::Client(Box::new(error)))?;
    let request = client.post(url).timeout(PATIENCE).header("content-type", "application/json").body(body.to_owned());
    let answer = request.send().await.map_err(|error| WebhookError::Unavailable(error.without_url()))?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        status => Err(WebhookError::Answered(status)),
    }
}

/// Reads the address that stands in a variable.
pub(crate) fn address_in(variable: &str, value: Option<SecretString>) -> Result<Url, WebhookError> {
    let value = value.ok_or_else(|| WebhookError::Unset(variable.to_owned()))?;
    let url: Result<Url, _> = value.expose_secret().trim().parse();
    let url = url.map_err(|_| WebhookError::Malformed(variable.to_owned()))?;
    match (url.scheme(), url.host_str()) {
        ("https", Some(_)) => Ok(url),
        ("http", Some(host)) if is_loopback(host) => Ok(url),
        ("http", Some(_)) => Err(WebhookError::ClearText(variable.to_owned())),
        _ => Err(WebhookError::Malformed(variable.to_owned())),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_safe_is_an_address_and_none_is_repeated() {
        let read = |text: &str| address_in("HOOK", Some(text.to_owned().into()));
        for text in ["https://hooks.acme.test/T1/secret", "http://127.0.0.1:80/secret\n", "http://[::1]/secret"] {
            assert!(read(text).is_ok(), "{text}");
        }
        for (text, said) in [
            ("http://hooks.acme.test/secret", "clear text"),
            ("http://localhost.acme.test/secret", "clear text"),
            ("hooks.acme.test/secret", "no address"),
            ("ftp://hooks.acme.test/secret", "no address"),
            ("secret", "no address"),
        ] {
            let error = read(text).expect_err(text);
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(said) && !shown.contains("secret") && !shown.contains("acme"), "{shown}");
        }
        assert!(matches!(address_in("HOOK", None), Err(WebhookError::Unset(_))));
    }
}
