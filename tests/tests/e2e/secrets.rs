//! What nobody may see is seen nowhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use embark_tests::harness::{Embark, GIT_TOKEN, REGISTRY_PASSWORD, REGISTRY_USER, Setup, World};

use crate::EMBARK;

/// Runs commands with everything that makes embark talk, and returns all that it wrote, files included.
pub(crate) fn everything_said(world: &World, embark: &Embark, commands: &[&[&str]]) -> String {
    let files = ["summary", "output"].map(|name| world.app().join(name).display().to_string());
    let embark = embark
        .clone()
        .with("GITHUB_ACTIONS", "true")
        .with("GITHUB_STEP_SUMMARY", &files[0])
        .with("GITHUB_OUTPUT", &files[1])
        .with("RUST_LOG", "trace")
        .with("RUST_BACKTRACE", "1");
    let mut said = String::new();
    for command in commands {
        for extra in [&["-v"][..], &["-v", "--output", "json"], &["-q"]] {
            let finished = embark.text(&[extra, command].concat());
            said += &finished.text();
            said += &finished.stderr;
        }
    }
    for file in files {
        said += &std::fs::read_to_string(file).unwrap_or_default();
    }
    said
}

#[track_caller]
pub(crate) fn assert_unseen(said: &str, secrets: &[&str]) {
    for secret in secrets {
        let place = said.find(secret).map(|at| {
            let line = said[..at].rfind('\n').map_or(0, |at| at + 1);
            said[line..].lines().next().unwrap_or_default()
        });
        assert_eq!(place, None, "{secret} is seen");
    }
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn no_output_at_all_holds_a_secret() {
    let world = World::new(EMBARK, Setup::Guarded);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    let commands: [&[&str]; 7] = [
        &["release", "dev", "--commit", commit, "--deploy"],
        &["release", "staging", "--commit", commit, "--deploy"],
        &["promote", "production", "--version", "1.4.0", "--commit", commit, "--deploy"],
        &["deploy", "--pending"],
        &["verify"],
        &["status"],
        &["release", "dev", "--commit", &world.commits[1]],
    ];
    let mut said = everything_said(&world, &world.embark, &commands);
    assert!(said.contains("1.4.0"), "it said something: {said}");

    let other = world.embark.clone().with("EMBARK_GIT_TOKEN", "another-secret-token");
    said += &everything_said(&world, &other, &[&["status"], &["deploy", "--pending"]]);
    for reference in ["refs/heads/main", "refs/embark/ledger"] {
        said += &world.repo.git.run(&["log", "-p", "--format=raw", reference]);
    }
    let basics = [format!("x-access-token:{GIT_TOKEN}"), format!("{REGISTRY_USER}:{REGISTRY_PASSWORD}")];
    let encoded = basics.map(|basic| STANDARD.encode(basic));
    assert_unseen(&said, &[GIT_TOKEN, REGISTRY_PASSWORD, "another-secret-token", &encoded[0], &encoded[1]]);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn no_output_at_all_holds_a_bearer_token() {
    let world = World::new(EMBARK, Setup::Bearer);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    let commands: [&[&str]; 2] = [&["release", "dev", "--commit", commit, "--deploy"], &["verify"]];
    assert_unseen(&everything_said(&world, &world.embark, &commands), &["bearer-token-"]);
}

#[test]
fn a_secret_that_stands_in_an_address_is_not_repeated() {
    let world = World::new(EMBARK, Setup::Embedded);
    world.build(&world.commits[0], "1", "1");
    world.configure("url: ../git/deployment.git", "url: http://somebody:their-password@127.0.0.1:1/deployment.git");
    let commands: [&[&str]; 2] = [&["status"], &["release", "dev", "--commit", &world.commits[0], "--deploy"]];
    assert_unseen(&everything_said(&world, &world.embark, &commands), &["their-password"]);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn logins_come_from_podmans_files_as_well() {
    let world = World::new(EMBARK, Setup::Guarded);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    let home = world.app().join("../home");
    let (docker, podman) = (home.join(".docker/config.json"), home.join(".config/containers/auth.json"));
    std::fs::create_dir_all(home.join(".config/containers")).expect("the folder can be made");
    std::fs::rename(&docker, &podman).expect("the login can be moved");
    world.embark.json(&["release", "dev", "--commit", commit]).ended(0, "done");
    let elsewhere = home.join("elsewhere.json");
    std::fs::rename(&podman, &elsewhere).expect("the login can be moved");
    world.embark.json(&["verify"]).ended(20, "failed");
    let named = world.embark.clone().with("REGISTRY_AUTH_FILE", &elsewhere.display().to_string());
    named.json(&["verify"]).ended(0, "unchanged");
}
