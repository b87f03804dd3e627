use std::time::Duration;

use embark_core::testing::{Fault, Moment};
use embark_core::{ItemOutcome, Requirements, State, Verdict, Waiver};

use crate::world::{
    COMPONENTS, Process, World, assert_done, assert_unchanged, elsewhere, file, item, refusal, repository,
};

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
async fn scenario_02_a_promotion_completes_although_staging_moves_on() {
    for effect in 0..3 {
        let world = World::new();
        let a = world.stage('a').await;
        let other = world.clone();
        let interruption = Box::new(move || -> futures::future::BoxFuture<'static, ()> {
            Box::pin(async move {
                let b = other.build('b');
                other.release("staging", &b).await;
                let staging = embark_core::Selection::Pending(Some(crate::world::environment("staging")));
                embark_core::deploy(&other.systems(), &staging, false).await.expect("deployed");
            })
        });
        let fault = Fault::interrupt(effect, interruption);
        let process = Process::new(&world, &fault);
        let request = World::promote_request("1.0.0", &a);
        assert_done(&embark_core::promote(&process.systems(), &request).await.expect("promoted"));
        assert_done(&world.deploy_pending().await);
        for component in COMPONENTS {
            assert_eq!(world.tag(component, "1.0.0"), world.tag(component, a.as_str()));
            assert_eq!(world.named("production", component), "1.0.0");
        }
        assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds));
    }
}

#[tokio::test]
async fn scenario_03_a_promotion_that_crashed_after_its_first_tag_is_finished_from_where_it_began() {
    let world = World::new();
    let a = world.stage('a').await;
    let fault = Fault::crash(0, Moment::After);
    let process = Process::new(&world, &fault);
    embark_core::promote(&process.systems(), &World::promote_request("1.0.0", &a)).await.expect_err("it crashed");
    let tagged = COMPONENTS.iter().filter(|component| world.tag(component, "1.0.0").is_some()).count();
    assert_eq!(tagged, 1);
    world.stage('b').await;
    // With the commit, and without it: then the tag that is there tells which.
    for request in [
        World::promote_request("1.0.0", &a),
        embark_core::PromoteRequest { commit: None, ..World::promote_request("1.0.0", &a) },
    ] {
        embark_core::promote(&world.systems(), &request).await.expect("promoted");
    }
    assert_done(&world.deploy_pending().await);
    for component in COMPONENTS {
        assert_eq!(world.tag(component, "1.0.0"), world.tag(component, a.as_str()));
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
async fn scenario_07_a_tag_that_is_right_already_is_not_put_again() {
    let world = World::new();
    let a = world.stage('a').await;
    for component in COMPONENTS {
        world.push(component, "1.0.0", &format!("{component} a"));
    }
    let puts = world.registry.puts();
    assert_done(&world.promote("1.0.0", &a).await);
    assert_eq!(world.registry.puts(), puts);
    assert_done(&world.deploy_pending().await);
    let before = world.state();
    assert_unchanged(&world.promote("1.0.0", &a).await);
    assert_eq!(world.state(), before);
}

#[tokio::test]
async fn scenario_15_an_unchanged_image_is_tagged_and_not_deployed() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let b = world.build_of('b', "a", "b");
    world.release("staging", &b).await;
    world.deploy_pending().await;
    let items = world.promote("1.1.0", &b).await;
    assert_eq!(item(&items, "frontend").reason.as_deref(), Some("the image has not changed; 1.1.0 is a new tag of it"));
    world.deploy_pending().await;
    assert_eq!(world.tag("frontend", "1.1.0"), world.tag("frontend", "1.0.0"));
    assert_eq!(
        (world.named("production", "frontend"), world.named("production", "backend")),
        ("1.0.0".into(), "1.1.0".into())
    );
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds));
    let all = embark_core::PromoteRequest { all: true, ..World::promote_request("1.2.0", &b) };
    assert_done(&embark_core::promote(&world.systems(), &all).await.expect("promoted"));
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.named("production", "frontend"), "1.2.0");
}

#[tokio::test]
async fn scenario_16_a_version_that_was_not_bumped_changes_nothing() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let b = world.stage('b').await;
    let before = world.state();
    assert_unchanged(&world.promote("1.0.0", &b).await);
    assert_eq!(world.state(), before);
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
async fn a_promotion_is_proven_again_when_it_is_carried_out() {
    let world = World::new();
    let a = world.stage('a').await;
    assert_done(&world.promote("1.0.0", &a).await);
    let staging = world.deployments("staging", "frontend").pop().expect("a deployment");
    let status = embark_core::NewStatus::new(State::Failure, "smoke test failed");
    embark_core::ports::DeploymentPlatform::append(&*world.platform, vec![(staging.key(), status)])
        .await
        .expect("appended");
    let items = world.deploy_pending().await;
    assert!(refusal(&items, "frontend").contains("is not verified"));
    assert_eq!(world.named("production", "frontend"), "none");
    assert_eq!(world.named("production", "backend"), "1.0.0");
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

/// That children and blobs come along is a matter of the adapters, whose suites show it.
#[tokio::test]
async fn scenario_29_production_in_another_repository_gets_the_same_digest_and_the_values_name_it() {
    let world = World::with_production_elsewhere();
    let a = world.ship('a', "1.0.0").await;
    for component in COMPONENTS {
        let (there, version) = (elsewhere(component), "1.0.0".parse().expect("a tag"));
        let copied = world.registry.tags().get(&(there.clone(), version)).cloned();
        assert_eq!(copied, world.tag(component, a.as_str()));
        assert_eq!(world.tag(component, "1.0.0"), None, "the source's repository gets no version tag");
        assert_eq!(world.value("production", component, "repository"), there.as_str());
        assert_eq!(world.value("staging", component, "repository"), repository(component).as_str());
    }
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds));
    assert_unchanged(&world.promote("1.0.0", &a).await);
}

