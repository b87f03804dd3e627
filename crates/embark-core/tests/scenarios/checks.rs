//! Required checks: what passes, what is refused with what, and what cannot be asked for.

use std::time::Duration;

use embark_core::ports::{Ancestry, ApplicationError, MockApplicationRepository};
use embark_core::{
    CheckKind, CheckResult, Commit, Error, Item, ItemOutcome, Kind, PromoteRequest, Record, Refusal, Requirements,
    Selection, State, Systems, Verdict, Waiver,
};

use crate::world::{World, assert_done, assert_unchanged, failure, item, parse, refusal};

/// Production requires two checks.
fn world() -> World {
    let checks = vec![parse("e2e"), parse("test (ubuntu-latest, 20)")];
    World::with(Requirements { soak: Duration::ZERO, checks })
}

fn report(world: &World, commit: &Commit, name: &str, result: CheckResult) {
    world.application.report(commit, &parse(name), CheckKind::CheckRun, result);
}

fn pass(world: &World, commit: &Commit) {
    report(world, commit, "e2e", CheckResult::Passed);
    report(world, commit, "test (ubuntu-latest, 20)", CheckResult::Passed);
}

async fn promote_with(world: &World, systems: Systems<'_>, request: &PromoteRequest) -> Result<Vec<Item>, Error> {
    let before = world.state();
    let answer = embark_core::promote(&systems, request).await;
    if answer.is_err() {
        assert_eq!(world.state(), before, "nothing is written");
    }
    answer
}

#[tokio::test]
async fn checks_that_passed_are_recorded_with_the_promotion() {
    let world = world();
    let a = world.stage('a').await;
    pass(&world, &a);
    assert_done(&world.promote("1.0.0", &a).await);
    assert_done(&world.deploy_pending().await);
    let commit = world.repository.commits().pop().expect("a commit");
    let verified = commit.message.lines().find(|line| line.starts_with("Embark-Verified: ")).expect("the trailer");
    // A name with a comma stays one name of the list, and the list one word.
    assert!(verified.ends_with(" checks=e2e,test%20(ubuntu-latest%2C%2020)"), "{verified}");
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds));
}

#[tokio::test]
async fn each_check_that_has_not_passed_is_named_with_what_is_known_of_it() {
    let world = world();
    let a = world.stage('a').await;
    let before = world.state();
    let refused = |items: Vec<Item>| {
        assert_eq!(world.state(), before, "nothing is written");
        refusal(&items, "frontend")
    };
    let reason = refused(world.promote("1.0.0", &a).await);
    assert!(
        reason.ends_with(
            "is not verified: its checks have not passed on aaaaaaa: e2e is not there, \
             test (ubuntu-latest, 20) is not there"
        ),
        "{reason}"
    );
    report(&world, &a, "e2e", CheckResult::Running);
    report(&world, &a, "test (ubuntu-latest, 20)", CheckResult::Failed("timed_out".into()));
    let reason = refused(world.promote("1.0.0", &a).await);
    assert!(reason.ends_with(": e2e is still running, test (ubuntu-latest, 20) failed (timed_out)"), "{reason}");
    report(&world, &a, "test (ubuntu-latest, 20)", CheckResult::Passed);
    let reason = refused(world.promote("1.0.0", &a).await);
    assert!(reason.ends_with(": e2e is still running"), "{reason}");
    report(&world, &a, "e2e", CheckResult::Passed);
    assert_done(&world.promote("1.0.0", &a).await);
}

#[tokio::test]
async fn a_newer_run_replaces_an_older_one_for_better_and_for_worse() {
    let world = world();
    let a = world.stage('a').await;
    pass(&world, &a);
    report(&world, &a, "e2e", CheckResult::Failed("failure".into()));
    let reason = refusal(&world.promote("1.0.0", &a).await, "frontend");
    assert!(reason.ends_with(": e2e failed"), "{reason}");
    report(&world, &a, "e2e", CheckResult::Passed);
    assert_done(&world.promote("1.0.0", &a).await);
}

#[tokio::test]
async fn a_status_of_the_same_name_must_pass_too() {
    let world = world();
    let a = world.stage('a').await;
    pass(&world, &a);
    world.application.report(&a, &parse("e2e"), CheckKind::Status, CheckResult::Failed("error".into()));
    let reason = refusal(&world.promote("1.0.0", &a).await, "frontend");
    assert!(reason.ends_with(": e2e failed (error)"), "{reason}");
}

#[tokio::test]
async fn checks_on_another_commit_prove_nothing() {
    let world = world();
    let a = world.build('a');
    pass(&world, &a);
    let b = world.stage('b').await;
    let reason = refusal(&world.promote("1.0.0", &b).await, "frontend");
    assert!(reason.contains("on bbbbbbb: e2e is not there"), "{reason}");
}

