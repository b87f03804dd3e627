//! What the platform says of deployments, as far back as it goes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Line;
use crate::deployment::{Deployment, DeploymentId};
use crate::digest::Digest;
use crate::error::Error;
use crate::image::{Repository, Tag};
use crate::lane::Lane;
use crate::name::Target;
use crate::systems::Systems;
use crate::timestamp::Timestamp;

/// The deployments of each environment that is audited, and of each before it.
pub(super) struct Platform(BTreeMap<Target, Deployments>);

/// The deployments of one target.
struct Deployments {
    by_id: HashMap<DeploymentId, Deployment>,
    /// The digests of what ran, by repository and tag: that of the newest, where they differ.
    by_tag: HashMap<(Repository, Tag), Digest>,
    /// When the first one was created.
    since: Option<Timestamp>,
}

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
        Ok(Self(all.into_iter().map(|(target, deployments)| (target, Deployments::new(deployments))).collect()))
    }

    /// Looks for those that are named and were not read: what was closed without having run was not.
    pub(super) async fn look_up(
        &mut self,
        systems: &Systems<'_>,
        named: Vec<(Target, DeploymentId)>,
    ) -> Result<(), Error> {
        let absent = named.into_iter().filter(|(target, id)| matches!(self.find(target, *id), Known::Absent));
        let absent: BTreeSet<DeploymentId> = absent.map(|(_, id)| id).collect();
        if absent.is_empty() {
            return Ok(());
        }
        for found in systems.platform.get(absent.into_iter().collect()).await? {
            if let Some(all) = self.0.get_mut(&found.record.target) {
                all.by_id.entry(found.record.id).or_insert(found);
            }
        }
        Ok(())
    }

    pub(super) fn find(&self, target: &Target, id: DeploymentId) -> Known<'_> {
        let Some(all) = self.0.get(target) else { return Known::TooOld };
        match all.by_id.get(&id) {
            Some(found) => Known::Deployment(found),
            None if all.since.is_some_and(|since| since <= id.made_at()) => Known::Absent,
            None => Known::TooOld,
        }
    }

    /// Returns the digest that is recorded for a tag.
    pub(super) fn recorded(&self, target: &Target, repository: &Repository, tag: &Tag) -> Option<&Digest> {
        self.0.get(target)?.by_tag.get(&(repository.clone(), tag.clone()))
    }

    /// Tells whether the platform knows of any deployment to a target.
    pub(super) fn knows(&self, target: &Target) -> bool {
        self.0.get(target).is_some_and(|all| !all.by_id.is_empty())
    }
}

impl Deployments {
    fn new(all: Vec<Deployment>) -> Self {
        let since = all.iter().map(|deployment| deployment.created_at).min();
        let (mut by_id, mut by_tag) = (HashMap::new(), HashMap::new());
        // A history goes far back: what is asked of each of its commits is looked up, and not searched.
        for deployment in Lane::new(all).into_deployments() {
            let image = &deployment.record.image;
            if deployment.ran() {
                let tag = (image.repository.clone(), image.tag.clone());
                by_tag.entry(tag).or_insert_with(|| image.digest.clone());
            }
            // The oldest is the one: whoever may create deployments may copy an id later.
            by_id.insert(deployment.record.id, deployment);
        }
        Self { by_id, by_tag, since }
    }
}
