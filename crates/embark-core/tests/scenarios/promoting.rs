mod again;
mod elsewhere;
mod older;

use std::time::Duration;

use embark_core::{Requirements, State, Verdict, Waiver};

use crate::world::{COMPONENTS, World, assert_done, file, refusal, repository};

#[tokio::test]
async fn production_gets_the_very_digest_that_staging_verified() {
    let world = World::new();
    let a = world.ship('a', "1.0.0").await;
    for component in COMPONENTS {
        assert_eq!(world.named("production", component), "1.0.0");
        assert_eq!(world.tag(component, "1.0.0"), world.tag(component, a.as_str()));
    }
    let commit = world.repository.commits().pop().expect("a commit");
    assert!(
        commit.message.starts_with("deploy(production): backend 1.0.0\n\nEmbark-Deployment: "),
        "{}",
        commit.message
    );
    for trailer in
        ["Embark-Promoted-From: staging@", "Embark-Verified: ", "Embark-Image: registry.test/backend:1.0.0@sha256:"]
    {
        assert!(commit.message.contains(trailer), "{}", commit.message);
    }
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds));
}

#[tokio::test]
async fn scenario_04_a_staging_tag_that_moved_refuses_the_promotion() {
    let world = World::new();
    let a = world.stage('a').await;
    let recorded = world.tag("frontend", a.as_str()).expect("a digest");
    let moved = world.push("frontend", a.as_str(), "something else");
    let before = world.state();
    let reason = refusal(&world.promote("1.0.0", &a).await, "frontend");
    assert!(reason.contains(recorded.as_str()) && reason.contains(moved.as_str()), "{reason}");
    assert_eq!(world.state(), before);
}

#[tokio::test]
async fn scenario_05_a_hand_edit_of_staging_refuses_the_promotion_and_is_named() {
    let world = World::new();
    let a = world.stage('a').await;
    let text = world.repository.text(&file("staging")).replacen(a.as_str(), "other", 1);
    let by = world.repository.edit_by_hand(&file("staging"), text.as_bytes());
    let reason = refusal(&world.promote("1.0.0", &a).await, "frontend");
    assert!(reason.contains(&format!("edited by hand in commit {by}")), "{reason}");
}

#[tokio::test]
async fn scenario_06_a_production_tag_with_another_digest_refuses_everything() {
    let world = World::new();
    let a = world.stage('a').await;
    world.push("backend", "1.0.0", "somebody else's");
    let items = world.promote("1.0.0", &a).await;
    assert!(refusal(&items, "backend").contains("is taken"));
    assert_eq!(world.tag("frontend", "1.0.0"), None);
    assert!(world.deployments("production", "frontend").is_empty());
}

#[tokio::test]
async fn scenario_17_a_pending_staging_deployment_refuses_and_is_named() {
    let world = World::new();
    let a = world.build('a');
    world.release("staging", &a).await;
    let pending = world.deployments("staging", "frontend")[0].record.id;
    let reason = refusal(&world.promote("1.0.0", &a).await, "frontend");
    assert!(reason.contains(&pending.to_string()), "{reason}");
    world.deploy_pending().await;
    assert_done(&world.promote("1.0.0", &a).await);
}

#[tokio::test]
async fn scenario_18_what_staging_no_longer_runs_is_refused() {
    let world = World::new();
    let a = world.stage('a').await;
    let b = world.stage('b').await;
    let reason = refusal(&world.promote("1.0.0", &a).await, "frontend");
    assert!(reason.contains(&format!("runs registry.test/frontend:{b}")), "{reason}");
    assert_eq!(world.tag("frontend", "1.0.0"), None);
}

#[tokio::test]
async fn what_staging_runs_of_a_later_commit_does_not_belong_to_the_release() {
    let world = World::new();
    let a = world.build('a');
    world.stage('b').await;
    let reason = refusal(&world.promote("1.0.0", &a).await, "frontend");
    assert!(reason.contains("no ancestor"), "{reason}");
}

