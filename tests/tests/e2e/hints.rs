//! Hints name what the command knows.

use embark_tests::harness::{Setup, World};

use crate::EMBARK;

#[test]
fn the_history_that_a_hint_shows_is_that_of_one_component() {
    let world = World::new(EMBARK, Setup::Embedded);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "done");
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", commit, "--deploy"];
    world.embark.json(&promote).ended(0, "done");
    let refused = world.embark.json(&["rollback", "production", "frontend", "--to", "9.9.9"]).ended(10, "refused");
    let hint = refused.deployment("frontend")["hint"].as_str().expect("a hint").to_owned();
    let command = hint.split_once("with: git ").expect("a command").1;
    let words: Vec<&str> = command
        .split('\'')
        .enumerate()
        .flat_map(|(at, part)| if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() })
        .collect();
    let found = world.repo.git.run(&[&words[..1], &["--format=%s"], &words[1..], &["main"]].concat());
    assert_eq!(found, "deploy(production): frontend 1.4.0");
}

#[test]
fn a_hint_names_the_environment_that_was_asked_for() {
    let world = World::new(EMBARK, Setup::Embedded);
    for (commit, content) in world.commits.iter().zip(["1", "2"]) {
        world.build(commit, content, content);
        world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "done");
    }
    let promote = ["promote", "production", "--version", "1.0.0", "--commit", &world.commits[0]];
    let refused = world.embark.json(&promote).ended(10, "refused");
    let hint = refused.deployment("frontend")["hint"].as_str().expect("a hint").to_owned();
    let command = format!("embark promote production --commit {}", world.commits[1]);
    assert!(hint.ends_with(&command), "{hint}");
}
