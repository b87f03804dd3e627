//! Where a commit of the deployment repo can be looked at.

use embark_github::RepositoryName;

/// Returns the page of a repository that is on GitHub, at `server`; of another host it is not known.
pub(super) fn of_repository(url: &str, server: &str) -> Option<String> {
    let server = server.trim_end_matches('/');
    let host = server.split_once("://")?.1;
    // As in git@github.com:acme/deployment.git.
    let rest = match url.split_once("://") {
        Some((_, rest)) => rest.to_owned(),
        None => url.replacen(':', "/", 1),
    };
    let (authority, path) = rest.split_once('/')?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = path.trim_end_matches('/');
    let name: RepositoryName = path.strip_suffix(".git").unwrap_or(path).parse().ok()?;
    (authority == host).then(|| format!("{server}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_known_of_a_repository_on_github_alone() {
        let server = "https://github.com";
        for url in [
            "https://github.com/acme/deployment.git",
            "https://ada@github.com/acme/deployment/",
            "ssh://git@github.com/acme/deployment.git",
            "git@github.com:acme/deployment.git",
        ] {
            assert_eq!(of_repository(url, server).as_deref(), Some("https://github.com/acme/deployment"), "{url}");
        }
        for url in [
            "../git/deployment.git",
            "file:///srv/acme/deployment.git",
            "https://gitlab.com/acme/deployment.git",
            "https://github.com.example.com/acme/deployment.git",
            "https://github.com/acme/team/deployment.git",
        ] {
            assert_eq!(of_repository(url, server), None, "{url}");
        }
        let enterprise = of_repository("https://ghe.example.com:8443/acme/deployment", "https://ghe.example.com:8443/");
        assert_eq!(enterprise.as_deref(), Some("https://ghe.example.com:8443/acme/deployment"));
    }
}
