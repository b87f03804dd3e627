//! The scenarios in which somebody else writes too. The numbers are those of the list of scenarios.

use embark_tests::harness::{BACKEND, FRONTEND, Image, Report, Setup, World};
use serde_json::Value;

use crate::EMBARK;

const PROMOTE: [&str; 5] = ["promote", "production", "--version", "1.4.0", "--deploy"];

/// Makes a world in which staging runs the first commit.
fn on_staging(setup: Setup) -> (World, Image, Image) {
    let world = World::new(EMBARK, setup);
    let (frontend, backend) = world.build(&world.commits[0], "1", "1");
    world.embark.json(&["release", "staging", "--commit", &world.commits[0], "--deploy"]).ended(0, "done");
    (world, frontend, backend)
}

/// Runs a command that a rule says no to: it writes nothing, tells a person so, and each of `words` is named.
#[track_caller]
fn assert_refused(world: &World, command: &[&str], words: &[&str]) -> Report {
    let before = world.state();
    let report = world.embark.json(command).ended(10, "refused");
    let text = report.json.to_string();
    for word in words {
        assert!(text.contains(word), "{word} is named: {:#}", report.json);
    }
    let finished = world.embark.text(command);
    assert_eq!(finished.code, 10, "{}", finished.stderr);
    let shown = finished.text() + &finished.stderr;
    assert!(finished.stderr.contains("hint:"), "what to do about it is told: {shown}");
    for word in words {
        assert!(shown.contains(word), "{word} is named: {shown}");
    }
    assert_eq!(world.state(), before, "nothing is written");
    report
}

