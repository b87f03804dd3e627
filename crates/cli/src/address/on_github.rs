//! A repository on a server of GitHub's, out of an address of git.

use embark_github::RepositoryName;

/// What an address names there. Where its server is one of GitHub's is for others to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OnGitHub {
    /// The host, in lower case and without a port: the ways to one server have ports of their own.
    pub(crate) host: String,
    /// The repository.
    pub(crate) repository: RepositoryName,
}

impl OnGitHub {
    /// Reads an address, as GitHub shows it for each of the ways to clone; `None` if it can be none of GitHub's.
    pub(crate) fn parse(address: &str) -> Option<Self> {
        let (host, path) = match address.split_once("://") {
            Some(("https" | "http" | "ssh", rest)) => rest.split_once('/')?,
            Some(_) => return None,
            None => address.split_once(':').filter(|(host, _)| !host.contains('/'))?,
        };
        let host = host.rsplit('@').next()?.split(':').next()?.to_ascii_lowercase();
        let repository = Self::repository_in(path)?;
        (!host.is_empty()).then_some(Self { host, repository })
    }

    /// Reads the path of an address.
    pub(crate) fn repository_in(path: &str) -> Option<RepositoryName> {
        let path = path.trim_matches('/');
        path.strip_suffix(".git").unwrap_or(path).parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_and_name_are_taken_from_an_address() {
        for address in [
            "https://github.com/acme/shop-deployment.git",
            "https://github.com/acme/shop-deployment",
            "https://x:secret@github.com/acme/shop-deployment",
            "https://GitHub.com:443/acme/shop-deployment/",
            "ssh://git@github.com/acme/shop-deployment.git/",
            "ssh://git@github.com:22/acme/shop-deployment.git",
            "git@github.com:acme/shop-deployment.git",
        ] {
            let found = OnGitHub::parse(address).expect(address);
            assert_eq!(
                (found.host.as_str(), found.repository.to_string().as_str()),
                ("github.com", "acme/shop-deployment")
            );
        }
        for address in [
            "../deployment.git",
            "file:///srv/acme/shop.git",
            "https://github.com/acme",
            "https://github.com/acme/shop/deployment.git",
            "/srv/acme:shop/deployment.git",
            "./acme:shop/deployment",
            "https:///acme/shop.git",
            "shop",
        ] {
            assert_eq!(OnGitHub::parse(address), None, "{address}");
        }
    }
}
