//! *wait*: until an environment runs, and in good health, what was deployed to it.

mod arrival;
mod branch;
mod images;
mod watch;

use std::collections::BTreeMap;
use std::time::Duration;

pub(crate) use self::arrival::Wanted;
pub(crate) use self::watch::{End, Watch};
use crate::commit::Revision;
use crate::delivered::Delivered;
use crate::deployment::{Deployment, DeploymentId};
use crate::error::Error;
use crate::image::Image;
use crate::lane::Lane;
use crate::name::{EnvironmentName, Target};
use crate::pipeline::Environment;
use crate::systems::Systems;
use crate::unsettled::{self, Unsettled};
use crate::values_file::{self, NamedImage};

/// What was waited for, and how that ended.
#[derive(Debug, Clone)]
pub struct Waited {
    /// The environment and component.
    pub target: Target,
    /// The deployment that brought what should run there.
    pub deployment: DeploymentId,
    /// The commit of the deployment repo that carried it out.
    pub commit: Revision,
    /// The image.
    pub image: Image,
    /// How it ended.
    pub state: WaitState,
    /// What was observed last; `None` where nothing could be.
    pub delivered: Option<Delivered>,
    /// How long it took.
    pub took: Duration,
    /// Why it is so.
    pub reason: String,
}

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitState {
    /// It runs there, in good health.
    Healthy,
    /// It runs there, and does not get well.
    Degraded,
    /// The time was up.
    TimeUp,
    /// Another deployment has come.
    Superseded,
}

impl WaitState {
    /// Returns its name in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::TimeUp => "waiting",
            Self::Superseded => "superseded",
        }
    }
}

/// Waits until an environment runs the newest deployment of each of its components, as long as [`Systems::patience`].
///
/// One that was committed and has failed is waited for, too: it may have got well. A component without a deployment that
/// was committed is not. Nothing is written.
///
/// # Errors
/// [`Error`] if a system failed, or what the environment has may not be seen. One that cannot be reached for a time is
/// waited for.
pub async fn wait(systems: &Systems<'_>, name: &EnvironmentName) -> Result<Vec<Waited>, Error> {
    let environment = systems.environment(name)?;
    systems.observing(name)?;
    let targets = systems.pipeline.targets([environment]);
    let mut watch = Watch::new(systems, wanted(systems, environment, &targets).await?);
    let mut waited = Vec::new();
    while !watch.is_over() {
        for (wanted, end) in watch.poll().await? {
            let (state, reason) = match end {
                End::Healthy(reason) => (WaitState::Healthy, reason),
                End::Degraded(reason) => (WaitState::Degraded, reason),
                End::TimeUp(reason) => (WaitState::TimeUp, reason),
                End::Superseded(reason) => (WaitState::Superseded, reason),
                End::Failed(error) => return Err(Error::Delivery(error)),
            };
            let delivered = watch.seen(&wanted.target.environment).cloned();
            let Wanted { target, deployment, commit, image } = wanted;
            waited.push(Waited { target, deployment, commit, image, state, delivered, took: watch.took(), reason });
        }
        if let Some(by) = watch.pause().await {
            return Err(Error::Stopped { by, is_pushed: false });
        }
    }
    waited.sort_by_key(|one| targets.iter().position(|target| *target == one.target));
    Ok(waited)
}

/// Returns what of these targets was committed last.
async fn wanted(systems: &Systems<'_>, environment: &Environment, targets: &[Target]) -> Result<Vec<Wanted>, Error> {
    let file = &environment.values_file;
    let snapshot = systems.repository.read(vec![file.clone()]).await?;
    let document = values_file::parse(file, snapshot.file(file))?;
    let lanes = systems.lanes(targets.to_vec()).await?;
    let mut named = BTreeMap::new();
    for (target, component) in targets.iter().zip(systems.pipeline.components()) {
        named.insert(target.clone(), values_file::named(file, &document, component)?);
    }
    let ran = |target: &Target, named: &NamedImage| {
        let deployments = lanes.get(target).map(Lane::deployments).unwrap_or_default();
        deployments.iter().any(|one| one.ran() && named.is(&one.record.image))
    };
    let unsettled = unsettled::find(systems, named.iter().filter(|(target, named)| !ran(target, named))).await?;
    let of = |target: &Target| {
        if let Some(Unsettled { deployment, commit }) = unsettled.get(target) {
            return Some(Wanted::of(deployment, commit.clone()));
        }
        let committed = |one: &&Deployment| one.is_live() && one.commit().is_some();
        let newest = lanes.get(target)?.deployments().iter().find(committed)?;
        Some(Wanted::of(newest, newest.commit()?))
    };
    Ok(targets.iter().filter_map(of).collect())
}
