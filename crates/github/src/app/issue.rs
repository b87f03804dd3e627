//! How a token is handed out: the app asks where it is
//! [installed](https://docs.github.com/en/rest/apps/apps#get-a-repository-installation-for-the-authenticated-app), and there
//! for [a token](https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app).

use std::collections::BTreeMap;

use embark_core::Timestamp;
use reqwest::{Method, StatusCode, Url};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Inner;
use crate::client::{Answer, Client, Level, Permission, Twice};
use crate::credentials::Credentials;
use crate::error::{Error, Refusal};
use crate::name::RepositoryName;

/// A token is used no longer when fewer seconds of it are left.
const LEFT: i64 = 5 * 60;

/// A clock that is off by no more seconds is not why a proof is refused.
const TOLERABLE: i64 = 30;

/// A token, and until when it is one.
pub(super) struct Token {
    pub(super) secret: SecretString,
    until: Timestamp,
}

impl Token {
    pub(super) fn lasts(&self, now: i64) -> bool {
        self.until.as_unix() - now >= LEFT
    }
}

#[derive(Deserialize)]
struct Installation {
    id: u64,
    #[serde(default)]
    permissions: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Issued {
    token: String,
    expires_at: Timestamp,
}

impl Inner {
    /// Asks for a token for a repository, and for those of its owner that are wanted as well.
    pub(super) async fn issue(&self, repository: &RepositoryName) -> Result<Token, Error> {
        let client = Client::new(self.http.clone(), self.api.clone(), repository.clone(), Credentials::None);
        let installation = self.installation(&client, repository).await?;
        let of_owner =
            |(name, _): &&(RepositoryName, Permission)| name.owner().eq_ignore_ascii_case(repository.owner());
        let wanted: Vec<_> = self.wanted.iter().filter(of_owner).collect();
        let mut names: Vec<&RepositoryName> =
            std::iter::once(repository).chain(wanted.iter().map(|(name, _)| name)).collect();
        names.sort_by_key(|name| name.name().to_ascii_lowercase());
        names.dedup_by_key(|name| name.name().to_ascii_lowercase());
        let permissions = narrow(wanted.iter().map(|(_, permission)| *permission), &installation.permissions);
        let body = json!({
            "repositories": names.iter().map(|name| name.name()).collect::<Vec<_>>(),
            "permissions": permissions,
        });
        let url = self.api.join(&["app", "installations", &installation.id.to_string(), "access_tokens"]);
        let (status, answer) = self.ask(&client, Method::POST, &url, Some(&body)).await?;
        match status {
            StatusCode::CREATED => {}
            // One of the others is not among those for which it is installed; which is not said.
            StatusCode::UNPROCESSABLE_ENTITY => {
                for other in names.iter().filter(|name| **name != repository) {
                    self.installation(&client, other).await?;
                }
                return Err(self.refusal(status, &answer, repository));
            }
            status => return Err(self.refusal(status, &answer, repository)),
        }
        let Issued { token, expires_at } = answer.parse("token for an app")?;
        tracing::info!(app = %self.id, %repository, %permissions, until = %expires_at, "GitHub has handed out a token");
        Ok(Token { secret: token.into(), until: expires_at })
    }

    /// Finds the app's installation on a repository.
    async fn installation(&self, client: &Client, repository: &RepositoryName) -> Result<Installation, Error> {
        let url = self.api.of(repository, &["installation"]);
        let (status, answer) = self.ask(client, Method::GET, &url, None).await?;
        if !status.is_success() {
            return Err(self.refusal(status, &answer, repository));
        }
        answer.parse("installation of an app")
    }

    /// Asks as the app itself. Where the proof is refused and the clock is not GitHub's, it is put right once.
    async fn ask(
        &self,
        client: &Client,
        method: Method,
        url: &Url,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Answer), Error> {
        let prove = || {
            let proof = self.key.prove(&self.id, self.clock.now());
            proof.ok_or_else(|| Error::Unauthorized("the app's key signs nothing".into()))
        };
        let (status, answer) = client.send_with(Some(&prove()?), &method, url, body, Twice::Harmless).await?;
        let off = self.clock.off_by(&answer.headers).filter(|off| off.abs() > TOLERABLE);
        let Some(off) = off.filter(|_| status == StatusCode::UNAUTHORIZED) else { return Ok((status, answer)) };
        let (seconds, which) = (off.abs(), if off > 0 { "behind" } else { "ahead of" });
        tracing::warn!("the clock here is {seconds} s {which} GitHub's, which is taken in its place: set it right");
        self.clock.adjust(off);
        client.send_with(Some(&prove()?), &method, url, body, Twice::Harmless).await
    }

    fn refusal(&self, status: StatusCode, answer: &Answer, repository: &RepositoryName) -> Error {
        let id = &self.id;
        let said = answer.said(status);
        match status {
            StatusCode::UNAUTHORIZED => {
                Error::Unauthorized(format!("GitHub does not take the key for one of the app {id} ({said})"))
            }
            StatusCode::FORBIDDEN | StatusCode::UNPROCESSABLE_ENTITY => {
                Error::Unauthorized(format!("the app {id} gets no token for {repository} ({said})"))
            }
            StatusCode::NOT_FOUND => {
                Error::Unauthorized(format!("the app {id} is not installed on {repository} ({said})"))
            }
            _ => Refusal { status, answer, permission: Permission::Metadata, has_token: true }.into_error(),
        }
    }
}

/// Takes what is wanted as far as it has been granted: what is missing is told where it is needed. Every app may see
/// which repositories there are; a token for which nothing is named would be for all.
fn narrow(wanted: impl Iterator<Item = Permission>, granted: &BTreeMap<String, String>) -> Value {
    let mut narrowed = BTreeMap::from([("metadata", Level::Read)]);
    for permission in wanted {
        let (key, level) = permission.claim();
        let most = match granted.get(key).map(String::as_str) {
            Some("read") => Level::Read,
            Some("write" | "admin") => Level::Write,
            _ => continue,
        };
        let entry = narrowed.entry(key).or_insert(Level::Read);
        *entry = (*entry).max(level.min(most));
    }
    json!(narrowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_asked_for_than_is_wanted_and_granted() {
        let granted =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(key, level)| ((*key).into(), (*level).into())).collect();
        let wanted = || {
            [Permission::Contents, Permission::WriteContents, Permission::Deployments, Permission::Checks].into_iter()
        };
        let all = granted(&[("contents", "write"), ("deployments", "write"), ("checks", "write"), ("issues", "write")]);
        let expected = json!({ "checks": "read", "contents": "write", "deployments": "write", "metadata": "read" });
        assert_eq!(narrow(wanted(), &all), expected);
        let reader = granted(&[("contents", "read"), ("deployments", "read")]);
        let expected = json!({ "contents": "read", "deployments": "read", "metadata": "read" });
        assert_eq!(narrow(wanted(), &reader), expected);
        assert_eq!(narrow([].into_iter(), &all), json!({ "metadata": "read" }));
    }
}
