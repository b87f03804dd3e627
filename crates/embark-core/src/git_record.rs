//! What git records of deployments. The platform says what came of them; where the two disagree, nothing is chosen.

use std::collections::{BTreeMap, BTreeSet};

use embark_values::Document;

use crate::commit::Revision;
use crate::commit_message::Trailers;
use crate::deployment::{Deployment, Status};
use crate::image::Image;
use crate::name::Target;
use crate::pipeline::Component;
use crate::ports::RepositoryError;
use crate::systems::Systems;
use crate::timestamp::Timestamp;
use crate::values_file;

/// The commits of the deployment branch that deployments name in their success. One that is not on the branch is not
/// here, whatever it says.
#[derive(Debug, Clone, Default)]
pub struct GitRecord {
    commits: BTreeMap<Revision, (Trailers, Timestamp)>,
    /// Whether the values file of a target, as a commit has it, names an image.
    names: BTreeMap<(Revision, Target, Image), Named>,
}

/// How a values file names an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    No,
    ByTag,
    ByDigest,
}

impl GitRecord {
    /// Reads the commits that these deployments name, and the values files as those have them.
    pub(crate) async fn read<'a>(
        systems: &Systems<'_>,
        deployments: impl IntoIterator<Item = &'a Deployment>,
    ) -> Result<Self, RepositoryError> {
        let named = |deployment: &'a Deployment| Some((deployment.success()?.revision()?, deployment));
        let named: Vec<(Revision, &Deployment)> = deployments.into_iter().filter_map(named).collect();
        if named.is_empty() {
            return Ok(Self::default());
        }
        let ids: BTreeSet<Revision> = named.iter().map(|(revision, _)| revision.clone()).collect();
        let commits = systems.repository.commits(ids.into_iter().collect()).await?;
        let on_branch = named.into_iter().filter(|(revision, _)| commits.contains_key(revision));
        let known: Vec<_> = on_branch
            .filter_map(|(revision, deployment)| {
                let (environment, component) = systems.pipeline.find(&deployment.record.target)?;
                Some(((revision, environment.values_file.clone()), component, deployment))
            })
            .collect();
        let places: BTreeSet<_> = known.iter().map(|(place, ..)| place.clone()).collect();
        let files = systems.repository.read_at(places.into_iter().collect()).await?;
        let names = known.into_iter().map(|(place, component, deployment)| {
            let bytes = files.get(&place).and_then(Option::as_deref);
            let document = values_file::parse(&place.1, bytes).ok();
            let image = &deployment.record.image;
            let named = document.map_or(Named::No, |document| Named::find(&document, component, image));
            ((place.0, deployment.record.target.clone(), image.clone()), named)
        });
        let commits = commits.iter().map(|(id, entry)| (id.clone(), (Trailers::parse(&entry.message), entry.at)));
        Ok(Self { names: names.collect(), commits: commits.collect() })
    }

    /// Tells whether the commit of a deployment's success bears the deployment's trailer.
    pub(crate) fn bears(&self, deployment: &Deployment) -> bool {
        let commit = deployment.success().and_then(Status::revision);
        let trailers = commit.and_then(|commit| self.commits.get(&commit));
        trailers.is_some_and(|(trailers, _)| trailers.deployment == Some(deployment.record.id))
    }

    /// Returns when a deployment succeeded: not before its commit was made, whatever the platform says.
    pub(crate) fn succeeded_at(&self, deployment: &Deployment) -> Option<Timestamp> {
        let success = deployment.success()?;
        let (_, made) = self.commits.get(&success.revision()?)?;
        Some(success.at.max(*made))
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
        let Some((trailers, _)) = self.commits.get(&revision) else {
            return Err(format!("deployment {} says commit {revision}, which is not on the branch", record.id));
        };
        let named = self.names.get(&(revision.clone(), record.target.clone(), record.image.clone()));
        let named = named.copied().unwrap_or(Named::No);
        if success.is_without_commit() {
            // Nothing but the file records it, so that the file must pin the digest.
            return if named == Named::ByDigest {
                Ok(())
            } else {
                Err(format!(
                    "no commit records deployment {}, and commit {revision} does not name its digest",
                    record.id
                ))
            };
        }
        if !trailers.are_of(deployment) {
            return Err(match (&trailers.deployment, &trailers.image) {
                (Some(id), Some(image)) if *id == record.id && *image == record.image => format!(
                    "commit {revision} and the platform differ in the target of deployment {id}, or in what was waived for it"
                ),
                (Some(id), Some(image)) => format!(
                    "commit {revision} records deployment {id} of {image}, and the platform {} of {}",
                    record.id, record.image
                ),
                _ => format!(
                    "commit {revision} records no deployment; the platform says that it carried out {}",
                    record.id
                ),
            });
        }
        if named == Named::No {
            return Err(format!("commit {revision} says that it deploys {}, and does not name it", record.image));
        }
        Ok(())
    }
}

impl Named {
    /// Where the configuration names another key by now, any scalar may be the one.
    fn find(document: &Document<'_>, component: &Component, image: &Image) -> Self {
        match values_file::named_in(document, component) {
            Ok(named) if !named.is(image) => Self::No,
            Ok(named) if named.digest().is_some() => Self::ByDigest,
            Ok(_) => Self::ByTag,
            Err(_) if document.scalars().any(|(_, scalar)| scalar.value.contains(image.tag.as_str())) => Self::ByTag,
            Err(_) => Self::No,
        }
    }
}
