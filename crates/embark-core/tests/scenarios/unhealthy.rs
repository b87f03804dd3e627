//! What is degraded has failed, and what can be done then.

use embark_core::ports::MockApplicationRepository;
use embark_core::testing::{Fault, Moment};
use embark_core::{
    DegradedResource, Delivered, Error, Health, ItemOutcome, RollbackRequest, Selection, State, Systems, Unhealthy,
    Verdict, WaitState,
};

use futures::FutureExt as _;

use crate::world::{COMPONENTS, Process, World, assert_done, environment, failure, item, refusal};

pub(crate) fn degraded(now: Delivered) -> Delivered {
    let resource = DegradedResource {
        kind: "Deployment".into(),
        name: "frontend".into(),
        message: Some("exceeded its progress deadline".into()),
    };
    Delivered { health: Health::Degraded, degraded: vec![resource], ..now }
}

/// Staging runs a commit, and the next one is degraded there.
async fn failed() -> World {
    let world = World::healthy(&["staging"]);
    world.stage('a').await;
    let b = world.build('b');
    world.release("staging", &b).await;
    world.argocd("staging", |_, now| Ok(degraded(now)));
    failure(&world.deploy_pending().await, "frontend");
    world
}

/// Two processes wait for the same. One sees it in good health, and then it gets worse.
#[tokio::test]
async fn what_another_process_has_seen_in_good_health_does_not_fail_for_getting_worse() {
    let world = World::healthy(&["staging"]);
    let a = world.build('a');
    world.release("staging", &a).await;
    let other = world.clone().with_success(&[]);
    world.argocd("staging", move |_, now| {
        let (systems, pending) = (other.systems(), Selection::Pending(None));
        embark_core::deploy(&systems, &pending, false).now_or_never().expect("fakes never wait").expect("deployed");
        Ok(degraded(now))
    });
    let items = world.deploy_pending().await;
    let told = failure(&items, "frontend");
    assert!(told.contains("frontend in staging is degraded"), "{told}");
    for component in COMPONENTS {
        assert_eq!(item(&items, component).state, Some(State::Success));
        assert_eq!(world.states("staging", component), [Some(State::Success)]);
    }
    assert_done(&world.promote("1.0.0", &a).await);
}

#[tokio::test]
async fn what_is_degraded_has_failed_with_the_words_of_argo_cd() {
    let world = World::healthy(&["staging"]);
    let a = world.build('a');
    world.release("staging", &a).await;
    world.argocd("staging", |_, now| Ok(degraded(now)));
    let items = world.deploy_pending().await;
    let words = "Deployment frontend: exceeded its progress deadline";
    for component in COMPONENTS {
        let ItemOutcome::Failed(error) = &item(&items, component).outcome else { panic!("{items:?}") };
        assert!(
            matches!(&**error, Error::Unhealthy(Unhealthy::Degraded { words: told, .. }) if told == words),
            "{error}"
        );
        let deployment = &world.deployments("staging", component)[0];
        let newest = deployment.statuses.last().expect("it has a status");
        assert_eq!((newest.state, newest.description.as_str()), (State::Failure, words));
        assert!(!deployment.ran() && item(&items, component).is_news());
    }
    assert_eq!(world.observed("staging"), 4, "it is not believed at once");
}

/// The event of the older one came late.
#[tokio::test]
async fn what_waits_does_not_come_after_what_is_newer_and_degraded() {
    let world = World::healthy(&["staging"]);
    let (a, b) = (world.build('a'), world.build('b'));
    world.release("staging", &a).await;
    let newer = world.release("staging", &b).await.into_iter().filter_map(|item| item.id).collect();
    world.argocd("staging", |_, now| Ok(degraded(now)));
    let items = embark_core::deploy(&world.systems(), &Selection::Ids(newer), false).await.expect("carried out");
    failure(&items, "frontend");
    world.argocd("staging", |_, now| Ok(now));
    let late = world.deploy_pending().await;
    for component in COMPONENTS {
        let item = item(&late, component);
        let reason = item.reason.as_deref().unwrap_or_default();
        assert!(item.state == Some(State::Inactive) && reason.starts_with("superseded by"), "{item:?}");
        assert_eq!(world.named("staging", component), b.as_str());
    }
}

/// A rollback is created and not carried out, and what comes after it is degraded.
async fn begun_before_what_failed() -> World {
    let world = World::healthy(&["staging"]);
    world.stage('a').await;
    world.stage('b').await;
    let c = world.build('c');
    let fault = Fault::crash(0, Moment::After);
    let process = Process::new(&world, &fault);
    let request = RollbackRequest::new(environment("staging"));
    embark_core::rollback(&process.systems(), &request).await.expect_err("it has ended");
    let newer = world.release("staging", &c).await.into_iter().filter_map(|item| item.id).collect();
    world.argocd("staging", |_, now| Ok(degraded(now)));
    let items = embark_core::deploy(&world.systems(), &Selection::Ids(newer), false).await.expect("carried out");
    failure(&items, "frontend");
    world.argocd("staging", |_, now| Ok(now));
    world
}

#[tokio::test]
async fn a_rollback_that_has_begun_does_not_stand_in_for_a_later_one() {
    let world = begun_before_what_failed().await;
    let request = RollbackRequest::new(environment("staging"));
    assert_done(&embark_core::rollback(&world.systems(), &request).await.expect("rolled back"));
    for component in COMPONENTS {
        assert_eq!(world.named("staging", component), "b".repeat(40));
    }
}

