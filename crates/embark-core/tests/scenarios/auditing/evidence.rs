//! What is no evidence, and what is some all the same.

use embark_core::ports::DeploymentPlatform as _;
use embark_core::testing::{Fault, Moment};
use embark_core::{EvidenceKind, NewStatus, Selection, State, Verdict};

use super::{kind, tags};
use crate::unhealthy::degraded;
use crate::world::{Process, World, assert_done, file, parse};

/// Neither what no tag tells nor what is taken away is passed over.
#[tokio::test]
async fn what_names_no_tag_is_told() {
    let world = World::with_production_elsewhere();
    let path = file("production");
    let text = world.repository.text(&path);
    let named =
        |repository: &str, tag: &str| text.replace("tag: none", &format!("tag: {tag}\n    repository: {repository}"));
    assert_ne!(named("x", "y"), text, "it is edited");
    world.repository.edit_by_hand(&path, named("evil.test/frontend", "\"\"").as_bytes());
    world.repository.edit_by_hand(&path, named("production.test/frontend", "gone").as_bytes());
    world.repository.edit_by_hand(&path, b"frontend: {}\nbackend: {}\n");
    let changes = world.audit().await;
    assert!(changes.iter().all(|change| change.verdict == Verdict::Unknown), "{changes:#?}");
    assert!(changes[0].reason.ends_with("names none any more"), "{}", changes[0].reason);
    assert!(changes[2].reason.contains("neither a tag nor a digest"), "{}", changes[2].reason);
}

/// It may say of a tag what it likes.
#[tokio::test]
async fn a_registry_that_is_not_configured_is_nobodys_witness() {
    let world = World::with_production_elsewhere();
    world.ship('a', "1.0.0").await;
    let evil = parse("evil.test/frontend");
    world.registry.push(&evil, &parse("1.0.0"), "frontend a");
    let text = world.repository.text(&file("production"));
    let forged = text.replace("production.test/frontend", "evil.test/frontend");
    assert_ne!(forged, text);
    world.repository.edit_by_hand(&file("production"), forged.as_bytes());
    let changes = world.audit().await;
    assert_eq!(tags(&changes)[..2], [("1.0.0", Verdict::Unknown), ("1.0.0", Verdict::Holds)], "{changes:#?}");
    assert!(changes[0].reason.ends_with("whose repository is not configured"), "{}", changes[0].reason);
}

/// Neither what never got well there nor what only looks like a deployment was verified.
#[tokio::test]
async fn what_staging_committed_and_did_not_run_verifies_nothing() {
    let world = World::healthy(&["staging"]);
    world.ship('a', "1.0.0").await;
    let b = world.build('b');
    world.release("staging", &b).await;
    world.argocd("staging", |_, now| Ok(degraded(now)));
    world.deploy_pending().await;
    assert_eq!(world.named("staging", "frontend"), b.as_str());
    world.edit("production", b.as_str());
    let changes = world.audit().await;
    assert_eq!(tags(&changes)[..2], [(b.as_str(), Verdict::Unknown), ("1.0.0", Verdict::Holds)], "{changes:#?}");

    let honest = world.newest_message("staging");
    let id = world.deployments("staging", "frontend")[1].record.id.to_string();
    let evil = world.push("frontend", "evil", "built at home");
    let good = world.deployments("staging", "frontend")[1].record.image.digest.to_string();
    let forged = honest.replace(&id, &world.clock_id().to_string()).replace(&good, &evil.to_string());
    let forged = forged.replace(&format!(":{b}"), ":evil");
    world.forge_in("staging", "evil", &forged).await;
    world.edit("production", "evil");
    let changes = world.audit().await;
    assert_eq!(tags(&changes)[0], ("evil", Verdict::Unknown), "{changes:#?}");
}

