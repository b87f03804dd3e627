use embark_core::{Delivered, Health, Verdict};

use crate::cluster::forbidden;
use crate::world::{World, file, parse, repository};

fn check<'a>(checks: &'a [embark_core::Check], component: &str) -> &'a embark_core::Check {
    checks.iter().find(|check| check.component.as_str() == component).expect("a check")
}

#[tokio::test]
async fn scenario_22_what_embark_never_deployed_is_neither_held_nor_broken() {
    let world = World::new();
    let checks = world.verify().await;
    assert!(checks.iter().all(|check| check.verdict == Verdict::Unknown));
    assert_eq!(checks.len(), 2, "production's two components");
}

#[tokio::test]
async fn scenario_23_the_previous_version_put_back_by_hand_holds() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    world.ship('b', "1.1.0").await;
    let text = world.repository.text(&file("production")).replacen("1.1.0", "1.0.0", 1);
    world.repository.edit_by_hand(&file("production"), text.as_bytes());
    let checks = world.verify().await;
    let frontend = check(&checks, "frontend");
    assert_eq!(frontend.verdict, Verdict::Holds, "{frontend:?}");
    assert!(frontend.reason.contains("put back by hand to 1.0.0"), "{}", frontend.reason);
    assert_eq!(frontend.in_step, Some(false));
}

#[tokio::test]
async fn scenario_24_a_verified_image_that_nobody_promoted_breaks_it() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let b = world.stage('b').await;
    let text = world.repository.text(&file("production")).replacen("1.0.0", b.as_str(), 1);
    world.repository.edit_by_hand(&file("production"), text.as_bytes());
    let checks = world.verify().await;
    let frontend = check(&checks, "frontend");
    assert_eq!(frontend.verdict, Verdict::Broken);
    assert!(frontend.reason.contains("staging ran and nobody promoted"), "{}", frontend.reason);
    assert_eq!(check(&checks, "backend").verdict, Verdict::Holds);
}

#[tokio::test]
async fn scenario_25_a_production_tag_that_moved_breaks_it_until_it_is_back() {
    let world = World::new();
    let a = world.ship('a', "1.0.0").await;
    let recorded = world.tag("frontend", "1.0.0");
    world.push("frontend", "1.0.0", "something else");
    let checks = world.verify().await;
    let frontend = check(&checks, "frontend");
    assert_eq!(frontend.verdict, Verdict::Broken);
    assert_eq!(frontend.recorded_digest, recorded);
    assert_ne!(frontend.digest, recorded);
    world.registry.push(&repository("frontend"), &parse("1.0.0"), &format!("frontend {}", &a.as_str()[..1]));
    assert_eq!(check(&world.verify().await, "frontend").verdict, Verdict::Holds);
    world.registry.delete(&repository("frontend"), &parse("1.0.0"));
    let checks = world.verify().await;
    assert!(check(&checks, "frontend").reason.contains("does not exist"));
}

#[tokio::test]
async fn staging_may_move_on_while_production_holds() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    world.stage('b').await;
    let checks = world.verify().await;
    assert!(checks.iter().all(|check| check.verdict == Verdict::Holds && check.in_step == Some(false)), "{checks:?}");
}

#[tokio::test]
async fn git_and_the_platform_are_both_named_where_they_disagree() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    world.ship('b', "1.1.0").await;
    // Somebody adds a success of their own that names another deployment's commit.
    let mut record = world.deployments("production", "frontend")[0].record.clone();
    let newest = world.deployments("production", "frontend")[1].clone();
    record.id = world.clock_id();
    record.image = newest.record.image.clone();
    let id = world.platform.forge(record);
    let forged = world.platform.deployments().pop().expect("a deployment");
    let status =
        embark_core::NewStatus::success(&newest.success().and_then(embark_core::Status::revision).expect("a commit"));
    embark_core::ports::DeploymentPlatform::append(&*world.platform, vec![(forged.key(), status)])
        .await
        .expect("appended");
    let checks = world.verify().await;
    let frontend = check(&checks, "frontend");
    assert_eq!(frontend.verdict, Verdict::Broken);
    assert!(
        frontend.reason.contains(&id.to_string()) && frontend.reason.contains(&newest.record.id.to_string()),
        "{}",
        frontend.reason
    );
}

