//! Promotions that are run again, or beside others: after a crash, a hand edit, or with nothing new.

use embark_core::testing::{Fault, Moment};
use embark_core::{ItemOutcome, State, Verdict};

use crate::world::{COMPONENTS, Process, World, assert_done, assert_unchanged, file, item, refusal};

#[tokio::test]
async fn scenario_02_a_promotion_completes_although_staging_moves_on() {
    for effect in 0..3 {
        let world = World::new();
        let a = world.stage('a').await;
        let other = world.clone();
        let interruption = Box::new(move || -> futures::future::BoxFuture<'static, ()> {
            Box::pin(async move {
                let b = other.build('b');
                other.release("staging", &b).await;
                let staging = embark_core::Selection::Pending(Some(crate::world::environment("staging")));
                embark_core::deploy(&other.systems(), &staging, false).await.expect("deployed");
            })
        });
        let fault = Fault::interrupt(effect, interruption);
        let process = Process::new(&world, &fault);
        let request = World::promote_request("1.0.0", &a);
        assert_done(&embark_core::promote(&process.systems(), &request).await.expect("promoted"));
        assert_done(&world.deploy_pending().await);
        for component in COMPONENTS {
            assert_eq!(world.tag(component, "1.0.0"), world.tag(component, a.as_str()));
            assert_eq!(world.named("production", component), "1.0.0");
        }
        assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds));
    }
}

#[tokio::test]
async fn scenario_03_a_promotion_that_crashed_after_its_first_tag_is_finished_from_where_it_began() {
    let world = World::new();
    let a = world.stage('a').await;
    let fault = Fault::crash(0, Moment::After);
    let process = Process::new(&world, &fault);
    embark_core::promote(&process.systems(), &World::promote_request("1.0.0", &a)).await.expect_err("it crashed");
    let tagged = COMPONENTS.iter().filter(|component| world.tag(component, "1.0.0").is_some()).count();
    assert_eq!(tagged, 1);
    world.stage('b').await;
    // With the commit, and without it: then the tag that is there tells which.
    for request in [
        World::promote_request("1.0.0", &a),
        embark_core::PromoteRequest { commit: None, ..World::promote_request("1.0.0", &a) },
    ] {
        embark_core::promote(&world.systems(), &request).await.expect("promoted");
    }
    assert_done(&world.deploy_pending().await);
    for component in COMPONENTS {
        assert_eq!(world.tag(component, "1.0.0"), world.tag(component, a.as_str()));
    }
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds));
}

#[tokio::test]
async fn scenario_07_a_tag_that_is_right_already_is_not_put_again() {
    let world = World::new();
    let a = world.stage('a').await;
    for component in COMPONENTS {
        world.push(component, "1.0.0", &format!("{component} a"));
    }
    let puts = world.registry.puts();
    assert_done(&world.promote("1.0.0", &a).await);
    assert_eq!(world.registry.puts(), puts);
    assert_done(&world.deploy_pending().await);
    let before = world.state();
    assert_unchanged(&world.promote("1.0.0", &a).await);
    assert_eq!(world.state(), before);
}

#[tokio::test]
async fn scenario_15_an_unchanged_image_is_tagged_and_not_deployed() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let b = world.build_of('b', "a", "b");
    world.release("staging", &b).await;
    world.deploy_pending().await;
    let items = world.promote("1.1.0", &b).await;
    assert_eq!(item(&items, "frontend").reason.as_deref(), Some("the image has not changed; 1.1.0 is a new tag of it"));
    world.deploy_pending().await;
    assert_eq!(world.tag("frontend", "1.1.0"), world.tag("frontend", "1.0.0"));
    assert_eq!(
        (world.named("production", "frontend"), world.named("production", "backend")),
        ("1.0.0".into(), "1.1.0".into())
    );
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds));
    let all = embark_core::PromoteRequest { all: true, ..World::promote_request("1.2.0", &b) };
    assert_done(&embark_core::promote(&world.systems(), &all).await.expect("promoted"));
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.named("production", "frontend"), "1.2.0");
}

#[tokio::test]
async fn scenario_16_a_version_that_was_not_bumped_changes_nothing() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let b = world.stage('b').await;
    let before = world.state();
    assert_unchanged(&world.promote("1.0.0", &b).await);
    assert_eq!(world.state(), before);
}

#[tokio::test]
async fn a_promotion_is_proven_again_when_it_is_carried_out() {
    let world = World::new();
    let a = world.stage('a').await;
    assert_done(&world.promote("1.0.0", &a).await);
    let staging = world.deployments("staging", "frontend").pop().expect("a deployment");
    let status = embark_core::NewStatus::new(State::Failure, "smoke test failed");
    embark_core::ports::DeploymentPlatform::append(&*world.platform, vec![(staging.key(), status)])
        .await
        .expect("appended");
    let items = world.deploy_pending().await;
    assert!(refusal(&items, "frontend").contains("is not verified"));
    assert_eq!(world.named("production", "frontend"), "none");
    assert_eq!(world.named("production", "backend"), "1.0.0");
}

#[tokio::test]
async fn a_version_that_was_edited_away_by_hand_is_deployed_anew() {
    let world = World::new();
    let a = world.ship('a', "1.0.0").await;
    let text = world.repository.text(&file("production")).replace("tag: 1.0.0", "tag: hotfix");
    world.repository.edit_by_hand(&file("production"), text.as_bytes());
    let items = world.promote("1.0.0", &a).await;
    assert!(item(&items, "frontend").state == Some(State::Queued), "{items:?}");
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.named("production", "frontend"), "1.0.0");
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds));
}

/// Staging runs a newer commit whose run ended before it could say so: that is no hand edit.
#[tokio::test]
async fn a_success_that_is_not_reported_yet_is_told_as_such() {
    let world = World::new();
    let a = world.stage('a').await;
    let b = world.build('b');
    world.release("staging", &b).await;
    let fault = Fault::crash(1, Moment::After);
    let process = Process::new(&world, &fault);
    let all = embark_core::Selection::Pending(None);
    assert!(embark_core::deploy(&process.systems(), &all, false).await.is_err());
    let reason = refusal(&world.promote("1.0.0", &a).await, "frontend");
    assert!(reason.contains("its success is not reported yet"), "{reason}");
    assert_done(&world.deploy_pending().await);
}

/// A rewrite of the branch takes the evidence away. The same commands, run again, give it back.
#[tokio::test]
async fn the_same_release_and_promotion_mend_a_branch_that_was_rewritten() {
    let world = World::new();
    let a = world.ship('a', "1.0.0").await;
    world.repository.squash();
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Broken), "{:?}", world.verify().await);

    let released = world.release("staging", &a).await;
    assert!(released.iter().all(|item| matches!(item.outcome, ItemOutcome::Done)), "{released:?}");
    assert_done(&world.deploy_pending().await);
    world.promote("1.0.0", &a).await;
    assert_done(&world.deploy_pending().await);
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds), "{:?}", world.verify().await);
    assert_unchanged(&world.release("staging", &a).await);
    assert_unchanged(&world.promote("1.0.0", &a).await);
}
