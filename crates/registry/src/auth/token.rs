//! Bearer tokens, and the requests for them: [with a password][token] or [with a refresh token][oauth].
//!
//! [token]: https://distribution.github.io/distribution/spec/auth/token/
//! [oauth]: https://distribution.github.io/distribution/spec/auth/oauth/

use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::Scopes;
use crate::client::{Payload, Request};
use crate::credentials::Login;

/// How long a token lives that does not tell.
const LIFE: u64 = 60;
/// How long before its end a token is not used any more, at most.
const LEEWAY: Duration = Duration::from_secs(10);

/// A token, and what was asked for with it.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    secret: SecretString,
    scopes: Scopes,
    end: Instant,
}

#[derive(Deserialize)]
struct Answer {
    token: Option<SecretString>,
    access_token: Option<SecretString>,
    expires_in: Option<u64>,
}

impl Token {
    /// Reads a token server's answer. Its parser's message is left out: it may quote the token.
    pub(crate) fn parse(body: &[u8], scopes: Scopes, asked: Instant) -> Option<Self> {
        let answer: Answer = serde_json::from_slice(body).ok()?;
        let full = |secret: &SecretString| !secret.expose_secret().is_empty();
        let secret = answer.token.filter(full).or(answer.access_token.filter(full))?;
        let life = Duration::from_secs(answer.expires_in.unwrap_or(LIFE).min(24 * 3600));
        // A quarter of a short life is enough.
        let leeway = LEEWAY.min(life / 4);
        Some(Self { secret, scopes, end: asked + life.saturating_sub(leeway) })
    }

    /// Tells whether it serves now for what `scopes` names.
    pub(crate) fn serves(&self, scopes: &Scopes) -> bool {
        Instant::now() < self.end && self.scopes.cover(scopes)
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.secret.expose_secret() == other.secret.expose_secret()
    }

    pub(crate) fn header(&self) -> Option<HeaderValue> {
        secret_header(&format!("Bearer {}", self.secret.expose_secret()))
    }
}

/// Makes a header that no log shows.
pub(crate) fn secret_header(value: &str) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(value).ok()?;
    header.set_sensitive(true);
    Some(header)
}

impl Login {
    /// Returns the `Authorization` header of a password.
    pub(crate) fn basic(&self) -> Option<HeaderValue> {
        use base64::Engine as _;
        match self {
            Self::Password { user, password } => {
                let pair = format!("{user}:{}", password.expose_secret());
                secret_header(&format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)))
            }
            Self::IdentityToken(_) => None,
        }
    }
}

/// What a token is asked for with.
pub(crate) struct TokenRequest<'a> {
    pub(crate) realm: &'a Url,
    pub(crate) service: Option<&'a str>,
    pub(crate) login: Option<&'a Login>,
}

impl TokenRequest<'_> {
    /// Makes the request for `scopes`.
    pub(crate) fn request(&self, scopes: &Scopes) -> Request {
        match self.login {
            Some(Login::IdentityToken(token)) => self.refresh(token, scopes),
            login => {
                let mut url = self.realm.clone();
                {
                    let mut query = url.query_pairs_mut();
                    query.extend_pairs(self.service.map(|service| ("service", service)));
                    query.extend_pairs(scopes.iter().map(|scope| ("scope", scope)));
                }
                let mut request = Request::new(Method::GET, url);
                request.headers.extend(login.and_then(Login::basic).map(|header| (AUTHORIZATION, header)));
                request.takes_permit = false;
                request
            }
        }
    }

    fn refresh(&self, token: &SecretString, scopes: &Scopes) -> Request {
        let mut form = Url::clone(self.realm);
        form.query_pairs_mut()
            .clear()
            .append_pair("grant_type", "refresh_token")
            .append_pair("client_id", "embark")
            .append_pair("refresh_token", token.expose_secret())
            .append_pair("scope", &scopes.to_string())
            .extend_pairs(self.service.map(|service| ("service", service)));
        let form = Bytes::from(form.query().unwrap_or_default().to_owned());
        let mut request = Request::new(Method::POST, self.realm.clone());
        request.takes_permit = false;
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        request.headers.insert(CONTENT_LENGTH, HeaderValue::from(form.len()));
        // A stream is not sent a second time: a redirect to another host cannot get the refresh token.
        request.payload = Payload::stream(futures::stream::iter([Ok::<_, std::io::Error>(form)]));
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(body: &str) -> Option<Token> {
        Token::parse(body.as_bytes(), Scopes::pull("x"), Instant::now())
    }

    #[test]
    fn both_names_of_a_token_are_read() {
        for body in [r#"{"token": "t"}"#, r#"{"access_token": "t"}"#, r#"{"token": "", "access_token": "t"}"#] {
            assert_eq!(token(body).unwrap().header().unwrap(), "Bearer t");
        }
        assert!(token("{}").is_none());
        assert!(token(r#"{"token": 7}"#).is_none());
    }

    #[test]
    fn a_token_does_not_serve_past_its_end_or_scope() {
        assert!(token(r#"{"token": "t"}"#).unwrap().serves(&Scopes::pull("x")));
        assert!(!token(r#"{"token": "t"}"#).unwrap().serves(&Scopes::pull_push("x")));
        assert!(!token(r#"{"token": "t", "expires_in": 0}"#).unwrap().serves(&Scopes::pull("x")));
    }

    #[test]
    fn a_token_is_not_shown() {
        let token = token(r#"{"token": "hunter2"}"#).unwrap();
        assert!(!format!("{token:?} {:?}", token.header()).contains("hunter2"));
    }
}
