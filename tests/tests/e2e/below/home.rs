//! No home folder, or one that is not there.

use embark_tests::harness::{Embark, Setup, World};

use crate::EMBARK;

const NONE: fn(Embark) -> Embark = |embark| embark.without("HOME").without("USER");

fn walks(setup: Setup, homes: &[fn(Embark) -> Embark]) {
    for home in homes {
        let mut world = World::new(EMBARK, setup);
        world.embark = home(world.embark);
        let commit = world.commits[0].as_str();
        world.build(commit, "1", "1");
        for environment in ["dev", "staging"] {
            world.embark.json(&["release", environment, "--commit", commit, "--deploy"]).ended(0, "done");
        }
        let promote = ["promote", "production", "--version", "1.4.0", "--commit", commit, "--deploy"];
        world.embark.json(&promote).ended(0, "done");
        world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
        world.embark.json(&["status"]).ended(0, "unchanged");
        world.embark.json(&["audit"]).ended(0, "unchanged");
    }
}

#[test]
fn a_commit_comes_to_production_without_a_home() {
    walks(Setup::Embedded, &[NONE, |embark| embark.with("HOME", ""), |embark| embark.with("HOME", "/proc/none/home")]);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_commit_comes_to_production_without_a_home_with_servers() {
    walks(Setup::Servers, &[NONE]);
}
