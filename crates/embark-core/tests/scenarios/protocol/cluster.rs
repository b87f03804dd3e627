//! The clusters of a history, and what Argo CD tells of them.

use embark_core::testing::FakeRepository;
use embark_core::{DegradedResource, Delivered, Health, Revision, SyncState};

use super::log::What;
use super::reading;
use super::shop::{ENVIRONMENTS, Shop};
use super::steps::Cluster;
use crate::world::{COMPONENTS, environment, file, repository};

/// What Argo CD says of what does not get well.
pub(crate) const WORDS: &str = "exceeded its progress deadline";

impl Shop {
    /// A cluster gets well, or does not. Of one that nobody observes nothing is told.
    pub(crate) fn turn(&self, at: usize, cluster: Cluster) {
        if !self.setting.healthy[at] {
            return;
        }
        let (branch, name) = (self.world.repository.clone(), ENVIRONMENTS[at]);
        let then = has(&branch, name);
        self.world.delivery.play(&environment(name), move |_| {
            let has = if cluster == Cluster::Stuck { then.clone() } else { has(&branch, name) };
            Ok(delivered(has, cluster))
        });
        self.log.somebody(What::Turned(at, cluster));
    }

    /// All clusters get well.
    pub(crate) fn get_well(&self) {
        for at in 0..ENVIRONMENTS.len() {
            self.turn(at, Cluster::Well);
        }
    }
}

/// Returns the commit that a cluster has when it has all of the branch, and the images of its values file.
fn has(branch: &FakeRepository, name: &str) -> (Revision, Vec<String>) {
    let tip = branch.commits().last().expect("there is one").revision.clone();
    let text = branch.text(&file(name));
    let images = COMPONENTS.map(|component| {
        let named = reading::named(&text, component);
        let digest = if named.digest.is_empty() { String::new() } else { format!("@{}", named.digest) };
        format!("{}:{}{digest}", repository(component), named.tag)
    });
    (tip, images.into())
}

fn delivered((revision, images): (Revision, Vec<String>), cluster: Cluster) -> Delivered {
    let health = match cluster {
        Cluster::Well | Cluster::Stuck => Health::Healthy,
        Cluster::Progressing => Health::Progressing,
        Cluster::Degraded => Health::Degraded,
    };
    let resource =
        || DegradedResource { kind: "Deployment".into(), name: "web".into(), message: Some(WORDS.to_owned()) };
    Delivered {
        revisions: vec![revision.clone()],
        applied: vec![revision],
        sync: SyncState::Synced,
        health,
        degraded: (health == Health::Degraded).then(resource).into_iter().collect(),
        images,
        is_automated: true,
        ..Delivered::default()
    }
}
