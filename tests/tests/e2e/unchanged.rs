//! What is so already is not done again.

use embark_tests::harness::{BACKEND, COMPONENTS, FRONTEND, Setup, World};

use crate::EMBARK;

#[test]
fn a_commit_that_changed_the_frontend_only_gets_one_deployment_and_one_commit() {
    let world = World::new(EMBARK, Setup::Embedded);
    let [first, second, _] = &world.commits;
    world.build(first, "1", "1");
    world.embark.json(&["release", "dev", "--commit", first, "--deploy"]).ended(0, "done");
    let base = world.repo.tip();

    let (frontend, _) = world.build(second, "2", "1");
    world.embark.json(&["release", "dev", "--commit", second, "--deploy"]).ended(0, "done");
    let log = world.repo.commits_since(&base);
    assert_eq!(log.len(), 1, "{log:#?}");
    assert_eq!(log[0].subject, format!("deploy(dev): frontend {second}"));
    assert_eq!(COMPONENTS.map(|component| world.repo.ledger_of("dev", component).len()), [2, 1]);
    assert_eq!(world.repo.values("dev"), world.values((second, &frontend), first).text("dev"));
}

#[test]
fn a_commit_that_changed_no_image_gets_no_deployment() {
    let world = World::new(EMBARK, Setup::Embedded);
    let [first, second, _] = &world.commits;
    world.build(first, "1", "1");
    world.embark.json(&["release", "dev", "--commit", first, "--deploy"]).ended(0, "done");

    world.build(second, "1", "1");
    let before = world.state();
    world.embark.json(&["release", "dev", "--commit", second, "--deploy"]).ended(0, "unchanged");
    assert_eq!(world.state(), before);
}

#[test]
fn all_releases_also_what_did_not_change() {
    let world = World::new(EMBARK, Setup::Embedded);
    let [first, second, _] = &world.commits;
    world.build(first, "1", "1");
    world.embark.json(&["release", "dev", "--commit", first, "--deploy"]).ended(0, "done");

    let (frontend, _) = world.build(second, "1", "1");
    world.embark.json(&["release", "dev", "--commit", second, "--all", "--deploy"]).ended(0, "done");
    assert_eq!(world.repo.values("dev"), world.values((second, &frontend), second).text("dev"));
}

#[test]
fn a_built_image_gets_its_version_tag_byte_for_byte() {
    let world = World::new(EMBARK, Setup::Embedded);
    named_by_image(&world);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_built_image_gets_its_version_tag_byte_for_byte_in_a_registry() {
    named_by_image(&World::new(EMBARK, Setup::Guarded));
}

fn named_by_image(world: &World) {
    let commit = world.commits[0].as_str();
    let (frontend, backend) = world.build("ci-77", "1", "1");
    let by_tag = format!("frontend={}:ci-77", world.image(FRONTEND));
    let by_digest = format!("backend={}@{}", world.image(BACKEND), backend.digest());
    let release = ["release", "dev", "--commit", commit, "--image", &by_tag, "--image", &by_digest, "--deploy"];
    world.embark.json(&release).ended(0, "done");
    assert_eq!(world.store.raw(FRONTEND, commit), Some(frontend.bytes));
    assert_eq!(world.store.raw(BACKEND, commit), Some(backend.bytes));
    let before = world.state();
    world.embark.json(&release).ended(0, "unchanged");
    assert_eq!(world.state(), before);
}

#[test]
fn every_command_does_nothing_the_second_time_without_any_server() {
    twice(&World::new(EMBARK, Setup::Embedded));
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn every_command_does_nothing_the_second_time_with_servers() {
    twice(&World::new(EMBARK, Setup::Servers));
}

fn twice(world: &World) {
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    let commands: [&[&str]; 7] = [
        &["release", "dev", "--commit", commit],
        &["deploy", "--pending", "dev"],
        &["release", "staging", "--commit", commit],
        &["deploy", "--pending"],
        &["promote", "production", "--version", "1.4.0", "--commit", commit],
        &["deploy", "--pending", "production"],
        &["promote", "production", "--version", "1.4.0", "--commit", commit, "--deploy"],
    ];
    for (position, command) in commands.iter().enumerate() {
        let last = position == commands.len() - 1;
        world.embark.json(command).ended(0, if last { "unchanged" } else { "done" });
        let before = world.state();
        world.embark.json(command).ended(0, "unchanged");
        assert_eq!(world.state(), before, "embark {}", command.join(" "));
    }
    for command in ["verify", "status"] {
        let before = world.state();
        let [first, second] = [(); 2].map(|()| world.embark.json(&[command]).ended(0, "unchanged").json);
        assert_eq!(first, second, "{command} says the same again");
        assert_eq!(world.state(), before, "{command} writes nothing");
    }
    assert_eq!(world.repo.commits().len(), 6);
}

#[test]
fn a_deployment_that_was_carried_out_is_not_carried_out_again_by_its_id() {
    let world = World::new(EMBARK, Setup::Embedded);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    let release = world.embark.json(&["release", "dev", "--commit", commit]).ended(0, "done");
    let id = release.deployment(FRONTEND)["id"].as_str().unwrap().to_owned();
    let deploy = world.embark.json(&["deploy", &id]).ended(0, "done");
    assert_eq!(deploy.deployment(FRONTEND)["state"], "success");
    assert_eq!(world.repo.commits().len(), 1, "the other deployment was not asked for");

    let before = world.state();
    let again = world.embark.json(&["deploy", &id]).ended(0, "unchanged");
    assert_eq!(again.deployment(FRONTEND)["commit"], world.repo.tip());
    assert_eq!(world.state(), before);
    assert_eq!(world.repo.ledger_of("dev", BACKEND)[0].successes(), 0);
}
