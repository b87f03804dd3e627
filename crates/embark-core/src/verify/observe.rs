//! What a verification looks at.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use super::Pair;
use crate::commit::Revision;
use crate::commit_message::Trailers;
use crate::deployment::{Deployment, DeploymentId};
use crate::digest::Digest;
use crate::error::Error;
use crate::git_record::GitRecord;
use crate::holds::Holds;
use crate::image::{Reference, Repository, Tag};
use crate::lane::Lane;
use crate::name::Target;
use crate::ports::LogQuery;
use crate::record::Kind;
use crate::systems::Systems;
use crate::unsettled::{self, Unsettled};
use crate::values_file::{self, NamedImage};

pub(super) struct Observed {
    pub(super) lanes: BTreeMap<Target, Lane>,
    pub(super) named: BTreeMap<Target, NamedImage>,
    pub(super) digests: BTreeMap<(Repository, Tag), Option<Digest>>,
    pub(super) sources: BTreeMap<(Target, DeploymentId), Deployment>,
    pub(super) git: GitRecord,
    pub(super) holds: Holds,
    /// What the values files name although it is not a success, or not yet.
    pub(super) unsettled: BTreeMap<Target, Unsettled>,
    /// Of targets of which the platform has nothing: the newest commit that git records.
    pub(super) unknown_to_platform: BTreeMap<Target, (Revision, Trailers)>,
}

pub(super) async fn observe(systems: &Systems<'_>, pairs: &[Pair<'_>]) -> Result<Observed, Error> {
    let files: BTreeSet<_> = pairs.iter().map(|pair| &pair.environment.values_file).collect();
    let paths = files.iter().copied().cloned().chain([Holds::path()]);
    let snapshot = systems.repository.read(paths.collect()).await?;
    let holds = Holds::parse(snapshot.file(&Holds::path()))?;
    let mut named = BTreeMap::new();
    for file in files {
        let document = values_file::parse(file, snapshot.file(file))?;
        for pair in pairs.iter().filter(|pair| &pair.environment.values_file == file) {
            named.insert(pair.target(), values_file::named(file, &document, pair.component)?);
        }
    }
    let targets: BTreeSet<_> = pairs.iter().flat_map(|pair| [pair.target(), pair.source()]).collect();
    let lanes = systems.lanes(targets.into_iter().collect()).await?;
    let tags: BTreeSet<_> = pairs
        .iter()
        .filter_map(|pair| {
            let repository = pair.component.repository(&pair.environment.name).clone();
            Some((repository, named.get(&pair.target())?.tag()?))
        })
        .collect();
    let digests = tags.into_iter().map(|(repository, tag)| async {
        let answer = systems.registry.resolve(&repository, &Reference::Tag(tag.clone())).await;
        match answer {
            Ok(digest) => Ok(((repository, tag), Some(digest))),
            Err(error) if error.is_absent() => Ok(((repository, tag), None)),
            Err(error) => Err(Error::from(error)),
        }
    });
    let digests = join_all(digests).await.into_iter().collect::<Result<_, _>>()?;
    let recorded: Vec<&Deployment> =
        pairs.iter().filter_map(|pair| recorded(lanes.get(&pair.target())?, named.get(&pair.target())?)).collect();
    let is_unsettled = |pair: &&Pair<'_>| {
        let recorded = lanes.get(&pair.target()).zip(named.get(&pair.target()));
        recorded.is_some_and(|(lane, named)| !recorded_of(lane, named))
    };
    let asked: Vec<_> = pairs.iter().filter(is_unsettled).map(Pair::target).collect();
    let asked = asked.iter().filter_map(|target| Some((target, named.get(target)?)));
    let unsettled = unsettled::find(systems, asked).await?;
    let origins = recorded.iter().filter_map(|deployment| origin(lanes.get(&deployment.record.target)?, deployment));
    let origins = origins.chain(unsettled.values().map(|unsettled| &unsettled.deployment));
    let ids: BTreeSet<_> = origins.filter_map(|deployment| Some(deployment.record.from.as_ref()?.deployment)).collect();
    let found = if ids.is_empty() { Vec::new() } else { systems.platform.get(ids.into_iter().collect()).await? };
    let git = GitRecord::read(systems, recorded.into_iter().chain(&found)).await?;
    let sources = found.into_iter().map(|source| ((source.record.target.clone(), source.record.id), source)).collect();
    let is_empty = |pair: &&Pair<'_>| lanes.get(&pair.target()).is_none_or(|lane| lane.running().is_none());
    let unknown = pairs.iter().filter(is_empty).collect::<Vec<_>>();
    let unknown_to_platform = recorded_by_git_alone(systems, &unknown).await?;
    Ok(Observed { lanes, named, digests, sources, git, holds, unsettled, unknown_to_platform })
}

/// How many commits of a values file are searched for what the platform knows nothing of.
const SEARCHED: usize = 256;

/// Finds the newest commits that carried out what the platform knows nothing of: somebody has deleted its record.
async fn recorded_by_git_alone(
    systems: &Systems<'_>,
    pairs: &[&Pair<'_>],
) -> Result<BTreeMap<Target, (Revision, Trailers)>, Error> {
    let mut found = BTreeMap::new();
    let files: BTreeSet<_> = pairs.iter().map(|pair| &pair.environment.values_file).collect();
    for file in files {
        let query = LogQuery { from: None, until: None, paths: vec![file.clone()], limit: SEARCHED };
        for entry in systems.repository.log(query).await? {
            let trailers = Trailers::parse(&entry.message);
            let Some(target) = trailers.target() else { continue };
            if trailers.deployment.is_some() && pairs.iter().any(|pair| pair.target() == target) {
                found.entry(target).or_insert((entry.revision, trailers));
            }
        }
    }
    Ok(found)
}

/// Returns the deployment that the values file should be of: the one that it names if that ran, else the newest that
/// ran.
pub(super) fn recorded<'a>(lane: &'a Lane, named: &NamedImage) -> Option<&'a Deployment> {
    let ran = || lane.deployments().iter().filter(|deployment| deployment.ran());
    ran().find(|deployment| names(named, deployment)).or_else(|| ran().next())
}

fn names(named: &NamedImage, deployment: &Deployment) -> bool {
    let image = &deployment.record.image;
    named.is(image) || named.is_unpinned(image)
}

/// Tells whether a deployment that ran brought what the values file names.
fn recorded_of(lane: &Lane, named: &NamedImage) -> bool {
    recorded(lane, named).is_some_and(|recorded| names(named, recorded))
}

/// Returns the deployment that a rollback went back to, or the deployment itself.
pub(super) fn origin<'a>(lane: &'a Lane, deployment: &'a Deployment) -> Option<&'a Deployment> {
    let record = &deployment.record;
    if record.kind != Kind::Rollback {
        return Some(deployment);
    }
    let earlier = |other: &&Deployment| other.ran() && other.number < deployment.number;
    lane.deployments()
        .iter()
        .filter(earlier)
        .find(|other| other.record.kind != Kind::Rollback && other.record.image == record.image)
}
