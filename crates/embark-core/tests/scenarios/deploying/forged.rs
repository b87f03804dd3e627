//! What somebody has forged who may write to the platform or to the branch is not carried out, and proves nothing.

use std::collections::BTreeMap;

use embark_core::ports::{Change, DeploymentPlatform, DeploymentRepository};
use embark_core::{Image, Kind, Record, Source, State};

use super::deploy;
use crate::world::{World, assert_done, environment, file, parse, refusal, target};

fn forged(world: &World, digest_of: &str, from: Option<Source>) -> Record {
    let staging = world.deployments("staging", "frontend").pop().expect("a deployment").record;
    let digest = world.push("frontend", "9.9.9", digest_of);
    Record {
        id: embark_core::DeploymentId::new(1, 1),
        kind: Kind::Promotion,
        target: target("production", "frontend"),
        image: embark_core::Image { tag: "9.9.9".parse().expect("a tag"), digest, ..staging.image.clone() },
        version: "9.9.9".parse().ok(),
        from,
        ..staging
    }
}

#[tokio::test]
async fn scenario_20_a_forged_production_deployment_is_not_carried_out() {
    let world = World::new();
    world.stage('a').await;
    let real = world.deployments("staging", "frontend").pop().expect("a deployment");
    let from = |deployment| Some(Source { environment: environment("staging"), deployment, commit: None });
    let commits = world.repository.commits().len();
    for (kind, from) in [
        (Kind::Promotion, from(real.record.id)),
        (Kind::Promotion, from(embark_core::DeploymentId::new(7, 7))),
        (Kind::Promotion, None),
        (Kind::Release, from(real.record.id)),
        (Kind::Rollback, None),
    ] {
        let record = forged(&world, "never on staging", from);
        let id = world.clock_id();
        world.platform.forge(Record { id, kind, ..record });
        let items = world.deploy_pending().await;
        refusal(&items, "frontend");
        assert_eq!(world.platform.deployments().pop().and_then(|deployment| deployment.state()), Some(State::Failure));
        refusal(&deploy(&world, id).await, "frontend");
    }
    assert_eq!(world.repository.commits().len(), commits);
}

/// The tag is there with the right digest, as an interrupted promotion leaves it.
#[tokio::test]
async fn a_forged_deployment_of_the_same_version_does_not_pass_for_the_promotion() {
    let world = World::new();
    let a = world.stage('a').await;
    let record = Record { version: "1.0.0".parse().ok(), ..forged(&world, "frontend a", None) };
    let image = embark_core::Image { tag: "1.0.0".parse().expect("a tag"), ..record.image.clone() };
    world.push("frontend", "1.0.0", "frontend a");
    world.platform.forge(Record { id: world.clock_id(), image, ..record });
    let components = vec![parse("frontend")];
    let request = embark_core::PromoteRequest { components, ..World::promote_request("1.0.0", &a) };
    assert_done(&embark_core::promote(&world.systems(), &request).await.expect("promoted"));
    world.deploy_pending().await;
    assert_eq!(world.named("production", "frontend"), "1.0.0");
    assert_eq!(world.verify().await[0].verdict, embark_core::Verdict::Holds);
}

/// Whoever may write to the platform may forge the source too, with a success; git does not know of it.
#[tokio::test]
async fn a_source_that_git_does_not_record_proves_nothing() {
    let world = World::new();
    world.stage('a').await;
    let real = world.deployments("staging", "frontend").pop().expect("a deployment");
    let real_commit = real.success().and_then(embark_core::Status::revision).expect("a commit");
    let file_is_named = "already names it";
    for success in [
        format!("{real_commit} committed"),
        format!("{} committed", "1".repeat(40)),
        format!("{real_commit} {file_is_named}"),
        "done".into(),
    ] {
        let record = forged(&world, "never on staging", None);
        let staging = Record {
            id: world.clock_id(),
            kind: Kind::Release,
            target: target("staging", "frontend"),
            image: embark_core::Image { tag: real.record.image.tag.clone(), ..record.image.clone() },
            version: None,
            ..record.clone()
        };
        let from = Source { environment: environment("staging"), deployment: staging.id, commit: None };
        world.platform.forge(staging.clone());
        let key = world.platform.deployments().pop().expect("the forged one").key();
        let status = embark_core::NewStatus::new(State::Success, &success);
        embark_core::ports::DeploymentPlatform::append(&*world.platform, vec![(key, status)]).await.expect("forged");

        let commits = world.repository.commits().len();
        world.platform.forge(Record { id: world.clock_id(), from: Some(from), ..record });
        refusal(&world.deploy_pending().await, "frontend");
        let items = world.promote("9.9.9", &"a".repeat(40).parse().expect("a commit")).await;
        refusal(&items, "frontend");
        assert_eq!(world.repository.commits().len(), commits, "{success}");
    }
}

