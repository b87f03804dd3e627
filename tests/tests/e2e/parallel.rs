//! Many at once.

use std::collections::BTreeSet;

use embark_tests::harness::{COMPONENTS, Setup, World};

use crate::EMBARK;

#[test]
fn eight_at_once_carry_each_deployment_out_exactly_once_without_any_server() {
    eight_at_once(&World::new(EMBARK, Setup::Embedded));
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn eight_at_once_carry_each_deployment_out_exactly_once_with_servers() {
    eight_at_once(&World::new(EMBARK, Setup::Servers));
}

fn eight_at_once(world: &World) {
    let commit = world.commits[0].as_str();
    let (frontend, _) = world.build(commit, "1", "1");
    for environment in ["dev", "staging"] {
        world.embark.json(&["release", environment, "--commit", commit]).ended(0, "done");
    }
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8).map(|_| scope.spawn(|| world.embark.json(&["deploy", "--pending"]))).collect();
        runs.into_iter().map(|run| run.join().expect("each run reports")).collect()
    });
    for report in &outcomes {
        assert_eq!(report.code, 0, "{:#}\n{}", report.json, report.stderr);
    }
    assert!(outcomes.iter().any(|report| report.json["outcome"] == "done"), "somebody did it");

    let log = world.repo.commits();
    let carried_out: BTreeSet<_> = log.iter().map(|entry| entry.trailer("Embark-Deployment").to_owned()).collect();
    let entries = world.repo.ledger();
    let recorded: BTreeSet<_> = entries.iter().map(|entry| entry.id.clone()).collect();
    assert_eq!(carried_out, recorded, "every deployment was carried out");
    assert_eq!(log.len(), 2 * COMPONENTS.len(), "and none of them twice: {log:#?}");
    for entry in &entries {
        assert_eq!(entry.successes(), 1, "{:#}", entry.json);
    }
    for environment in ["dev", "staging"] {
        assert_eq!(world.repo.values(environment), world.values((commit, &frontend), commit).text(environment));
    }
    world.repo.git.assert_sound();
}

#[test]
fn releases_of_two_environments_at_once_both_land() {
    let world = World::new(EMBARK, Setup::Embedded);
    let commit = world.commits[0].as_str();
    let (frontend, _) = world.build(commit, "1", "1");
    std::thread::scope(|scope| {
        for environment in ["dev", "staging"] {
            for component in COMPONENTS {
                let world = &world;
                scope.spawn(move || {
                    let release = ["release", environment, "--commit", commit, "--component", component, "--deploy"];
                    world.embark.json(&release).ended(0, "done");
                });
            }
        }
    });
    for environment in ["dev", "staging"] {
        assert_eq!(world.repo.values(environment), world.values((commit, &frontend), commit).text(environment));
    }
    assert_eq!(world.repo.commits().len(), 4);
    world.repo.git.assert_sound();
}

#[test]
fn eight_releases_at_once_create_one_deployment_for_each_component() {
    let world = World::new(EMBARK, Setup::Embedded);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| world.embark.json(&["release", "dev", "--commit", commit]).ended_with(0));
        }
    });
    assert_eq!(world.repo.ledger().len(), 2, "one for each component");
}

/// A process that is killed while it moves a ref leaves git's lock behind.
#[test]
fn the_locks_of_a_killed_process_do_not_stop_the_next() {
    let world = World::new(EMBARK, Setup::Embedded);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    world.embark.json(&["release", "dev", "--commit", commit]).ended(0, "done");
    let folder = world.repo.git.folder();
    let locks = ["refs/heads/main.lock", "refs/embark/ledger.lock"].map(|name| folder.join(name));
    std::fs::write(folder.join("embark.lock"), "refs/heads/main\nrefs/embark/ledger").unwrap();
    for lock in &locks {
        std::fs::write(lock, "").unwrap();
    }
    world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    assert!(locks.iter().all(|lock| !lock.exists()));

    // What somebody else holds is told, and the deployment goes on waiting.
    world.build(&world.commits[1], "2", "2");
    std::fs::write(&locks[1], "").unwrap();
    let held = world.embark.json(&["release", "dev", "--commit", &world.commits[1]]).ended(12, "failed");
    assert!(held.error().1.contains("ledger.lock"), "{:#}", held.json);
    std::fs::remove_file(&locks[1]).unwrap();
    world.embark.json(&["release", "dev", "--commit", &world.commits[1], "--deploy"]).ended(0, "done");
}
