//! What staging ran before what it runs now: when it may still be promoted, and what its time there counts for.

use std::sync::Arc;
use std::time::Duration;

use embark_core::testing::FakeRepository;
use embark_core::{
    Environment, Pipeline, PromoteRequest, Requirements, Selection, Success, TagKind, Verdict, VersionFormat,
};

use crate::world::{COMPONENTS, VALUES, World, assert_done, commit, environment, file, item, parse, refusal};

const SOAK: Duration = Duration::from_mins(30);

fn soaking() -> World {
    World::with(Requirements { soak: SOAK, checks: Vec::new() })
}

/// A build goes to staging, and no further.
async fn stage_of(world: &World, letter: char, content: &str) {
    let commit = world.build_of(letter, content, content);
    world.release("staging", &commit).await;
    deploy_staging(world).await;
}

async fn deploy_staging(world: &World) {
    let staging = Selection::Pending(Some(environment("staging")));
    assert_done(&embark_core::deploy(&world.systems(), &staging, false).await.expect("deployed"));
}

#[tokio::test]
async fn the_soak_time_ends_when_another_digest_comes_and_begins_anew_when_it_comes_back() {
    let world = soaking();
    stage_of(&world, 'a', "good").await;
    world.clock.advance(Duration::from_mins(1));
    stage_of(&world, 'b', "bad").await;
    world.clock.advance(Duration::from_mins(29));
    stage_of(&world, 'c', "good").await;
    world.clock.advance(Duration::from_mins(1));
    // By either commit that has the digest.
    for letter in ['a', 'c'] {
        let reason = refusal(&world.promote("1.0.0", &commit(letter)).await, "frontend");
        assert!(reason.ends_with("its soak time is not over for another 29 min"), "{letter}: {reason}");
    }
    world.clock.advance(Duration::from_mins(29));
    assert_done(&world.promote("1.0.0", &commit('a')).await);
    assert_done(&world.deploy_pending().await);
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds));
}

#[tokio::test]
async fn what_has_soaked_stays_so_for_a_promotion_that_waits() {
    let world = soaking();
    stage_of(&world, 'a', "good").await;
    world.clock.advance(SOAK);
    assert_done(&world.promote("1.0.0", &commit('a')).await);
    stage_of(&world, 'b', "other").await;
    world.clock.advance(SOAK * 2);
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.named("production", "frontend"), "1.0.0");
}

/// A workflow that promoted a version is run again after the next one was carried out in its place.
#[tokio::test]
async fn a_version_that_has_begun_does_not_come_after_the_next_one() {
    let world = World::new();
    stage_of(&world, 'a', "a").await;
    assert_done(&world.promote("1.0.0", &commit('a')).await);
    stage_of(&world, 'b', "b").await;
    assert_done(&world.promote("1.1.0", &commit('b')).await);
    world.deploy_pending().await;
    assert_eq!(world.named("production", "frontend"), "1.1.0");
    let before = world.state();
    for commit in [Some(commit('a')), None] {
        let request = PromoteRequest { commit, ..World::promote_request("1.0.0", &self::commit('a')) };
        let items = embark_core::promote(&world.systems(), &request).await.expect("answered");
        let reason = refusal(&items, "frontend");
        assert!(reason.contains(&format!("runs registry.test/frontend:{}", self::commit('b'))), "{reason}");
    }
    assert_eq!(world.state(), before);
    world.deploy_pending().await;
    assert_eq!(world.named("production", "frontend"), "1.1.0");
}

/// Production, and another environment after it that names images by the same tags.
fn with_one_more() -> World {
    let world = World::new();
    let more = Environment {
        name: parse("europe"),
        values_file: file("europe"),
        tag: TagKind::Version,
        promotes_from: Some(parse("production")),
        requires: Requirements::default(),
        success: Success::Committed,
    };
    let environments = world.pipeline.environments().iter().cloned().chain([more]).collect();
    let components = world.pipeline.components().to_vec();
    let pipeline = Pipeline::new(components, environments, VersionFormat::default()).expect("a pipeline");
    let files = ["dev", "staging", "production", "europe"].map(|name| (file(name), VALUES.as_bytes().to_vec()));
    let repository = Arc::new(FakeRepository::new(files.into()));
    World { pipeline: Arc::new(pipeline), repository, ..world }
}

