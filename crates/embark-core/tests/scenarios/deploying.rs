use std::collections::BTreeMap;

use embark_core::ports::{Change, DeploymentPlatform, DeploymentRepository};
use embark_core::testing::Fault;
use embark_core::{Image, Kind, Record, Selection, Source, State};

use crate::world::{
    COMPONENTS, Process, World, assert_done, assert_unchanged, environment, failure, file, item, parse, refusal, target,
};

async fn deploy(world: &World, id: embark_core::DeploymentId) -> Vec<embark_core::Item> {
    embark_core::deploy(&world.systems(), &Selection::Ids(vec![id]), false).await.expect("deployed")
}

#[tokio::test]
async fn scenario_08_a_crash_after_the_push_leaves_only_the_status_to_be_posted() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    // in_progress, commit, statuses: it ends after the commit.
    let fault = Fault::crash(1, embark_core::testing::Moment::After);
    let process = Process::new(&world, &fault);
    let ended = embark_core::deploy(&process.systems(), &Selection::Pending(None), false).await;
    assert!(ended.is_err(), "{ended:?}");
    let commits = world.repository.commits();
    world.repository.edit_by_hand(&file("staging"), b"frontend: {image: {tag: x}}\nbackend: {image: {tag: x}}\n");
    let items = world.deploy_pending().await;
    assert_done(&items);
    assert_eq!(world.repository.commits().len(), commits.len() + 1, "no second commit");
    assert_eq!(item(&items, "frontend").commit.as_ref(), Some(&commits[1].revision));
    assert_eq!(item(&items, "frontend").state, Some(State::Success));
}

#[tokio::test]
async fn scenario_10_a_deployment_is_carried_out_once_and_in_order() {
    let world = World::new();
    let (a, b) = (world.build('a'), world.build('b'));
    world.release("dev", &a).await;
    world.release("dev", &b).await;
    let [old, new] = [0, 1].map(|at| world.deployments("dev", "frontend")[at].record.id);
    assert_done(&deploy(&world, new).await);
    let items = deploy(&world, old).await;
    assert_unchanged(&items);
    assert_eq!(items[0].state, Some(State::Inactive));
    assert_unchanged(&deploy(&world, new).await);
    assert_unchanged(&deploy(&world, old).await);
    assert_eq!(world.named("dev", "frontend"), b.as_str());
    assert_eq!(world.repository.commits().len(), 2);
}

#[tokio::test]
async fn scenario_11_what_is_superseded_while_in_progress_is_never_committed_after_the_newer() {
    for effect in 0..3 {
        let world = World::new();
        let (a, b) = (world.build('a'), world.build('b'));
        world.release("dev", &a).await;
        let other = world.clone();
        let interruption = Box::new(move || -> futures::future::BoxFuture<'static, ()> {
            Box::pin(async move {
                other.release("dev", &b).await;
                other.deploy_pending().await;
            })
        });
        let fault = Fault::interrupt(effect, interruption);
        let process = Process::new(&world, &fault);
        embark_core::deploy(&process.systems(), &Selection::Pending(None), false).await.expect("deployed");
        world.deploy_pending().await;
        for component in COMPONENTS {
            assert_eq!(world.named("dev", component), "b".repeat(40), "interrupted at {effect}");
        }
        let older = format!("frontend {}", "a".repeat(40));
        let commits = world.repository.commits();
        assert!(commits.iter().filter(|commit| commit.message.contains(&older)).count() <= 1);
    }
}

/// An event names a deployment, which is read; until it is carried out, another process may have got the same event.
#[tokio::test]
async fn scenario_10_what_was_found_before_another_carried_it_out_is_carried_out_once() {
    for effect in [None, Some(0), Some(1), Some(2)] {
        let world = World::new();
        let a = world.build('a');
        world.release("dev", &a).await;
        let found = world.deployments("dev", "frontend");
        let other = world.clone();
        let id = found[0].record.id;
        let carry_out = move || -> futures::future::BoxFuture<'static, ()> {
            Box::pin(async move { assert_done(&deploy(&other, id).await) })
        };
        let fault = match effect {
            Some(effect) => Fault::interrupt(effect, Box::new(carry_out)),
            None => {
                carry_out().await;
                Fault::default()
            }
        };
        let process = Process::new(&world, &fault);
        let items = embark_core::deploy(&process.systems(), &Selection::Found(found), false).await.expect("deployed");
        assert!(matches!(items[0].outcome, embark_core::ItemOutcome::Done | embark_core::ItemOutcome::Unchanged));
        assert_eq!(world.repository.commits().len(), 2, "one commit of embark's, interrupted at {effect:?}");
        assert_eq!(world.states("dev", "frontend"), [Some(State::Success)]);
    }
}

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

