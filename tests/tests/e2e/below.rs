//! Faults from below: the disk, the clock, the streams, the network and whoever sends signals. Each has its outcome, which
//! docs/reliability.md tells, and the next run finishes.

mod clock;
mod disk;
mod home;
mod network;
mod read_only;
mod signals;
mod streams;

use embark_tests::harness::{Entry, Report, Setup, World};

use crate::EMBARK;

const DEPLOY: [&str; 2] = ["deploy", "--pending"];

/// A world in which two deployments to dev wait.
fn waiting(setup: Setup) -> World {
    let world = World::new(EMBARK, setup);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    world.embark.json(&["release", "dev", "--commit", commit]).ended(0, "done");
    world
}

/// Fails unless each deployment was carried out, once, and the next run has nothing to do.
#[track_caller]
fn assert_finished(world: &World, deployments: usize, place: &str) {
    let ledger = world.repo.ledger();
    let successes: Vec<usize> = ledger.iter().map(Entry::successes).collect();
    assert_eq!(successes, vec![1; deployments], "each has one success: {place}");
    let mut landed: Vec<String> =
        world.repo.commits().iter().map(|entry| entry.trailer("Embark-Deployment").to_owned()).collect();
    landed.sort();
    let mut wanted: Vec<String> = ledger.into_iter().map(|entry| entry.id).collect();
    wanted.sort();
    assert_eq!(landed, wanted, "each has one commit: {place}");
    world.repo.git.assert_sound();
    world.embark.json(&DEPLOY).ended(0, "unchanged");
}

/// Fails unless what a run says of its deployments is so.
#[track_caller]
fn assert_true(world: &World, report: &Report, place: &str) {
    let landed: Vec<String> =
        world.repo.commits().iter().map(|entry| entry.trailer("Embark-Deployment").to_owned()).collect();
    for deployment in report.json["deployments"].as_array().into_iter().flatten() {
        let id = deployment["id"].as_str().unwrap_or_default();
        let has_landed = landed.iter().any(|one| one == id);
        let is_said = deployment["state"] == "success";
        assert_eq!(is_said, has_landed, "{place}: {deployment:#}");
    }
    assert_ne!(report.code, 101, "it does not panic: {place}");
}
