//! What embark is let in with at GitHub, and where that is.

use std::sync::Arc;

use async_trait::async_trait;
use embark_github::{AddressError, ApiUrl, App, AppError, Credentials, Permission, RepositoryName, TokenError};
use embark_gitops::{NoToken, RemoteUrl, TokenSource, UrlError};
use secrecy::{ExposeSecret as _, SecretString};

use super::Env;
use crate::address::OnGitHub;
use crate::error::Error;

/// The two variables of an app.
const APP_ID: &str = "EMBARK_GITHUB_APP_ID";
const APP_KEY: &str = "EMBARK_GITHUB_APP_PRIVATE_KEY";

const SET_BOTH: &str = "set both EMBARK_GITHUB_APP_ID and EMBARK_GITHUB_APP_PRIVATE_KEY, or neither; a secret that is \
                        not there is empty";
const SET_ID: &str = "set EMBARK_GITHUB_APP_ID to the number that the app's settings show, or to its client id";
const SET_KEY: &str =
    "set EMBARK_GITHUB_APP_PRIVATE_KEY to the text of the file that GitHub made when you generated the app's key";

impl Env {
    /// Returns what embark is let in with: a token that is meant for it, else an app, else the token of a job. An app's
    /// tokens are for what is wanted; where that is nothing, nobody is asked.
    pub(crate) fn github_credentials(
        &self,
        http: &reqwest::Client,
        wanted: Vec<(RepositoryName, Permission)>,
    ) -> Result<Credentials, Error> {
        if wanted.is_empty() {
            return Ok(Credentials::None);
        }
        if let Some(token) = &self.embark_github_token {
            return Ok(Credentials::Token(token.clone()));
        }
        let (id, key) = match (&self.github_app_id, &self.github_app_key) {
            (None, None) => return Ok(self.github_token.clone().into()),
            (Some(id), Some(key)) => (id, key.expose_secret()),
            (Some(_), None) => {
                return Err(Error::Credentials(format!("{APP_ID} is set, and {APP_KEY} is not"), SET_BOTH));
            }
            (None, Some(_)) => {
                return Err(Error::Credentials(format!("{APP_KEY} is set, and {APP_ID} is not"), SET_BOTH));
            }
        };
        let wrong = |variable: &str, error: AppError, hint| Error::Credentials(format!("{variable}: {error}"), hint);
        let id = id.parse().map_err(|error| wrong(APP_ID, error, SET_ID))?;
        let key = key.parse().map_err(|error| wrong(APP_KEY, error, SET_KEY))?;
        Ok(App::new(http.clone(), self.github_api()?, id, key).wanting(wanted).into())
    }

    /// Returns where the API is: what is said of it, else that of the server. The configuration names none, since the
    /// credentials go there.
    pub(super) fn github_api(&self) -> Result<ApiUrl, Error> {
        let wrong = |error: AddressError, variable: &str, hint| Error::Arguments(format!("{variable}: {error}"), hint);
        match &self.github_api {
            Some(api) => api
                .parse()
                .map_err(|error| wrong(error, "GITHUB_API_URL", "set it to the address of the API, or leave it out")),
            None => ApiUrl::of_server(self.github_server()).map_err(|error| {
                wrong(
                    error,
                    "GITHUB_SERVER_URL",
                    "set it to the address of GitHub, as in https://github.com, or leave it out",
                )
            }),
        }
    }

    /// Returns where GitHub is, for people.
    pub(crate) fn github_server(&self) -> &str {
        self.github_server.as_deref().unwrap_or("https://github.com")
    }

    /// Returns the host on which repositories on GitHub are, in lower case.
    pub(crate) fn github_host(&self) -> String {
        let host = self.github_server().split("://").nth(1).and_then(|rest| rest.split(['/', ':']).next());
        host.unwrap_or("github.com").to_ascii_lowercase()
    }

    /// Returns which repository on GitHub an address names, if it is one that is let in by what GitHub takes.
    pub(crate) fn on_github(&self, url: &RemoteUrl) -> Option<RepositoryName> {
        if self.git_token.is_some() || url.host() != self.github_host() {
            return None;
        }
        OnGitHub::repository_in(url.path())
    }