/// Numbers alone tell it, but of releases: the application may be down.
#[tokio::test]
async fn whether_a_rollback_is_newer_is_not_asked_of_the_application() {
    let world = begun_before_what_failed().await;
    // It panics when it is asked.
    let application = MockApplicationRepository::new();
    let systems = Systems { application: Some(&application), ..world.systems() };
    let late = embark_core::deploy(&systems, &Selection::Pending(None), false).await.expect("decided");
    assert_eq!(item(&late, "frontend").state, Some(State::Inactive));
    assert_eq!(world.named("staging", "frontend"), "c".repeat(40));
}

#[tokio::test]
async fn an_old_state_that_is_told_right_after_the_synchronisation_is_passed_over() {
    let world = World::healthy(&["staging"]);
    let a = world.build('a');
    world.release("staging", &a).await;
    world.argocd("staging", |number, now| Ok(if number < 3 { degraded(now) } else { now }));
    assert_done(&world.deploy_pending().await);
    // It is counted in a row.
    let b = world.build('b');
    world.release("staging", &b).await;
    world.argocd("staging", |number, now| match number {
        3 => Ok(Delivered { health: Health::Progressing, ..now }),
        number if number < 7 => Ok(degraded(now)),
        _ => Ok(now),
    });
    assert_done(&world.deploy_pending().await);
}

#[tokio::test]
async fn a_rollback_goes_back_to_what_was_healthy_last() {
    let world = failed().await;
    world.argocd("staging", |_, now| Ok(now));
    let request = RollbackRequest::new(environment("staging"));
    let items = embark_core::rollback(&world.systems(), &request).await.expect("rolled back");
    assert_eq!(items.len(), 2);
    assert_done(&items);
    let failed = world.deployments("staging", "frontend")[1].record.id;
    for component in COMPONENTS {
        assert_eq!(world.named("staging", component), "a".repeat(40));
        assert_eq!(item(&items, component).state, Some(State::Success));
    }
    let rollback = world.deployments("staging", "frontend").pop().expect("a rollback");
    assert_eq!(rollback.record.replaces, Some(failed));
    let again = embark_core::rollback(&world.systems(), &request).await.expect("asked again");
    crate::world::assert_unchanged(&again);
}

#[tokio::test]
async fn a_wait_tells_whether_what_failed_has_got_well() {
    let world = failed().await;
    let wait = async || embark_core::wait(&world.systems(), &environment("staging")).await.expect("waited");
    let failed = world.deployments("staging", "frontend")[1].record.id;
    let waited = wait().await;
    assert_eq!((waited[0].deployment, waited[0].state), (failed, WaitState::Degraded), "{waited:?}");
    world.argocd("staging", |_, now| Ok(now));
    assert_eq!(wait().await[0].state, WaitState::Healthy);
}

#[tokio::test]
async fn what_is_degraded_can_be_released_again() {
    let world = failed().await;
    world.argocd("staging", |_, now| Ok(now));
    world.release("staging", &crate::world::commit('b')).await;
    assert_done(&world.deploy_pending().await);
    let states = world.states("staging", "frontend");
    assert_eq!(states, [Some(State::Success), Some(State::Failure), Some(State::Success)]);
    assert_done(&world.promote("1.0.0", &crate::world::commit('b')).await);
}

#[tokio::test]
async fn what_is_degraded_is_not_promoted_and_neither_is_what_ran_before_it() {
    let world = failed().await;
    for letter in ['a', 'b'] {
        let told = refusal(&world.promote("1.0.0", &crate::world::commit(letter)).await, "frontend");
        assert!(told.contains("is not verified: it has not run: its state is failure"), "{letter}: {told}");
    }
}

#[tokio::test]
async fn production_that_is_not_healthy_runs_what_was_verified_all_the_same() {
    let world = World::healthy(&["production"]);
    world.ship('a', "1.0.0").await;
    let b = world.stage('b').await;
    assert_done(&world.promote("1.1.0", &b).await);
    let first = world.tip();
    world.argocd("production", move |_, now| Ok(crate::cluster::at(&first, now)));
    failure(&world.deploy_pending().await, "frontend");
    let check = &world.verify().await[0];
    assert_eq!(check.verdict, Verdict::Holds, "{check:?}");
    assert!(check.reason.contains("it is not healthy: its state is in_progress"), "{}", check.reason);
    let evidence = check.evidence.as_ref().expect("it is borne out");
    assert!(evidence.commit.is_some() && evidence.source_deployment.is_some(), "{evidence:?}");

    world.argocd("production", |_, now| Ok(degraded(now)));
    failure(&world.deploy_pending().await, "frontend");
    let check = &world.verify().await[0];
    assert_eq!(check.verdict, Verdict::Holds, "{check:?}");
    assert!(check.reason.contains("its state is failure"), "{}", check.reason);
    // What nobody deployed is found as ever.
    world.repository.edit_by_hand(
        &crate::world::file("production"),
        b"frontend: {image: {tag: 9.9.9}}\nbackend: {image: {tag: 9.9.9}}\n",
    );
    assert_eq!(world.verify().await[0].verdict, Verdict::Broken);
}
