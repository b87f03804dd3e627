//! Where a success is a healthy one: what is pushed is in progress until Argo CD runs it, in good health.

use embark_core::testing::{Fault, Moment};
use embark_core::{Delivered, Error, Health, ItemOutcome, Selection, State, Status};
use futures::FutureExt as _;

use crate::cluster::{at, behind, forbidden, unreachable};
use crate::world::{COMPONENTS, Process, World, assert_done, assert_unchanged, environment, failure, item, target};

/// A commit waits for staging, where a success is a healthy one.
async fn released() -> World {
    let world = World::healthy(&["staging"]);
    let a = world.build('a');
    world.release("staging", &a).await;
    world
}

fn assert_in_progress(world: &World) {
    for component in COMPONENTS {
        assert_eq!(world.states("staging", component), [Some(State::InProgress)], "{component}");
    }
}

#[tokio::test]
async fn a_success_is_posted_once_it_is_healthy_and_begins_with_the_commit() {
    let world = released().await;
    let items = world.deploy_pending().await;
    assert_done(&items);
    let commits = world.repository.commits();
    for (component, commit) in COMPONENTS.into_iter().zip(&commits[1..]) {
        let deployment = &world.deployments("staging", component)[0];
        let states: Vec<State> = deployment.statuses.iter().map(|status| status.state).collect();
        assert_eq!(states, [State::InProgress, State::InProgress, State::Success], "{component}");
        assert_eq!(deployment.success().and_then(Status::revision).as_ref(), Some(&commit.revision));
        assert_eq!(item(&items, component).state, Some(State::Success));
        assert_eq!(item(&items, component).commit.as_ref(), Some(&commit.revision));
    }
    assert_eq!(world.observed("staging"), 1, "both are seen by one look");
}

/// Somebody copies the id of one that waits to another environment, which comes first.
#[tokio::test]
async fn a_copy_of_an_id_hides_no_commit() {
    let world = released().await;
    for component in COMPONENTS {
        let mut copy = world.deployments("staging", component)[0].record.clone();
        copy.target = target("dev", component);
        world.platform.forge(copy);
    }
    let first = world.tip();
    world.argocd("staging", move |_, now| Ok(at(&first, now)));
    world.deploy_pending().await;
    let commits = world.repository.commits();
    assert_eq!(commits.len(), 5, "one for each, after the first");
    world.argocd("staging", |_, now| Ok(now));
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.repository.commits().len(), 5);
    for (component, commit) in COMPONENTS.into_iter().zip(&commits[3..]) {
        let deployment = &world.deployments("staging", component)[0];
        assert_eq!(deployment.success().and_then(Status::revision).as_ref(), Some(&commit.revision));
    }
}

#[tokio::test]
async fn one_that_synchronises_late_is_waited_for() {
    let world = released().await;
    let first = world.tip();
    world.argocd("staging", move |number, now| Ok(if number < 5 { behind(&first, now) } else { now }));
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.observed("staging"), 6);
    assert_eq!(world.delivery.refreshed(&environment("staging")), 1, "it is asked to look once");
}

#[tokio::test]
async fn what_is_not_healthy_in_time_stays_in_progress_and_is_waited_for_by_the_next_run() {
    let world = released().await;
    let first = world.tip();
    let elsewhere = first.clone();
    world.argocd("staging", move |_, now| Ok(at(&elsewhere, now)));
    let items = world.deploy_pending().await;
    let told = failure(&items, "backend");
    assert!(told.contains("backend in staging is not healthy after 600 s") && told.contains("has not seen"), "{told}");
    assert_in_progress(&world);
    assert_eq!(item(&items, "backend").state, Some(State::InProgress));

    let commits = world.repository.commits().len();
    world.argocd("staging", |_, now| Ok(now));
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.repository.commits().len(), commits, "it is not committed again");
    assert_eq!(world.states("staging", "frontend"), [Some(State::Success)]);
    assert_unchanged(&world.deploy_pending().await);
}

