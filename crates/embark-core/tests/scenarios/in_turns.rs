//! More than fits into one push: it goes out in turns, and what one turn has done stays done.

use std::collections::BTreeMap;

use embark_core::testing::{Fault, Moment};
use embark_core::{Error, Item, ItemOutcome, Selection, State, Systems};
use futures::future::BoxFuture;

use crate::rolling_back::unverified;
use crate::world::{COMPONENTS, Process, World, assert_done, assert_unchanged, environment, file, parse, repository};

const ENVIRONMENTS: [&str; 2] = ["dev", "staging"];

/// Four deployments wait.
async fn four_wait() -> World {
    let world = World::new();
    let commit = world.build('a');
    for environment in ENVIRONMENTS {
        world.release(environment, &commit).await;
    }
    world
}

/// Carries out what waits, with at most `batch` deployments in one push.
async fn deploy(world: &World, fault: &Fault, batch: usize) -> Result<Vec<Item>, Error> {
    let process = Process::new(world, fault);
    let systems = Systems { batch, ..process.systems() };
    embark_core::deploy(&systems, &Selection::Pending(None), false).await
}

/// Each has one commit, one success, and is what its file names.
#[track_caller]
fn assert_carried_out(world: &World, place: &str) {
    let mut commits = BTreeMap::<_, usize>::new();
    for commit in world.repository.commits().iter().skip(1).filter(|commit| commit.message.contains("deploy(")) {
        *commits.entry(commit.message.lines().next().unwrap_or_default().to_owned()).or_default() += 1;
    }
    assert_eq!((commits.len(), commits.values().sum::<usize>()), (4, 4), "{place}: {commits:?}");
    for environment in ENVIRONMENTS {
        for component in COMPONENTS {
            assert_eq!(world.named(environment, component), "a".repeat(40), "{place}");
            let deployments = world.deployments(environment, component);
            let successes = |state: &&embark_core::Status| state.state == State::Success;
            assert_eq!(deployments[0].statuses.iter().filter(successes).count(), 1, "{place}");
        }
    }
}

#[tokio::test]
async fn each_turn_is_one_push_and_none_holds_more_than_a_batch() {
    for (batch, pushes) in [(1, 4), (2, 2), (3, 2), (4, 1), (Systems::BATCH, 1)] {
        let world = four_wait().await;
        let items = deploy(&world, &Fault::default(), batch).await.expect("deployed");
        assert_eq!((items.len(), world.repository.pushes()), (4, pushes), "{batch} in a push");
        assert_done(&items);
        let subjects: Vec<String> = world.repository.commits().iter().map(|commit| commit.message.clone()).collect();
        let named = items.iter().map(|item| format!("deploy({}): {}", item.target.environment, item.target.component));
        assert!(named.zip(&subjects[1..]).all(|(named, subject)| subject.starts_with(&named)), "{subjects:?}");
        assert_carried_out(&world, &format!("{batch} in a push"));
        assert_unchanged(&deploy(&world, &Fault::default(), batch).await.expect("deployed"));
    }
}

#[tokio::test]
async fn a_dry_run_plans_all_turns() {
    let world = four_wait().await;
    let systems = Systems { batch: 1, ..world.systems() };
    let items = embark_core::deploy(&systems, &Selection::Pending(None), true).await.expect("planned");
    assert_eq!(items.len(), 4);
    assert!(items.iter().all(|item| matches!(item.outcome, ItemOutcome::Planned)), "{items:?}");
    assert_eq!(world.repository.pushes(), 0);
}

#[tokio::test]
async fn a_crash_in_any_turn_is_mended_by_the_next_run() {
    for batch in [1, 3] {
        let smooth = Fault::default();
        deploy(&four_wait().await, &smooth, batch).await.expect("deployed");
        assert_eq!(smooth.effects(), 3 * 4_usize.div_ceil(batch), "each turn begins, pushes and reports");
        for effect in 0..smooth.effects() {
            for moment in Moment::ALL {
                let place = format!("{batch} in a push, {moment:?} effect {effect}");
                let world = four_wait().await;
                match deploy(&world, &Fault::crash(effect, moment), batch).await {
                    Ok(items) => {
                        let is_failed = |item: &&Item| matches!(item.outcome, ItemOutcome::Failed(_));
                        assert!(items.iter().any(|item| is_failed(&item)), "{place}: it says nothing");
                        let done = items.iter().take_while(|item| matches!(item.outcome, ItemOutcome::Done)).count();
                        assert_eq!((items.len(), done % batch), (4, 0), "{place}: {items:?}");
                    }
                    Err(_) => assert!(effect < 3, "{place}: what was done is not told"),
                }
                deploy(&world, &Fault::default(), batch).await.expect("the next run finishes");
                assert_carried_out(&world, &place);
            }
        }
    }
}

