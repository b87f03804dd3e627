//! The port of the queue of deployments: [GitHub's](https://docs.github.com/en/rest/deployments/deployments).
//!
//! They are read by GraphQL, which lists them with their statuses, and by REST where it is not there, or where one
//! component is so rare among others that asking for it alone is cheaper.

mod graph;
mod named;
mod read;
mod rest;
mod row;
mod write;

use std::collections::BTreeMap;

use async_trait::async_trait;
use embark_core::ports::{DeploymentPlatform, PlatformError};
use embark_core::{Deployment, DeploymentId, DeploymentKey, NewDeployment, NewStatus, Target};

use crate::address::ApiUrl;
use crate::client::Client;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::name::RepositoryName;
use crate::webhook::DeploymentEvent;

pub(crate) use self::row::TASK;

/// The deployments of a repository on GitHub: a [`DeploymentPlatform`].
///
/// embark's own are told by their task, `embark:<component>`; others are passed over. A deployment's number is GitHub's
/// id.
#[derive(Debug, Clone)]
pub struct Deployments {
    client: Client,
    /// The branch that new deployments name.
    branch: String,
}

impl Deployments {
    /// Takes the deployment repo, its branch, where the API is, and what has the permission `Deployments: write`.
    pub fn new(
        http: reqwest::Client,
        api: ApiUrl,
        repository: RepositoryName,
        branch: &str,
        credentials: impl Into<Credentials>,
    ) -> Self {
        Self { client: Client::new(http, api, repository, credentials), branch: branch.to_owned() }
    }

    /// Looks whether the repository is there for us.
    ///
    /// # Errors
    /// [`PlatformError`] says why it is not.
    pub async fn look(&self) -> Result<(), PlatformError> {
        self.client.look().await.map_err(|error| self.told(error))
    }

    /// Reads the deployment that an event names; `None` if this repository has none of embark's with that number.
    ///
    /// Nothing else of the event is believed. Where there is GraphQL, it is one request.
    ///
    /// # Errors
    /// [`PlatformError`] says why it could not be read.
    pub async fn named(&self, event: &DeploymentEvent) -> Result<Option<Deployment>, PlatformError> {
        named::named(&self.client, event.number(), event.node_id()).await.map_err(|error| self.told(error))
    }

    fn told(&self, error: Error) -> PlatformError {
        error.of_platform(self.client.repository())
    }
}

#[async_trait]
impl DeploymentPlatform for Deployments {
    async fn create(&self, new: Vec<NewDeployment>) -> Result<Vec<Deployment>, PlatformError> {
        write::create(&self.client, &self.branch, &new).await.map_err(|error| self.told(error))
    }

    async fn get(&self, ids: Vec<DeploymentId>) -> Result<Vec<Deployment>, PlatformError> {
        read::get(&self.client, &ids).await.map_err(|error| self.told(error))
    }

    async fn pending(&self, targets: Vec<Target>) -> Result<Vec<Deployment>, PlatformError> {
        read::pending(&self.client, targets).await.map_err(|error| self.told(error))
    }

    async fn recent(
        &self,
        targets: Vec<Target>,
        limit: usize,
    ) -> Result<BTreeMap<Target, Vec<Deployment>>, PlatformError> {
        read::recent(&self.client, &targets, limit).await.map_err(|error| self.told(error))
    }

    async fn append(&self, statuses: Vec<(DeploymentKey, NewStatus)>) -> Result<(), PlatformError> {
        write::append(&self.client, &statuses).await.map_err(|error| self.told(error))
    }
}