#[tokio::test]
async fn scenario_26_two_writers_of_one_file_both_land() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    let other = world.clone();
    let interruption = Box::new(move || -> futures::future::BoxFuture<'static, ()> {
        Box::pin(async move {
            let text = other.repository.text(&file("dev")).replace("replicas: 2", "replicas: 3");
            other.repository.edit_by_hand(&file("dev"), text.as_bytes());
        })
    });
    let fault = Fault::interrupt(1, interruption);
    let process = Process::new(&world, &fault);
    let items = embark_core::deploy(&process.systems(), &Selection::Pending(None), false).await.expect("deployed");
    assert_done(&items);
    assert!(world.repository.text(&file("dev")).contains("replicas: 3"));
    assert_eq!(world.named("dev", "frontend"), a.as_str());
}

#[tokio::test]
async fn scenario_28_what_is_refused_does_not_keep_the_others() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    world.push("frontend", a.as_str(), "moved");
    let items = world.deploy_pending().await;
    assert!(refusal(&items, "frontend").contains("has moved"));
    assert_eq!(item(&items, "backend").state, Some(State::Success));
    assert_eq!(world.named("dev", "backend"), a.as_str());
    assert_eq!(world.named("dev", "frontend"), "none");
}

#[tokio::test]
async fn scenario_30_a_protected_branch_is_told_and_tried_five_times() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    world.repository.refuse(Some("protected branch hook declined"));
    for _ in 0..5 {
        let items = world.deploy_pending().await;
        assert!(failure(&items, "frontend").contains("protected branch hook declined"));
        assert_eq!(item(&items, "frontend").state, Some(State::Error));
    }
    assert!(world.deploy_pending().await.is_empty(), "given up after five times");
    let status = world.deployments("dev", "frontend")[0].statuses.last().expect("a status").clone();
    assert!(status.description.contains("protected branch hook declined"));
}

#[tokio::test]
async fn after_a_refusal_of_the_branch_the_deployment_waits() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    world.repository.refuse(Some("declined"));
    world.deploy_pending().await;
    world.repository.refuse(None);
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.named("dev", "frontend"), a.as_str());
}

#[tokio::test]
async fn scenario_33_two_environments_in_one_push() {
    let world = World::new();
    let (a, b) = (world.build('a'), world.build('b'));
    world.release("staging", &a).await;
    world.release("dev", &b).await;
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.repository.pushes(), 1);
    assert_eq!((world.named("dev", "frontend"), world.named("staging", "frontend")), (b.to_string(), a.to_string()));
    let subjects: Vec<_> = world
        .repository
        .commits()
        .iter()
        .skip(1)
        .map(|entry| entry.message.lines().next().unwrap_or("").to_owned())
        .collect();
    let expected =
        [("dev", "frontend", &b), ("dev", "backend", &b), ("staging", "frontend", &a), ("staging", "backend", &a)];
    assert_eq!(
        subjects,
        expected.map(|(environment, component, commit)| format!("deploy({environment}): {component} {commit}"))
    );
}

#[tokio::test]
async fn a_values_file_without_the_path_is_an_error_of_that_deployment() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    world.repository.edit_by_hand(&file("dev"), b"frontend: {image: {tag: x}}\n");
    let items = world.deploy_pending().await;
    assert!(failure(&items, "backend").contains("dev.yaml"));
    assert_eq!(item(&items, "frontend").state, Some(State::Success));
}

#[tokio::test]
async fn what_the_file_names_already_without_its_digest_is_recorded_by_a_commit_that_changes_nothing() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    let text = crate::world::VALUES.replacen("none", a.as_str(), 1);
    world.repository.edit_by_hand(&file("dev"), text.as_bytes());
    let commits = world.repository.commits().len();
    let items = world.deploy_pending().await;
    assert_done(&items);
    assert_eq!(world.repository.commits().len(), commits + 2);
    assert_eq!(world.repository.text(&file("dev")), text.replace("'none'", &format!("'{a}'")));
}

#[tokio::test]
async fn deployments_to_an_environment_that_is_not_configured_are_refused() {
    let world = World::new();
    let a = world.build('a');
    world.release("dev", &a).await;
    let mut record = world.deployments("dev", "frontend").pop().expect("a deployment").record;
    record.id = world.clock_id();
    record.target.environment = environment("elsewhere");
    let id = world.platform.forge(record);
    assert_eq!(refusal(&deploy(&world, id).await, "frontend"), "the configuration has no frontend in elsewhere");
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
