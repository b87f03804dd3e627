//! *status*: what each environment has, of each component.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{join, join_all};

use crate::commit::Revision;
use crate::delivered::Delivered;
use crate::deployment::{Deployment, DeploymentId};
use crate::digest::Digest;
use crate::error::Error;
use crate::holds::{Hold, Holds};
use crate::image::{Reference, Repository, Tag};
use crate::lane::Lane;
use crate::name::{ComponentName, EnvironmentName, Target};
use crate::pipeline::Environment;
use crate::seen;
use crate::systems::Systems;
use crate::timestamp::Timestamp;
use crate::values_file;

/// What one environment has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentStatus {
    /// The environment.
    pub name: EnvironmentName,
    /// Its components, in the order of the configuration.
    pub components: Vec<ComponentStatus>,
    /// What Argo CD has brought there, or why that cannot be seen; `None` where it is not observed.
    pub delivery: Option<Result<Delivered, String>>,
}

/// What an environment has of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentStatus {
    /// The component.
    pub name: ComponentName,
    /// The repository of the environment's images.
    pub image: Repository,
    /// The tag that the values file names.
    pub tag: Option<Tag>,
    /// The digest that the registry has under it now.
    pub digest: Option<Digest>,
    /// The deployment that brought it.
    pub deployment: Option<DeploymentId>,
    /// The commit of the deployment repo that carried it out.
    pub commit: Option<Revision>,
    /// When that was.
    pub since: Option<Timestamp>,
    /// Who or what started it.
    pub by: Option<String>,
    /// Whether file, record and registry agree, and the environment before runs the same digest; `None` where
    /// nothing is recorded.
    pub in_step: Option<bool>,
    /// Why automation leaves it alone, if it does.
    pub hold: Option<Hold>,
    /// The deployments that wait, the newest first.
    pub pending: Vec<DeploymentId>,
}

/// Looks at every environment, or at `only` this one.
///
/// What an environment has in fact is told beside it. That this cannot be seen is no error.
///
/// # Errors
/// [`Error`] if a system failed.
pub async fn status(systems: &Systems<'_>, only: Option<&EnvironmentName>) -> Result<Vec<EnvironmentStatus>, Error> {
    let environments: Vec<&Environment> = match only {
        Some(name) => vec![systems.environment(name)?],
        None => systems.pipeline.environments().iter().collect(),
    };
    let components = systems.pipeline.components();
    let files = environments.iter().map(|environment| environment.values_file.clone()).chain([Holds::path()]);
    let snapshot = systems.repository.read(files.collect()).await?;
    let holds = Holds::parse(snapshot.file(&Holds::path()))?;
    let names = environments
        .iter()
        .flat_map(|environment| std::iter::once(&environment.name).chain(environment.promotes_from.as_ref()));
    let targets: BTreeSet<Target> =
        names.flat_map(|name| components.iter().map(move |component| Target::new(name, &component.name))).collect();
    let lanes = systems.lanes(targets.into_iter().collect()).await?;
    let mut named = BTreeMap::new();
    for environment in &environments {
        let file = &environment.values_file;
        let document = values_file::parse(file, snapshot.file(file))?;
        for component in components {
            let target = Target::new(&environment.name, &component.name);
            named.insert(target, values_file::named(file, &document, component)?);
        }
    }
    let tags: BTreeSet<(Repository, Tag)> = named
        .iter()
        .filter_map(|(target, named)| {
            let component = systems.pipeline.component(&target.component)?;
            Some((component.repository(&target.environment).clone(), named.tag()?))
        })
        .collect();
    let (digests, mut delivered) = join(resolve(systems, tags), seen::observe(systems, &environments)).await;
    let digests = digests?;
    let of_environment = |environment: &&Environment| EnvironmentStatus {
        delivery: delivered.remove(&environment.name),
        name: environment.name.clone(),
        components: components
            .iter()
            .map(|component| {
                let target = Target::new(&environment.name, &component.name);
                let lane = |target: &Target| lanes.get(target).cloned().unwrap_or_default();
                let before = environment.promotes_from.as_ref().map(|from| lane(&Target::new(from, &component.name)));
                let named = named.get(&target).cloned().unwrap_or_default();
                let image = component.repository(&environment.name).clone();
                let tag = named.tag();
                let digest = tag.as_ref().and_then(|tag| digests.get(&(image.clone(), tag.clone()))?.clone());
                let lane = lane(&target);
                let in_step = in_step(&lane, before.as_ref(), &named, digest.as_ref());
                let status = component_status(component.name.clone(), &lane, &named, (image, tag, digest), in_step);
                ComponentStatus { hold: holds.of(&target).cloned(), ..status }
            })
            .collect(),
    };
    Ok(environments.iter().map(of_environment).collect())
}

async fn resolve(
    systems: &Systems<'_>,
    tags: BTreeSet<(Repository, Tag)>,
) -> Result<BTreeMap<(Repository, Tag), Option<Digest>>, Error> {
    let answers = tags.into_iter().map(|(repository, tag)| async {
        match systems.registry.resolve(&repository, &Reference::Tag(tag.clone())).await {
            Ok(digest) => Ok(((repository, tag), Some(digest))),
            Err(error) if error.is_absent() => Ok(((repository, tag), None)),
            Err(error) => Err(Error::from(error)),
        }
    });
    join_all(answers).await.into_iter().collect()
}

fn in_step(
    lane: &Lane,
    before: Option<&Lane>,
    named: &values_file::NamedImage,
    digest: Option<&Digest>,
) -> Option<bool> {
    let recorded = &lane.running()?.record.image;
    let itself = named.is(recorded) && digest == Some(&recorded.digest);
    let with_before = before
        .is_none_or(|before| before.running().is_some_and(|running| running.record.image.digest == recorded.digest));
    Some(itself && with_before)
}

fn component_status(
    name: ComponentName,
    lane: &Lane,
    named: &values_file::NamedImage,
    (image, tag, digest): (Repository, Option<Tag>, Option<Digest>),
    in_step: Option<bool>,
) -> ComponentStatus {
    let is_named = |deployment: &&Deployment| named.is(&deployment.record.image);
    let mut ran = lane.deployments().iter().filter(|deployment| deployment.ran());
    // What is committed and not healthy yet has brought it, too.
    let mut on_its_way = lane.deployments().iter().filter(|deployment| deployment.commit().is_some());
    let brought = ran.find(is_named).or_else(|| on_its_way.find(is_named));
    let success = brought.and_then(Deployment::success);
    let pending = lane.deployments().iter().filter(|deployment| deployment.is_pending());
    ComponentStatus {
        name,
        image,
        tag,
        digest,
        deployment: brought.map(|deployment| deployment.record.id),
        commit: brought.and_then(Deployment::commit),
        since: success.map(|status| status.at),
        by: brought.and_then(|deployment| deployment.record.actor.clone()),
        in_step,
        hold: None,
        pending: pending.map(|deployment| deployment.record.id).collect(),
    }
}
