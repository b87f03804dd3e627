//! How commits look: who made them, and what their subjects say.

use embark_tests::harness::{Setup, World};

use crate::EMBARK;

/// Makes a world whose deployment repo is configured with these keys as well.
fn world(setup: Setup, keys: &str) -> World {
    let world = World::new(EMBARK, setup);
    world.configure("  branch: main\n", &format!("  branch: main\n{keys}"));
    world
}

/// Brings the first commit to production.
fn walk(world: &World) {
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "done");
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", commit, "--deploy"];
    world.embark.json(&promote).ended(0, "done");
}

const KEYS: &str = "  author: { name: Ada, email: ada@example.com }
  committer: { name: The pipeline, email: pipeline@example.com }
  message: \"chore({component}): {version} to {environment} [skip ci]\"\n";

#[track_caller]
fn assert_commits(world: &World) {
    let git = &world.repo.git;
    let log = |reference: &str| git.run(&["log", "--format=%an <%ae>|%cn <%ce>|%s", reference]);
    let who = "Ada <ada@example.com>|The pipeline <pipeline@example.com>|";
    let subjects: Vec<String> =
        log("main").lines().filter_map(|line| line.strip_prefix(who)).map(str::to_owned).collect();
    let commit = &world.commits[0];
    assert_eq!(
        subjects,
        [
            "chore(backend): 1.4.0 to production [skip ci]".to_owned(),
            "chore(frontend): 1.4.0 to production [skip ci]".to_owned(),
            format!("chore(backend): {commit} to staging [skip ci]"),
            format!("chore(frontend): {commit} to staging [skip ci]"),
        ]
    );
    let ledger = log("refs/embark/ledger");
    assert!(ledger.lines().count() > 1 && ledger.lines().all(|line| line.starts_with(who)), "{ledger}");
    git.assert_sound();
    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
}

#[test]
fn author_committer_and_subject_are_as_configured() {
    let world = world(Setup::Embedded, KEYS);
    walk(&world);
    assert_commits(&world);
    // What the subject says is nothing that embark reads.
    world.configure("chore({component})", "release({component})");
    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
    world.embark.json(&["rollback", "production"]).ended(10, "refused");
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn author_committer_and_subject_are_as_configured_on_a_server() {
    let world = world(Setup::Servers, KEYS);
    walk(&world);
    assert_commits(&world);
}

#[test]
fn the_author_commits_if_nobody_else_is_named() {
    let world = world(Setup::Embedded, "  author: { name: Ada, email: ada@example.com }\n");
    walk(&world);
    let log = world.repo.git.run(&["log", "-4", "--format=%an <%ae>|%cn <%ce>", "main"]);
    assert!(log.lines().all(|line| line == "Ada <ada@example.com>|Ada <ada@example.com>"), "{log}");
}

#[test]
fn a_subject_that_cannot_be_is_told_before_anything_is_done() {
    for (message, told) in [
        ("\"deploy {image}\"", "all that can stand in braces"),
        ("\"deploy {tag\"", "all that can stand in braces"),
        ("\"deploy\\n\\nEmbark-Component: other\"", "it must be one line"),
        ("|\n    deploy {tag}", "it must be one line"),
        ("\"\"", "it is empty"),
    ] {
        let world = world(Setup::Embedded, &format!("  message: {message}\n"));
        let error = world.embark.json(&["status"]).ended(3, "failed").error().0;
        assert!(error.contains(told), "{message}: {error}");
    }
}
