//! The deployment repo and the queue of deployments, in each of the ways to reach them.

use std::sync::Arc;

use embark_core::ports::{DeploymentPlatform, DeploymentRepository};
use embark_github::{Credentials, Deployments};
use embark_gitops::{GitRepository, Options};

use crate::address::Address;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::env::{Env, SIGNING_KEY};
use crate::error::Error;

/// The branch, and where its deployments are kept.
pub(super) struct DeploymentRepo {
    pub(super) branch: Arc<dyn DeploymentRepository>,
    pub(super) platform: Arc<dyn DeploymentPlatform>,
    /// The deployments, where they are on GitHub.
    pub(super) queue: Option<Deployments>,
}

impl DeploymentRepo {
    /// Prepares all of it; nothing is asked yet. `address` is where the repo is for git.
    pub(super) fn of(
        config: &Config,
        env: &Env,
        github: &Credentials,
        address: Address,
        client: reqwest::Client,
        clock: &Arc<SystemClock>,
    ) -> Result<Self, Error> {
        let name = config.git.branch.to_string();
        let name = name.strip_prefix("refs/heads/").unwrap_or(&name);
        let deployments = |repository| env.deployments(client.clone(), repository, name, github);
        let queue = config.platform.clone().map(deployments).transpose()?;
        let platform = queue.clone().map(|queue| Arc::new(queue) as Arc<dyn DeploymentPlatform>);
        let Some(over_api) = &config.git.over_api else {
            let git = Arc::new(git(config, env, github, address, client, clock)?);
            let platform = platform.unwrap_or_else(|| git.clone());
            return Ok(Self { branch: git, platform, queue });
        };
        let unfit = |reason: &str| config.invalid(format!("deploymentRepo.write: api: {reason}"));
        if over_api.host != env.github_host() {
            return Err(unfit("deploymentRepo.url is not on the host of GITHUB_SERVER_URL").into());
        }
        if env.signing_key(config).is_some() {
            return Err(unfit(&format!("commits are signed by GitHub, and not with {SIGNING_KEY}")).into());
        }
        let platform = platform.ok_or_else(|| unfit("deployments.github is needed"))?;
        let branch = env.branch(client.clone(), over_api.repository.clone(), name, github)?;
        Ok(Self { branch: Arc::new(branch), platform, queue })
    }
}

fn git(
    config: &Config,
    env: &Env,
    github: &Credentials,
    address: Address,
    client: reqwest::Client,
    clock: &Arc<SystemClock>,
) -> Result<GitRepository, Error> {
    let options = Options {
        branch: config.git.branch.clone(),
        ledger: config.platform.is_none().then(|| config.git.ledger.clone()),
        author: config.git.author.clone(),
    };
    let invalid = |reason: String| config.invalid(format!("deploymentRepo.url: {reason}"));
    let repository = address.open(env, github, client, options, clock.clone()).map_err(invalid)?;
    let repository = match config.git.committer.clone() {
        Some(committer) => repository.committed_by(committer),
        None => repository,
    };
    Ok(match env.signing_key(config) {
        Some(key) => repository.signed_with(key),
        None => repository,
    })
}
