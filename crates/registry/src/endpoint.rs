//! Where a repository is on the network.

use std::net::{Ipv4Addr, Ipv6Addr};

use embark_core::ports::RegistryError;
use embark_core::{Digest, Reference, Repository};
use reqwest::Url;

/// A repository of a registry over HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) repository: Repository,
    /// Host and port, in lower case.
    pub(crate) host: String,
    /// The repository's name without its host.
    pub(crate) name: String,
    base: Url,
}

/// Docker Hub has a name that people write and another one that answers.
const HUB: &str = "registry-1.docker.io";

impl Endpoint {
    pub(crate) fn of(repository: &Repository) -> Result<Self, RegistryError> {
        let text = repository.as_str();
        let (host, name) = match text.split_once('/') {
            Some((host, name)) if host.contains(['.', ':']) || host == "localhost" => (host.to_lowercase(), name),
            _ => ("docker.io".into(), text),
        };
        let (host, name) = match host.as_str() {
            "docker.io" | "index.docker.io" | HUB if !name.contains('/') => (HUB.into(), format!("library/{name}")),
            "docker.io" | "index.docker.io" => (HUB.into(), name.into()),
            _ => (host, name.into()),
        };
        // A registry on this machine is reached without TLS, as docker has it.
        let scheme = if is_loopback(host_name(&host)) { "http" } else { "https" };
        let base = Url::parse(&format!("{scheme}://{host}/")).map_err(|error| RegistryError::Unsupported {
            repository: repository.clone(),
            reason: format!("{host} is no host: {error}"),
        })?;
        Ok(Self { repository: repository.clone(), host, name, base })
    }

    /// Tells whether both are one repository, however they are written.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.host == other.host && self.name == other.name
    }

    /// Returns the names under which docker's configuration may know the host.
    pub(crate) fn servers(&self) -> Vec<&str> {
        if self.host == HUB { vec!["index.docker.io", "docker.io", HUB] } else { vec![&self.host] }
    }

    /// Returns the address that docker's credential helpers know the host by.
    pub(crate) fn server_address(&self) -> &str {
        if self.host == HUB { "https://index.docker.io/v1/" } else { &self.host }
    }

    pub(crate) fn manifest_url(&self, reference: &Reference) -> Url {
        self.url(&format!("manifests/{reference}"))
    }

    pub(crate) fn blob_url(&self, digest: &Digest) -> Url {
        self.url(&format!("blobs/{digest}"))
    }

    pub(crate) fn tags_url(&self) -> Url {
        self.url("tags/list")
    }

    pub(crate) fn referrers_url(&self, subject: &Digest) -> Url {
        self.url(&format!("referrers/{subject}"))
    }

    pub(crate) fn uploads_url(&self) -> Url {
        self.url("blobs/uploads/")
    }

    fn url(&self, rest: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("/v2/{}/{rest}", self.name));
        url
    }

    /// Reads a `Location`, which may be relative.
    pub(crate) fn locate(&self, location: &str) -> Option<Url> {
        self.base.join(location).ok()
    }

    /// Tells whether `url` is on this host, which alone gets its credentials.
    pub(crate) fn is_home_of(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }
}

/// Tells whether nobody on the way can read what is sent to `url`.
pub(crate) fn is_private(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => url.host_str().is_some_and(is_loopback),
        _ => false,
    }
}

fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => name,
        _ => host,
    }
}

fn is_loopback(name: &str) -> bool {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || bare.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_at(repository: &str, url: &str) {
        let endpoint = Endpoint::of(&repository.parse().unwrap()).unwrap();
        assert_eq!(endpoint.manifest_url(&Reference::Tag("x".parse().unwrap())).as_str(), url);
    }

    #[test]
    fn a_name_without_host_is_on_docker_hub() {
        assert_at("nginx", "https://registry-1.docker.io/v2/library/nginx/manifests/x");
        assert_at("acme/backend", "https://registry-1.docker.io/v2/acme/backend/manifests/x");
        assert_at("docker.io/nginx", "https://registry-1.docker.io/v2/library/nginx/manifests/x");
        assert_at("docker.io/acme/backend", "https://registry-1.docker.io/v2/acme/backend/manifests/x");
    }

    #[test]
    fn only_this_machine_is_reached_without_tls() {
        assert_at("gcr.io/acme/backend", "https://gcr.io/v2/acme/backend/manifests/x");
        assert_at("10.0.0.1:5000/backend", "https://10.0.0.1:5000/v2/backend/manifests/x");
        assert_at("127.0.0.1.example.com/backend", "https://127.0.0.1.example.com/v2/backend/manifests/x");
        assert_at("localhost.example.com/backend", "https://localhost.example.com/v2/backend/manifests/x");
        assert_at("127.1.2.3:5000/backend", "http://127.1.2.3:5000/v2/backend/manifests/x");
        assert_at("localhost/backend", "http://localhost/v2/backend/manifests/x");
        assert_at("[::1]:5000/backend", "http://[::1]:5000/v2/backend/manifests/x");
    }

    #[test]
    fn one_repository_may_be_written_in_two_ways() {
        let at = |text: &str| Endpoint::of(&text.parse().unwrap()).unwrap();
        assert!(at("nginx").is_same(&at("docker.io/library/nginx")));
        assert!(at("GCR.io/acme/x").is_same(&at("gcr.io/acme/x")));
        assert!(!at("gcr.io/acme/x").is_same(&at("eu.gcr.io/acme/x")));
    }
}
