//! The scenarios whose queue is GitHub's deployments. The numbers are those of the list of scenarios.

use embark_tests::harness::{BACKEND, Cut, FRONTEND, GIT_TOKEN, GitHubServer, Image, Setup, World};
use serde_json::{Value, json};

use crate::EMBARK;
use crate::github_deployments::{REPOSITORY, keep_on_github, states, world};

/// The states of all deployments of a component in an environment, in their order.
fn lane(github: &GitHubServer, environment: &str, component: &str) -> Vec<Vec<String>> {
    let task = format!("embark:{component}");
    states(github, environment).into_iter().filter(|(of, _)| *of == task).map(|(_, states)| states).collect()
}

fn release(world: &World, environment: &str, commit: usize, options: &[&str]) {
    let command = [&["release", environment, "--commit", &world.commits[commit]], options].concat();
    world.embark.json(&command).ended(0, "done");
}

fn promote(world: &World, commit: usize) -> Vec<&str> {
    vec!["promote", "production", "--version", "1.4.0", "--commit", &world.commits[commit], "--deploy"]
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn scenario_1_of_two_merges_at_once_the_newer_one_runs_whichever_is_created_first() {
    let (world, github) = world();
    world.build(&world.commits[1], "2", "2");
    let newer = ["release", "dev", "--commit", &world.commits[1]].map(str::to_owned);
    let other = world.embark.clone();
    // A has looked, and is about to create its deployment.
    github.meanwhile("POST", "/deployments", 0, move || {
        let newer = newer.each_ref().map(String::as_str);
        other.json(&newer).ended(0, "done");
    });
    let older = ["release", "dev", "--commit", &world.commits[0], "--component", FRONTEND];
    let older = world.embark.json(&older).ended(0, "unchanged");
    assert_eq!(older.deployment(FRONTEND)["state"], "inactive", "{:#}", older.json);
    world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    let done = vec!["in_progress".to_owned(), "success".to_owned()];
    assert_eq!(lane(&github, "dev", FRONTEND), [done, vec!["inactive".into()]], "B was created first");
    assert!(world.repo.values("dev").contains(&world.commits[1]));
    assert_eq!(world.repo.commits().len(), 2, "one for each component");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn scenario_9_the_answer_to_create_is_lost_and_the_next_run_finds_it() {
    let (world, github) = world();
    let command = ["release", "dev", "--commit", &world.commits[0], "--component", FRONTEND];
    world.embark.json(&["status"]).ended(0, "unchanged");
    github.take_traffic();
    world.embark.json(&[&command[..], &["--dry-run"]].concat()).ended(0, "planned");
    let looked = github.take_traffic().requests();
    // The look-up before the write, the environment, and the write.
    github.cut(looked + 2, Cut::Unanswered, true);
    world.embark.json(&command).ended(21, "failed");
    assert_eq!(github.rows(REPOSITORY).len(), 1, "it was carried out");
    github.heal();
    world.embark.json(&command).ended(0, "unchanged");
    world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    assert_eq!(lane(&github, "dev", FRONTEND), [["in_progress", "success"]]);
}

/// Another process releases and carries out a newer commit before this request of the one that carries out the older.
fn superseded_at(path: &'static str, after: usize) -> (World, GitHubServer, Vec<String>) {
    let (world, github) = world();
    world.build(&world.commits[1], "2", "1");
    release(&world, "dev", 0, &["--component", FRONTEND]);
    let id = github.rows(REPOSITORY)[0].0["payload"]["embark"]["id"].as_str().expect("an id").to_owned();
    let (other, newer) = (world.embark.clone(), world.commits[1].clone());
    github.meanwhile("POST", path, after, move || {
        let release = ["release", "dev", "--commit", &newer, "--component", FRONTEND, "--deploy"];
        other.json(&release).ended(0, "done");
    });
    world.embark.json(&["deploy", &id]).ended_with(0);
    assert!(world.repo.values("dev").contains(&world.commits[1]), "the newer one runs");
    world.embark.json(&["deploy", "--pending"]).ended(0, "unchanged");
    world.embark.json(&["verify"]).ended(0, "unchanged");
    let commits = world.repo.commits().iter().map(|entry| entry.trailer("Embark-Commit").to_owned()).collect();
    world.repo.git.assert_sound();
    (world, github, commits)
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn scenario_11_superseded_before_it_is_in_progress() {
    let (world, github, commits) = superseded_at("/statuses", 0);
    assert_eq!(commits, [world.commits[1].as_str()]);
    assert_eq!(lane(&github, "dev", FRONTEND)[1].last().map(String::as_str), Some("success"));
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn scenario_11_superseded_after_its_commit_and_before_its_success() {
    let (world, github, commits) = superseded_at("/statuses", 1);
    assert_eq!(commits, [world.commits[0].as_str(), &world.commits[1]], "never after the newer");
    assert_eq!(lane(&github, "dev", FRONTEND)[1].last().map(String::as_str), Some("success"));
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn scenario_17_a_promotion_waits_for_stagings_deployment() {
    let (world, github) = world();
    release(&world, "staging", 0, &[]);
    let before = (world.state(), github.rows(REPOSITORY));
    let refused = world.embark.json(&promote(&world, 0)).ended(10, "refused");
    let id = &before.1[0].0["payload"]["embark"]["id"];
    let reason = refused.deployment(FRONTEND)["reason"].to_string();
    assert!(reason.contains(id.as_str().expect("an id")), "{reason}");
    assert_eq!((world.state(), github.rows(REPOSITORY)), before, "nothing is written");
    world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    world.embark.json(&promote(&world, 0)).ended(0, "done");
    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn scenario_18_what_staging_no_longer_runs_is_not_promoted() {
    let (world, github) = world();
    world.build(&world.commits[1], "2", "2");
    release(&world, "staging", 0, &["--deploy"]);
    release(&world, "staging", 1, &["--deploy"]);
    let before = (world.state(), github.rows(REPOSITORY));
    let refused = world.embark.json(&promote(&world, 0)).ended(10, "refused");
    let reason = refused.deployment(FRONTEND)["reason"].to_string();
    assert!(reason.contains(&world.commits[1]), "it says what staging runs: {reason}");
    assert_eq!((world.state(), github.rows(REPOSITORY)), before, "nothing is written");
    world.embark.json(&promote(&world, 1)).ended(0, "done");
}

const FORGED: &str = "01JZZZZZZZ0000000000000001";

/// Somebody creates a deployment of the frontend in production, as alike to a real one as can be, of an image that staging
/// never ran.
fn forged(change: fn(&GitHubServer, &mut Value)) {
    let (world, github) = world();
    release(&world, "staging", 0, &["--deploy"]);
    world.embark.json(&promote(&world, 0)).ended(0, "done");
    let evil = Image::single("not from staging");
    world.store.push(FRONTEND, "9.9.9", &evil);
    let real = github.rows(REPOSITORY).into_iter().map(|(row, _)| row);
    let mut real = real.filter(|row| row["environment"] == "production" && row["task"] == "embark:frontend");
    let mut payload = real.next().expect("production has one")["payload"].take();
    let wish = &mut payload["embark"];
    for (key, value) in [("id", FORGED), ("tag", "9.9.9"), ("version", "9.9.9"), ("digest", &evil.digest())] {
        wish[key] = value.into();
    }
    change(&github, wish);
    github.create(REPOSITORY, "production", "embark:frontend", &payload);
    let before = world.state();
    let report = world.embark.json(&["deploy", "--pending"]).ended(10, "refused");
    assert_eq!(report.deployment(FRONTEND)["id"], FORGED, "{:#}", report.json);
    assert_eq!(lane(&github, "production", FRONTEND).last(), Some(&vec!["failure".to_owned()]));
    assert_eq!(world.state(), before, "nothing is written");
    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
    world.embark.json(&["deploy", "--pending"]).ended(0, "unchanged");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn scenario_20_a_digest_that_staging_never_ran_is_refused() {
    forged(|_, wish| wish["from"] = Value::Null);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn scenario_21_a_source_of_another_digest_is_refused() {
    forged(|_, _| {});
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn scenario_21_a_source_of_another_component_is_refused() {
    forged(|github, wish| {
        let rows = github.rows(REPOSITORY);
        let backend = rows.iter().find(|(row, _)| row["environment"] == "staging" && row["task"] == "embark:backend");
        let backend = &backend.expect("staging has one").0;
        wish["from"]["deployment"] = backend["payload"]["embark"]["id"].clone();
    });
}

const PROTECTED: &str = "main is protected: two reviews are required";

fn protected() -> (World, GitHubServer) {
    let (mut world, github) = keep_on_github(World::new(EMBARK, Setup::GitServer));
    world.embark = world.embark.with("EMBARK_GIT_TOKEN", GIT_TOKEN);
    world.repo.git.hook("pre-receive", &format!("#!/bin/sh\necho '{PROTECTED}' >&2\nexit 1\n"));
    release(&world, "dev", 0, &["--component", BACKEND]);
    (world, github)
}

#[test]
#[ignore = "needs prism and git http-backend: run ./tests/run"]
fn scenario_30_a_protected_branch_is_told_and_tried_five_times() {
    let (world, github) = protected();
    let tip = world.repo.tip();
    for attempt in 1..=5 {
        let failed = world.embark.json(&["deploy", "--pending"]).ended(20, "failed");
        let deployment = failed.deployment(BACKEND);
        assert_eq!(deployment["state"], "error", "{attempt}: {:#}", failed.json);
        let (_, statuses) = github.rows(REPOSITORY).remove(0);
        let newest = statuses.last().expect("it has a status");
        assert_eq!(newest["state"], "error");
        assert!(newest["description"].as_str().is_some_and(|words| words.contains(PROTECTED)), "{newest:#}");
        assert!(world.embark.text(&["status"]).code == 0);
    }
    world.embark.json(&["deploy", "--pending"]).ended(0, "unchanged");
    let states = lane(&github, "dev", BACKEND).remove(0);
    assert_eq!(states.iter().filter(|state| *state == "error").count(), 5, "{states:?}");
    assert_eq!(world.repo.tip(), tip);
}

#[test]
#[ignore = "needs prism and git http-backend: run ./tests/run"]
fn scenario_30_nothing_is_lost_when_the_branch_is_open_again() {
    let (world, github) = protected();
    let text = world.embark.text(&["deploy", "--pending"]);
    assert_eq!(text.code, 20, "{}", text.stderr);
    assert!(text.stderr.contains("hint:") && (text.text() + &text.stderr).contains(PROTECTED), "{}", text.stderr);
    std::fs::remove_file(world.repo.git.folder().join("hooks/pre-receive")).expect("the hook is there");
    world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    let states = lane(&github, "dev", BACKEND).remove(0);
    assert_eq!(states.last().map(String::as_str), Some("success"), "{states:?}");
    assert_eq!(world.repo.commits().len(), 1);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn scenario_31_the_success_of_another_component_closes_nothing() {
    let (world, github) = world();
    release(&world, "staging", 0, &["--component", FRONTEND, "--deploy"]);
    release(&world, "staging", 0, &["--component", BACKEND, "--deploy"]);
    assert_eq!(lane(&github, "staging", FRONTEND), [["in_progress", "success"]]);
    world.embark.json(&promote(&world, 0)).ended(0, "done");
    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn scenario_31_what_somebody_elses_deployment_closes_has_run_all_the_same() {
    let (world, github) = world();
    release(&world, "staging", 0, &["--deploy"]);
    // As of a job of GitHub Actions with an `environment`.
    let number = github.create(REPOSITORY, "staging", "deploy", &json!({}));
    github.post_status(REPOSITORY, number, "success");
    assert_eq!(lane(&github, "staging", FRONTEND), [["in_progress", "success", "inactive"]]);
    world.embark.json(&["deploy", "--pending"]).ended(0, "unchanged");
    world.embark.json(&promote(&world, 0)).ended(0, "done");
    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
    let status = world.embark.json(&["status", "staging"]).ended(0, "unchanged");
    assert_eq!(status.json["environments"][0]["components"][0]["inStep"], true, "{:#}", status.json);
}