#[tokio::test]
async fn what_nobody_synchronises_is_said() {
    let world = released().await;
    let first = world.tip();
    world.argocd("staging", move |_, now| Ok(Delivered { is_automated: false, ..behind(&first, now) }));
    let told = failure(&world.deploy_pending().await, "frontend");
    assert!(told.contains("does not synchronise by itself") && told.contains("synchronise it by hand"), "{told}");
    // Somebody rolls back to a commit that is on no branch.
    let world = released().await;
    let other = crate::world::parse(&"7".repeat(40));
    world.argocd("staging", move |_, now| Ok(behind(&other, Delivered { is_automated: false, ..now })));
    let told = failure(&world.deploy_pending().await, "frontend");
    assert!(told.contains("it has 7777777, which is not among the newest commits"), "{told}");
    assert_in_progress(&world);
}

#[tokio::test]
async fn what_cannot_be_reached_for_a_time_is_waited_for_and_what_may_not_be_seen_is_not() {
    let world = released().await;
    world.argocd("staging", |number, now| if number < 3 { Err(unreachable()) } else { Ok(now) });
    assert_done(&world.deploy_pending().await);

    let world = released().await;
    world.argocd("staging", |_, _| Err(unreachable()));
    let told = failure(&world.deploy_pending().await, "frontend");
    assert!(told.contains("not healthy after 600 s: cannot reach argocd.test: it does not answer"), "{told}");

    let world = released().await;
    world.argocd("staging", |_, _| Err(forbidden()));
    let items = world.deploy_pending().await;
    for component in COMPONENTS {
        let ItemOutcome::Failed(error) = &item(&items, component).outcome else { panic!("{items:?}") };
        assert!(matches!(**error, Error::Delivery(_)), "{error}");
    }
    assert_eq!(world.observed("staging"), 1);
    assert_in_progress(&world);
}

#[tokio::test]
async fn without_anybody_who_observes_it_nothing_is_a_success() {
    let world = World::new().with_success(&["staging"]);
    let a = world.build('a');
    world.release("staging", &a).await;
    let told = failure(&world.deploy_pending().await, "frontend");
    assert_eq!(told, "the configuration names no application of Argo CD for staging");
    assert_in_progress(&world);
}

/// Releases a commit to staging and carries it out, as another process does that does not wait.
fn others_deploy(world: &World, letter: char) {
    let other = world.clone().with_success(&[]);
    let commit = other.build(letter);
    let done = async {
        let items = other.release("staging", &commit).await;
        let ids = items.iter().filter_map(|item| item.id).collect();
        assert_done(&embark_core::deploy(&other.systems(), &Selection::Ids(ids), false).await.expect("deployed"));
    };
    done.now_or_never().expect("fakes never wait");
}

#[tokio::test]
async fn what_another_deployment_supersedes_meanwhile_is_closed() {
    let world = released().await;
    let (other, first) = (world.clone(), world.tip());
    world.argocd("staging", move |number, now| {
        if number == 2 {
            others_deploy(&other, 'b');
            return Ok(other.now("staging"));
        }
        Ok(behind(&first, now))
    });
    let items = world.deploy_pending().await;
    for component in COMPONENTS {
        assert_eq!(item(&items, component).state, Some(State::Inactive), "{items:?}");
        assert!(item(&items, component).reason.as_ref().is_some_and(|reason| reason.starts_with("superseded by")));
        let states = world.states("staging", component);
        assert_eq!(states, [Some(State::Inactive), Some(State::Success)]);
    }
    assert_done(&items);
}

#[tokio::test]
async fn what_is_superseded_is_said_when_the_time_is_up_at_the_latest() {
    let world = released().await;
    let (other, first) = (world.clone(), world.tip());
    world.argocd("staging", move |number, now| {
        if number == 2 {
            others_deploy(&other, 'b');
        }
        Ok(behind(&first, Delivered { revisions: vec![first.clone()], ..now }))
    });
    let items = world.deploy_pending().await;
    assert_eq!(item(&items, "frontend").state, Some(State::Inactive), "{items:?}");
}

#[tokio::test]
async fn what_waits_to_be_healthy_is_closed_when_a_newer_one_is_carried_out() {
    let world = released().await;
    let first = world.tip();
    world.argocd("staging", move |_, now| Ok(at(&first, now)));
    failure(&world.deploy_pending().await, "frontend");
    let b = world.build('b');
    world.release("staging", &b).await;
    // The older one is known to be superseded although Argo CD cannot be asked.
    world.argocd("staging", |number, now| if number < 2 { Err(unreachable()) } else { Ok(now) });
    let items = world.deploy_pending().await;
    assert_eq!(items.len(), 4);
    assert!(items.iter().filter(|item| item.state == Some(State::Inactive)).count() == 2, "{items:?}");
    for component in COMPONENTS {
        assert_eq!(world.states("staging", component), [Some(State::Inactive), Some(State::Success)]);
    }
    assert_eq!(world.repository.commits().len(), 5, "each is committed once");
}

