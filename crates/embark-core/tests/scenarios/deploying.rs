mod forged;

use embark_core::testing::Fault;
use embark_core::{Selection, State};

use crate::world::{
    COMPONENTS, Process, World, assert_done, assert_unchanged, environment, failure, file, item, refusal,
};

async fn deploy(world: &World, id: embark_core::DeploymentId) -> Vec<embark_core::Item> {
    embark_core::deploy(&world.systems(), &Selection::Ids(vec![id]), false).await.expect("deployed")
}

#[tokio::test]
async fn scenario_08_a_crash_after_the_push_leaves_only_the_status_to_be_posted() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    // in_progress, commit, statuses: it ends after the commit.
    let fault = Fault::crash(1, embark_core::testing::Moment::After);
    let process = Process::new(&world, &fault);
    let ended = embark_core::deploy(&process.systems(), &Selection::Pending(None), false).await;
    assert!(ended.is_err(), "{ended:?}");
    let commits = world.repository.commits();
    world.repository.edit_by_hand(&file("staging"), b"frontend: {image: {tag: x}}\nbackend: {image: {tag: x}}\n");
    let items = world.deploy_pending().await;
    assert_done(&items);
    assert_eq!(world.repository.commits().len(), commits.len() + 1, "no second commit");
    assert_eq!(item(&items, "frontend").commit.as_ref(), Some(&commits[1].revision));
    assert_eq!(item(&items, "frontend").state, Some(State::Success));
}

#[tokio::test]
async fn scenario_10_a_deployment_is_carried_out_once_and_in_order() {
    let world = World::new();
    let (a, b) = (world.build('a'), world.build('b'));
    world.release("dev", &a).await;
    world.release("dev", &b).await;
    let [old, new] = [0, 1].map(|at| world.deployments("dev", "frontend")[at].record.id);
    assert_done(&deploy(&world, new).await);
    let items = deploy(&world, old).await;
    assert_unchanged(&items);
    assert_eq!(items[0].state, Some(State::Inactive));
    assert_unchanged(&deploy(&world, new).await);
    assert_unchanged(&deploy(&world, old).await);
    assert_eq!(world.named("dev", "frontend"), b.as_str());
    assert_eq!(world.repository.commits().len(), 2);
}

#[tokio::test]
async fn scenario_11_what_is_superseded_while_in_progress_is_never_committed_after_the_newer() {
    for effect in 0..3 {
        let world = World::new();
        let (a, b) = (world.build('a'), world.build('b'));
        world.release("dev", &a).await;
        let other = world.clone();
        let interruption = Box::new(move || -> futures::future::BoxFuture<'static, ()> {
            Box::pin(async move {
                other.release("dev", &b).await;
                other.deploy_pending().await;
            })
        });
        let fault = Fault::interrupt(effect, interruption);
        let process = Process::new(&world, &fault);
        embark_core::deploy(&process.systems(), &Selection::Pending(None), false).await.expect("deployed");
        world.deploy_pending().await;
        for component in COMPONENTS {
            assert_eq!(world.named("dev", component), "b".repeat(40), "interrupted at {effect}");
        }
        let older = format!("frontend {}", "a".repeat(40));
        let commits = world.repository.commits();
        assert!(commits.iter().filter(|commit| commit.message.contains(&older)).count() <= 1);
    }
}

/// An event names a deployment, which is read; until it is carried out, another process may have got the same event.
#[tokio::test]
async fn scenario_10_what_was_found_before_another_carried_it_out_is_carried_out_once() {
    for effect in [None, Some(0), Some(1), Some(2)] {
        let world = World::new();
        let a = world.build('a');
        world.release("dev", &a).await;
        let found = world.deployments("dev", "frontend");
        let other = world.clone();
        let id = found[0].record.id;
        let carry_out = move || -> futures::future::BoxFuture<'static, ()> {
            Box::pin(async move { assert_done(&deploy(&other, id).await) })
        };
        let fault = match effect {
            Some(effect) => Fault::interrupt(effect, Box::new(carry_out)),
            None => {
                carry_out().await;
                Fault::default()
            }
        };
        let process = Process::new(&world, &fault);
        let items = embark_core::deploy(&process.systems(), &Selection::Found(found), false).await.expect("deployed");
        assert!(matches!(items[0].outcome, embark_core::ItemOutcome::Done | embark_core::ItemOutcome::Unchanged));
        assert_eq!(world.repository.commits().len(), 2, "one commit of embark's, interrupted at {effect:?}");
        assert_eq!(world.states("dev", "frontend"), [Some(State::Success)]);
    }
}

