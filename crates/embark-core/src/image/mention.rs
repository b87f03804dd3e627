//! The text of an image as charts and pods write it.

use super::Repository;

/// What such a text says. Nothing of it need be well formed: it is compared, and never pulled.
pub(crate) struct Mention<'t> {
    repository: &'t str,
    /// The tag, if it has one.
    pub(crate) tag: Option<&'t str>,
    /// The digest, if it has one.
    pub(crate) digest: Option<&'t str>,
}

impl<'t> Mention<'t> {
    pub(crate) fn parse(text: &'t str) -> Self {
        let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
        // A colon before the last slash belongs to the host's port.
        let colon = name.rfind(':').filter(|colon| !name[*colon..].contains('/'));
        let (repository, tag) = colon.map_or((name, None), |colon| (&name[..colon], Some(&name[colon + 1..])));
        Self { repository, tag, digest }
    }

    /// Tells whether it is of a repository, however both are abbreviated.
    pub(crate) fn is_of(&self, repository: &Repository) -> bool {
        in_full(self.repository) == in_full(repository.as_str())
    }
}

/// Writes out what [a reference without a host](https://docs.docker.com/reference/cli/docker/image/tag/) means.
fn in_full(repository: &str) -> String {
    let repository = repository.strip_prefix("index.docker.io/").unwrap_or(repository);
    let has_host = |host: &str| host.contains(['.', ':']) || host == "localhost";
    match repository.split_once('/') {
        Some(("docker.io", path)) if !path.contains('/') => format!("docker.io/library/{path}"),
        Some((host, _)) if has_host(host) => repository.to_owned(),
        Some(_) => format!("docker.io/{repository}"),
        None => format!("docker.io/library/{repository}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_the_same_with_and_without_the_default_host() {
        for (one, other, expected) in [
            ("nginx", "docker.io/library/nginx", true),
            ("docker.io/nginx", "library/nginx", true),
            ("index.docker.io/acme/web", "acme/web", true),
            ("index.docker.io/library/web", "web", true),
            ("localhost:5000/web", "web", false),
            ("ghcr.io/acme/web", "acme/web", false),
            ("ghcr.io/acme/web", "docker.io/acme/web", false),
        ] {
            assert_eq!(in_full(one) == in_full(other), expected, "{one} {other}");
        }
    }

    #[test]
    fn a_colon_is_that_of_the_port_or_that_of_the_tag() {
        for (text, repository, tag, digest) in [
            ("web", "web", None, None),
            ("web:1.4.0", "web", Some("1.4.0"), None),
            ("registry.test:5000/acme/web", "registry.test:5000/acme/web", None, None),
            ("registry.test:5000/web:1@sha256:0", "registry.test:5000/web", Some("1"), Some("sha256:0")),
            ("web@sha256:0", "web", None, Some("sha256:0")),
        ] {
            let mention = Mention::parse(text);
            assert_eq!((mention.repository, mention.tag, mention.digest), (repository, tag, digest), "{text}");
        }
    }
}
