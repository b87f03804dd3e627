//! What the branch tells of what was carried out.

use std::collections::{BTreeMap, BTreeSet};

use super::queue::Queue;
use crate::commit::Revision;
use crate::commit_message::Trailers;
use crate::deployment::{Deployment, DeploymentId};
use crate::error::Error;
use crate::lane::Lane;
use crate::name::Target;
use crate::ports::{LogQuery, RepositoryError};
use crate::systems::Systems;

/// The commits that carried deployments out, as their trailers tell. Whoever may create deployments may copy an id to another
/// target: that is another deployment.
pub(super) type Found = BTreeMap<(Target, DeploymentId), (Revision, Trailers)>;

pub(super) fn key(deployment: &Deployment) -> (Target, DeploymentId) {
    (deployment.record.target.clone(), deployment.record.id)
}

/// How many commits are searched for a deployment whose payload does not say where to stop.
const SEARCHED: usize = 256;

/// Finds the commits that bear the trailers of deployments: a run that crashed after its push left them.
///
/// The first time they are looked for of all that waits, and then only in what has come since.
pub(super) async fn find_commits(
    systems: &Systems<'_>,
    queue: &Queue<'_>,
    batch: &[Deployment],
    tip: &Revision,
) -> Result<Found, Error> {
    let all = || batch.iter().chain(queue.waiting.iter().skip(batch.len()));
    let bases: BTreeSet<Option<&Revision>> = match &queue.searched {
        Some(searched) => BTreeSet::from([Some(&searched.tip)]),
        None => all()
            .filter(|deployment| deployment.is_pending())
            .map(|deployment| deployment.record.base.as_ref())
            .collect(),
    };
    let mut committed: BTreeMap<_, (usize, _)> = BTreeMap::new();
    for base in bases.into_iter().filter(|base| *base != Some(tip)) {
        let newest = || LogQuery { from: Some(tip.clone()), until: None, paths: Vec::new(), limit: SEARCHED };
        let found = match base {
            Some(base) => {
                let query = LogQuery { until: Some(base.clone()), limit: usize::MAX, ..newest() };
                match systems.repository.log(query).await {
                    // One that is not on the branch may lead further than can be read: what one deployment says must not
                    // stop the others.
                    Err(RepositoryError::Other { .. }) => systems.repository.log(newest()).await?,
                    found => found?,
                }
            }
            None => systems.repository.log(newest()).await?,
        };
        let length = found.len();
        for entry in found {
            let trailers = Trailers::parse(&entry.message);
            // Of others as well: what was carried out and is not reported yet supersedes what is older.
            let key = trailers.deployment.zip(trailers.target());
            let Some(key) = key.map(|(id, target)| (target, id)) else { continue };
            // The oldest is the one that carried it out: a later copy of the message proves nothing. Of two walks from the tip
            // the longer one goes further back.
            match committed.get(&key) {
                Some((other, _)) if *other > length => {}
                _ => drop(committed.insert(key, (length, (entry.revision, trailers)))),
            }
        }
    }
    let committed = committed.into_iter().map(|(key, (_, found))| (key, found));
    Ok(committed.chain(queue.searched.iter().flat_map(|searched| searched.found.clone())).collect())
}

/// Finds what was carried out after something that would be next, and failed then. What runs supersedes already, if it is
/// newer.
pub(super) async fn find_failed(
    systems: &Systems<'_>,
    deployments: &[Deployment],
    lanes: &BTreeMap<Target, Lane>,
    committed: &Found,
) -> Result<Vec<Deployment>, Error> {
    let lane = |target: &Target| lanes.get(target).map(Lane::deployments).unwrap_or_default();
    let is_next = |deployment: &&Deployment| {
        let running = lanes.get(&deployment.record.target).and_then(Lane::running);
        deployment.is_pending() && running.is_none_or(|running| running.number < deployment.number)
    };
    let next: BTreeSet<&Target> = deployments.iter().filter(is_next).map(|next| &next.record.target).collect();
    let unknown = committed.keys().filter(|(target, id)| {
        let is_known = |other: &Deployment| other.record.target == *target && other.record.id == *id;
        next.contains(target) && !lane(target).iter().chain(deployments).any(is_known)
    });
    let ids: BTreeSet<DeploymentId> = unknown.map(|(_, id)| *id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = systems.platform.get(ids.into_iter().collect()).await?;
    let is_carried_out =
        |other: &Deployment| committed.get(&key(other)).is_some_and(|(_, trailers)| trailers.are_of(other));
    found.retain(|other| !other.is_pending() && is_carried_out(other));
    Ok(found)
}
