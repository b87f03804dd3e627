//! What can be told before anything is written is told then, for all components together, and by a dry run as well.

use embark_core::{Error, PromoteRequest, RollbackRequest, RollbackTo, ValuesFileError};

use crate::rolling_back::request;
use crate::world::{World, assert_done, assert_unchanged, file, item, parse, refusal, repository};

async fn rollback(world: &World, request: RollbackRequest) -> Result<Vec<embark_core::Item>, Error> {
    embark_core::rollback(&world.systems(), &request).await
}

async fn shipped_twice() -> World {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    world.ship('b', "1.1.0").await;
    world
}

#[tokio::test]
async fn a_rollback_of_which_one_image_is_not_there_any_more_writes_nothing() {
    let world = shipped_twice().await;
    let there = world.tag("backend", "1.0.0");
    for (is_gone, told) in [(false, "was recorded"), (true, "does not exist")] {
        if is_gone {
            world.registry.delete(&repository("backend"), &parse("1.0.0"));
        } else {
            world.push("backend", "1.0.0", "another");
        }
        let before = world.state();
        for dry_run in [true, false] {
            let request = RollbackRequest { dry_run, ..request("production", None) };
            let items = rollback(&world, request).await.expect("answered");
            let reason = refusal(&items, "backend");
            assert!(reason.contains(told), "{reason}");
            assert!(refusal(&items, "frontend").contains("backend was refused"), "{items:?}");
            assert_eq!(world.state(), before);
        }
    }
    world.push("backend", "1.0.0", "backend a");
    assert_eq!(world.tag("backend", "1.0.0"), there);
    assert_done(&rollback(&world, request("production", None)).await.expect("rolled back"));
    for component in ["frontend", "backend"] {
        assert_eq!(world.named("production", component), "1.0.0");
    }
}

/// The tag of the backend is an anchor, and what the alias of it stands for may not change with it.
fn make_uneditable(world: &World, environment: &str) {
    let named = world.named(environment, "backend");
    let text = world.repository.text(&file(environment));
    let (before, after) = text.split_once("backend:").expect("the backend");
    let text =
        format!("{before}backend:{}also: *it\n", after.replacen(&named, &format!("&it {named}"), 1).replace('\'', ""));
    world.repository.edit_by_hand(&file(environment), text.as_bytes());
}

#[track_caller]
fn assert_uneditable(answer: Result<Vec<embark_core::Item>, Error>) {
    let error = answer.expect_err("it cannot be edited");
    assert!(matches!(error, Error::ValuesFile(ValuesFileError::Edit { .. })), "{error}");
}

#[tokio::test]
async fn a_values_file_that_cannot_be_edited_is_told_before_anything_is_written() {
    let world = shipped_twice().await;
    let c = world.stage('c').await;
    let d = world.build('d');
    make_uneditable(&world, "production");
    make_uneditable(&world, "staging");
    let before = world.state();
    for dry_run in [true, false] {
        let promote = PromoteRequest { dry_run, ..World::promote_request("1.2.0", &c) };
        assert_uneditable(embark_core::promote(&world.systems(), &promote).await);
        let release = embark_core::ReleaseRequest { dry_run, ..World::release_request("staging", &d) };
        assert_uneditable(embark_core::release(&world.systems(), &release).await);
        assert_uneditable(rollback(&world, RollbackRequest { dry_run, ..request("production", None) }).await);
        assert_eq!(world.state(), before);
    }
}

#[tokio::test]
async fn all_are_aligned_with_a_version_that_was_promoted_without_that() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let b = world.build_of('b', "b", "a");
    world.release("staging", &b).await;
    assert_done(&world.deploy_pending().await);
    assert_done(&world.promote("1.1.0", &b).await);
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.named("production", "backend"), "1.0.0");
    assert_unchanged(&world.promote("1.1.0", &b).await);
    // An ordinary merge, by a workflow that asks for all by now.
    let c = world.build('c');
    let later = PromoteRequest { all: true, ..World::promote_request("1.1.0", &c) };
    world.release("staging", &c).await;
    assert_unchanged(&embark_core::promote(&world.systems(), &later).await.expect("answered"));
    world.deploy_pending().await;
    let items = embark_core::promote(&world.systems(), &later).await.expect("answered");
    assert_unchanged(&items);
    let reason = item(&items, "backend").reason.clone().unwrap_or_default();
    assert!(reason.starts_with("the image has not changed; it gets no deployment: "), "{reason}");
    let b = world.build_of('d', "b", "a");
    world.release("staging", &b).await;
    assert_done(&world.deploy_pending().await);
    let all = PromoteRequest { all: true, ..World::promote_request("1.1.0", &b) };
    let items = embark_core::promote(&world.systems(), &all).await.expect("promoted");
    assert!(item(&items, "backend").id.is_some(), "{items:?}");
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.named("production", "backend"), "1.1.0");
    assert_unchanged(&embark_core::promote(&world.systems(), &all).await.expect("promoted"));
}

#[tokio::test]
async fn a_rollback_records_the_reason_that_is_given_for_it() {
    let world = World::new();
    world.push("frontend", "none", "legacy");
    world.ship('a', "1.0.0").await;
    let unverified = |reason: &str, to: Option<&str>| RollbackRequest {
        unverified: true,
        hold: false,
        reason: Some(reason.into()),
        to: to.map(|tag| RollbackTo::Tag(parse(tag))),
        ..request("production", Some("frontend"))
    };
    assert_done(&rollback(&world, unverified("the first", None)).await.expect("rolled back"));
    let forward = RollbackRequest {
        hold: false,
        to: Some(RollbackTo::Tag(parse("1.0.0"))),
        ..request("production", Some("frontend"))
    };
    assert_done(&rollback(&world, forward).await.expect("forward again"));
    assert_done(&rollback(&world, unverified("the second", Some("none"))).await.expect("rolled back"));
    let commit = world.repository.commits().pop().expect("a commit");
    assert!(commit.message.contains("Embark-Waived: verified: the second\n"), "{}", commit.message);
}