#[tokio::test]
async fn scenario_21_a_real_source_of_something_else_proves_nothing() {
    let world = World::new();
    world.stage('a').await;
    let backend = world.deployments("staging", "backend").pop().expect("a deployment");
    let from = Source { environment: environment("staging"), deployment: backend.record.id, commit: None };
    // The digest is that of staging's backend, under the frontend's name.
    world.platform.forge(forged(&world, "backend a", Some(from)));
    let reason = refusal(&world.deploy_pending().await, "frontend");
    assert!(reason.contains("is of backend in staging"), "{reason}");
}

/// The deployment that it names is the right one, and what it says of it is not.
#[tokio::test]
async fn a_claim_that_says_something_else_of_its_source_is_refused() {
    let world = World::new();
    world.stage('a').await;
    let staging = world.deployments("staging", "frontend").pop().expect("a deployment");
    let commit = staging.success().and_then(embark_core::Status::revision);
    let other = "f".repeat(40).parse().ok();
    for (name, commit, fits) in [
        ("dev", commit.clone(), false),
        ("production", commit.clone(), false),
        ("staging", other, false),
        ("staging", commit, true),
    ] {
        let from = Source { environment: environment(name), deployment: staging.record.id, commit };
        let record = Record { id: world.clock_id(), ..forged(&world, "frontend a", Some(from)) };
        world.platform.forge(record);
        let items = world.deploy_pending().await;
        if fits {
            assert_done(&items);
        } else {
            refusal(&items, "frontend");
        }
    }
}

#[tokio::test]
async fn a_deployment_that_names_a_foreign_repository_is_not_carried_out() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    let mut record = world.deployments("dev", "frontend").pop().expect("a deployment").record;
    record.id = world.clock_id();
    record.image.repository = "evil.test/frontend".parse().expect("a repository");
    world.platform.forge(record);
    let items = world.deploy_pending().await;
    assert!(items.iter().any(|item| item.reason.as_ref().is_some_and(|reason| reason.contains("evil.test"))));
    assert!(!world.repository.text(&file("dev")).contains("evil"));
}

/// Whoever merges a pull request may take its description for the commit's message.
#[tokio::test]
async fn a_commit_that_bears_the_trailers_and_deploys_nothing_is_no_evidence() {
    let world = World::new();
    let a = world.stage('a').await;
    forge_with_a_commit(&world, &a).await;
    let reason = refusal(&world.promote("1.0.0", &a).await, "frontend");
    assert!(reason.contains("changes other files alone"), "{reason}");
    assert_eq!(world.tag("frontend", "1.0.0"), None);
}

/// Where the keys have other names by now, a digest that was pinned still is.
#[tokio::test]
async fn renamed_keys_do_not_undo_a_pinned_digest() {
    let mut world = World::new();
    world.keys("frontend", "frontend.image.tag", Some("frontend.image.digest"));
    let a = world.stage('a').await;
    let honest = world.push("frontend", a.as_str(), "frontend a");
    let forged = forge_with_a_commit(&world, &a).await;
    let named = world.repository.text(&file("staging"));
    for environment in ["staging", "production"] {
        let text = world.repository.text(&file(environment)).replace("frontend:", "web:");
        world.repository.edit_by_hand(&file(environment), text.as_bytes());
    }
    world.keys("frontend", "web.image.tag", Some("web.image.digest"));
    assert!(named.contains(&honest.to_string()) && honest != forged, "{named}");
    let reason = refusal(&world.promote("1.0.0", &a).await, "frontend");
    assert!(reason.contains("does not name it"), "{reason}");
}

/// Forges a run of another image in staging, under the tag that it runs, with a commit that mends the README and bears
/// the trailers; returns the digest.
async fn forge_with_a_commit(world: &World, commit: &embark_core::Commit) -> embark_core::Digest {
    let honest = world.deployments("staging", "frontend").pop().expect("a deployment").record;
    let evil = world.push("frontend", commit.as_str(), "evil");
    let id = world.clock_id();
    let staging = Record { id, image: Image { digest: evil.clone(), ..honest.image.clone() }, ..honest };
    let message = format!(
        "Mend the README\n\nEmbark-Deployment: {id}\nEmbark-Environment: staging\nEmbark-Component: frontend\n\
         Embark-Image: {}\nEmbark-Commit: {commit}\n",
        staging.image
    );
    let readme = BTreeMap::from([("README.md".parse().expect("a path"), b"better\n".to_vec())]);
    let change = Change { files: readme, message, deployment: None };
    let tip = world.repository.commits().pop().expect("a tip").revision;
    let merged = DeploymentRepository::commit(&*world.repository, tip, vec![change]).await.expect("merged");
    world.platform.forge(staging);
    let key = world.platform.deployments().pop().expect("the forged one").key();
    let status = embark_core::NewStatus::success(&merged.commits[0]);
    DeploymentPlatform::append(&*world.platform, vec![(key, status)]).await.expect("forged");
    evil
}
