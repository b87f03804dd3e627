//! What is degraded has failed, and what can be done then.

use embark_core::{
    DegradedResource, Delivered, Error, Health, ItemOutcome, RollbackRequest, State, Unhealthy, Verdict, WaitState,
};

use crate::world::{COMPONENTS, World, assert_done, environment, failure, item, refusal};

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