/// Somebody pushes the commit of a promotion that was refused.
#[tokio::test]
async fn what_was_refused_was_not_to_be_committed() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let b = world.stage('b').await;
    assert_done(&world.promote("1.1.0", &b).await);
    // It begins, and commits.
    let fault = Fault::crash(1, Moment::After);
    let process = Process::new(&world, &fault);
    embark_core::deploy(&process.systems(), &Selection::Pending(None), false).await.expect_err("it has ended");
    let key = world.deployments("production", "frontend")[1].key();
    let refused = NewStatus::new(State::Failure, "it has not soaked");
    world.platform.append(vec![(key, refused)]).await.expect("said");
    let changes = world.audit().await;
    assert_eq!(tags(&changes)[0], ("1.1.0", Verdict::Broken), "{changes:#?}");
    assert!(changes[0].reason.ends_with("failed: it has not soaked"), "{}", changes[0].reason);
}

#[tokio::test]
async fn what_production_did_not_run_in_good_health_was_verified_all_the_same() {
    let world = World::healthy(&["production"]);
    world.ship('a', "1.0.0").await;
    let b = world.stage('b').await;
    assert_done(&world.promote("1.1.0", &b).await);
    world.argocd("production", |_, now| Ok(degraded(now)));
    world.deploy_pending().await;
    let deployment = &world.deployments("production", "frontend")[1];
    assert!(!deployment.ran() && world.named("production", "frontend") == "1.1.0", "{deployment:?}");
    let changes = world.audit().await;
    assert_eq!(tags(&changes)[..2], [("1.1.0", Verdict::Holds), ("1.0.0", Verdict::Holds)], "{changes:#?}");
}

/// Whoever may create deployments copies the id of an honest one.
#[tokio::test]
async fn a_later_copy_of_an_id_accuses_nobody() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let evil = world.push("frontend", "evil", "built at home");
    for environment in ["staging", "production"] {
        let mut record = world.deployments(environment, "frontend")[0].record.clone();
        record.image.digest = evil.clone();
        world.platform.forge_copy(record);
    }
    let changes = world.audit().await;
    assert_eq!(tags(&changes)[0], ("1.0.0", Verdict::Holds), "{changes:#?}");
}

#[tokio::test]
async fn what_was_promoted_from_elsewhere_is_not_what_staging_verified() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let other = world.newest_message("production").replace("Promoted-From: staging@", "Promoted-From: dev@");
    world.edit("production", "other");
    world.forge("1.0.0", &other).await;
    let changes = world.audit().await;
    assert_eq!(tags(&changes)[0], ("1.0.0", Verdict::Unknown), "{changes:#?}");
    assert!(changes[0].reason.contains("from dev, and not from staging"), "{}", changes[0].reason);
}

/// Before embark came staging's file had pinned the digest.
#[tokio::test]
async fn a_success_without_a_commit_names_one_that_changed_nothing() {
    let mut world = World::new();
    world.keys("frontend", "frontend.image.tag", Some("frontend.image.digest"));
    let a = world.build('a');
    let digest = world.tag("frontend", a.as_str()).expect("it is built");
    let text = world.repository.text(&file("staging"));
    let pinned = text.replacen("tag: none", &format!("tag: {a}\n    digest: {digest}"), 1);
    world.repository.edit_by_hand(&file("staging"), pinned.as_bytes());
    world.repository.edit_by_hand(&parse("README.md"), b"another's");
    world.release("staging", &a).await;
    assert_done(&world.deploy_pending().await);
    assert_done(&world.promote("1.0.0", &a).await);
    assert_done(&world.deploy_pending().await);
    let changes = world.audit().await;
    assert_eq!(tags(&changes)[0], ("1.0.0", Verdict::Holds), "{changes:#?}");
}

/// The key of the digest is configured later.
#[tokio::test]
async fn what_was_promoted_before_digests_were_pinned_holds() {
    let mut world = World::new();
    world.ship('a', "1.0.0").await;
    world.keys("frontend", "frontend.image.tag", Some("frontend.image.digest"));
    let changes = world.audit().await;
    assert_eq!(tags(&changes)[0], ("1.0.0", Verdict::Holds), "{changes:#?}");
    assert_eq!(kind(&changes[0]), Some(EvidenceKind::Trailers));
}