/// The version's tag is there because the environment before has it, and not because a promotion has begun.
#[tokio::test]
async fn what_the_source_has_left_is_not_promoted_for_a_tag_of_its_own() {
    let world = with_one_more();
    let a = world.ship('a', "1.0.0").await;
    let b = world.ship('b', "1.1.0").await;
    let europe = |version, commit| PromoteRequest {
        environment: parse("europe"),
        commit,
        ..World::promote_request(version, &a)
    };
    let refused = embark_core::promote(&world.systems(), &europe("1.0.0", Some(a.clone()))).await.expect("answered");
    let reason = refusal(&refused, "frontend");
    assert!(reason.contains("runs registry.test/frontend:1.1.0"), "{reason}");
    let items = embark_core::promote(&world.systems(), &europe("1.1.0", Some(b))).await.expect("promoted");
    assert_done(&items);
    assert_done(&world.deploy_pending().await);
    for component in COMPONENTS {
        assert_eq!(world.named("europe", component), "1.1.0");
    }
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds));
}

/// The same, of a version that one component has by its tag alone, since its image had not changed.
#[tokio::test]
async fn a_version_of_which_one_image_has_not_changed_goes_on_to_the_next_environment() {
    let world = with_one_more();
    let europe = |version: &str| PromoteRequest {
        environment: parse("europe"),
        commit: None,
        ..World::promote_request(version, &commit('a'))
    };
    for (letter, backend, version) in [('a', "old", "1.0.0"), ('b', "new", "1.1.0")] {
        let commit = world.build_of(letter, "same", backend);
        world.release("staging", &commit).await;
        deploy_staging(&world).await;
        assert_done(&world.promote(version, &commit).await);
        assert_done(&world.deploy_pending().await);
        // For the next environment the tags are there.
        embark_core::promote(&world.systems(), &europe(version)).await.expect("promoted");
        assert_done(&world.deploy_pending().await);
        assert_eq!(world.named("europe", "backend"), version);
    }
    assert_eq!(world.named("europe", "frontend"), "1.0.0");
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds));
}

#[tokio::test]
async fn what_does_not_run_any_more_is_not_said_to_have_to_run_for_longer() {
    let world = soaking();
    stage_of(&world, 'a', "a").await;
    world.clock.advance(Duration::from_mins(10));
    stage_of(&world, 'b', "b").await;
    let reason = refusal(&world.promote("1.0.0", &commit('a')).await, "frontend");
    assert!(reason.contains(&format!("runs registry.test/frontend:{}", commit('b'))), "{reason}");
}

/// The first release was squashed: its commit is on no way to the next one. One image has not changed since.
#[tokio::test]
async fn what_runs_belongs_to_a_release_that_has_the_same_image() {
    let world = World::new();
    let [main, first, merged, next] = ['a', 'b', 'c', 'd'].map(commit);
    for (commit, parent) in [(&main, None), (&first, Some(&main)), (&merged, Some(&main)), (&next, Some(&merged))] {
        world.application.commit(commit, parent);
    }
    for (component, content) in [("frontend", "same"), ("backend", "old")] {
        world.push(component, first.as_str(), content);
    }
    world.release("staging", &first).await;
    deploy_staging(&world).await;
    for (component, content) in [("frontend", "same"), ("backend", "new")] {
        world.push(component, next.as_str(), content);
    }
    let items = world.release("staging", &next).await;
    assert_eq!(item(&items, "frontend").reason.as_deref(), Some("the image has not changed"));
    deploy_staging(&world).await;
    assert_done(&world.promote("1.0.0", &next).await);
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.tag("frontend", "1.0.0"), world.tag("frontend", next.as_str()));
    // Of a commit that was built otherwise nothing runs there.
    for component in COMPONENTS {
        world.push(component, merged.as_str(), "elsewhere");
    }
    let reason = refusal(&world.promote("1.1.0", &merged).await, "frontend");
    assert!(reason.contains("no ancestor"), "{reason}");
}
