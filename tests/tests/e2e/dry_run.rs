//! A dry run writes nothing and ends as the real run would.

use embark_tests::harness::{COMPONENTS, Image, Report, Setup, World};

use crate::EMBARK;

#[track_caller]
fn dry(world: &World, command: &[&str]) -> Report {
    let before = world.state();
    let report = world.embark.json(&[command, &["--dry-run"]].concat());
    let text = world.embark.text(&[command, &["--dry-run"]].concat());
    assert_eq!(text.code, report.code, "{}", text.stderr);
    assert_eq!(world.state(), before, "embark {} --dry-run writes nothing", command.join(" "));
    report
}

#[track_caller]
fn assert_planned(report: &Report, environment: &str, tag: &str) {
    for component in COMPONENTS {
        let deployment = report.deployment(component);
        let found = ["environment", "tag", "state"].map(|key| deployment[key].as_str().unwrap_or_default());
        assert_eq!(found, [environment, tag, "planned"], "{deployment:#}");
    }
}

#[test]
fn a_dry_run_shows_the_plan_and_writes_nothing_without_any_server() {
    every_command(&World::new(EMBARK, Setup::Embedded));
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_dry_run_shows_the_plan_and_writes_nothing_with_servers() {
    every_command(&World::new(EMBARK, Setup::Guarded));
}

fn every_command(world: &World) {
    let commit = world.commits[0].as_str();
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", commit, "--deploy"];
    let release = ["release", "staging", "--commit", commit];
    dry(world, &release).ended(10, "refused");
    dry(world, &promote).ended(10, "refused");
    world.build(commit, "1", "1");

    assert_planned(&dry(world, &release).ended(0, "planned"), "staging", commit);
    assert_planned(&dry(world, &[&release[..], &["--deploy"]].concat()).ended(0, "planned"), "staging", commit);
    world.embark.json(&release).ended(0, "done");
    dry(world, &release).ended(0, "unchanged");

    dry(world, &promote).ended(10, "refused");
    dry(world, &["deploy", "--pending"]).ended(0, "planned");
    world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    dry(world, &["deploy", "--pending"]).ended(0, "unchanged");

    assert_planned(&dry(world, &promote).ended(0, "planned"), "production", "1.4.0");
    world.embark.json(&promote).ended(0, "done");
    dry(world, &promote).ended(0, "unchanged");
}

#[test]
fn the_presubmit_of_a_release_fails_where_the_promotion_would() {
    let world = World::new(EMBARK, Setup::Embedded);
    let commit = world.commits[0].as_str();
    let (frontend, _) = world.build(commit, "1", "1");
    world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "done");
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", commit];
    dry(&world, &promote).ended(0, "planned");

    world.store.push("frontend", "1.4.0", &Image::single("an older release"));
    dry(&world, &promote).ended(10, "refused");
    world.store.push("frontend", "1.4.0", &frontend);
    dry(&world, &promote).ended(0, "planned");

    world.store.push("frontend", commit, &Image::single("somebody else's"));
    dry(&world, &promote).ended(10, "refused");
}
