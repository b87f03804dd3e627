//! What git records of deployments. The platform says what came of them; where the two disagree, nothing is chosen.

use std::collections::{BTreeMap, BTreeSet};

use crate::commit::Revision;
use crate::commit_message::Trailers;
use crate::deployment::{Deployment, Status};
use crate::ports::RepositoryError;
use crate::systems::Systems;

/// The trailers of the commits that deployments name in their success. A commit that does not exist is not here.
#[derive(Debug, Clone, Default)]
pub struct GitRecord(BTreeMap<Revision, Trailers>);

impl GitRecord {
    /// Reads the commits that these deployments name.
    pub(crate) async fn read<'a>(
        systems: &Systems<'_>,
        deployments: impl IntoIterator<Item = &'a Deployment>,
    ) -> Result<Self, RepositoryError> {
        let named = deployments.into_iter().filter_map(|deployment| deployment.success()?.revision());
        let named: BTreeSet<Revision> = named.collect();
        if named.is_empty() {
            return Ok(Self::default());
        }
        let commits = systems.repository.commits(named.into_iter().collect()).await?;
        Ok(Self(commits.into_iter().map(|(id, entry)| (id, Trailers::parse(&entry.message))).collect()))
    }

    /// Tells whether the commit of a deployment's success bears the deployment's trailer.
    pub(crate) fn bears(&self, deployment: &Deployment) -> bool {
        let commit = deployment.success().and_then(Status::revision);
        let trailers = commit.and_then(|commit| self.0.get(&commit));
        trailers.is_some_and(|trailers| trailers.deployment == Some(deployment.record.id))
    }

    /// Checks that git records what the platform says of a deployment that ran.
    ///
    /// # Errors
    /// A sentence that names both.
    pub(crate) fn agrees(&self, deployment: &Deployment) -> Result<(), String> {
        let record = &deployment.record;
        let Some(success) = deployment.success() else { return Ok(()) };
        let Some(revision) = success.revision() else {
            return Err(format!("deployment {} succeeded without telling its commit", record.id));
        };
        let Some(trailers) = self.0.get(&revision) else {
            return Err(format!("deployment {} says commit {revision}, which does not exist", record.id));
        };
        if success.is_without_commit() {
            return Ok(());
        }
        match (&trailers.deployment, &trailers.image) {
            (Some(id), Some(image)) if *id == record.id && *image == record.image => Ok(()),
            (Some(id), Some(image)) => Err(format!(
                "commit {revision} records deployment {id} of {image}, and the platform {} of {}",
                record.id, record.image
            )),
            _ => Err(format!(
                "commit {revision} records no deployment; the platform says that it carried out {}",
                record.id
            )),
        }
    }
}
