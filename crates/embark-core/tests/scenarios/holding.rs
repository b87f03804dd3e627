use embark_core::{Refusal, Scope, State};

use crate::world::{COMPONENTS, World, assert_done, assert_unchanged, file, item, target};

fn scope(environment: &str, component: Option<&str>) -> Scope {
    let component = component.map(|name| name.parse().expect("a name"));
    Scope { environment: environment.parse().expect("a name"), component }
}

async fn hold(world: &World, scope: &Scope) -> embark_core::Held {
    embark_core::hold(&world.systems(), scope, "it leaks", false).await.expect("held")
}

async fn resume(world: &World, scope: &Scope) -> embark_core::Held {
    embark_core::resume(&world.systems(), scope, false).await.expect("resumed").expect("not refused")
}

#[tokio::test]
async fn scenario_12_a_held_component_waits_and_resumes_with_the_newest() {
    let world = World::new();
    let frontend = scope("dev", Some("frontend"));
    assert!(hold(&world, &frontend).await.commit.is_some());
    let (a, b) = (world.build('a'), world.build('b'));
    for commit in [&a, &b] {
        world.release("dev", commit).await;
        let items = world.deploy_pending().await;
        let held = items.iter().filter(|item| item.target == target("dev", "frontend"));
        for item in held {
            assert!(matches!(item.outcome, embark_core::ItemOutcome::Unchanged), "{item:?}");
        }
        assert_eq!(world.named("dev", "backend"), commit.as_str());
        assert_eq!(world.named("dev", "frontend"), "none");
    }
    assert_eq!(world.states("dev", "frontend"), [Some(State::Inactive), Some(State::Queued)]);
    let newest = world.deployments("dev", "frontend").pop().expect("a deployment");
    assert_eq!(newest.statuses.len(), 1, "{:?}", newest.statuses);
    assert!(newest.statuses[0].description.contains("held by dev@example.com: it leaks"));
    assert_unchanged(&world.deploy_pending().await);
    assert_eq!(world.deployments("dev", "frontend").pop().expect("one").statuses.len(), 1, "it is said once");

    let resumed = resume(&world, &frontend).await;
    assert_eq!(resumed.next.iter().map(|next| next.record.id).collect::<Vec<_>>(), [newest.record.id]);
    assert_eq!(world.named("dev", "frontend"), "none", "it deploys nothing");
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.named("dev", "frontend"), b.as_str());
}

#[tokio::test]
async fn a_whole_environment_is_held_whoever_starts_it() {
    let world = World::new();
    let a = world.stage('a').await;
    let whole = scope("production", None);
    hold(&world, &whole).await;
    world.promote("1.0.0", &a).await;
    for id in COMPONENTS.map(|component| world.deployments("production", component)[0].record.id) {
        let selection = embark_core::Selection::Ids(vec![id]);
        let items = embark_core::deploy(&world.systems(), &selection, false).await.expect("deployed");
        assert_eq!(items[0].state, Some(State::Queued));
    }
    assert_eq!(world.named("production", "frontend"), "none");
    let status = embark_core::status(&world.systems(), None).await.expect("status");
    let held: Vec<bool> =
        status.iter().flat_map(|environment| &environment.components).map(|one| one.hold.is_some()).collect();
    assert_eq!(held, [false, false, false, false, true, true]);
    assert!(world.verify().await.iter().all(|check| check.hold.is_some()));

    let one = scope("production", Some("frontend"));
    let refused = embark_core::resume(&world.systems(), &one, false).await.expect("answered");
    assert!(refused.is_err_and(|refusal| matches!(refusal, Refusal::HeldAsAWhole { .. })));
    assert_eq!(resume(&world, &whole).await.next.len(), 2);
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.named("production", "frontend"), "1.0.0");
}

#[tokio::test]
async fn hold_and_resume_change_nothing_the_second_time_and_nothing_in_a_dry_run() {
    let world = World::new();
    let frontend = scope("dev", Some("frontend"));
    let before = world.state();
    assert!(embark_core::hold(&world.systems(), &frontend, "it leaks", true).await.expect("planned").changes);
    assert_eq!(world.state(), before);
    let first = hold(&world, &frontend).await;
    let again = hold(&world, &frontend).await;
    assert!(first.changes && !again.changes && again.commit.is_none());
    let message = world.repository.commits().pop().expect("a commit").message;
    let trailers = "Embark-Environment: dev\nEmbark-Component: frontend\nEmbark-Actor: dev@example.com\n";
    assert_eq!(message, format!("hold(dev): frontend\n\nit leaks\n\n{trailers}"));
    let lifted = resume(&world, &frontend).await;
    assert!(lifted.changes && lifted.hold.is_none());
    assert!(!resume(&world, &frontend).await.changes);
}

#[tokio::test]
async fn holds_that_cannot_be_read_stop_automation() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    world.repository.edit_by_hand(&file(".embark/holds"), b"dev: [\n");
    let selection = embark_core::Selection::Pending(None);
    assert!(embark_core::deploy(&world.systems(), &selection, false).await.is_err());
    assert_eq!(world.named("dev", "frontend"), "none");
    assert!(item(&world.release("dev", &a).await, "frontend").id.is_some());
}