#[tokio::test]
async fn scenario_19_a_soak_time_that_is_not_over_is_refused_with_what_is_left() {
    let world = World::with(Requirements { soak: Duration::from_mins(30), checks: Vec::new() });
    let a = world.stage('a').await;
    world.clock.advance(Duration::from_mins(10));
    let reason = refusal(&world.promote("1.0.0", &a).await, "frontend");
    assert!(reason.ends_with("its soak time is not over for another 20 min"), "{reason}");
    world.clock.advance(Duration::from_mins(20));
    assert_done(&world.promote("1.0.0", &a).await);
}

#[tokio::test]
async fn scenario_19_a_hotfix_waives_the_soak_time_and_that_is_recorded() {
    let world =
        World::with(Requirements { soak: Duration::from_mins(30), checks: vec!["e2e".parse().expect("a name")] });
    let a = world.stage('a').await;
    let waive = |rules: &[&str]| embark_core::PromoteRequest {
        waived: Some(Waiver { rules: rules.iter().map(ToString::to_string).collect(), reason: "it leaks".into() }),
        ..World::promote_request("1.0.0", &a)
    };
    let one = embark_core::promote(&world.systems(), &waive(&[Waiver::SOAK])).await.expect("answered");
    assert!(refusal(&one, "frontend").contains("e2e is not there"));
    let both = waive(&[Waiver::SOAK, Waiver::CHECKS]);
    assert_done(&embark_core::promote(&world.systems(), &both).await.expect("promoted"));
    assert_done(&world.deploy_pending().await);
    let commit = world.repository.commits().pop().expect("a commit");
    assert!(commit.message.contains("Embark-Waived: soak,checks: it leaks\n"), "{}", commit.message);
    for check in world.verify().await {
        assert_eq!(check.verdict, Verdict::Holds);
        assert!(check.reason.ends_with("; waived: soak,checks: it leaks"), "{}", check.reason);
    }
    // What the source never ran cannot be waived.
    let b = world.build('b');
    let request = embark_core::PromoteRequest { waived: both.waived.clone(), ..World::promote_request("1.1.0", &b) };
    world.release("staging", &b).await;
    refusal(&embark_core::promote(&world.systems(), &request).await.expect("answered"), "frontend");
}

#[tokio::test]
async fn scenario_27_one_refused_component_keeps_everything_from_being_written() {
    let world = World::new();
    let a = world.stage('a').await;
    world.registry.delete(&repository("frontend"), &a.as_str().parse().expect("a tag"));
    let before = world.state();
    let items = world.promote("1.0.0", &a).await;
    assert!(refusal(&items, "frontend").contains("does not exist"));
    assert!(refusal(&items, "backend").contains("frontend was refused"));
    assert_eq!(world.state(), before);
}

#[tokio::test]
async fn a_failure_after_the_success_withdraws_the_verification() {
    let world = World::new();
    let a = world.stage('a').await;
    let deployment = world.deployments("staging", "frontend").pop().expect("a deployment");
    let status = embark_core::NewStatus::new(State::Failure, "smoke test failed");
    embark_core::ports::DeploymentPlatform::append(&*world.platform, vec![(deployment.key(), status)])
        .await
        .expect("appended");
    let reason = refusal(&world.promote("1.0.0", &a).await, "frontend");
    assert!(reason.contains("its result is failure now"), "{reason}");
}

#[tokio::test]
async fn a_dry_run_of_a_promotion_writes_nothing_and_refuses_alike() {
    let world = World::new();
    let a = world.stage('a').await;
    let request = embark_core::PromoteRequest { dry_run: true, ..World::promote_request("1.0.0", &a) };
    let before = world.state();
    let items = embark_core::promote(&world.systems(), &request).await.expect("planned");
    assert!(items.iter().all(|item| matches!(item.outcome, embark_core::ItemOutcome::Planned)), "{items:?}");
    assert_eq!(world.state(), before);
    world.push("frontend", a.as_str(), "moved");
    refusal(&embark_core::promote(&world.systems(), &request).await.expect("planned"), "frontend");
}
