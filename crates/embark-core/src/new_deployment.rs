//! Deployments that may be created.

use crate::commit::{Commit, Revision};
use crate::deployment::{Deployment, DeploymentId};
use crate::image::{Image, Repository, Tag};
use crate::name::Target;
use crate::promote::PromoteRequest;
use crate::record::{Kind, Record};
use crate::rollback::Wish;
use crate::systems::Systems;
use crate::verification::VerifiedImage;

/// A deployment that may be created: only the use cases make one.
///
/// To an environment that promotes from another it is made from a [`VerifiedImage`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDeployment(Record);

impl NewDeployment {
    /// Returns what is wished.
    pub fn record(&self) -> &Record {
        &self.0
    }
}

/// What the deployments of one run share.
pub(crate) struct Run<'a> {
    systems: &'a Systems<'a>,
    id: DeploymentId,
    base: &'a Revision,
}

impl<'a> Run<'a> {
    /// Begins a run, or goes on with the one that `begun` is of: what another process has created of it, which ended then.
    pub(crate) fn new(systems: &'a Systems<'a>, base: &'a Revision, begun: Option<&Deployment>) -> Self {
        let id = begun.map_or_else(|| systems.clock.new_id(), |begun| begun.record.release);
        Self { systems, id, base }
    }

    pub(crate) fn release(&self, target: &Target, image: &Image, commit: &Commit) -> NewDeployment {
        NewDeployment(Record { commit: Some(commit.clone()), ..self.record(Kind::Release, target, image.clone()) })
    }

    /// The digest is that of what was verified; only repository and tag are the target's own.
    pub(crate) fn promotion(
        &self,
        target: &Target,
        verified: &VerifiedImage,
        (repository, tag): (Repository, Tag),
        request: &PromoteRequest,
    ) -> NewDeployment {
        let image = Image { repository, tag, digest: verified.image().digest.clone() };
        NewDeployment(Record {
            commit: verified.commit().cloned(),
            version: request.version.clone(),
            waived: request.waived.clone(),
            from: Some(verified.source().clone()),
            ..self.record(Kind::Promotion, target, image)
        })
    }

    /// What the image was built from and is called comes from the deployment that brought it.
    pub(crate) fn rollback(&self, target: &Target, wish: &Wish) -> NewDeployment {
        let origin = wish.origin.as_ref().map(|origin| &origin.record);
        NewDeployment(Record {
            commit: origin.and_then(|origin| origin.commit.clone()),
            version: origin.and_then(|origin| origin.version.clone()),
            replaces: Some(wish.replaces),
            hold: wish.hold.clone(),
            waived: wish.waived.clone(),
            ..self.record(Kind::Rollback, target, wish.image.clone())
        })
    }

    fn record(&self, kind: Kind, target: &Target, image: Image) -> Record {
        Record {
            id: self.systems.clock.new_id(),
            release: self.id,
            kind,
            target: target.clone(),
            image,
            commit: None,
            version: None,
            base: Some(self.base.clone()),
            actor: self.systems.actor.clone(),
            from: None,
            replaces: None,
            hold: None,
            waived: None,
        }
    }
}

#[cfg(feature = "test-support")]
impl NewDeployment {
    pub(crate) fn for_test(record: Record) -> Self {
        Self(record)
    }
}
