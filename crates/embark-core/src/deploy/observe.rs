//! What carrying out looks at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::future::join_all;

use super::carried_out::{Found, find_commits, find_failed, key};
use super::queue::Queue;
use super::{Authority, Selection};
use crate::checks::{CheckName, CheckRecord};
use crate::commit::{Commit, Revision};
use crate::deployment::{Deployment, DeploymentId, DeploymentKey};
use crate::digest::Digest;
use crate::error::Error;
use crate::git_record::GitRecord;
use crate::holds::Holds;
use crate::image::Image;
use crate::lane::{History, Lane};
use crate::name::Target;
use crate::ports::{ImageRegistryExt as _, RegistryError, Snapshot};
use crate::promotion::is_earlier_run;
use crate::record::Kind;
use crate::rollback::before_embark;
use crate::systems::Systems;
use crate::values_file::NamedImage;

/// What was seen before the decision.
pub(super) struct Observed {
    pub(super) snapshot: Snapshot,
    pub(super) holds: Holds,
    /// What is to be carried out next, in the order of the pipeline's environments and of the numbers.
    pub(super) deployments: Vec<Deployment>,
    pub(super) lanes: BTreeMap<Target, Lane>,
    pub(super) history: History,
    /// The deployments that promotions name as their source.
    pub(super) sources: BTreeMap<(Target, DeploymentId), Deployment>,
    /// What git records of those, and of what rollbacks go back to.
    pub(super) git: GitRecord,
    /// What was reported of the checks that promotions need on the commits of their sources.
    pub(super) checks: CheckRecord,
    /// What the values files named before embark came, for the rollbacks to that which a person asks for.
    pub(super) named_before: BTreeMap<DeploymentKey, Option<NamedImage>>,
    /// What each image's tag names now; an image that is not asked for is not here.
    pub(super) digests: BTreeMap<Image, Result<Option<Digest>, Arc<RegistryError>>>,
    /// The commits that carried deployments out after they were created, also those that are carried out later.
    pub(super) committed: Found,
    /// Those of them that are closed and did not run: what came out was not healthy, say.
    failed: Vec<Deployment>,
}

impl Observed {
    /// Returns the commit that carried a deployment out, where one after it was created says so.
    pub(super) fn commit_of(&self, deployment: &Deployment) -> Option<&Revision> {
        let (revision, trailers) = self.committed.get(&key(deployment))?;
        trailers.are_of(deployment).then_some(revision)
    }

    /// Returns what was carried out after a deployment, and has failed since: it ran nowhere, so that no lane has it, but what
    /// is older does not come after it.
    pub(super) fn failed_after(&self, deployment: &Deployment) -> Option<&Deployment> {
        let is_newer = |other: &&Deployment| {
            other.record.target == deployment.record.target
                && other.number > deployment.number
                && !self.history.descends(deployment, other)
        };
        self.failed.iter().find(is_newer)
    }
}

