//! A platform in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::lock;
use crate::deployment::{Deployment, DeploymentId, DeploymentKey, NewStatus, Status};
use crate::name::Target;
use crate::new_deployment::NewDeployment;
use crate::ports::{Clock, DeploymentPlatform, PlatformError};
use crate::record::Record;

/// A platform in memory, whose numbers grow over all targets.
pub struct FakePlatform {
    clock: Arc<dyn Clock>,
    deployments: Mutex<Vec<Deployment>>,
}

impl FakePlatform {
    /// Makes an empty platform.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, deployments: Mutex::default() }
    }

    /// Creates a deployment as whoever may create one can: with any record.
    pub fn forge(&self, record: Record) -> DeploymentId {
        self.add(record).record.id
    }

    /// Creates one more with an id that there is already, as whoever may create deployments can.
    pub fn forge_copy(&self, record: Record) {
        self.push(&mut lock(&self.deployments), record);
    }

    /// Changes what a deployment records, as whoever may write to the platform can.
    pub fn tamper(&self, id: DeploymentId, change: impl FnOnce(&mut Record)) {
        let mut deployments = lock(&self.deployments);
        if let Some(deployment) = deployments.iter_mut().find(|deployment| deployment.record.id == id) {
            change(&mut deployment.record);
        }
    }

    /// Returns all deployments, oldest first.
    pub fn deployments(&self) -> Vec<Deployment> {
        lock(&self.deployments).clone()
    }

    fn add(&self, record: Record) -> Deployment {
        let mut deployments = lock(&self.deployments);
        let is_same = |other: &Deployment| (&other.record.target, other.record.id) == (&record.target, record.id);
        if let Some(existing) = deployments.iter().find(|other| is_same(other)) {
            return existing.clone();
        }
        self.push(&mut deployments, record)
    }

    fn push(&self, deployments: &mut Vec<Deployment>, record: Record) -> Deployment {
        let number = u64::try_from(deployments.len()).unwrap_or(u64::MAX) + 1;
        let deployment = Deployment { record, number, created_at: self.clock.now(), statuses: Vec::new() };
        deployments.push(deployment.clone());
        deployment
    }
}

#[async_trait]
impl DeploymentPlatform for FakePlatform {
    async fn create(&self, new: Vec<NewDeployment>) -> Result<Vec<Deployment>, PlatformError> {
        Ok(new.iter().map(|new| self.add(new.record().clone())).collect())
    }

    async fn get(&self, ids: Vec<DeploymentId>) -> Result<Vec<Deployment>, PlatformError> {
        let deployments = self.deployments().into_iter();
        Ok(deployments.filter(|deployment| ids.contains(&deployment.record.id)).collect())
    }

    async fn pending(&self, targets: Vec<Target>) -> Result<Vec<Deployment>, PlatformError> {
        let deployments = self.deployments().into_iter().filter(Deployment::is_pending);
        let wanted = |deployment: &Deployment| {
            targets.iter().any(|target| target.environment == deployment.record.target.environment)
        };
        Ok(deployments.filter(wanted).collect())
    }

    async fn recent(
        &self,
        targets: Vec<Target>,
        limit: usize,
    ) -> Result<BTreeMap<Target, Vec<Deployment>>, PlatformError> {
        let deployments = self.deployments();
        let of = |target: &Target| {
            let newest_first = || deployments.iter().rev().filter(|deployment| &deployment.record.target == target);
            let ran: Vec<_> = newest_first().filter(|deployment| deployment.ran()).take(limit).cloned().collect();
            let floor = if ran.len() < limit { 0 } else { ran.last().map_or(u64::MAX, |oldest| oldest.number) };
            let waits = |deployment: &&Deployment| deployment.is_pending() && deployment.number > floor;
            let waiting = newest_first().filter(waits).filter(|deployment| !deployment.ran()).take(limit).cloned();
            let mut found: Vec<Deployment> = ran.into_iter().chain(waiting).collect();
            found.sort_by_key(|deployment| std::cmp::Reverse(deployment.number));
            found
        };
        Ok(targets.into_iter().map(|target| (target.clone(), of(&target))).collect())
    }

    async fn append(&self, statuses: Vec<(DeploymentKey, NewStatus)>) -> Result<(), PlatformError> {
        let mut deployments = lock(&self.deployments);
        for (key, status) in statuses {
            let Some(deployment) = deployments.iter_mut().find(|deployment| deployment.key() == key) else {
                let what = format!("deployment {}", key.id);
                return Err(PlatformError::NotFound { platform: "the fake platform".into(), what });
            };
            deployment.statuses.push(Status {
                state: status.state(),
                description: status.description().into(),
                at: self.clock.now(),
            });
        }
        Ok(())
    }
}
