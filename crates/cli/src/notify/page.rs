//! Where a commit of the deployment repo can be looked at.

use crate::address::OnGitHub;

/// Returns the page of a repository that is on GitHub, at `server`, whose host is `host`; of another one it is not known.
pub(super) fn of_repository(address: &str, server: &str, host: &str) -> Option<String> {
    let found = OnGitHub::parse(address).filter(|found| found.host == host)?;
    Some(format!("{}/{}", server.trim_end_matches('/'), found.repository))
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
            assert_eq!(
                of_repository(url, server, "github.com").as_deref(),
                Some("https://github.com/acme/deployment"),
                "{url}"
            );
        }
        for url in [
            "../git/deployment.git",
            "file:///srv/acme/deployment.git",
            "https://gitlab.com/acme/deployment.git",
            "https://github.com.example.com/acme/deployment.git",
            "https://github.com/acme/team/deployment.git",
        ] {
            assert_eq!(of_repository(url, server, "github.com"), None, "{url}");
        }
        let (server, host) = ("https://ghe.example.com:8443/", "ghe.example.com");
        let enterprise = of_repository("git@ghe.example.com:acme/deployment.git", server, host);
        assert_eq!(enterprise.as_deref(), Some("https://ghe.example.com:8443/acme/deployment"));
    }
}
