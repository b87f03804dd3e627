//! What a rollback looks at.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;

use super::RollbackRequest;
use crate::commit::Revision;
use crate::deployment::{Deployment, DeploymentId};
use crate::error::Error;
use crate::git_record::GitRecord;
use crate::image::{Image, Reference};
use crate::lane::Lane;
use crate::name::Target;
use crate::pipeline::{Component, Environment};
use crate::ports::{LogQuery, RepositoryError};
use crate::record::Kind;
use crate::systems::Systems;
use crate::unsettled;
use crate::values_file::{self, NamedImage};

/// What was seen before the decision.
pub(super) struct Observed {
    pub(super) tip: Revision,
    pub(super) components: Vec<Seen>,
    /// The environment's values file.
    pub(super) values: String,
}

/// What was seen of one component.
pub(super) struct Seen {
    pub(super) target: Target,
    pub(super) lane: Lane,
    /// What the values file names.
    pub(super) named: NamedImage,
    /// The deployment that the values file names although it is not a success, or not yet: that is gone away from.
    pub(super) unsettled: Option<Deployment>,
    /// Whether the environment gets only what another one has verified.
    pub(super) needs_verification: bool,
    /// What the values file named before embark's first deployment, and what the registry has of it.
    pub(super) before_embark: Option<BeforeEmbark>,
}

/// What ran before embark came.
pub(crate) struct BeforeEmbark {
    pub(crate) named: NamedImage,
    /// `None` where it is not in the component's repository.
    pub(super) image: Option<Image>,
}

pub(super) async fn observe(
    systems: &Systems<'_>,
    request: &RollbackRequest,
    environment: &Environment,
    components: &[&Component],
) -> Result<Observed, Error> {
    let file = &environment.values_file;
    let snapshot = systems.repository.read(vec![file.clone()]).await?;
    let document = values_file::parse(file, snapshot.file(file))?;
    let target = |component: &Component| Target::new(&environment.name, &component.name);
    let lanes = systems.lanes(components.iter().map(|component| target(component)).collect()).await?;
    let lane = |component: &Component| lanes.get(&target(component)).cloned().unwrap_or_default();
    let named =
        components.iter().map(|component| Ok((target(component), values_file::named(file, &document, component)?)));
    let named: BTreeMap<Target, NamedImage> = named.collect::<Result<_, Error>>()?;
    let stands = |target: &Target, named: &NamedImage| {
        let running = lanes.get(target).and_then(Lane::running);
        running.is_some_and(|running| named.is(&running.record.image))
    };
    let unsettled = unsettled::find(systems, named.iter().filter(|(target, named)| !stands(target, named))).await?;
    let is_whole = request.component.is_none();
    // Part of a run may have succeeded already: it is undone whole.
    let mut runs: BTreeSet<_> = unsettled.values().map(|unsettled| unsettled.deployment.record.release).collect();
    if is_whole && runs.is_empty() {
        runs.extend(newest_run(systems, &lanes).await?);
    }
    let is_meant = |component: &&&Component| {
        let lane = lane(component);
        // A rollback that has begun and of which another component has come further is finished whole, too.
        let begun =
            lane.deployments().first().filter(|first| first.record.kind == Kind::Rollback && first.is_pending());
        let is_of_run = [lane.running(), begun].into_iter().flatten().any(|one| runs.contains(&one.record.release));
        !is_whole || is_of_run || unsettled.contains_key(&target(component))
    };
    let seen = components.iter().filter(is_meant).map(|component| async {
        let lane = lane(component);
        let before_embark = if request.unverified || earlier(&lane).is_none() {
            before_embark(systems, environment, component, &lane).await?
        } else {
            None
        };
        Ok::<_, Error>(Seen {
            target: target(component),
            named: named.get(&target(component)).cloned().unwrap_or_default(),
            unsettled: unsettled.get(&target(component)).map(|unsettled| unsettled.deployment.clone()),
            needs_verification: environment.promotes_from.is_some(),
            before_embark,
            lane,
        })
    });
    let components = try_join_all(seen).await?;
    let values = values_file::text(file, snapshot.file(file))?.to_owned();
    Ok(Observed { tip: snapshot.tip, components, values })
}

/// How many commits are searched at first for the newest run.
const SEARCHED: usize = 256;

/// Returns the run whose commit is the newest on the branch: what is undone if no component is named.
async fn newest_run(
    systems: &Systems<'_>,
    lanes: &BTreeMap<Target, Lane>,
) -> Result<Option<DeploymentId>, RepositoryError> {
    let runs: BTreeMap<Revision, DeploymentId> = lanes
        .values()
        .filter_map(Lane::running)
        .filter_map(|running| Some((running.success()?.revision()?, running.record.release)))
        .collect();
    if runs.is_empty() {
        return Ok(None);
    }
    // A run that is older than that is looked for in all there is.
    for limit in [SEARCHED, usize::MAX] {
        let entries = systems.repository.log(LogQuery { from: None, until: None, paths: Vec::new(), limit }).await?;
        if let Some(run) = entries.iter().find_map(|entry| runs.get(&entry.revision)) {
            return Ok(Some(*run));
        }
    }
    // None of them is on the branch: it was rewritten. That is told of the run that was made last.
    Ok(lanes.values().filter_map(Lane::running).map(|running| running.record.release).max())
}

/// Returns what ran before what runs now: of another digest, and not rolled back itself.
pub(super) fn earlier(lane: &Lane) -> Option<&Deployment> {
    let running = lane.running()?;
    let mut others = lane.deployments().iter().filter(|other| {
        other.ran() && other.number < running.number && other.record.image.digest != running.record.image.digest
    });
    // From a rollback forward it is back to where that one came from.
    if running.record.kind == Kind::Rollback {
        return others.next();
    }
    others.find(|other| lane.rolled_back(other).is_none())
}

/// Finds what the values file named before the first commit of embark's that is known.
pub(crate) async fn before_embark(
    systems: &Systems<'_>,
    environment: &Environment,
    component: &Component,
    lane: &Lane,
) -> Result<Option<BeforeEmbark>, Error> {
    let ran: Vec<&Deployment> = lane.deployments().iter().rev().filter(|deployment| deployment.ran()).collect();
    let git = GitRecord::read(systems, ran.iter().copied()).await?;
    let first = ran.into_iter().find(|deployment| git.bears(deployment) && git.agrees(deployment).is_ok());
    let Some(first) = first.and_then(|first| first.success()?.revision()) else { return Ok(None) };
    let entry = systems.repository.commits(vec![first.clone()]).await?.remove(&first);
    let Some(parent) = entry.and_then(|commit| commit.entry.parent) else { return Ok(None) };
    let file = &environment.values_file;
    let place = (parent, file.clone());
    let files = systems.repository.read_at(vec![place.clone()]).await?;
    // The file of then may not have the keys of today: then nothing is known of what it named.
    let Ok(document) = values_file::parse(file, files.get(&place).and_then(Option::as_deref)) else { return Ok(None) };
    let Ok(named) = values_file::named(file, &document, component) else { return Ok(None) };
    let repository = component.repository(&environment.name);
    let Some(tag) = named.tag().filter(|_| named.is_of(repository)) else {
        return Ok(Some(BeforeEmbark { named, image: None }));
    };
    let image = match systems.registry.resolve(repository, &Reference::Tag(tag.clone())).await {
        Ok(digest) => Some(Image { repository: repository.clone(), tag, digest }),
        Err(error) if error.is_absent() => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Some(BeforeEmbark { named, image }))
}