pub(super) async fn observe(
    systems: &Systems<'_>,
    queue: &mut Queue<'_>,
    authority: Authority,
    is_first: bool,
) -> Result<Observed, Error> {
    let environments = systems.pipeline.environments();
    let files = environments.iter().map(|environment| environment.values_file.clone()).chain([Holds::path()]);
    let snapshot = systems.repository.read(files.collect()).await?;
    let holds = Holds::parse(snapshot.file(&Holds::path()))?;
    let mut deployments = select(systems, queue, &snapshot, is_first).await?;
    let targets: BTreeSet<Target> = deployments.iter().map(|deployment| deployment.record.target.clone()).collect();
    let sources_of = targets.iter().filter_map(|target| {
        let (environment, _) = systems.pipeline.find(target)?;
        Some(Target::new(environment.promotes_from.as_ref()?, &target.component))
    });
    let wanted: BTreeSet<Target> = targets.iter().cloned().chain(sources_of).collect();
    let mut lanes = systems.lanes(wanted.into_iter().collect()).await?;
    refresh(systems, &mut deployments, &lanes).await?;
    let mut history = History::default();
    // Of all else the platform's number decides: a rollback waits for nobody who knows the application's history.
    let releases = deployments.iter().filter(|deployment| deployment.record.kind == Kind::Release);
    for target in releases.map(|release| &release.record.target).collect::<BTreeSet<_>>() {
        let questions = lanes.get(target).map(|lane| lane.questions(None)).unwrap_or_default();
        history.ask(systems.application, questions).await?;
    }
    // Others that wait in the same lanes are judged, too: only what is proven supersedes.
    let waiting: Vec<Deployment> = targets
        .iter()
        .filter_map(|target| lanes.get(target))
        .flat_map(|lane| lane.deployments().iter().filter(|other| other.is_pending()))
        .chain(deployments.iter().filter(|deployment| deployment.is_pending()))
        .cloned()
        .collect();
    let sources = find_sources(systems, &waiting, &lanes).await?;
    systems.read_back(&mut lanes, sources.values()).await?;
    let is_rollback = |deployment: &&Deployment| deployment.record.kind == Kind::Rollback;
    let earlier = waiting.iter().filter(is_rollback).flat_map(|rollback| {
        let lane = lanes.get(&rollback.record.target).map(Lane::deployments).unwrap_or_default();
        lane.iter().filter(|other| is_earlier_run(&rollback.record, other))
    });
    let runs = sources.values().filter(|source| must_soak(systems, source)).flat_map(|source| {
        let lane = lanes.get(&source.record.target);
        lane.map(|lane| lane.runs(source)).unwrap_or_default().into_iter().flat_map(|run| run.deployments)
    });
    let recorded: Vec<&Deployment> = sources.values().chain(earlier).chain(runs).collect();
    let git = GitRecord::read(systems, recorded).await?;
    let checks = CheckRecord::ask(systems.application, wanted_checks(systems, &waiting, &sources)).await;
    let mut named_before = BTreeMap::new();
    let asked_for = deployments.iter().filter(|_| authority == Authority::Person);
    for rollback in asked_for.filter(|deployment| deployment.is_pending()).filter(is_rollback) {
        let target = &rollback.record.target;
        let lane = lanes.get(target).cloned().unwrap_or_default();
        let is_borne_out = |other: &Deployment| is_earlier_run(&rollback.record, other) && git.agrees(other).is_ok();
        if lane.deployments().iter().any(is_borne_out) {
            continue;
        }
        let Some((environment, component)) = systems.pipeline.find(target) else { continue };
        let named = before_embark(systems, environment, component, &lane).await?;
        named_before.insert(rollback.key(), named.map(|before| before.named));
    }
    let digests = resolve(systems, &deployments).await;
    let committed = find_commits(systems, queue, &deployments, &snapshot.tip).await?;
    let failed = find_failed(systems, &deployments, &lanes, &committed).await?;
    let commit = |one: &Deployment| one.record.commit.clone().filter(|_| one.record.kind == Kind::Release);
    let pairs = failed.iter().flat_map(|failed| {
        let others = deployments.iter().filter(|other| other.record.target == failed.record.target);
        others.filter_map(|other| Some((commit(failed)?, commit(other)?)))
    });
    let pairs: Vec<_> = pairs.collect();
    history.ask(systems.application, pairs).await?;
    Ok(Observed {
        snapshot,
        holds,
        deployments,
        lanes,
        history,
        sources,
        git,
        checks,
        named_before,
        digests,
        committed,
        failed,
    })
}

/// Takes what came meanwhile of the deployments that were read first: another process may have carried them out, or closed
/// them. What was closed without having run is in no lane.
async fn refresh(
    systems: &Systems<'_>,
    deployments: &mut [Deployment],
    lanes: &BTreeMap<Target, Lane>,
) -> Result<(), Error> {
    let in_lane = |deployment: &Deployment| {
        let lane = lanes.get(&deployment.record.target).map(Lane::deployments).unwrap_or_default();
        lane.iter().find(|other| other.key() == deployment.key())
    };
    let is_closed = |deployment: &&Deployment| deployment.is_pending() && in_lane(deployment).is_none();
    let ids: Vec<DeploymentId> = deployments.iter().filter(is_closed).map(|deployment| deployment.record.id).collect();
    let closed = if ids.is_empty() { Vec::new() } else { systems.platform.get(ids).await? };
    for deployment in deployments {
        let again = || closed.iter().find(|other| other.key() == deployment.key());
        if let Some(newer) = in_lane(deployment).or_else(again) {
            *deployment = newer.clone();
        }
    }
    Ok(())
}

/// Names the checks that waiting promotions need, on the commits of their sources.
fn wanted_checks(
    systems: &Systems<'_>,
    waiting: &[Deployment],
    sources: &BTreeMap<(Target, DeploymentId), Deployment>,
) -> BTreeMap<Commit, BTreeSet<CheckName>> {
    let mut wanted = BTreeMap::<Commit, BTreeSet<CheckName>>::new();
    for promotion in waiting.iter().map(|deployment| &deployment.record) {
        let Some(((environment, component), from)) =
            systems.pipeline.find(&promotion.target).zip(promotion.from.as_ref())
        else {
            continue;
        };
        let checks = environment.requires.without(promotion.waived.as_ref()).checks;
        let key = environment.promotes_from.as_ref().map(|name| (Target::new(name, &component.name), from.deployment));
        let source = key.and_then(|key| sources.get(&key));
        if let Some(commit) = source.and_then(|source| source.record.commit.clone()).filter(|_| !checks.is_empty()) {
            wanted.entry(commit).or_default().extend(checks);
        }
    }
    wanted
}

/// Tells whether some environment that promotes from a deployment's demands a time of it.
fn must_soak(systems: &Systems<'_>, source: &Deployment) -> bool {
    let from = &source.record.target.environment;
    let mut environments = systems.pipeline.environments().iter();
    environments.any(|one| one.promotes_from.as_ref() == Some(from) && !one.requires.soak.is_zero())
}

