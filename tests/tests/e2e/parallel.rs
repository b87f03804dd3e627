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
