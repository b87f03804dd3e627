//! What `deploymentRepo.write: api` asks of the rest of the file.

use embark_github::RepositoryName;

use super::file::{DeploymentRepo, Deployments, Write};

/// A repository that is written over GitHub's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OverApi {
    /// The host that the address names.
    pub(crate) host: String,
    /// Its name there.
    pub(crate) repository: RepositoryName,
}

impl OverApi {
    /// Reads it from the deployment repo's address; `None` where commits are pushed. The error says what does not fit.
    pub(super) fn of(repo: &DeploymentRepo, deployments: &Deployments) -> Result<Option<Self>, String> {
        if repo.write == Write::Push {
            return Ok(None);
        }
        if deployments.github.is_none() {
            return Err("the ledger is pushed, so that deployments.github is needed".into());
        }
        for (person, key) in [(&repo.author, "author"), (&repo.committer, "committer")] {
            if person.is_some() {
                return Err(format!("commits are the token owner's, and have no deploymentRepo.{key}"));
            }
        }
        if repo.signing_key.is_some() {
            return Err("commits are signed by GitHub, and not with deploymentRepo.signingKey".into());
        }
        if repo.branch.starts_with("refs/") && !repo.branch.starts_with("refs/heads/") {
            return Err(format!("{} is no branch", repo.branch));
        }
        let found = parse(&repo.url);
        found.map(Some).ok_or_else(|| "deploymentRepo.url names no repository on GitHub".into())
    }
}

/// Reads the address of a repository, as GitHub shows it for each of the ways to clone.
fn parse(url: &str) -> Option<OverApi> {
    let (host, path) = match url.split_once("://") {
        Some(("https" | "http" | "ssh", rest)) => rest.split_once('/')?,
        Some(_) => return None,
        None => url.split_once(':').filter(|(host, _)| !host.contains('/'))?,
    };
    let host = host.rsplit('@').next()?.split(':').next()?.to_ascii_lowercase();
    let path = path.trim_matches('/');
    let repository = path.strip_suffix(".git").unwrap_or(path).parse().ok()?;
    (!host.is_empty()).then_some(OverApi { host, repository })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_and_name_are_taken_from_an_address() {
        for url in [
            "https://github.com/acme/shop-deployment.git",
            "https://github.com/acme/shop-deployment",
            "https://GitHub.com:443/acme/shop-deployment/",
            "ssh://git@github.com/acme/shop-deployment.git",
            "ssh://git@github.com:22/acme/shop-deployment.git",
            "git@github.com:acme/shop-deployment.git",
        ] {
            let found = parse(url).expect(url);
            assert_eq!(
                (found.host.as_str(), found.repository.to_string().as_str()),
                ("github.com", "acme/shop-deployment")
            );
        }
        for url in [
            "../deployment.git",
            "file:///srv/acme/shop.git",
            "https://github.com/acme",
            "https://github.com/acme/shop/deployment.git",
            "/srv/acme:shop/deployment.git",
            "./acme:shop/deployment",
            "https:///acme/shop.git",
        ] {
            assert_eq!(parse(url), None, "{url}");
        }
    }
}
