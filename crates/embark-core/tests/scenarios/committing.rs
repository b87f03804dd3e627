//! How commits are written, and what is done where none can be.

use std::sync::Arc;

use embark_core::{CommitSubject, Pipeline, PromoteRequest, RollbackRequest, Trailers};

use crate::world::{COMPONENTS, World, environment};

/// The same world, with another subject.
fn with_subject(world: World, subject: &str) -> World {
    let pipeline = Pipeline::clone(&world.pipeline);
    let subject: CommitSubject = subject.parse().expect("a subject");
    World { pipeline: Arc::new(pipeline.with_commit_subject(subject)), ..world }
}

#[tokio::test]
async fn the_subject_is_as_configured_and_the_trailers_are_found_below_it() {
    let world = with_subject(World::new(), "chore({component}): {version} ({tag}) to {environment} [skip ci]");
    let a = world.ship('a', "1.0.0").await;
    let messages: Vec<String> = world.repository.commits().into_iter().map(|entry| entry.message).collect();
    let subjects: Vec<&str> = messages.iter().filter_map(|message| message.lines().next()).skip(1).collect();
    let mut expected = Vec::new();
    // Where there is no version, the tag stands for it.
    for (environment, version) in [("staging", a.as_str()), ("production", "1.0.0")] {
        expected
            .extend(COMPONENTS.map(|name| format!("chore({name}): {version} ({version}) to {environment} [skip ci]")));
    }
    assert_eq!(subjects, expected);
    for message in &messages[1..] {
        let trailers = Trailers::parse(message);
        assert!(trailers.deployment.is_some() && trailers.image.is_some(), "{message}");
    }
    assert!(world.verify().await.iter().all(|check| check.verdict == embark_core::Verdict::Holds));
}

#[tokio::test]
async fn a_subject_like_a_trailer_is_none() {
    let world = with_subject(World::new(), "Embark-Component: backend");
    world.stage('a').await;
    let messages = world.repository.commits().into_iter().skip(1).map(|entry| entry.message);
    let components: Vec<_> = messages.filter_map(|message| Trailers::parse(&message).component).collect();
    assert_eq!(components.iter().map(embark_core::ComponentName::as_str).collect::<Vec<_>>(), COMPONENTS);
}

#[tokio::test]
async fn where_no_commit_can_be_made_nothing_else_is_written() {
    let world = World::new();
    let a = world.ship('a', "1.0.0").await;
    let b = world.stage('b').await;
    let c = world.build('c');
    world.repository.break_key();
    let before = world.state();
    let systems = world.systems();
    for dry_run in [false, true] {
        let promote = PromoteRequest { dry_run, ..World::promote_request("1.1.0", &b) };
        let error = embark_core::promote(&systems, &promote).await.expect_err("it cannot be signed");
        assert_eq!(error.to_string(), "no commit can be signed with the fake key: it does not work");
        let release = embark_core::ReleaseRequest { dry_run, ..World::release_request("staging", &c) };
        embark_core::release(&systems, &release).await.expect_err("it cannot be signed");
        let rollback = RollbackRequest { dry_run, ..RollbackRequest::new(environment("staging")) };
        embark_core::rollback(&systems, &rollback).await.expect_err("it cannot be signed");
    }
    assert_eq!(world.state(), before);
    // Where nothing is to be written, nothing is asked of the key.
    let again = embark_core::promote(&systems, &World::promote_request("1.0.0", &a)).await;
    crate::world::assert_unchanged(&again.expect("it is there already"));
}