#[tokio::test]
async fn a_commit_that_the_application_repository_does_not_have_is_not_verified() {
    let world = world();
    let a = world.stage('a').await;
    pass(&world, &a);
    let mut application = MockApplicationRepository::new();
    application.expect_is_ancestor().returning(|_, _| Ok(Ancestry::Unknown));
    application.expect_checks().returning(|_, _| Ok(embark_core::Checks::Unknown));
    let without = [None, Some(&application as &dyn embark_core::ports::ApplicationRepository)];
    for application in without {
        let systems = Systems { application, ..world.systems() };
        let items = promote_with(&world, systems, &World::promote_request("1.0.0", &a)).await.expect("answered");
        let reason = refusal(&items, "frontend");
        assert!(reason.contains("e2e cannot be asked for"), "{reason}");
    }
}

#[tokio::test]
async fn waived_checks_are_not_asked_for_and_the_waiver_is_recorded() {
    let world = world();
    let a = world.stage('a').await;
    world.application.take_asked();
    let waived = Some(Waiver { rules: vec![Waiver::CHECKS.into()], reason: "it leaks".into() });
    let request = PromoteRequest { waived, ..World::promote_request("1.0.0", &a) };
    assert_done(&promote_with(&world, world.systems(), &request).await.expect("promoted"));
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.application.take_asked(), []);
    let message = world.repository.commits().pop().expect("a commit").message;
    assert!(message.contains(" checks=\n") && message.contains("Embark-Waived: checks: it leaks\n"), "{message}");
}

#[tokio::test]
async fn checks_are_asked_for_again_when_a_promotion_is_carried_out() {
    let world = world();
    let a = world.stage('a').await;
    pass(&world, &a);
    assert_done(&world.promote("1.0.0", &a).await);
    report(&world, &a, "e2e", CheckResult::Failed("failure".into()));
    let items = world.deploy_pending().await;
    for component in ["frontend", "backend"] {
        let reason = refusal(&items, component);
        assert!(reason.ends_with("on aaaaaaa: e2e failed"), "{reason}");
        assert_eq!(world.states("production", component), [Some(State::Failure)]);
        assert_eq!(world.named("production", component), "none");
    }
    // Once it has passed again, a new promotion is needed.
    report(&world, &a, "e2e", CheckResult::Passed);
    assert_done(&world.promote("1.0.0", &a).await);
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.named("production", "frontend"), "1.0.0");
}

/// An application repository that does not answer for checks.
fn broken(error: fn() -> ApplicationError) -> MockApplicationRepository {
    let mut application = MockApplicationRepository::new();
    application.expect_is_ancestor().returning(|_, _| Ok(Ancestry::Unknown));
    application.expect_checks().returning(move |_, _| Err(error()));
    application
}

fn unreachable() -> ApplicationError {
    ApplicationError::Unavailable { repository: "acme/app".into(), source: "nobody listens".into() }
}

#[tokio::test]
async fn without_an_answer_nothing_is_promoted() {
    let world = world();
    let a = world.stage('a').await;
    let application = broken(unreachable);
    let systems = Systems { application: Some(&application), ..world.systems() };
    let error = promote_with(&world, systems, &World::promote_request("1.0.0", &a)).await.expect_err("it fails");
    let Error::Application(error) = error else { panic!("{error}") };
    assert!(matches!(*error, ApplicationError::Unavailable { .. }), "{error}");
}

#[tokio::test]
async fn without_an_answer_a_promotion_waits_and_others_go_on() {
    let world = world();
    let a = world.stage('a').await;
    pass(&world, &a);
    assert_done(&world.promote("1.0.0", &a).await);
    world.release("dev", &a).await;
    let application = broken(unreachable);
    let systems = Systems { application: Some(&application), ..world.systems() };
    let items = embark_core::deploy(&systems, &Selection::Pending(None), false).await.expect("answered");
    let (production, dev): (Vec<Item>, Vec<Item>) =
        items.into_iter().partition(|item| item.target.environment.as_str() == "production");
    assert_eq!(failure(&production, "frontend"), "cannot reach acme/app");
    assert_eq!(world.states("production", "frontend"), [Some(State::Error)]);
    assert_eq!(world.named("production", "frontend"), "none");
    assert_done(&dev);
    // It was not refused: the next run carries it out.
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.named("production", "frontend"), "1.0.0");
}

#[tokio::test]
async fn what_is_refused_anyway_is_refused_without_an_answer() {
    let world = world();
    let a = world.stage('a').await;
    pass(&world, &a);
    assert_done(&world.promote("1.0.0", &a).await);
    let deployment = world.deployments("staging", "frontend").pop().expect("a deployment");
    let status = embark_core::NewStatus::new(State::Failure, "smoke test failed");
    let statuses = vec![(deployment.key(), status)];
    embark_core::ports::DeploymentPlatform::append(&*world.platform, statuses).await.expect("appended");
    let application = broken(unreachable);
    let systems = Systems { application: Some(&application), ..world.systems() };
    let items = embark_core::deploy(&systems, &Selection::Pending(None), false).await.expect("answered");
    assert!(refusal(&items, "frontend").contains("its result is failure now"));
    assert_eq!(failure(&items, "backend"), "cannot reach acme/app");
}