    /// Adds to an address what its host lets in. What lets in at GitHub goes to GitHub alone.
    pub(crate) fn let_in(&self, url: RemoteUrl, github: &Credentials) -> Result<RemoteUrl, UrlError> {
        if let Some(token) = &self.git_token {
            return url.with_token(token.clone());
        }
        match (github, self.on_github(&url)) {
            (_, None) | (Credentials::None, _) => Ok(url),
            (Credentials::Token(token), _) => url.with_token(token.clone()),
            (Credentials::App(app), Some(repository)) => {
                url.with_tokens(Arc::new(AppTokens { app: app.clone(), repository }))
            }
        }
    }
}

/// The tokens of an app, for git.
#[derive(Debug)]
struct AppTokens {
    app: App,
    repository: RepositoryName,
}

#[async_trait]
impl TokenSource for AppTokens {
    async fn token(&self, refused: Option<SecretString>) -> Result<SecretString, NoToken> {
        self.app.token(&self.repository, refused.as_ref()).await.map_err(|error| match error {
            TokenError::Refused(reason) => NoToken::Refused(reason),
            TokenError::Unavailable(source) => NoToken::Unavailable(source),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env() -> Env {
        Env {
            github_app_id: Some("12345".into()),
            github_app_key: Some("no key that anybody may see".into()),
            github_token: Some("of the job".into()),
            ..Env::default()
        }
    }

    fn credentials(env: &Env) -> Result<Credentials, Error> {
        let wanted = vec![("acme/shop".parse().expect("a name"), Permission::Contents)];
        env.github_credentials(&reqwest::Client::new(), wanted)
    }

    #[test]
    fn a_token_of_its_own_goes_before_an_app_and_that_before_the_token_of_a_job() {
        let of_embark = Env { embark_github_token: Some("of embark".into()), ..env() };
        let token = |env: &Env| match credentials(env) {
            Ok(Credentials::Token(token)) => token.expose_secret().to_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(token(&of_embark), "of embark");
        assert!(matches!(credentials(&env()), Err(Error::Credentials(..))), "the app is taken");
        assert_eq!(token(&Env { github_app_id: None, github_app_key: None, ..env() }), "of the job");
        let nothing = Env::default().github_credentials(&reqwest::Client::new(), Vec::new());
        assert!(matches!(nothing, Ok(Credentials::None)));
        assert!(matches!(env().github_credentials(&reqwest::Client::new(), Vec::new()), Ok(Credentials::None)));
    }

    #[test]
    fn half_an_app_is_told_and_none_of_it_is_shown() {
        for (env, words) in [
            (env(), "EMBARK_GITHUB_APP_PRIVATE_KEY: it holds no private key"),
            (Env { github_app_id: Some("no id".into()), ..env() }, "EMBARK_GITHUB_APP_ID: it is neither"),
            (Env { github_app_id: None, ..env() }, "EMBARK_GITHUB_APP_ID is not"),
            (Env { github_app_key: None, ..env() }, "EMBARK_GITHUB_APP_PRIVATE_KEY is not"),
        ] {
            let error = credentials(&env).expect_err(words);
            assert!(error.to_string().contains(words), "{error}");
            let shown = format!("{error} {error:?} {} {env:?}", error.hint(&crate::error::Queue::default()));
            assert!(!shown.contains("may see"), "{shown}");
        }
    }

    #[test]
    fn what_lets_in_at_github_goes_to_github_alone() {
        let url = |text: &str| text.parse::<RemoteUrl>().expect("an address");
        let env = env();
        let name = |env: &Env, text: &str| env.on_github(&url(text)).map(|name| name.to_string());
        for address in
            ["https://github.com/acme/shop.git", "https://github.com/acme/shop/", "https://github.com:443/acme/shop"]
        {
            assert_eq!(name(&env, address).as_deref(), Some("acme/shop"), "{address}");
        }
        for address in
            ["https://github.com.example.com/acme/shop", "https://gitlab.com/acme/shop", "https://github.com/acme"]
        {
            assert_eq!(name(&env, address), None, "{address}");
        }
        let enterprise = Env { github_server: Some("https://GHE.example.com".into()), ..env.clone() };
        assert_eq!(name(&enterprise, "https://ghe.example.com/acme/shop.git").as_deref(), Some("acme/shop"));
        assert_eq!(name(&enterprise, "https://github.com/acme/shop.git"), None);
        let own = Env { git_token: Some("of git".into()), ..env };
        assert_eq!(name(&own, "https://github.com/acme/shop.git"), None, "it has a token of its own");
    }
}
