//! What `deploymentRepo.write: api` asks of the rest of the file.

use super::file::{DeploymentRepo, Deployments, Write};
use crate::address::OnGitHub;

/// Reads it from the deployment repo's address; `None` where commits are pushed. The error says what does not fit.
pub(super) fn repository(repo: &DeploymentRepo, deployments: &Deployments) -> Result<Option<OnGitHub>, String> {
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
    let found = OnGitHub::parse(&repo.url);
    found.map(Some).ok_or_else(|| "deploymentRepo.url names no repository on GitHub".into())
}
