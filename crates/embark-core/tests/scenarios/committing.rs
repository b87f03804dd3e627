//! How commits are written.

use std::sync::Arc;

use embark_core::{CommitSubject, Pipeline, Trailers};

use crate::world::{COMPONENTS, World};

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