#[tokio::test]
async fn nothing_is_asked_where_no_checks_are_required() {
    let world = World::new();
    let a = world.ship('a', "1.0.0").await;
    assert_unchanged(&world.promote("1.0.0", &a).await);
    assert_eq!(world.application.take_asked(), []);
}

#[tokio::test]
async fn one_commit_is_asked_about_once_for_all_components() {
    let world = world();
    let a = world.stage('a').await;
    pass(&world, &a);
    assert_done(&world.promote("1.0.0", &a).await);
    let once = [a];
    assert_eq!(world.application.take_asked(), once);
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.application.take_asked(), once);
}

#[tokio::test]
async fn a_rollback_asks_for_no_checks() {
    let world = world();
    for (letter, version) in [('a', "1.0.0"), ('b', "1.1.0")] {
        let commit = world.stage(letter).await;
        pass(&world, &commit);
        assert_done(&world.promote(version, &commit).await);
        assert_done(&world.deploy_pending().await);
    }
    // One that waits and cannot be proven just now does not stand in its way.
    let c = world.stage('c').await;
    pass(&world, &c);
    assert_done(&world.promote("1.2.0", &c).await);
    let application = broken(unreachable);
    let systems = Systems { application: Some(&application), ..world.systems() };
    let request = embark_core::RollbackRequest {
        environment: parse("production"),
        component: Some(parse("frontend")),
        to: None,
        reason: Some("it leaks".into()),
        hold: true,
        unverified: false,
        dry_run: false,
    };
    let items = embark_core::rollback(&systems, &request).await.expect("rolled back");
    assert_done(&items);
    assert_eq!(world.named("production", "frontend"), "1.0.0");
}

/// Whoever can write to the platform may let the record of what ran name another commit, whose checks passed.
#[tokio::test]
async fn the_commit_of_what_ran_is_the_one_that_git_records() {
    let world = world();
    let a = world.build('a');
    pass(&world, &a);
    world.stage('b').await;
    for deployment in world.deployments("staging", "frontend") {
        world.platform.tamper(deployment.record.id, |record| record.commit = Some(a.clone()));
    }
    let items = world.promote("1.0.0", &a).await;
    let refused = item(&items, "frontend");
    let embark_core::ItemOutcome::Refused(refusal) = &refused.outcome else { panic!("{refused:?}") };
    assert!(matches!(**refusal, Refusal::NotVerified { .. }), "{refusal}");
    assert!(refusal.to_string().contains("differ in the target or the commit of deployment"), "{refusal}");
}

/// Checks are asked of the commit on record. Whoever may create deployments could else borrow those of another one.
#[tokio::test]
async fn a_rollback_that_claims_another_commit_is_not_carried_out() {
    let world = world();
    let (a, b) = (world.stage('a').await, world.stage('b').await);
    pass(&world, &b);
    let ran = world.deployments("staging", "frontend").into_iter().find(|one| one.record.commit.as_ref() == Some(&a));
    let record = ran.expect("it ran").record;
    let id = world.platform.forge(Record { id: world.clock_id(), kind: Kind::Rollback, commit: Some(b), ..record });
    assert!(refusal(&world.deploy_pending().await, "frontend").contains("never ran"));
    let forged = world.deployments("staging", "frontend").into_iter().find(|one| one.record.id == id);
    assert_eq!(forged.and_then(|forged| forged.state()), Some(State::Failure));
}

#[tokio::test]
async fn a_promotion_that_claims_another_commit_than_its_source_is_not_carried_out() {
    let world = world();
    let a = world.stage('a').await;
    pass(&world, &a);
    assert_done(&world.promote("1.0.0", &a).await);
    let real = world.deployments("production", "frontend").pop().expect("a deployment").record;
    let other = Commit::clone(&world.build('b'));
    world.platform.forge(Record { id: world.clock_id(), commit: Some(other), ..real });
    let items = world.deploy_pending().await;
    let is_unproven = |item: &Item| {
        let ItemOutcome::Refused(refusal) = &item.outcome else { return false };
        matches!(**refusal, Refusal::NotProven { .. })
    };
    assert!(items.iter().any(is_unproven), "{items:?}");
    assert_eq!(world.named("production", "frontend"), "1.0.0");
}

#[tokio::test]
async fn a_version_that_is_there_needs_no_answer_of_the_application() {
    let world = world();
    let a = world.stage('a').await;
    pass(&world, &a);
    assert_done(&world.promote("1.0.0", &a).await);
    assert_done(&world.deploy_pending().await);
    // It panics when it is asked.
    let application = MockApplicationRepository::new();
    let systems = Systems { application: Some(&application), ..world.systems() };
    let again = embark_core::promote(&systems, &World::promote_request("1.0.0", &a)).await.expect("answered");
    assert_unchanged(&again);
}