#[tokio::test]
async fn what_refers_to_an_image_comes_along_to_another_repository() {
    use embark_core::ports::ImageRegistry as _;
    let world = World::with_production_elsewhere();
    let a = world.stage('a').await;
    let image = world.tag("frontend", a.as_str()).expect("it was built");
    let signature = world.registry.refer(&repository("frontend"), &image, "signature");
    let countersignature = world.registry.refer(&repository("frontend"), &signature, "countersignature");
    assert_done(&world.promote("1.0.0", &a).await);
    for (subject, referrer) in [(image, signature.clone()), (signature, countersignature)] {
        let listed = world.registry.referrers(&elsewhere("frontend"), &subject).await.expect("listed");
        assert_eq!(listed.iter().map(embark_core::Referrer::digest).collect::<Vec<_>>(), [&referrer]);
    }
}

#[tokio::test]
async fn no_version_tag_is_written_before_what_refers_to_the_image_is_there() {
    let world = World::with_production_elsewhere();
    let a = world.stage('a').await;
    for component in COMPONENTS {
        let image = world.tag(component, a.as_str()).expect("it was built");
        world.registry.refer(&repository(component), &image, "signature");
    }
    let before = world.registry.tags();
    let fault = Fault::crash(0, Moment::After);
    let request = World::promote_request("1.0.0", &a);
    let systems = Process::new(&world, &fault);
    embark_core::promote(&systems.systems(), &request).await.expect_err("the process has ended");
    assert_eq!(world.registry.tags(), before);
    assert_done(&world.promote("1.0.0", &a).await);
}

#[tokio::test]
async fn a_version_that_was_edited_away_by_hand_is_deployed_anew() {
    let world = World::new();
    let a = world.ship('a', "1.0.0").await;
    let text = world.repository.text(&file("production")).replace("tag: 1.0.0", "tag: hotfix");
    world.repository.edit_by_hand(&file("production"), text.as_bytes());
    let items = world.promote("1.0.0", &a).await;
    assert!(item(&items, "frontend").state == Some(State::Queued), "{items:?}");
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.named("production", "frontend"), "1.0.0");
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds));
}

/// An environment between staging and production that names images by commit and has a repository of its own.
#[tokio::test]
async fn an_image_that_keeps_its_tag_is_copied_to_another_repository() {
    let world = World::with_production_elsewhere();
    let environments = world
        .pipeline
        .environments()
        .iter()
        .map(|environment| embark_core::Environment { tag: embark_core::TagKind::Commit, ..environment.clone() });
    let components = world.pipeline.components().to_vec();
    let pipeline =
        embark_core::Pipeline::new(components, environments.collect(), embark_core::VersionFormat::default());
    let world = World { pipeline: std::sync::Arc::new(pipeline.expect("a pipeline")), ..world };
    let a = world.stage('a').await;
    let request = embark_core::PromoteRequest { version: None, ..World::promote_request("1.0.0", &a) };
    let items = embark_core::promote(&world.systems(), &request).await.expect("promoted");
    assert_done(&items);
    assert_done(&world.deploy_pending().await);
    for component in COMPONENTS {
        let key = (elsewhere(component), a.as_str().parse().expect("a tag"));
        assert_eq!(world.registry.tags().get(&key).cloned(), world.tag(component, a.as_str()));
        assert_eq!(world.named("production", component), a.as_str());
    }
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds));
}

/// Staging runs a newer commit whose run ended before it could say so: that is no hand edit.
#[tokio::test]
async fn a_success_that_is_not_reported_yet_is_told_as_such() {
    let world = World::new();
    let a = world.stage('a').await;
    let b = world.build('b');
    world.release("staging", &b).await;
    let fault = Fault::crash(1, Moment::After);
    let process = Process::new(&world, &fault);
    let all = embark_core::Selection::Pending(None);
    assert!(embark_core::deploy(&process.systems(), &all, false).await.is_err());
    let reason = refusal(&world.promote("1.0.0", &a).await, "frontend");
    assert!(reason.contains("its success is not reported yet"), "{reason}");
    assert_done(&world.deploy_pending().await);
}

/// A rewrite of the branch takes the evidence away. The same commands, run again, give it back.
#[tokio::test]
async fn the_same_release_and_promotion_mend_a_branch_that_was_rewritten() {
    let world = World::new();
    let a = world.ship('a', "1.0.0").await;
    world.repository.squash();
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Broken), "{:?}", world.verify().await);

    let released = world.release("staging", &a).await;
    assert!(released.iter().all(|item| matches!(item.outcome, ItemOutcome::Done)), "{released:?}");
    assert_done(&world.deploy_pending().await);
    world.promote("1.0.0", &a).await;
    assert_done(&world.deploy_pending().await);
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds), "{:?}", world.verify().await);
    assert_unchanged(&world.release("staging", &a).await);
    assert_unchanged(&world.promote("1.0.0", &a).await);
}
