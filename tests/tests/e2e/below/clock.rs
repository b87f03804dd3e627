//! A clock that is wrong, and is set back between the runs.

use embark_tests::harness::{COMPONENTS, Setup, Shim, World};

use crate::EMBARK;

const YEAR: i64 = 365 * 24 * 60 * 60;

#[test]
#[ignore = "needs cc: run ./tests/run"]
fn the_newer_commit_comes_to_production_though_each_run_is_a_year_earlier() {
    let (world, shim) = (World::new(EMBARK, Setup::Embedded), Shim::compile());
    let mut runs = 0;
    let mut earlier = || {
        runs += 1;
        shim.clock(&world.embark, -YEAR * runs)
    };
    for (commit, version) in world.commits.iter().zip(["1.0.0", "1.1.0", "1.2.0"]) {
        world.build(commit, version, version);
        for environment in ["dev", "staging"] {
            earlier().json(&["release", environment, "--commit", commit]).ended(0, "done");
            earlier().json(&["deploy", "--pending", environment]).ended(0, "done");
        }
        earlier()
            .json(&["promote", "production", "--version", version, "--commit", commit, "--deploy"])
            .ended(0, "done");
        earlier().json(&["verify", "--strict"]).ended(0, "unchanged");
        // Times of the past and of the future are shown as well as they can be.
        for embark in [earlier(), world.embark.clone()] {
            let status = embark.text(&["status"]);
            assert_eq!(status.code, 0, "{}", status.stderr);
            assert!(status.text().contains(version), "{}", status.text());
            embark.json(&["audit"]).ended(0, "unchanged");
        }
    }
    assert_eq!(world.repo.commits().len(), 3 * 3 * COMPONENTS.len());
    // An older commit does not come back, whatever the clock says of it.
    let first = earlier().json(&["release", "dev", "--commit", &world.commits[0], "--deploy"]);
    assert!([0, 10].contains(&first.code), "{:#}", first.json);
    assert!(world.repo.values("dev").contains(&world.commits[2]), "{:#}", first.json);
    world.repo.git.assert_sound();
}

/// Before 1970 and after 2100: ids and times have their ends.
#[test]
#[ignore = "needs cc: run ./tests/run"]
fn a_clock_that_is_far_off_stops_nobody() {
    let shim = Shim::compile();
    for seconds in [-80 * YEAR, 200 * YEAR] {
        let world = World::new(EMBARK, Setup::Embedded);
        let commit = world.commits[0].as_str();
        world.build(commit, "1", "1");
        let wrong = shim.clock(&world.embark, seconds);
        wrong.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "done");
        let promote = ["promote", "production", "--version", "1.0.0", "--commit", commit, "--deploy"];
        world.embark.json(&promote).ended(0, "done");
        wrong.json(&["verify", "--strict"]).ended(0, "unchanged");
        world.embark.json(&["status"]).ended(0, "unchanged");
        world.repo.git.assert_sound();
    }
}

#[test]
#[ignore = "needs cc: run ./tests/run"]
fn a_soak_time_is_not_over_sooner_by_a_clock_that_is_set_back() {
    let (world, shim) = (World::new(EMBARK, Setup::Embedded), Shim::compile());
    world.configure(
        "tag: version, promotesFrom: staging",
        "tag: version, promotesFrom: staging, requires: { soak: 1h }",
    );
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "done");
    let promote = ["promote", "production", "--version", "1.0.0", "--commit", commit, "--deploy"];
    for seconds in [-YEAR, 0, 50 * 60] {
        let refused = shim.clock(&world.embark, seconds).json(&promote).ended(10, "refused");
        assert!(refused.json.to_string().contains("soak time is not over"), "{:#}", refused.json);
    }
    shim.clock(&world.embark, 61 * 60).json(&promote).ended(0, "done");
}
