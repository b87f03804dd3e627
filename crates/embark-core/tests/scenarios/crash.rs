//! A crash before and after every effect of release, deploy and promote: the next run finishes.

use embark_core::testing::{Fault, Moment};
use embark_core::{Commit, Error, Selection, Systems, Verdict};

use crate::world::{COMPONENTS, Process, World};

#[derive(Clone, Copy, Debug)]
enum UseCase {
    Release,
    Deploy,
    /// Where a success is a healthy one.
    GetHealthy,
    Promote,
}

async fn run(use_case: UseCase, systems: &Systems<'_>, commit: &Commit) -> Result<(), Error> {
    match use_case {
        UseCase::Release => embark_core::release(systems, &World::release_request("staging", commit)).await.map(drop),
        UseCase::Promote => embark_core::promote(systems, &World::promote_request("1.0.0", commit)).await.map(drop),
        UseCase::Deploy | UseCase::GetHealthy => {
            embark_core::deploy(systems, &Selection::Pending(None), false).await.map(drop)
        }
    }
}

/// Makes a world in which `use_case` has something to do.
async fn prepared(use_case: UseCase) -> (World, Commit) {
    let world = match use_case {
        UseCase::GetHealthy => World::healthy(&["dev", "staging"]),
        _ => World::new(),
    };
    let commit = match use_case {
        UseCase::Release => world.build('a'),
        UseCase::Promote => world.stage('a').await,
        UseCase::GetHealthy => {
            let commit = world.build('a');
            for environment in ["dev", "staging"] {
                world.release(environment, &commit).await;
            }
            commit
        }
        UseCase::Deploy => {
            let commit = world.stage('a').await;
            world.promote("1.0.0", &commit).await;
            let b = world.build('b');
            world.release("dev", &b).await;
            commit
        }
    };
    (world, commit)
}

async fn recovers(use_case: UseCase) {
    let (smooth, commit) = prepared(use_case).await;
    let count = Fault::default();
    run(use_case, &Process::new(&smooth, &count).systems(), &commit).await.expect("a run without a crash");
    assert!(count.effects() > 0);
    for effect in 0..count.effects() {
        for moment in [Moment::Before, Moment::After] {
            let (world, commit) = prepared(use_case).await;
            let fault = Fault::crash(effect, moment);
            let ended = run(use_case, &Process::new(&world, &fault).systems(), &commit).await;
            assert!(ended.is_err(), "{use_case:?} went on after its crash {moment:?} effect {effect}");
            run(use_case, &world.systems(), &commit).await.expect("the next run");
            assert_eq!(world.state(), smooth.state(), "{use_case:?}, crashed {moment:?} effect {effect}");
            world.deploy_pending().await;
            for deployment in world.platform.deployments() {
                assert!(!deployment.is_pending(), "{deployment:?}");
            }
            for check in world.verify().await {
                assert_ne!(check.verdict, Verdict::Broken, "{check:?}");
            }
        }
    }
}

#[tokio::test]
async fn release_recovers_from_a_crash_at_every_effect() {
    recovers(UseCase::Release).await;
}

#[tokio::test]
async fn deploy_recovers_from_a_crash_at_every_effect() {
    recovers(UseCase::Deploy).await;
}

#[tokio::test]
async fn deploy_recovers_from_a_crash_at_every_effect_where_a_success_is_a_healthy_one() {
    recovers(UseCase::GetHealthy).await;
}

#[tokio::test]
async fn promote_recovers_from_a_crash_at_every_effect() {
    recovers(UseCase::Promote).await;
}

#[tokio::test]
async fn scenario_09_a_lost_answer_to_a_creation_makes_no_second_deployment() {
    let world = World::new();
    let commit = world.build('a');
    let fault = Fault::crash(0, Moment::After);
    run(UseCase::Release, &Process::new(&world, &fault).systems(), &commit).await.expect_err("the answer is lost");
    run(UseCase::Release, &world.systems(), &commit).await.expect("the next run");
    for component in COMPONENTS {
        assert_eq!(world.deployments("staging", component).len(), 1);
    }
}
