use embark_core::State;
use embark_core::testing::Fault;

use crate::world::{COMPONENTS, Process, World, assert_done, assert_unchanged, item, refusal, repository};

#[tokio::test]
async fn a_commit_goes_to_dev() {
    let world = World::new();
    let commit = world.build('a');
    let items = world.release("dev", &commit).await;
    assert_done(&items);
    assert_eq!(item(&items, "frontend").state, Some(State::Queued));
    let items = world.deploy_pending().await;
    assert_done(&items);
    for component in COMPONENTS {
        assert_eq!(world.named("dev", component), commit.as_str());
    }
    assert_eq!(world.repository.pushes(), 1, "both components in one push");
    assert_eq!(world.repository.commits().len(), 3, "one commit for each");
}

#[tokio::test]
async fn scenario_01_of_two_merges_at_once_the_newer_commit_wins() {
    let world = World::new();
    let (a, b) = (world.build('a'), world.build('b'));
    // B is created after A has looked and before A is created.
    let other = (world.clone(), b.clone());
    let interruption = Box::new(move || -> futures::future::BoxFuture<'static, ()> {
        Box::pin(async move {
            other.0.release("dev", &other.1).await;
        })
    });
    let fault = Fault::interrupt(0, interruption);
    let process = Process::new(&world, &fault);
    let items = embark_core::release(&process.systems(), &World::release_request("dev", &a)).await.expect("released");
    assert_unchanged(&items);
    world.deploy_pending().await;
    for component in COMPONENTS {
        assert_eq!(world.named("dev", component), b.as_str());
        assert_eq!(world.states("dev", component), [Some(State::Success), Some(State::Inactive)]);
    }
    let items = world.release("dev", &a).await;
    assert_unchanged(&items);
    assert_eq!(item(&items, "frontend").state, Some(State::Inactive));
}

#[tokio::test]
async fn scenario_34_the_same_digest_under_another_commit_gets_its_tag_and_no_deployment() {
    let world = World::new();
    let a = world.stage('a').await;
    let b = world.build_of('b', "a", "a");
    let items = world.release("staging", &b).await;
    assert_unchanged(&items);
    assert_eq!(world.deployments("staging", "frontend").len(), 1);
    assert_eq!(world.tag("frontend", b.as_str()), world.tag("frontend", a.as_str()));
    assert_done(&world.promote("1.0.0", &b).await);
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.tag("frontend", "1.0.0"), world.tag("frontend", a.as_str()));
}

#[tokio::test]
async fn only_what_changed_gets_a_deployment() {
    let world = World::new();
    world.stage('a').await;
    let b = world.build_of('b', "b", "a");
    let items = world.release("staging", &b).await;
    assert!(matches!(item(&items, "frontend").outcome, embark_core::ItemOutcome::Done));
    assert!(matches!(item(&items, "backend").outcome, embark_core::ItemOutcome::Unchanged));
    let pushes = world.repository.pushes();
    let commits = world.repository.commits().len();
    assert_eq!(world.deploy_pending().await.len(), 1);
    assert_eq!((world.repository.pushes(), world.repository.commits().len()), (pushes + 1, commits + 1));
}

#[tokio::test]
async fn releasing_twice_changes_nothing() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    assert_unchanged(&world.release("dev", &a).await);
    world.deploy_pending().await;
    let before = world.state();
    assert_unchanged(&world.release("dev", &a).await);
    assert!(world.deploy_pending().await.is_empty());
    assert_eq!(world.state(), before);
}

#[tokio::test]
async fn a_missing_image_refuses_the_whole_run_and_is_named() {
    let world = World::new();
    let a = world.build('a');
    world.registry.delete(&repository("backend"), &a.as_str().parse().expect("a tag"));
    let before = world.state();
    let items = world.release("dev", &a).await;
    assert_eq!(refusal(&items, "backend"), format!("registry.test/backend:{a} does not exist"));
    assert!(refusal(&items, "frontend").contains("backend was refused"));
    assert_eq!(world.state(), before);
}

#[tokio::test]
async fn a_recorded_tag_is_never_released_with_another_digest() {
    let world = World::new();
    let a = world.stage('a').await;
    let recorded = world.tag("frontend", a.as_str()).expect("a digest");
    let moved = world.push("frontend", a.as_str(), "something else");
    let items = world.release("staging", &a).await;
    let reason = refusal(&items, "frontend");
    assert!(reason.contains(recorded.as_str()) && reason.contains(moved.as_str()), "{reason}");
    // Nor to another environment: the record is that of the tag.
    refusal(&world.release("dev", &a).await, "frontend");
}

#[tokio::test]
async fn nothing_is_released_around_staging() {
    let world = World::new();
    let a = world.stage('a').await;
    let items = world.release("production", &a).await;
    assert_eq!(refusal(&items, "frontend"), "production gets only what staging has verified");
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let world = World::new();
    let a = world.build('a');
    let before = world.state();
    let request = embark_core::ReleaseRequest { dry_run: true, ..World::release_request("dev", &a) };
    let items = embark_core::release(&world.systems(), &request).await.expect("planned");
    assert!(items.iter().all(|item| matches!(item.outcome, embark_core::ItemOutcome::Planned)), "{items:?}");
    assert_eq!(world.state(), before);
}

#[tokio::test]
async fn what_was_edited_by_hand_is_mended_by_a_release() {
    let world = World::new();
    let a = world.stage('a').await;
    let text = world.repository.text(&crate::world::file("staging")).replacen(a.as_str(), "other", 1);
    world.repository.edit_by_hand(&crate::world::file("staging"), text.as_bytes());
    assert!(matches!(item(&world.release("staging", &a).await, "frontend").outcome, embark_core::ItemOutcome::Done));
    world.deploy_pending().await;
    assert_eq!(world.named("staging", "frontend"), a.as_str());
}

#[tokio::test]
async fn that_the_number_decides_is_said_where_no_history_is_at_hand() {
    let world = World::new();
    let (a, b) = (world.build('a'), world.build('b'));
    let systems = embark_core::Systems { application: None, ..world.systems() };
    for (commit, said) in [(&b, false), (&a, true)] {
        let request = World::release_request("dev", commit);
        let items = embark_core::release(&systems, &request).await.expect("released");
        let reason = items[0].reason.as_deref().unwrap_or_default();
        assert_eq!(reason.contains("no history at hand orders"), said, "{reason}");
    }
    let items = embark_core::deploy(&systems, &embark_core::Selection::Pending(None), false).await.expect("deployed");
    let older = items.iter().find(|item| item.state == Some(embark_core::State::Inactive)).expect("the older one");
    assert!(older.reason.as_deref().is_some_and(|reason| reason.contains("no history at hand orders")), "{older:?}");
}