#[test]
fn scenario_4_a_moved_staging_tag_is_refused_without_any_server() {
    scenario_4(Setup::Embedded);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn scenario_4_a_moved_staging_tag_is_refused_with_servers() {
    scenario_4(Setup::Servers);
}

fn scenario_4(setup: Setup) {
    let (world, frontend, _) = on_staging(setup);
    let other = Image::single("somebody else's");
    world.store.push(FRONTEND, &world.commits[0], &other);
    let digests = [frontend.digest(), other.digest()];
    let digests = [digests[0].as_str(), digests[1].as_str()];
    assert_refused(&world, &[&PROMOTE[..], &["--commit", &world.commits[0]]].concat(), &digests);
    for environment in ["dev", "staging"] {
        assert_refused(&world, &["release", environment, "--commit", &world.commits[0]], &digests);
    }
}

#[test]
fn scenario_5_a_staging_file_that_was_edited_by_hand_is_refused_without_any_server() {
    scenario_5(Setup::Embedded);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn scenario_5_a_staging_file_that_was_edited_by_hand_is_refused_with_servers() {
    scenario_5(Setup::Servers);
}

fn scenario_5(setup: Setup) {
    let (world, ..) = on_staging(setup);
    let commit = world.commits[0].as_str();
    let path = world.repo.values_path("staging");
    let edit = world.repo.edit_by_hand("staging", |text| text.replace(&format!("'{commit}'"), "'by-hand'"));
    assert_refused(&world, &[&PROMOTE[..], &["--commit", commit]].concat(), &["by-hand", &path, &edit]);
}

#[test]
fn scenario_6_a_taken_production_tag_is_refused_without_any_server() {
    scenario_6(Setup::Embedded);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn scenario_6_a_taken_production_tag_is_refused_with_servers() {
    scenario_6(Setup::Servers);
}

fn scenario_6(setup: Setup) {
    let (world, _, backend) = on_staging(setup);
    let other = Image::multi("an older release");
    world.store.push(BACKEND, "1.4.0", &other);
    let command = [&PROMOTE[..], &["--commit", &world.commits[0]]].concat();
    assert_refused(&world, &command, &["1.4.0", &other.digest(), &backend.digest(), "version"]);
    assert_eq!(world.store.raw(FRONTEND, "1.4.0"), None, "nothing was tagged for the other component either");
    assert_eq!(world.store.raw(BACKEND, "1.4.0"), Some(other.bytes));
}

#[test]
fn scenario_22_a_production_that_embark_never_deployed_to_neither_holds_nor_breaks() {
    let (world, ..) = on_staging(Setup::Embedded);
    let verify = world.embark.json(&["verify"]).ended(0, "unchanged");
    assert_eq!(holds(&verify), [Value::Null, Value::Null]);
    world.embark.json(&["verify", "--strict"]).ended(11, "broken");
}

#[test]
fn scenario_24_a_staging_image_put_into_production_by_hand_does_not_hold() {
    let (world, frontend, _) = promoted(Setup::Embedded);
    let second = world.commits[1].as_str();
    let (newer, _) = world.build(second, "2", "1");
    world.embark.json(&["release", "staging", "--commit", second, "--deploy"]).ended(0, "done");
    world.repo.edit_by_hand("production", |text| {
        text.replace("\"1.4.0\"", &format!("\"{second}\"")).replace(&frontend.digest(), &newer.digest())
    });
    let verify = world.embark.json(&["verify"]).ended(11, "broken");
    assert_eq!(holds(&verify), [Value::from(false), Value::from(true)]);
    assert!(verify.checks()[0]["reason"].as_str().is_some_and(|reason| reason.contains("promot")), "{:#}", verify.json);
}

#[test]
fn scenario_25_a_moved_production_tag_breaks_the_invariant_without_any_server() {
    scenario_25(Setup::Embedded);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn scenario_25_a_moved_production_tag_breaks_the_invariant_with_servers() {
    scenario_25(Setup::Servers);
}

fn scenario_25(setup: Setup) {
    let (world, _, backend) = promoted(setup);
    let other = Image::multi("somebody else's");
    world.store.push(BACKEND, "1.4.0", &other);
    let before = world.state();
    let verify = world.embark.json(&["verify"]).ended(11, "broken");
    assert_eq!(holds(&verify), [Value::from(true), Value::from(false)]);
    let check = &verify.checks()[1];
    assert_eq!([&check["digest"], &check["recordedDigest"]], [&other.digest(), &backend.digest()]);
    assert_eq!(world.embark.text(&["verify"]).code, 11);
    assert_eq!(world.state(), before, "verify writes nothing");

    world.store.push(BACKEND, "1.4.0", &backend);
    let mended = world.embark.json(&["verify"]).ended(0, "unchanged");
    assert_eq!(holds(&mended), [Value::from(true), Value::from(true)]);
}

#[test]
fn a_production_tag_that_is_gone_breaks_the_invariant() {
    let (world, ..) = promoted(Setup::Embedded);
    let index = world.store.layout(BACKEND).folder().join("index.json");
    let text = std::fs::read_to_string(&index).unwrap();
    std::fs::write(&index, text.replace("\"1.4.0\"", "\"gone\"")).unwrap();
    let verify = world.embark.json(&["verify"]).ended(11, "broken");
    assert_eq!(holds(&verify), [Value::from(true), Value::from(false)]);
    assert_eq!(verify.checks()[1]["digest"], Value::Null);
}

/// Makes a world in which production runs the first commit as version 1.4.0.
fn promoted(setup: Setup) -> (World, Image, Image) {
    let (world, frontend, backend) = on_staging(setup);
    world.embark.json(&[&PROMOTE[..], &["--commit", &world.commits[0]]].concat()).ended(0, "done");
    (world, frontend, backend)
}

/// Returns what holds, the frontend first.
#[track_caller]
fn holds(verify: &Report) -> [Value; 2] {
    [FRONTEND, BACKEND].map(|component| {
        let checks = verify.checks();
        let check = checks.iter().find(|check| check["component"] == component);
        check.expect("every component is checked")["holds"].clone()
    })
}

#[test]
fn what_was_assumed_is_said_after_the_deployment_too() {
    let (world, ..) = on_staging(Setup::Embedded);
    let unknown = "deadbeef".repeat(5);
    let promote = [&PROMOTE[..], &["--commit", &unknown]].concat();
    let deployment = world.embark.json(&promote).ended(0, "done").deployment(FRONTEND);
    let reason = deployment["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("no history at hand tells whether"), "{deployment:#}");
}
