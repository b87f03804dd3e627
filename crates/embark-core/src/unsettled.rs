//! Deployments that a values file names although they have not succeeded: committed, and not healthy, or not yet, or by a
//! run that ended before it could report that.

use std::collections::{BTreeMap, BTreeSet};

use crate::commit::Revision;
use crate::commit_message::Trailers;
use crate::deployment::Deployment;
use crate::error::Error;
use crate::name::Target;
use crate::ports::LogQuery;
use crate::systems::Systems;
use crate::values_file::NamedImage;

/// A deployment that was committed and has not succeeded.
#[derive(Debug, Clone)]
pub(crate) struct Unsettled {
    pub(crate) deployment: Deployment,
    /// The commit that carried it out.
    pub(crate) commit: Revision,
}

/// How many commits of a values file are searched.
const SEARCHED: usize = 64;

/// Finds, of targets whose values files name what no deployment brought that ran, the deployments that did.
pub(crate) async fn find<'a>(
    systems: &Systems<'_>,
    asked: impl IntoIterator<Item = (&'a Target, &'a NamedImage)>,
) -> Result<BTreeMap<Target, Unsettled>, Error> {
    let mut files: BTreeMap<_, Vec<(&Target, &NamedImage)>> = BTreeMap::new();
    for (target, named) in asked {
        let found = systems.pipeline.environment(&target.environment);
        if let Some(environment) = found {
            files.entry(&environment.values_file).or_default().push((target, named));
        }
    }
    let mut committed = BTreeMap::new();
    for (file, mut asked) in files {
        let query = LogQuery { from: None, until: None, paths: vec![file.clone()], limit: SEARCHED };
        for entry in systems.repository.log(query).await? {
            let trailers = Trailers::parse(&entry.message);
            let Some(target) = trailers.target() else { continue };
            let Some(at) = asked.iter().position(|(other, _)| **other == target) else { continue };
            // The newest of a target alone counts: what it names must still be there.
            let (_, named) = asked.remove(at);
            if trailers.image.as_ref().is_some_and(|image| named.is(image)) {
                committed.insert(target, (entry.revision, trailers));
            }
        }
    }
    let ids: BTreeSet<_> = committed.values().filter_map(|(_, trailers)| trailers.deployment).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = systems.platform.get(ids.into_iter().collect()).await?;
    let unsettled = committed.into_iter().filter_map(|(target, (commit, trailers))| {
        let is_it = |one: &&Deployment| one.record.target == target && !one.ran() && trailers.are_of(one);
        let deployment = found.iter().find(is_it)?.clone();
        Some((target, Unsettled { deployment, commit }))
    });
    Ok(unsettled.collect())
}
