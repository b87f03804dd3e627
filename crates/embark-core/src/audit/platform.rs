//! What the platform says of deployments, as far back as it goes.

use std::collections::{BTreeMap, BTreeSet};

use super::Line;
use crate::deployment::{Deployment, DeploymentId};
use crate::digest::Digest;
use crate::image::{Repository, Tag};
use crate::lane::Lane;
use crate::name::Target;
use crate::systems::{Error, Systems};

/// The deployments that ran, of each environment that is audited and of each before it.
pub(super) struct Platform(BTreeMap<Target, Lane>);

/// What the platform knows of a deployment.
pub(super) enum Known<'a> {
    Deployment(&'a Deployment),
    /// It is from a time of which the platform knows others, and not this one.
    Absent,
    /// It is older than all that the platform knows.
    TooOld,
}

impl Platform {
    pub(super) async fn read(systems: &Systems<'_>, lines: &[Line<'_>]) -> Result<Self, Error> {
        let targets: BTreeSet<Target> = lines.iter().flat_map(|line| [line.target(), line.source()]).collect();
        if targets.is_empty() {
            return Ok(Self(BTreeMap::new()));
        }
        let all = systems.platform.recent(targets.into_iter().collect(), usize::MAX).await?;
        Ok(Self(all.into_iter().map(|(target, deployments)| (target, Lane::new(deployments))).collect()))
    }

    fn deployments(&self, target: &Target) -> &[Deployment] {
        self.0.get(target).map(Lane::deployments).unwrap_or_default()
    }

    fn ran(&self, target: &Target) -> impl Iterator<Item = &Deployment> {
        self.deployments(target).iter().filter(|deployment| deployment.ran())
    }

    pub(super) fn find(&self, target: &Target, id: DeploymentId) -> Known<'_> {
        let all = self.deployments(target);
        match all.iter().find(|deployment| deployment.record.id == id) {
            Some(found) => Known::Deployment(found),
            None if all.iter().any(|other| other.created_at <= id.made_at()) => Known::Absent,
            None => Known::TooOld,
        }
    }

    /// Returns the digest that is recorded for a tag.
    pub(super) fn recorded(&self, target: &Target, repository: &Repository, tag: &Tag) -> Option<&Digest> {
        let images = self.ran(target).map(|deployment| &deployment.record.image);
        let mut of_tag = images.filter(|image| image.repository == *repository && image.tag == *tag);
        of_tag.next().map(|image| &image.digest)
    }

    /// Tells whether the platform knows of any deployment to a target.
    pub(super) fn knows(&self, target: &Target) -> bool {
        !self.deployments(target).is_empty()
    }
}
