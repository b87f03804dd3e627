//! What requests are let in with.

use secrecy::{ExposeSecret as _, SecretString};

use crate::app::App;
use crate::error::Error;
use crate::name::RepositoryName;

/// What requests are let in with.
#[derive(Debug, Clone, Default)]
pub enum Credentials {
    /// Nothing: what is public can be read.
    #[default]
    None,
    /// A token: of a person, or of a job of GitHub Actions.
    Token(SecretString),
    /// A GitHub App, which is handed out tokens.
    App(App),
}

impl Credentials {
    pub(crate) fn are_given(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// Returns the token for a repository.
    pub(crate) async fn token(&self, repository: &RepositoryName) -> Result<Option<SecretString>, Error> {
        match self {
            Self::None => Ok(None),
            Self::Token(token) => Ok(Some(token.clone())),
            Self::App(app) => app.issued(repository, None).await.map(Some),
        }
    }

    /// Returns another token than the one that was refused, if there can be another.
    pub(crate) async fn another(
        &self,
        repository: &RepositoryName,
        refused: Option<&SecretString>,
    ) -> Result<Option<SecretString>, Error> {
        let Self::App(app) = self else { return Ok(None) };
        let other = app.issued(repository, refused).await?;
        Ok(Some(other).filter(|other| refused.is_none_or(|refused| !is_same(other, refused))))
    }
}

pub(crate) fn is_same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}

impl From<Option<SecretString>> for Credentials {
    fn from(token: Option<SecretString>) -> Self {
        token.map_or(Self::None, Self::Token)
    }
}

impl From<App> for Credentials {
    fn from(app: App) -> Self {
        Self::App(app)
    }
}
