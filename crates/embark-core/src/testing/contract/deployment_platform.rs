//! The contract of [`DeploymentPlatform`]. Unless it says otherwise, a case gets an empty platform.

use crate::deployment::{Deployment, DeploymentId, MAX_DESCRIPTION, MAX_ERRORS, NewStatus, State};
use crate::digest::Digest;
use crate::image::Image;
use crate::name::Target;
use crate::ports::{DeploymentPlatform, PlatformError};
use crate::record::{Kind, Record, Source, Waiver};

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
        hold: None,
        waived: None,
    }
}

async fn create_all(platform: &dyn DeploymentPlatform, records: Vec<Record>) -> Vec<Deployment> {
    platform.create(records.into_iter().map(super::super::new_deployment).collect()).await.expect("created")
}

async fn create(platform: &dyn DeploymentPlatform, record: Record) -> Deployment {
    create_all(platform, vec![record]).await.into_iter().next().expect("one")
}

/// Returns the newest deployments of a target.
async fn recent(platform: &dyn DeploymentPlatform, target: &Target, limit: usize) -> Vec<Deployment> {
    let mut lanes = platform.recent(vec![target.clone()], limit).await.expect("listed");
    lanes.remove(target).expect("each target has its answer")
}

fn ids(deployments: &[Deployment]) -> Vec<DeploymentId> {
    deployments.iter().map(|deployment| deployment.record.id).collect()
}

/// Returns what the platform holds of one deployment now.
async fn again(platform: &dyn DeploymentPlatform, deployment: &Deployment) -> Deployment {
    let found = platform.get(vec![deployment.record.id]).await.expect("got");
    found.into_iter().next().expect("it is there")
}

async fn waits(platform: &dyn DeploymentPlatform, deployment: &Deployment) -> bool {
    let target = deployment.record.target.clone();
    ids(&platform.pending(vec![target]).await.expect("listed")).contains(&deployment.record.id)
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
    assert_eq!(recent(platform, &wished.target, 5).await, [first]);
}

/// What exists is handed back as it is, with its statuses, whatever the second wish says; what does not is created.
pub async fn hands_back_what_exists(platform: &dyn DeploymentPlatform) {
    let wished = record("dev", "frontend", 1);
    let first = create(platform, wished.clone()).await;
    append(platform, &first, State::Success, "done").await;
    let first = again(platform, &first).await;
    let other = Record { actor: Some("somebody else".into()), image: record("dev", "frontend", 2).image, ..wished };
    let missing = record("dev", "frontend", 3);
    let created = create_all(platform, vec![other, missing.clone()]).await;
    assert_eq!(created[0], first);
    assert_eq!(created[1].record, missing);
    assert!(created[1].number > first.number);
    assert_eq!(recent(platform, &missing.target, 5).await, [created[1].clone(), first]);
}

/// One id in two environments is two deployments: whoever may create some may copy an id.
pub async fn creates_what_is_elsewhere_under_its_id(platform: &dyn DeploymentPlatform) {
    let wished = record("dev", "frontend", 1);
    let copied = Record { target: target("staging", "frontend"), ..wished.clone() };
    create(platform, copied.clone()).await;
    let created = create(platform, wished.clone()).await;
    assert_eq!(created.record, wished);
    let listed = recent(platform, &copied.target, 5).await;
    assert_eq!(listed.into_iter().map(|deployment| deployment.record).collect::<Vec<_>>(), [copied]);
}

/// Several are created in their order, whatever their targets are.
pub async fn creates_in_order(platform: &dyn DeploymentPlatform) {
    let wished = [("dev", "frontend", 5), ("staging", "frontend", 4), ("dev", "backend", 3), ("dev", "frontend", 2)];
    let wished = wished.map(|(environment, component, number)| record(environment, component, number)).to_vec();
    let created = create_all(platform, wished.clone()).await;
    let records: Vec<_> = created.iter().map(|deployment| deployment.record.clone()).collect();
    assert_eq!(records, wished);
    assert!(created[3].number > created[0].number);
    assert_eq!(recent(platform, &wished[0].target, 5).await, [created[3].clone(), created[0].clone()]);
}

