//! Where Argo CD is.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;

/// The address of an Argo CD server, with the path below which it is served, if there is one.
///
/// It is `https`, or this machine: a token is never sent in clear text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl(Url);

/// Tells why an address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no such address.
    #[error("it is no address of a server, as in https://argocd.example.com")]
    Malformed,
    /// It holds credentials.
    #[error("it holds credentials, and a token is given by EMBARK_ARGOCD_TOKEN")]
    Credentials,
    /// A token would go over the network in clear text.
    #[error("a token would be sent to {0} in clear text: https is needed there")]
    ClearText(String),
}

impl ServerUrl {
    /// Returns the address of something.
    pub(crate) fn join(&self, rest: &[&str]) -> Url {
        let mut url = self.0.clone();
        // An http address always has a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(rest);
        }
        url
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.as_str().trim_end_matches('/'))
    }
}

impl FromStr for ServerUrl {
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
    fn a_server_may_be_served_below_a_path() {
        for (server, expected) in [
            ("https://argocd.example.com", "https://argocd.example.com/api/v1/applications/shop"),
            ("https://example.com/argocd/", "https://example.com/argocd/api/v1/applications/shop"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v1/applications/shop"),
        ] {
            let server: ServerUrl = server.parse().expect("an address");
            assert_eq!(server.join(&["api", "v1", "applications", "shop"]).as_str(), expected);
        }
        let server: ServerUrl = "https://argocd.example.com/".parse().expect("an address");
        assert_eq!(server.to_string(), "https://argocd.example.com");
    }

    #[test]
    fn only_what_is_safe_is_an_address() {
        for text in ["http://argocd.example.com", "http://10.0.0.1", "http://localhost.example.com"] {
            assert!(matches!(text.parse::<ServerUrl>(), Err(AddressError::ClearText(_))), "{text}");
        }
        assert_eq!("https://a:b@example.com".parse::<ServerUrl>(), Err(AddressError::Credentials));
        for text in ["", "argocd.example.com", "ftp://example.com", "https://example.com/?a=b"] {
            assert_eq!(text.parse::<ServerUrl>(), Err(AddressError::Malformed), "{text}");
        }
    }
}
