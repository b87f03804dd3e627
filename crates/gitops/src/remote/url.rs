//! Addresses of repositories, kept apart from the credentials for them.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

use crate::store::StoreError;
use crate::token::{NoToken, TokenSource};

/// The address of a repository on a server, `https://…`, with the token for it.
///
/// Neither `Debug` nor [`RemoteUrl::as_str`] shows the token. Over plain HTTP it goes to this machine only.
#[derive(Debug, Clone)]
pub struct RemoteUrl {
    /// Without user and password.
    url: reqwest::Url,
    user: String,
    token: Option<Token>,
    /// A file with authorities that vouch for servers, beside the system's.
    authorities: Option<PathBuf>,
}

#[derive(Debug, Clone)]
enum Token {
    Lasting(SecretString),
    Passing(Arc<dyn TokenSource>),
}

/// Tells why an address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is no `http://` or `https://` address with a host.
    #[error("it is not the address of a repository, as in https://github.com/acme/deployment.git")]
    Malformed,
    /// It holds a password.
    #[error("it holds a password, which does not belong into a file")]
    Password,
    /// A token would go over the network in clear text.
    #[error("a token would be sent in clear text to {0}: https is needed")]
    ClearText(String),
}

/// GitHub's name for the user of a token; GitLab, Gitea and Azure take any.
const TOKEN_USER: &str = "x-access-token";

impl RemoteUrl {
    /// Adds the token, which is sent as the password of basic authentication.
    ///
    /// # Errors
    /// [`UrlError::ClearText`] over plain HTTP, but for this machine.
    pub fn with_token(self, token: SecretString) -> Result<Self, UrlError> {
        self.with(Token::Lasting(token))
    }

    /// Adds who hands out the token, which is sent in the same way.
    ///
    /// # Errors
    /// [`UrlError::ClearText`] over plain HTTP, but for this machine.
    pub fn with_tokens(self, source: Arc<dyn TokenSource>) -> Result<Self, UrlError> {
        self.with(Token::Passing(source))
    }

    fn with(self, token: Token) -> Result<Self, UrlError> {
        if self.url.scheme() == "http" && !self.is_loopback() {
            return Err(UrlError::ClearText(self.host().into()));
        }
        Ok(Self { token: Some(token), ..self })
    }

    /// Trusts the authorities in a file, in PEM, beside the system's, where git's own programs must be asked. The HTTP
    /// client is told for itself.
    #[must_use]
    pub fn with_authorities(self, file: PathBuf) -> Self {
        Self { authorities: Some(file), ..self }
    }

    /// Returns the address, without credentials.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Returns the path, which begins with `/`.
    pub fn path(&self) -> &str {
        self.url.path()
    }

    /// Returns the host, without port.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    fn is_loopback(&self) -> bool {
        let host = self.host();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
        address.map_or(host == "localhost", |address| address.is_loopback())
    }

    /// Names the user of the token, if it has a name.
    pub(crate) fn with_user(self, user: &str) -> Self {
        if user.is_empty() { self } else { Self { user: user.to_owned(), ..self } }
    }

    /// Returns what git's credential helpers are asked, see [the format](https://git-scm.com/docs/git-credential#IOFMT).
    pub(crate) fn credential_request(&self) -> String {
        let host = self.url.port().map_or_else(|| self.host().to_owned(), |port| format!("{}:{port}", self.host()));
        let path = self.url.path().trim_start_matches('/');
        let named = if self.user == TOKEN_USER { String::new() } else { format!("username={}\n", self.user) };
        format!("protocol={}\nhost={host}\npath={path}\n{named}\n", self.url.scheme())
    }

    pub(crate) fn authorities(&self) -> Option<&Path> {
        self.authorities.as_deref()
    }

    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Returns the token of this moment.
    pub(crate) async fn token(&self) -> Result<Option<SecretString>, StoreError> {
        match &self.token {
            None => Ok(None),
            Some(Token::Lasting(token)) => Ok(Some(token.clone())),
            Some(Token::Passing(source)) => source.token(None).await.map(Some).map_err(no_token),
        }
    }

    /// Returns another token than the one that was refused, if there is another.
    pub(crate) async fn another(&self, refused: &SecretString) -> Result<Option<SecretString>, StoreError> {
        let Some(Token::Passing(source)) = &self.token else { return Ok(None) };
        let other = source.token(Some(refused.clone())).await.map_err(no_token)?;
        Ok(Some(other).filter(|other| other.expose_secret() != refused.expose_secret()))
    }

    /// Returns the header that a token is sent in.
    pub(crate) fn authorization(&self, token: &SecretString) -> Option<HeaderValue> {
        use base64::Engine as _;
        let pair = format!("{}:{}", self.user, token.expose_secret());
        let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
        let mut value = HeaderValue::try_from(format!("Basic {encoded}")).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    pub(super) fn to_gix(&self) -> Result<gix::Url, StoreError> {
        let url = gix::url::parse(self.as_str());
        url.map_err(|error| StoreError::Malformed(format!("its address cannot be read: {error}")))
    }
}

fn no_token(why: NoToken) -> StoreError {
    match why {
        NoToken::Refused(reason) => StoreError::Unauthorized(reason),
        NoToken::Unavailable(source) => StoreError::Unavailable(source),
    }
}

impl FromStr for RemoteUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let mut url: reqwest::Url = text.parse().map_err(|_| UrlError::Malformed)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(UrlError::Malformed);
        }
        if url.password().is_some() {
            return Err(UrlError::Password);
        }
        let user = if url.username().is_empty() { TOKEN_USER } else { url.username() }.to_owned();
        url.set_username("").map_err(|()| UrlError::Malformed)?;
        Ok(Self { url, user, token: None, authorities: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> RemoteUrl {
        text.parse().expect("an address")
    }

    #[test]
    fn a_token_is_seen_nowhere() {
        let url = url("https://somebody@example.com/a.git").with_token("secret".into()).expect("https is safe");
        assert_eq!(url.as_str(), "https://example.com/a.git");
        assert!(!format!("{url:?}").contains("secret"));
        let header = url.authorization(&"secret".into()).expect("it can stand in a header");
        assert!(!format!("{header:?}").contains("c2Vj"));
        assert_eq!(header.as_bytes(), b"Basic c29tZWJvZHk6c2VjcmV0");
    }

    #[test]
    fn a_token_goes_over_plain_http_to_this_machine_only() {
        for local in ["http://127.0.0.1:80/a", "http://localhost/a", "http://[::1]:8080/a"] {
            assert!(url(local).with_token("secret".into()).is_ok(), "{local}");
        }
        for remote in ["http://example.com/a", "http://10.0.0.1/a", "http://localhost.example.com/a"] {
            assert!(matches!(url(remote).with_token("secret".into()), Err(UrlError::ClearText(_))), "{remote}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_repository_is_told() {
        assert_eq!("https://a:b@example.com/c".parse::<RemoteUrl>().err(), Some(UrlError::Password));
        for text in ["", "ftp://example.com/a", "git@example.com:a/b.git", "https://", "../a.git"] {
            assert_eq!(text.parse::<RemoteUrl>().err(), Some(UrlError::Malformed), "{text}");
        }
    }
}