#[tokio::test]
async fn deployments_to_several_environments_wait_together() {
    let world = World::healthy(&["dev", "staging"]);
    let a = world.build('a');
    world.release("dev", &a).await;
    world.release("staging", &a).await;
    let first = world.tip();
    for name in ["dev", "staging"] {
        let first = first.clone();
        world.argocd(name, move |number, now| Ok(if number < 3 { behind(&first, now) } else { now }));
    }
    assert_done(&world.deploy_pending().await);
    assert_eq!((world.observed("dev"), world.observed("staging")), (4, 4));
    assert_eq!(world.repository.pushes(), 1);
}

#[tokio::test]
async fn staging_has_verified_what_is_healthy_there_and_nothing_else() {
    let world = released().await;
    let (a, first) = (crate::world::commit('a'), world.tip());
    world.argocd("staging", move |_, now| Ok(at(&first, now)));
    failure(&world.deploy_pending().await, "frontend");
    let told = crate::world::refusal(&world.promote("1.0.0", &a).await, "frontend");
    assert!(told.contains("is not verified: it has not run: its state is in_progress"), "{told}");
    world.argocd("staging", |_, now| Ok(now));
    assert_done(&world.deploy_pending().await);
    assert_done(&world.promote("1.0.0", &a).await);
}

#[tokio::test]
async fn a_crash_before_the_success_is_reported_leaves_that_alone_to_be_done() {
    for moment in [Moment::Before, Moment::After] {
        let world = released().await;
        // in_progress, the commit, in_progress with the commit, success.
        let fault = Fault::crash(3, moment);
        let process = Process::new(&world, &fault);
        let items = embark_core::deploy(&process.systems(), &Selection::Pending(None), false).await.expect("it tells");
        let ItemOutcome::Failed(error) = &items[0].outcome else { panic!("{items:?}") };
        assert!(matches!(**error, Error::Platform(_)), "{error}");
        assert!(items.iter().all(|item| item.state == Some(State::InProgress) && item.commit.is_some()), "{items:?}");
        let expected = if moment == Moment::Before { State::InProgress } else { State::Success };
        assert_eq!(world.states("staging", "frontend"), [Some(expected)]);
        world.deploy_pending().await;
        assert_eq!(world.states("staging", "frontend"), [Some(State::Success)]);
        let deployment = &world.deployments("staging", "frontend")[0];
        assert_eq!(deployment.statuses.len(), 3, "nothing is said twice: {:?}", deployment.statuses);
        assert_eq!(world.repository.commits().len(), 3);
    }
}

/// The branch cannot be read any more while it is waited.
#[tokio::test]
async fn what_is_pushed_is_told_where_the_wait_cannot_go_on() {
    let world = released().await;
    let repository = world.repository.clone();
    world.argocd("staging", move |_, now| {
        repository.reach(0);
        Ok(now)
    });
    let items = world.deploy_pending().await;
    let ItemOutcome::Failed(error) = &items[0].outcome else { panic!("{items:?}") };
    assert!(matches!(**error, Error::Repository(_)), "{error}");
    assert_eq!(items[1].reason.as_deref(), Some("it is in progress: the run has ended before it was healthy"));
    assert!(items.iter().all(|item| item.state == Some(State::InProgress) && item.commit.is_some()), "{items:?}");
    assert_in_progress(&world);
    world.repository.reach(usize::MAX);
    world.argocd("staging", |_, now| Ok(now));
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.repository.commits().len(), 3, "nothing is committed again");
}

#[tokio::test]
async fn a_dry_run_waits_for_nothing() {
    let world = released().await;
    world.argocd("staging", |_, now| Ok(Delivered { health: Health::Degraded, ..now }));
    let items = embark_core::deploy(&world.systems(), &Selection::Pending(None), true).await.expect("planned");
    assert!(items.iter().all(|item| matches!(item.outcome, ItemOutcome::Planned)), "{items:?}");
    assert_eq!(world.observed("staging"), 0);
}