#[tokio::test]
async fn scenario_26_two_writers_of_one_file_both_land() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    let other = world.clone();
    let interruption = Box::new(move || -> futures::future::BoxFuture<'static, ()> {
        Box::pin(async move {
            let text = other.repository.text(&file("dev")).replace("replicas: 2", "replicas: 3");
            other.repository.edit_by_hand(&file("dev"), text.as_bytes());
        })
    });
    let fault = Fault::interrupt(1, interruption);
    let process = Process::new(&world, &fault);
    let items = embark_core::deploy(&process.systems(), &Selection::Pending(None), false).await.expect("deployed");
    assert_done(&items);
    assert!(world.repository.text(&file("dev")).contains("replicas: 3"));
    assert_eq!(world.named("dev", "frontend"), a.as_str());
}

#[tokio::test]
async fn scenario_28_what_is_refused_does_not_keep_the_others() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    world.push("frontend", a.as_str(), "moved");
    let items = world.deploy_pending().await;
    assert!(refusal(&items, "frontend").contains("has moved"));
    assert_eq!(item(&items, "backend").state, Some(State::Success));
    assert_eq!(world.named("dev", "backend"), a.as_str());
    assert_eq!(world.named("dev", "frontend"), "none");
}

#[tokio::test]
async fn scenario_30_a_protected_branch_is_told_and_tried_five_times() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    world.repository.refuse(Some("protected branch hook declined"));
    for _ in 0..5 {
        let items = world.deploy_pending().await;
        assert!(failure(&items, "frontend").contains("protected branch hook declined"));
        assert_eq!(item(&items, "frontend").state, Some(State::Error));
    }
    assert!(world.deploy_pending().await.is_empty(), "given up after five times");
    let status = world.deployments("dev", "frontend")[0].statuses.last().expect("a status").clone();
    assert!(status.description.contains("protected branch hook declined"));
}

#[tokio::test]
async fn after_a_refusal_of_the_branch_the_deployment_waits() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    world.repository.refuse(Some("declined"));
    world.deploy_pending().await;
    world.repository.refuse(None);
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.named("dev", "frontend"), a.as_str());
}

#[tokio::test]
async fn scenario_33_two_environments_in_one_push() {
    let world = World::new();
    let (a, b) = (world.build('a'), world.build('b'));
    world.release("staging", &a).await;
    world.release("dev", &b).await;
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.repository.pushes(), 1);
    assert_eq!((world.named("dev", "frontend"), world.named("staging", "frontend")), (b.to_string(), a.to_string()));
    let subjects: Vec<_> = world
        .repository
        .commits()
        .iter()
        .skip(1)
        .map(|entry| entry.message.lines().next().unwrap_or("").to_owned())
        .collect();
    let expected =
        [("dev", "frontend", &b), ("dev", "backend", &b), ("staging", "frontend", &a), ("staging", "backend", &a)];
    assert_eq!(
        subjects,
        expected.map(|(environment, component, commit)| format!("deploy({environment}): {component} {commit}"))
    );
}

#[tokio::test]
async fn a_values_file_without_the_path_is_an_error_of_that_deployment() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    world.repository.edit_by_hand(&file("dev"), b"frontend: {image: {tag: x}}\n");
    let items = world.deploy_pending().await;
    assert!(failure(&items, "backend").contains("dev.yaml"));
    assert_eq!(item(&items, "frontend").state, Some(State::Success));
}

#[tokio::test]
async fn what_the_file_names_already_without_its_digest_is_recorded_by_a_commit_that_changes_nothing() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    let text = crate::world::VALUES.replacen("none", a.as_str(), 1);
    world.repository.edit_by_hand(&file("dev"), text.as_bytes());
    let commits = world.repository.commits().len();
    let items = world.deploy_pending().await;
    assert_done(&items);
    assert_eq!(world.repository.commits().len(), commits + 2);
    assert_eq!(world.repository.text(&file("dev")), text.replace("'none'", &format!("'{a}'")));
}

#[tokio::test]
async fn deployments_to_an_environment_that_is_not_configured_are_refused() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    let mut record = world.deployments("dev", "frontend").pop().expect("a deployment").record;
    record.id = world.clock_id();
    record.target.environment = environment("elsewhere");
    let id = world.platform.forge(record);
    assert_eq!(refusal(&deploy(&world, id).await, "frontend"), "the configuration has no frontend in elsewhere");
}