/// Reads what is to be carried out next.
///
/// What waits is listed once, and again after a lost race, unless a batch of it is done: then only the next one is read again.
/// What was found before is taken as it is the first time.
async fn select(
    systems: &Systems<'_>,
    queue: &mut Queue<'_>,
    snapshot: &Snapshot,
    is_first: bool,
) -> Result<Vec<Deployment>, Error> {
    let is_listed = match queue.selection {
        Selection::Found(_) => !(is_first && queue.is_whole()),
        _ => !queue.is_whole(),
    };
    if !is_listed {
        queue.waiting = list(systems, queue.selection).await?;
    }
    let mut batch = queue.waiting[..queue.batch(systems, snapshot)].to_vec();
    if is_listed && !is_first {
        let again = systems.platform.get(batch.iter().map(|deployment| deployment.record.id).collect()).await?;
        for deployment in &mut batch {
            if let Some(newer) = again.iter().find(|newer| newer.key() == deployment.key()) {
                *deployment = newer.clone();
            }
        }
    }
    Ok(batch)
}

/// Lists what is to be carried out, in its order.
async fn list(systems: &Systems<'_>, selection: &Selection) -> Result<Vec<Deployment>, Error> {
    let environments = systems.pipeline.environments();
    let mut deployments = match selection {
        Selection::Ids(ids) => {
            let found = systems.platform.get(ids.clone()).await?;
            let known: BTreeSet<DeploymentId> = found.iter().map(|deployment| deployment.record.id).collect();
            if let Some(missing) = ids.iter().find(|id| !known.contains(id)) {
                return Err(Error::UnknownDeployment(*missing));
            }
            found
        }
        Selection::Found(found) => found.clone(),
        Selection::Pending(name) => {
            let asked = match name {
                Some(name) => vec![systems.environment(name)?],
                None => environments.iter().collect(),
            };
            systems.platform.pending(systems.pipeline.targets(asked)).await?
        }
    };
    let components = systems.pipeline.components();
    let place = |deployment: &Deployment| {
        let target = &deployment.record.target;
        let environment = environments.iter().position(|environment| environment.name == target.environment);
        (environment, components.iter().position(|component| component.name == target.component))
    };
    // To find a place takes a look at each of them.
    deployments.sort_by_cached_key(|deployment| (place(deployment), deployment.number, deployment.record.id));
    Ok(deployments)
}

/// Finds the deployments that promotions name as their source; an id that stands elsewhere is another one.
async fn find_sources(
    systems: &Systems<'_>,
    waiting: &[Deployment],
    lanes: &BTreeMap<Target, Lane>,
) -> Result<BTreeMap<(Target, DeploymentId), Deployment>, Error> {
    let promotions = waiting.iter().filter(|deployment| deployment.record.kind == Kind::Promotion);
    let keys: BTreeSet<(Target, DeploymentId)> = promotions
        .filter_map(|promotion| {
            let (environment, component) = systems.pipeline.find(&promotion.record.target)?;
            let source = Target::new(environment.promotes_from.as_ref()?, &component.name);
            Some((source, promotion.record.from.as_ref()?.deployment))
        })
        .collect();
    let in_lanes = lanes.values().flat_map(Lane::deployments).filter(|other| keys.contains(&key(other)));
    let mut sources: BTreeMap<_, _> = in_lanes.map(|source| (key(source), source.clone())).collect();
    let missing: BTreeSet<_> = keys.iter().filter(|key| !sources.contains_key(key)).map(|(_, id)| *id).collect();
    if !missing.is_empty() {
        let found = systems.platform.get(missing.into_iter().collect()).await?;
        sources.extend(found.into_iter().map(|source| (key(&source), source)));
    }
    Ok(sources)
}

/// Asks what the tags name now, each once and all at a time.
async fn resolve(
    systems: &Systems<'_>,
    deployments: &[Deployment],
) -> BTreeMap<Image, Result<Option<Digest>, Arc<RegistryError>>> {
    let images: BTreeSet<Image> = deployments
        .iter()
        .filter(|deployment| deployment.is_pending())
        .filter(|deployment| {
            // Whoever may create deployments may name any host: only the configured ones are asked.
            let target = &deployment.record.target;
            systems.pipeline.find(target).is_some_and(|(environment, component)| {
                component.repository(&environment.name) == &deployment.record.image.repository
            })
        })
        .map(|deployment| deployment.record.image.clone())
        .collect();
    let answers = images.into_iter().map(|image| async {
        let found = systems.registry.resolve_expected(&image.repository, &image.tag, &image.digest);
        let answer = match found.await {
            Ok(digest) => Ok(Some(digest)),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(Arc::new(error)),
        };
        (image, answer)
    });
    join_all(answers).await.into_iter().collect()
}
