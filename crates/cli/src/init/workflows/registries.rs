//! The registries that a job logs in to.

use embark_core::{Pipeline, Repository};

use super::template::render;

/// GitHub's own, into which a job's token is let.
pub(super) const GHCR: &str = "ghcr.io";

/// Lists the registries of the images, each once. Layouts on disk are in none.
pub(super) fn hosts(pipeline: &Pipeline) -> Vec<String> {
    let mut hosts = Vec::new();
    for component in pipeline.components() {
        for host in std::iter::once(&component.image).chain(component.images.values()).filter_map(host) {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
    }
    hosts
}

/// Returns the host of a repository: what stands before the first `/` if it looks like one, else that of Docker Hub.
fn host(repository: &Repository) -> Option<String> {
    if repository.layout_path().is_some() {
        return None;
    }
    let host = repository.as_str().split_once('/').map(|(host, _)| host);
    let host = host.filter(|host| host.contains(['.', ':']) || *host == "localhost");
    Some(host.unwrap_or("docker.io").to_owned())
}

/// Writes the step that logs in to a registry.
pub(super) fn login(host: &str, action: &str) -> String {
    let secret = |what: &str| {
        // Two hosts have no name in common, so that neither gets the other's password.
        let plain = host.replace('-', "__").replace(['.', ':'], "_");
        // A name begins with no digit.
        let prefix = if plain.starts_with(|letter: char| letter.is_ascii_digit()) { "_" } else { "" };
        format!("secrets.{prefix}{}_{what}", plain.to_uppercase())
    };
    let (username, password) = match host {
        GHCR => ("github.actor".to_owned(), "github.token".to_owned()),
        _ => (secret("USERNAME"), secret("PASSWORD")),
    };
    let texts = [
        ("registry", host.to_owned()),
        ("username", username),
        ("password", password),
        ("docker_login", action.to_owned()),
    ];
    render(include_str!("login.yaml"), &texts, &[])
}