/// Somebody edits a file before an effect of each turn: what is read again is what the turn has, and not the whole queue.
#[tokio::test]
async fn a_race_that_a_later_turn_loses_is_run_again() {
    for effect in 0..12 {
        let world = four_wait().await;
        let repository = world.repository.clone();
        let edit = move || -> BoxFuture<'static, ()> {
            let text = repository.text(&file("production")) + "# by hand\n";
            repository.edit_by_hand(&file("production"), text.as_bytes());
            Box::pin(async {})
        };
        let items = deploy(&world, &Fault::interrupt(effect, Box::new(edit)), 1).await.expect("deployed");
        assert_done(&items);
        assert_carried_out(&world, &format!("interrupted at {effect}"));
        assert!(world.repository.text(&file("production")).ends_with("# by hand\n"));
    }
}

/// Another process carries all out before an effect of some turn.
#[tokio::test]
async fn what_another_has_carried_out_between_two_turns_is_carried_out_once() {
    for effect in 0..12 {
        let world = four_wait().await;
        let other = world.clone();
        let carry_out =
            move || -> BoxFuture<'static, ()> { Box::pin(async move { drop(other.deploy_pending().await) }) };
        let items = deploy(&world, &Fault::interrupt(effect, Box::new(carry_out)), 1).await.expect("deployed");
        assert!(items.iter().all(|item| item.state == Some(State::Success)), "interrupted at {effect}: {items:?}");
        assert_eq!(world.repository.commits().len(), 5, "interrupted at {effect}");
    }
}

/// Between two turns a person goes back to what only a person may go back to, and does not get to report it.
#[tokio::test]
async fn what_waits_for_a_later_turn_does_not_come_after_a_rollback_that_was_made_meanwhile() {
    let last = COMPONENTS[1];
    // What a turn writes: that it begins, the commit, the success.
    for effect in 0..3 {
        let world = World::new();
        world.push(last, "none", "legacy");
        world.ship('a', "1.0.0").await;
        let b = world.stage('b').await;
        world.promote("1.1.0", &b).await;
        let other = world.clone();
        let roll_back =
            move || -> BoxFuture<'static, ()> { Box::pin(async move { unverified(&other, last, false).await }) };
        deploy(&world, &Fault::interrupt(effect, Box::new(roll_back)), 1).await.expect("deployed");
        world.deploy_pending().await;
        assert_eq!(world.named("production", last), "none", "at effect {effect}");
        assert_eq!(world.named("production", COMPONENTS[0]), "1.1.0", "at effect {effect}");
    }
}

/// The platform takes no more statuses once a turn has pushed: what it has pushed is told.
#[tokio::test]
async fn what_a_later_turn_has_pushed_and_cannot_report_does_not_wait() {
    for (batch, done) in [(1, 1), (2, 2), (3, 3)] {
        let world = four_wait().await;
        // Each turn begins, pushes and reports.
        let items = deploy(&world, &Fault::crash(5, Moment::Before), batch).await.expect("it tells");
        let ItemOutcome::Failed(error) = &items[done].outcome else { panic!("{items:?}") };
        assert!(matches!(**error, Error::Platform(_)), "{error}");
        let commits = world.repository.commits();
        for item in &items {
            let is_there = commits.iter().any(|commit| commit.message.contains(&item.id.expect("an id").to_string()));
            assert_eq!(item.commit.is_some(), is_there, "{item:?}");
            let reason = item.reason.as_deref().unwrap_or_default();
            assert_eq!(reason.contains("it could not be reported"), is_there && item.state == Some(State::InProgress));
        }
        let told = items.iter().filter(|item| item.commit.is_some()).count();
        assert_eq!(told, (2 * batch).min(4), "{items:?}");
        deploy(&world, &Fault::default(), batch).await.expect("the next run finishes");
        assert_carried_out(&world, "after it");
    }
}

