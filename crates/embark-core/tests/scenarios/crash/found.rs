//! What the crashes have found: the shortest case of each.

use embark_core::testing::{Fault, Moment};
use embark_core::{Item, Selection, Verdict};

use crate::rolling_back::request;
use crate::world::{COMPONENTS, Process, World, assert_done};

/// Ends after an effect of carrying out what waits, each counted for itself: two beginnings, two commits, two successes.
async fn ended_after(effect: usize, world: &World) {
    let fault = Fault::crash(effect, Moment::After).one_by_one();
    let process = Process::new(world, &fault);
    embark_core::deploy(&process.systems(), &Selection::Pending(None), false).await.expect_err("it has ended");
}

async fn rollback(world: &World, environment: &str) -> Vec<Item> {
    embark_core::rollback(&world.systems(), &request(environment, None)).await.expect("rolled back")
}

fn assert_names(world: &World, environment: &str, tag: &str) {
    for component in COMPONENTS {
        assert_eq!(world.named(environment, component), tag, "{component}");
    }
}

/// They shared no run: undoing the newest one went half of the way.
#[tokio::test]
async fn a_run_that_ended_between_two_creations_is_rolled_back_whole() {
    let world = World::new();
    let a = world.stage('a').await;
    let b = world.build('b');
    let fault = Fault::crash(0, Moment::After).one_by_one();
    let process = Process::new(&world, &fault);
    let release = World::release_request("staging", &b);
    embark_core::release(&process.systems(), &release).await.expect_err("it has ended");
    world.release("staging", &b).await;
    assert_done(&world.deploy_pending().await);
    assert_done(&rollback(&world, "staging").await);
    assert_names(&world, "staging", a.as_str());
}

/// The same, of a promotion.
#[tokio::test]
async fn a_promotion_that_ended_between_two_creations_is_rolled_back_whole() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let b = world.stage('b').await;
    // The tags are written first.
    let fault = Fault::crash(2, Moment::After).one_by_one();
    let process = Process::new(&world, &fault);
    let promotion = World::promote_request("1.1.0", &b);
    embark_core::promote(&process.systems(), &promotion).await.expect_err("it has ended");
    world.promote("1.1.0", &b).await;
    assert_done(&world.deploy_pending().await);
    assert_done(&rollback(&world, "production").await);
    assert_names(&world, "production", "1.0.0");
}

/// `verify` took it for an image that nobody had promoted.
#[tokio::test]
async fn what_is_committed_and_not_reported_yet_is_not_broken() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let b = world.stage('b').await;
    world.promote("1.1.0", &b).await;
    ended_after(3, &world).await;
    assert_names(&world, "production", "1.1.0");
    for check in world.verify().await {
        assert_eq!(check.verdict, Verdict::Holds, "{check:?}");
        assert!(check.reason.ends_with("; its success is not reported yet"), "{}", check.reason);
    }
    // It is no way around staging: what staging never ran is as wrong in this moment as in any other.
    let other = world.push("frontend", "another", "another");
    let waiting = world.deployments("production", "frontend").pop().expect("one waits").record.id;
    world.platform.tamper(waiting, |record| record.image.digest = other);
    assert_eq!(world.verify().await[0].verdict, Verdict::Broken);
}

/// It went back by two versions, to what ran before what ran last.
#[tokio::test]
async fn a_rollback_of_what_is_not_reported_yet_goes_back_to_what_ran_last() {
    let world = World::new();
    world.stage('a').await;
    let b = world.stage('b').await;
    let c = world.build('c');
    world.release("staging", &c).await;
    ended_after(3, &world).await;
    assert_names(&world, "staging", c.as_str());
    assert_done(&rollback(&world, "staging").await);
    assert_names(&world, "staging", b.as_str());
    // What was not reported is reported now, and brings nothing back.
    world.deploy_pending().await;
    assert_names(&world, "staging", b.as_str());
}

/// Only what was not reported went back.
#[tokio::test]
async fn a_run_of_which_a_part_is_reported_is_rolled_back_whole() {
    let world = World::new();
    world.stage('a').await;
    let b = world.stage('b').await;
    let c = world.build('c');
    world.release("staging", &c).await;
    ended_after(4, &world).await;
    let items = rollback(&world, "staging").await;
    assert_eq!(items.len(), 2);
    assert_done(&items);
    assert_names(&world, "staging", b.as_str());
}

/// Only the component that had come further was finished.
#[tokio::test]
async fn a_rollback_that_ended_between_two_commits_is_finished_whole() {
    let world = World::new();
    let a = world.stage('a').await;
    world.stage('b').await;
    // Two creations and two beginnings come first.
    let fault = Fault::crash(4, Moment::After).one_by_one();
    let process = Process::new(&world, &fault);
    embark_core::rollback(&process.systems(), &request("staging", None)).await.expect_err("it has ended");
    assert_done(&rollback(&world, "staging").await);
    assert_names(&world, "staging", a.as_str());
}