#[tokio::test]
async fn status_tells_what_each_environment_has() {
    let world = World::new();
    let a = world.ship('a', "1.0.0").await;
    let b = world.build('b');
    world.release("dev", &b).await;
    let environments = embark_core::status(&world.systems(), None).await.expect("status");
    let names: Vec<_> = environments.iter().map(|environment| environment.name.as_str()).collect();
    assert_eq!(names, ["dev", "staging", "production"]);
    let [dev, staging, production] = [0, 1, 2].map(|at| environments[at].components[0].clone());
    assert_eq!((dev.pending.len(), dev.in_step, dev.deployment), (1, None, None));
    assert_eq!((staging.tag.map(|tag| tag.to_string()), staging.in_step), (Some(a.to_string()), Some(true)));
    assert_eq!(production.digest, staging.digest);
    assert_eq!(production.by.as_deref(), Some("dev@example.com"));
    assert!(production.since.is_some() && production.commit.is_some());
}

/// Git is the record: whoever deletes the platform's does not make production unknown.
#[tokio::test]
async fn what_git_records_and_the_platform_has_lost_breaks_it() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let real = world.deployments("production", "frontend").pop().expect("a deployment").record.id;
    let empty = embark_core::testing::FakePlatform::new(world.clock.clone());
    let world = World { platform: std::sync::Arc::new(empty), ..world };
    for check in world.verify().await {
        assert_eq!(check.verdict, Verdict::Broken, "{check:?}");
        assert!(check.reason.contains("and the platform has none"), "{}", check.reason);
    }
    assert!(check(&world.verify().await, "frontend").reason.contains(&real.to_string()));
}

#[tokio::test]
async fn what_is_delivered_is_told_beside_the_verdict_and_changes_nothing_of_it() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    assert!(world.verify().await.iter().all(|check| check.delivery.is_none()), "nothing is observed");
    world.argocd("production", |_, now| Ok(Delivered { health: Health::Degraded, ..now }));
    for check in world.verify().await {
        assert_eq!(check.verdict, Verdict::Holds);
        assert!(matches!(check.delivery, Some(Ok(delivered)) if delivered.health == Health::Degraded));
    }
    assert_eq!(world.observed("production"), 1, "once for both components");
    world.argocd("production", |_, _| Err(forbidden()));
    for check in world.verify().await {
        assert_eq!(check.verdict, Verdict::Holds);
        let why = "application shop may not be seen, or is not there: permission denied";
        assert_eq!(check.delivery, Some(Err(why.into())));
    }
}

/// What the tag names is what runs then; and a tag that moves is found.
#[tokio::test]
async fn a_file_that_does_not_pin_the_digest_any_more_holds_as_long_as_the_tag_does() {
    let mut world = World::new();
    world.keys("frontend", "frontend.image.tag", Some("frontend.image.digest"));
    world.ship('a', "1.0.0").await;
    let text = world.repository.text(&file("production"));
    let pinned = text.lines().find(|line| line.trim_start().starts_with("digest:")).expect("it is pinned");
    world.repository.edit_by_hand(&file("production"), text.replacen(&format!("{pinned}\n"), "", 1).as_bytes());
    let checks = world.verify().await;
    let frontend = check(&checks, "frontend");
    assert_eq!(frontend.verdict, Verdict::Holds, "{}", frontend.reason);
    assert!(frontend.reason.ends_with("; production.yaml does not pin its digest any more"), "{}", frontend.reason);
    world.push("frontend", "1.0.0", "another");
    let checks = world.verify().await;
    let frontend = check(&checks, "frontend");
    assert_eq!(frontend.verdict, Verdict::Broken);
    assert!(frontend.reason.contains("has moved"), "{}", frontend.reason);
}
