//! A clock that is set back, between use cases and within one: nothing is decided by it that must not be.

use std::time::Duration;

use embark_core::{Requirements, Verdict};

use crate::cluster::at;
use crate::world::{COMPONENTS, World, assert_done, failure, refusal};

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn the_newer_commit_stays_the_newer_one_however_often_the_clock_is_set_back() {
    let world = World::new();
    for (letter, version) in [('a', "1.0.0"), ('b', "1.1.0"), ('c', "1.2.0")] {
        let commit = world.build(letter);
        for environment in ["dev", "staging"] {
            world.release(environment, &commit).await;
            world.clock.set_back(365 * DAY);
            assert_done(&world.deploy_pending().await);
            world.clock.set_back(DAY);
        }
        assert_done(&world.promote(version, &commit).await);
        world.clock.set_back(DAY);
        assert_done(&world.deploy_pending().await);
        for component in COMPONENTS {
            assert_eq!(world.named("staging", component), commit.as_str());
            assert_eq!(world.named("production", component), version);
        }
        for check in world.verify().await {
            assert_eq!(check.verdict, Verdict::Holds, "{check:?}");
        }
    }
}

#[tokio::test]
async fn a_soak_time_is_not_over_before_the_clock_has_come_back_to_its_end() {
    let world = World::with(Requirements { soak: Duration::from_mins(30), checks: Vec::new() });
    let commit = world.stage('a').await;
    world.clock.advance(Duration::from_mins(20));
    world.clock.set_back(DAY);
    let told = refusal(&world.promote("1.0.0", &commit).await, "frontend");
    assert!(told.contains("its soak time is not over"), "{told}");
    world.clock.advance(DAY);
    refusal(&world.promote("1.0.0", &commit).await, "frontend");
    world.clock.advance(Duration::from_mins(11));
    assert_done(&world.promote("1.0.0", &commit).await);
}

#[tokio::test]
async fn a_wait_comes_to_its_end_though_the_clock_is_set_back_at_every_look() {
    let world = World::healthy(&["staging"]);
    let commit = world.build('a');
    world.release("staging", &commit).await;
    let (before, clock) = (world.tip(), world.clock.clone());
    world.argocd("staging", move |number, now| {
        assert!(number < 1_000, "the time is never up");
        clock.set_back(365 * DAY);
        Ok(at(&before, now))
    });
    let told = failure(&world.deploy_pending().await, "backend");
    assert!(told.contains("is not healthy after 600 s"), "{told}");
}
