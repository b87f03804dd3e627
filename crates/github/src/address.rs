//! Where GitHub's API is.

use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;

use crate::name::RepositoryName;

/// The base address of [GitHub's REST API](https://docs.github.com/en/rest): `https://api.github.com`, or that of a
/// server of one's own, `https://HOST/api/v3`.
///
/// It is `https`, or this machine: a token is never sent in clear text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiUrl(Url);

/// Tells why an address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no such address.
    #[error("it is no address, as in https://github.com or https://api.github.com")]
    Malformed,
    /// It holds credentials.
    #[error("it holds credentials, which are given by another variable")]
    Credentials,
    /// A token would go over the network in clear text.
    #[error("a token would be sent in clear text to {0}: https is needed")]
    ClearText(String),
}

impl ApiUrl {
    /// Returns the API of a server: of github.com, of a server of one's own, or of
    /// [GHE.com](https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency/about-github-enterprise-cloud-with-data-residency#api-access).
    ///
    /// # Errors
    /// [`AddressError`] if it is no address of a server.
    pub fn of_server(server: &str) -> Result<Self, AddressError> {
        let Self(mut url) = server.parse()?;
        let host = url.host_str().unwrap_or_default();
        if host == "github.com" || host.ends_with(".ghe.com") {
            let host = format!("api.{host}");
            url.set_host(Some(&host)).map_err(|_| AddressError::Malformed)?;
            url.set_path("");
            return Ok(Self(url));
        }
        Ok(Self(Self(url).join(&["api", "v3"])))
    }

    /// Returns the address of something of a repository.
    pub(crate) fn of(&self, repository: &RepositoryName, rest: &[&str]) -> Url {
        self.join(&[&["repos", repository.owner(), repository.name()], rest].concat())
    }

    /// Returns the address of something.
    pub(crate) fn join(&self, rest: &[&str]) -> Url {
        let mut url = self.0.clone();
        // An http address always has a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(rest);
        }
        url
    }

    /// Returns where [GraphQL](https://docs.github.com/en/graphql/guides/forming-calls-with-graphql#the-graphql-endpoint) is:
    /// of GitHub Enterprise Server beside `v3`.
    pub(crate) fn graphql(&self) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty();
            if self.0.path().trim_end_matches('/').ends_with("/v3") {
                segments.pop();
            }
            segments.push("graphql");
        }
        url
    }

    /// Tells whether an address is of the same server, so that it may get the token.
    pub(crate) fn is_home_of(&self, url: &Url) -> bool {
        self.0.origin() == url.origin()
    }
}

impl FromStr for ApiUrl {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let url: Url = text.parse().map_err(|_| AddressError::Malformed)?;
        let Some(host) = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https")) else {
            return Err(AddressError::Malformed);
        };
        if url.query().is_some() || url.fragment().is_some() {
            return Err(AddressError::Malformed);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        if url.scheme() == "http" && !is_loopback(host) {
            return Err(AddressError::ClearText(host.into()));
        }
        Ok(Self(url))
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
    fn addresses_are_joined_below_the_base() {
        let repository = "acme/app".parse().unwrap();
        for (base, expected) in [
            ("https://api.github.com", "https://api.github.com/repos/acme/app/commits/abc/status"),
            ("https://api.github.com/", "https://api.github.com/repos/acme/app/commits/abc/status"),
            ("https://ghe.example.com/api/v3", "https://ghe.example.com/api/v3/repos/acme/app/commits/abc/status"),
            ("https://ghe.example.com/api/v3/", "https://ghe.example.com/api/v3/repos/acme/app/commits/abc/status"),
        ] {
            let api: ApiUrl = base.parse().unwrap();
            assert_eq!(api.of(&repository, &["commits", "abc", "status"]).as_str(), expected);
        }
        for (base, expected) in [
            ("https://api.github.com", "https://api.github.com/graphql"),
            ("https://api.acme.ghe.com/", "https://api.acme.ghe.com/graphql"),
            ("https://ghe.example.com/api/v3", "https://ghe.example.com/api/graphql"),
        ] {
            assert_eq!(base.parse::<ApiUrl>().unwrap().graphql().as_str(), expected);
        }
    }

    #[test]
    fn each_kind_of_server_has_its_api() {
        for (server, api, graphql) in [
            ("https://github.com", "https://api.github.com/", "https://api.github.com/graphql"),
            ("https://github.com/", "https://api.github.com/", "https://api.github.com/graphql"),
            ("https://acme.ghe.com", "https://api.acme.ghe.com/", "https://api.acme.ghe.com/graphql"),
            ("https://ghe.example.com", "https://ghe.example.com/api/v3", "https://ghe.example.com/api/graphql"),
            (
                "https://ghe.example.com:8443/",
                "https://ghe.example.com:8443/api/v3",
                "https://ghe.example.com:8443/api/graphql",
            ),
        ] {
            let found = ApiUrl::of_server(server).unwrap();
            assert_eq!((found.0.as_str(), found.graphql().as_str()), (api, graphql), "{server}");
        }
        assert_eq!(ApiUrl::of_server("http://ghe.example.com"), Err(AddressError::ClearText("ghe.example.com".into())));
        assert_eq!(ApiUrl::of_server("github.com"), Err(AddressError::Malformed));
    }

    #[test]
    fn only_what_is_safe_is_an_address() {
        for text in ["http://127.0.0.1:80", "http://localhost", "http://[::1]:8080/api"] {
            assert!(text.parse::<ApiUrl>().is_ok(), "{text}");
        }
        for text in ["http://api.github.com", "http://10.0.0.1", "http://localhost.example.com"] {
            assert!(matches!(text.parse::<ApiUrl>(), Err(AddressError::ClearText(_))), "{text}");
        }
        assert_eq!("https://a:b@example.com".parse::<ApiUrl>(), Err(AddressError::Credentials));
        for text in ["", "api.github.com", "ftp://example.com", "https://example.com/?a=b"] {
            assert_eq!(text.parse::<ApiUrl>(), Err(AddressError::Malformed), "{text}");
        }
    }
}
