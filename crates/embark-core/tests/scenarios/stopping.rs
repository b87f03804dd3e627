//! A run that is asked to end: it says what is so, and the next one goes on.

use std::future::pending;

use embark_core::testing::Fault;
use embark_core::{Error, Selection, State, wait};

use crate::cluster::at;
use crate::world::{COMPONENTS, Process, World, assert_done, environment, failure, item};

#[tokio::test]
async fn a_push_that_hangs_is_told_as_one_of_which_it_is_not_known_what_came() {
    let world = World::new();
    let commit = world.build('a');
    world.release("dev", &commit).await;
    let clock = world.clock.clone();
    // The first effect says that it begins, the second is the commit.
    let hangs = Fault::interrupt(
        1,
        Box::new(move || {
            clock.stop(true);
            Box::pin(pending())
        }),
    );
    let process = Process::new(&world, &hangs);
    let items = embark_core::deploy(&process.systems(), &Selection::Pending(None), false).await.expect("it tells");
    for component in COMPONENTS {
        assert_eq!(failure(&items, component), "ended by SIGTERM while it was being pushed");
        assert_eq!(item(&items, component).state, Some(State::Error));
        let deployment = &world.deployments("dev", component)[0];
        let status = deployment.statuses.last().expect("there is one");
        assert_eq!((status.state, &*status.description), (State::Error, "ended by SIGTERM while it was being pushed"));
    }
    world.clock.stop(false);
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.repository.commits().len(), 1 + COMPONENTS.len(), "each is committed once");
}

#[tokio::test]
async fn what_is_waited_for_stays_in_progress_and_the_next_run_waits_on() {
    let world = World::healthy(&["staging"]);
    let commit = world.build('a');
    world.release("staging", &commit).await;
    let before = world.tip();
    world.argocd("staging", move |number, now| Ok(if number == 0 { at(&before, now) } else { now }));
    world.clock.stop(true);
    let items = world.deploy_pending().await;
    for component in COMPONENTS {
        assert_eq!(failure(&items, component), "ended by SIGTERM before it was done");
        assert_eq!(item(&items, component).state, Some(State::InProgress));
        assert_eq!(world.states("staging", component), [Some(State::InProgress)]);
    }
    assert_eq!(world.observed("staging"), 1);
    world.clock.stop(false);
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.repository.commits().len(), 1 + COMPONENTS.len(), "each is committed once");
}

#[tokio::test]
async fn a_wait_ends_when_it_is_asked_to() {
    let world = World::healthy(&[]);
    let before = world.tip();
    world.stage('a').await;
    world.argocd("staging", move |_, now| Ok(at(&before, now)));
    world.clock.stop(true);
    let ended = wait(&world.systems(), &environment("staging")).await;
    assert!(matches!(ended, Err(Error::Stopped { is_pushed: false, .. })), "{ended:?}");
}
