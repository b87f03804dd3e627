//! The contract of [`DeploymentPlatform`]. Each case gets an empty platform.

use crate::deployment::{Deployment, DeploymentId, NewStatus, State};
use crate::digest::Digest;
use crate::image::Image;
use crate::name::{EnvironmentName, Target};
use crate::ports::{DeploymentPlatform, PlatformError};
use crate::record::{Kind, Record};

fn target(environment: &str, component: &str) -> Target {
    Target { environment: environment.parse().expect("a name"), component: component.parse().expect("a name") }
}

/// Makes a record whose id and image are told by `number`.
pub fn record(environment: &str, component: &str, number: u64) -> Record {
    Record {
        id: DeploymentId::new(1_777_800_000_000 + number, u128::from(number)),
        release: DeploymentId::new(1_777_800_000_000, 0),
        kind: Kind::Release,
        target: target(environment, component),
        image: Image {
            repository: "registry.test/app".parse().expect("a repository"),
            tag: format!("{number:040x}").parse().expect("a tag"),
            digest: Digest::sha256(&number.to_be_bytes()),
        },
        commit: format!("{number:040x}").parse().ok(),
        version: None,
        base: None,
        actor: Some("somebody".into()),
        from: None,
        replaces: None,
    }
}

async fn create(platform: &dyn DeploymentPlatform, record: Record) -> Deployment {
    let created = platform.create(vec![super::super::new_deployment(record)]).await.expect("created");
    created.into_iter().next().expect("one")
}

async fn append(platform: &dyn DeploymentPlatform, deployment: &Deployment, state: State, description: &str) {
    let status = NewStatus::new(state, description);
    platform.append(vec![(deployment.key(), status)]).await.expect("appended");
}

/// What was created is found again as it was, by id and by target.
pub async fn finds_what_was_created(platform: &dyn DeploymentPlatform) {
    let wished = record("dev", "frontend", 1);
    let created = create(platform, wished.clone()).await;
    assert_eq!(created.record, wished);
    assert!(created.statuses.is_empty());
    let absent = DeploymentId::new(1, 1);
    assert_eq!(platform.get(vec![wished.id, absent]).await.expect("got"), std::slice::from_ref(&created));
    let lanes = platform.recent(vec![wished.target.clone(), target("dev", "other")], 5).await.expect("listed");
    assert_eq!(lanes[&wished.target], [created]);
    assert!(lanes[&target("dev", "other")].is_empty());
}

/// A deployment is created once, however often it is asked for.
pub async fn creates_once(platform: &dyn DeploymentPlatform) {
    let wished = record("dev", "frontend", 1);
    let first = create(platform, wished.clone()).await;
    let second = create(platform, wished.clone()).await;
    assert_eq!(first.number, second.number);
    assert_eq!(platform.recent(vec![wished.target.clone()], 5).await.expect("listed")[&wished.target].len(), 1);
}

/// Numbers grow, whatever the ids are, and the newest comes first.
pub async fn numbers_grow(platform: &dyn DeploymentPlatform) {
    let (late, early) = (record("dev", "frontend", 9), record("dev", "frontend", 3));
    let first = create(platform, late.clone()).await;
    let second = create(platform, early.clone()).await;
    assert!(second.number > first.number);
    let lanes = platform.recent(vec![late.target.clone()], 5).await.expect("listed");
    let ids: Vec<_> = lanes[&late.target].iter().map(|deployment| deployment.record.id).collect();
    assert_eq!(ids, [early.id, late.id]);
    let newest = platform.recent(vec![late.target.clone()], 1).await.expect("listed");
    assert_eq!(newest[&late.target].len(), 1);
    assert_eq!(newest[&late.target][0].record.id, early.id);
}

/// Statuses are appended in their order.
pub async fn appends_statuses(platform: &dyn DeploymentPlatform) {
    let created = create(platform, record("dev", "frontend", 1)).await;
    append(platform, &created, State::Queued, "held").await;
    append(platform, &created, State::Success, "done").await;
    let found = platform.get(vec![created.record.id]).await.expect("got");
    let states: Vec<_> = found[0].statuses.iter().map(|status| (status.state, status.description.as_str())).collect();
    assert_eq!(states, [(State::Queued, "held"), (State::Success, "done")]);
}

/// What waits is listed, by environment; what is closed is not.
pub async fn lists_what_waits(platform: &dyn DeploymentPlatform) {
    let dev = create(platform, record("dev", "frontend", 1)).await;
    let staging = create(platform, record("staging", "frontend", 2)).await;
    let closed = create(platform, record("dev", "backend", 3)).await;
    append(platform, &closed, State::Failure, "refused").await;
    let failing = create(platform, record("dev", "backend", 4)).await;
    append(platform, &failing, State::Error, "could not").await;
    let names =
        |names: &[&str]| names.iter().map(|name| name.parse().expect("a name")).collect::<Vec<EnvironmentName>>();
    let ids = |deployments: Vec<Deployment>| {
        let mut ids: Vec<_> = deployments.iter().map(|deployment| deployment.record.id).collect();
        ids.sort();
        ids
    };
    let pending = platform.pending(names(&["dev"])).await.expect("listed");
    assert_eq!(ids(pending), [dev.record.id, failing.record.id]);
    let pending = platform.pending(names(&["dev", "staging"])).await.expect("listed");
    assert_eq!(ids(pending), [dev.record.id, staging.record.id, failing.record.id]);
}

/// A status of a deployment that does not exist is refused.
pub async fn refuses_a_status_of_nothing(platform: &dyn DeploymentPlatform) {
    let key = Deployment {
        record: record("dev", "frontend", 7),
        number: 7,
        created_at: crate::timestamp::Timestamp::from_unix(0),
        statuses: Vec::new(),
    }
    .key();
    let answer = platform.append(vec![(key, NewStatus::new(State::Success, "done"))]).await;
    assert!(matches!(answer, Err(PlatformError::NotFound { .. })), "{answer:?}");
}