/// The tag of what a later turn has pushed moves, and that cannot be said.
#[tokio::test]
async fn what_a_later_turn_finds_wrong_and_cannot_report_is_told() {
    let world = four_wait().await;
    let registry = world.registry.clone();
    let moved = move || -> BoxFuture<'static, ()> {
        registry.push(&repository(COMPONENTS[1]), &parse(&"a".repeat(40)), "another");
        Box::pin(async {})
    };
    // The first turn has three effects, the second one its push before the fifth.
    let fault = Fault::crash(6, Moment::Before).interrupted(4, Box::new(moved));
    let items = deploy(&world, &fault, 1).await.expect("it tells");
    assert_done(&items[..1]);
    let ItemOutcome::Failed(error) = &items[1].outcome else { panic!("{items:?}") };
    assert!(matches!(**error, Error::Platform(_)), "{error}");
    let reason = items[1].reason.as_deref().unwrap_or_default();
    assert!(reason.contains("was recorded") && reason.contains("it could not be reported"), "{reason}");
    assert!(items[1].state == Some(State::Success) && items[1].commit.is_some(), "{items:?}");
    for item in &items[2..] {
        assert_eq!(item.reason.as_deref(), Some("it waits: the run has ended before it"));
    }
}

/// What is refused in a later turn waits, as long as that is not said.
#[tokio::test]
async fn what_a_later_turn_refuses_and_cannot_report_is_no_news() {
    let world = World::new();
    let (a, b) = (world.build('a'), world.build('b'));
    world.release("dev", &a).await;
    world.release("staging", &b).await;
    world.push(COMPONENTS[1], b.as_str(), "another");
    let items = deploy(&world, &Fault::crash(5, Moment::Before), 2).await.expect("it tells");
    assert_done(&items[..2]);
    assert!(matches!(items[3].outcome, ItemOutcome::Refused(_)), "{items:?}");
    assert!(items[3].state == Some(State::Queued) && !items[3].is_news(), "{items:?}");
}

#[tokio::test]
async fn who_is_asked_to_end_finishes_the_turn_and_says_what_waits() {
    let world = four_wait().await;
    let clock = world.clock.clone();
    // The statuses of the first turn.
    let stop = move || -> BoxFuture<'static, ()> {
        clock.stop(true);
        Box::pin(async {})
    };
    let items = deploy(&world, &Fault::interrupt(2, Box::new(stop)), 1).await.expect("it tells");
    assert_done(&items[..1]);
    for item in &items[1..] {
        let ItemOutcome::Failed(error) = &item.outcome else { panic!("{item:?} has not failed") };
        assert_eq!(error.to_string(), "ended by SIGTERM before it was done");
        assert_eq!(item.state, Some(State::Queued));
    }
    assert_eq!(world.repository.pushes(), 1);
    world.clock.stop(false);
    deploy(&world, &Fault::default(), 1).await.expect("the next run finishes");
    assert_carried_out(&world, "after a stop");
}

#[tokio::test]
async fn a_push_that_is_refused_does_not_keep_the_next_turn() {
    let world = four_wait().await;
    world.repository.refuse(Some("the branch is protected"));
    let items = deploy(&world, &Fault::default(), 1).await.expect("it tells");
    assert!(items.iter().all(|item| item.state == Some(State::Error)), "each has its status: {items:?}");
    world.repository.refuse(None);
    assert_done(&deploy(&world, &Fault::default(), 1).await.expect("deployed"));
    assert_carried_out(&world, "after a refusal");
}

#[tokio::test]
async fn all_turns_are_waited_for_together() {
    let world = World::healthy(&["dev"]);
    let commit = world.build('a');
    world.release("dev", &commit).await;
    world.argocd("dev", |_, now| Ok(now));
    let items = deploy(&world, &Fault::default(), 1).await.expect("deployed");
    assert_done(&items);
    assert_eq!(items.iter().filter(|item| item.state == Some(State::Success)).count(), COMPONENTS.len());
    assert_eq!((world.repository.pushes(), world.observed("dev")), (2, 1), "one look tells of both");
    let named = world.repository.text(&file(environment("dev").as_str()));
    assert_eq!(named.matches(commit.as_str()).count(), COMPONENTS.len());
}