/// Every field of a record comes back as it was.
pub async fn keeps_every_field(platform: &dyn DeploymentPlatform) {
    let bare = Record { commit: None, actor: None, ..record("dev", "frontend", 1) };
    let full = Record {
        kind: Kind::Promotion,
        version: "1.4.0-rc.1".parse().ok(),
        base: "0123456789abcdef0123456789abcdef01234567".parse().ok(),
        actor: Some("Zoë \"Z\" O'Neill <zoe@example.com>".into()),
        from: Some(Source {
            environment: "staging".parse().expect("a name"),
            deployment: DeploymentId::new(7, 7),
            commit: "89abcdef0123456789abcdef0123456789abcdef".parse().ok(),
        }),
        ..record("production", "frontend", 2)
    };
    let back = Record {
        kind: Kind::Rollback,
        from: full.from.clone().map(|from| Source { commit: None, ..from }),
        replaces: Some(full.id),
        hold: Some("it leaks".into()),
        waived: Some(Waiver { rules: vec!["verified".into()], reason: "there is no other".into() }),
        ..record("production", "backend", 3)
    };
    for wished in [bare, full, back] {
        let created = create(platform, wished.clone()).await;
        assert_eq!(again(platform, &created).await.record, wished);
    }
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

/// The newest are found among many, however their ids are ordered.
pub async fn finds_the_newest_of_many(platform: &dyn DeploymentPlatform) {
    const MANY: u64 = 150;
    // Ids of one half fall and those of the other grow, as the clocks of two machines may have it.
    let number = |n: u64| if n.is_multiple_of(2) { 1_000 - n } else { 2_000 + n };
    let wished: Vec<_> = (0..MANY).map(|n| record("dev", "frontend", number(n))).collect();
    let created = create_all(platform, wished.clone()).await;
    assert!(created.windows(2).all(|pair| pair[1].number > pair[0].number));
    let newest_first: Vec<_> = wished.iter().rev().map(|record| record.id).collect();
    for limit in [0, 1, 5, 100, 1_000] {
        let found = recent(platform, &wished[0].target, limit).await;
        assert_eq!(ids(&found), newest_first[..limit.min(newest_first.len())], "the newest {limit}");
    }
    let next = create(platform, record("dev", "frontend", 1)).await;
    assert!(created.iter().all(|deployment| next.number > deployment.number));
}

/// What waits does not hide what ran, nor the other way round, however many there are.
pub async fn what_waits_does_not_hide_what_ran(platform: &dyn DeploymentPlatform) {
    const MANY: u64 = 100;
    let target = target("dev", "frontend");
    let created = create_all(platform, (0..MANY).map(|n| record("dev", "frontend", n)).collect()).await;
    let [oldest, old, .., below] = created.as_slice() else { unreachable!("many are created") };
    for ran in [oldest, old] {
        append(platform, ran, State::Success, "done").await;
    }
    let newest_first: Vec<_> = created.iter().rev().map(|deployment| deployment.record.id).collect();
    let both = [old.record.id, oldest.record.id];
    let found = recent(platform, &target, 5).await;
    assert_eq!(ids(&found), [&newest_first[..5], &both].concat(), "five that wait, and the two that ran");
    let found = recent(platform, &target, 1).await;
    assert_eq!(ids(&found), [below.record.id, old.record.id]);
    let pending = platform.pending(vec![target.clone()]).await.expect("listed");
    assert_eq!(pending.len(), created.len() - 2);

    append(platform, below, State::Success, "done").await;
    let found = recent(platform, &target, 1).await;
    assert_eq!(ids(&found), [below.record.id], "what is older than the oldest that is listed as run is left out");
}

/// Two handles of one platform see what the other has written, and number on from it.
pub async fn sees_what_another_has_written(platform: &dyn DeploymentPlatform, other: &dyn DeploymentPlatform) {
    let target = target("dev", "frontend");
    assert!(recent(platform, &target, 5).await.is_empty());
    let theirs = create(other, record("dev", "frontend", 9)).await;
    assert_eq!(recent(platform, &target, 5).await, std::slice::from_ref(&theirs));
    assert!(waits(platform, &theirs).await);
    let ours = create(platform, record("dev", "frontend", 3)).await;
    assert!(ours.number > theirs.number);
    append(other, &ours, State::Success, "done").await;
    assert!(!waits(platform, &ours).await);
    assert_eq!(create(other, record("dev", "frontend", 3)).await, again(platform, &ours).await);
}

/// Statuses are appended in their order.
pub async fn appends_statuses(platform: &dyn DeploymentPlatform) {
    let created = create(platform, record("dev", "frontend", 1)).await;
    append(platform, &created, State::Queued, "held").await;
    append(platform, &created, State::Success, "done").await;
    let statuses = again(platform, &created).await.statuses;
    let found: Vec<_> = statuses.iter().map(|status| (status.state, status.description.as_str())).collect();
    assert_eq!(found, [(State::Queued, "held"), (State::Success, "done")]);
}

/// Each of several deployments gets its own status, with the whole description.
pub async fn appends_to_several_at_once(platform: &dyn DeploymentPlatform) {
    let wished = vec![record("dev", "frontend", 1), record("staging", "backend", 2), record("dev", "frontend", 3)];
    let created = create_all(platform, wished).await;
    let long = "ü\"\\".repeat(MAX_DESCRIPTION).chars().take(MAX_DESCRIPTION).collect::<String>();
    let statuses = [(State::Success, long.as_str()), (State::Failure, "refused"), (State::Inactive, "")];
    let keyed = created.iter().zip(statuses);
    let keyed = keyed.map(|(deployment, (state, text))| (deployment.key(), NewStatus::new(state, text)));
    platform.append(keyed.collect()).await.expect("appended");
    for (deployment, wanted) in created.iter().zip(statuses) {
        let found = again(platform, deployment).await.statuses;
        let found: Vec<_> = found.iter().map(|status| (status.state, status.description.as_str())).collect();
        assert_eq!(found, [wanted]);
    }
}

/// What waits is listed, by environment; what is closed is not.
pub async fn lists_what_waits(platform: &dyn DeploymentPlatform) {
    let dev = create(platform, record("dev", "frontend", 1)).await;
    let staging = create(platform, record("staging", "frontend", 2)).await;
    let closed = create(platform, record("dev", "backend", 3)).await;
    append(platform, &closed, State::Failure, "refused").await;
    let failing = create(platform, record("dev", "backend", 4)).await;
    append(platform, &failing, State::Error, "could not").await;
    let targets = |names: &[&str]| names.iter().map(|name| target(name, "frontend")).collect::<Vec<_>>();
    let sorted = |deployments: Vec<Deployment>| {
        let mut ids = ids(&deployments);
        ids.sort();
        ids
    };
    let pending = platform.pending(targets(&["dev"])).await.expect("listed");
    assert_eq!(sorted(pending), [dev.record.id, failing.record.id]);
    let pending = platform.pending(targets(&["dev", "staging"])).await.expect("listed");
    assert_eq!(sorted(pending), [dev.record.id, staging.record.id, failing.record.id]);
}

/// What is being carried out still waits, whether the platform keeps that status or not.
pub async fn lists_what_is_in_progress(platform: &dyn DeploymentPlatform) {
    let created = create(platform, record("dev", "frontend", 1)).await;
    append(platform, &created, State::InProgress, "under way").await;
    let states: Vec<_> = again(platform, &created).await.statuses.iter().map(|status| status.state).collect();
    assert!(states.is_empty() || states == [State::InProgress], "{states:?}");
    assert!(waits(platform, &created).await);
    append(platform, &created, State::Success, "done").await;
    assert!(!waits(platform, &created).await);
}

/// A deployment that could not be carried out waits until there are [`MAX_ERRORS`], for one and the same reason too.
pub async fn gives_up_after_equal_errors(platform: &dyn DeploymentPlatform) {
    let created = create(platform, record("dev", "frontend", 1)).await;
    for attempt in 0..MAX_ERRORS {
        assert!(waits(platform, &created).await, "after {attempt} errors");
        append(platform, &created, State::Error, "the branch is protected").await;
    }
    assert_eq!(again(platform, &created).await.statuses.len(), MAX_ERRORS);
    assert!(!waits(platform, &created).await);
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

/// A platform that cannot be reached is told as such, whatever is asked. The one given cannot.
pub async fn tells_that_it_cannot_be_reached(platform: &dyn DeploymentPlatform) {
    let wished = record("dev", "frontend", 1);
    let listed = platform.recent(vec![wished.target.clone()], 1).await;
    assert!(matches!(listed, Err(PlatformError::Unavailable { .. })), "{listed:?}");
    let pending = platform.pending(vec![wished.target.clone()]).await;
    assert!(matches!(pending, Err(PlatformError::Unavailable { .. })), "{pending:?}");
    let got = platform.get(vec![wished.id]).await;
    assert!(matches!(got, Err(PlatformError::Unavailable { .. })), "{got:?}");
    let created = platform.create(vec![super::super::new_deployment(wished)]).await;
    assert!(matches!(created, Err(PlatformError::Unavailable { .. })), "{created:?}");
}

/// Missing credentials are told as such. The platform given demands some that it is not given.
pub async fn tells_that_credentials_are_missing(platform: &dyn DeploymentPlatform) {
    let wished = record("dev", "frontend", 1);
    let listed = platform.recent(vec![wished.target.clone()], 1).await;
    assert!(matches!(listed, Err(PlatformError::Unauthorized { .. })), "{listed:?}");
    let created = platform.create(vec![super::super::new_deployment(wished)]).await;
    assert!(matches!(created, Err(PlatformError::Unauthorized { .. })), "{created:?}");
}

/// That something is in progress is kept with the commit that it tells, also where nothing else of it is; it waits then.
pub async fn keeps_the_commit_of_what_is_in_progress(platform: &dyn DeploymentPlatform) {
    let deployment = create(platform, record("dev", "frontend", 1)).await;
    let commit = "b".repeat(40).parse().expect("a commit");
    platform.append(vec![(deployment.key(), NewStatus::committed(&commit))]).await.expect("appended");
    let found = again(platform, &deployment).await;
    assert_eq!((found.state(), found.commit()), (Some(State::InProgress), Some(commit.clone())));
    assert!(found.is_pending() && !found.ran());
    platform.append(vec![(deployment.key(), NewStatus::success(&commit))]).await.expect("appended");
    let found = again(platform, &deployment).await;
    assert_eq!((found.state(), found.commit(), found.ran()), (Some(State::Success), Some(commit), true));
}
