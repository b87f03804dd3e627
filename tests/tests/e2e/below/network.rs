//! Networks that are slow, that reset connections, and that know no names.

use std::time::{Duration, Instant};

use embark_tests::harness::{COMPONENTS, Rough, Setup, Weather, World};

use super::{DEPLOY, assert_finished, assert_true};
use crate::EMBARK;
use crate::failures::assert_fails;

/// The ways to the registry and to the git server of a world.
fn ways(world: &World, seed: u64) -> [Rough; 2] {
    let server = world.server.as_ref().expect("it is served");
    let front = world.front.as_ref().expect("it has a front");
    let git = Rough::before(server.address(), seed);
    let registry = Rough::before(front.address(), seed + 1);
    let text = std::fs::read_to_string(world.config_path()).expect("the configuration is there");
    let text = text.replace(&front.address().to_string(), &registry.address().to_string());
    let text = text.replace(&server.address().to_string(), &git.address().to_string());
    std::fs::write(world.config_path(), text).expect("the configuration can be written");
    [git, registry]
}

/// Brings one commit to production; returns how long that took.
fn walk(world: &World, commit: &str, version: &str) -> Duration {
    let begun = Instant::now();
    world.embark.json(&["release", "dev", "--commit", commit, "--deploy"]).ended(0, "done");
    world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "done");
    let promote = ["promote", "production", "--version", version, "--commit", commit, "--deploy"];
    world.embark.json(&promote).ended(0, "done");
    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
    begun.elapsed()
}

/// `EMBARK_TEST_DELAY_MS=5000` makes each request five seconds late, which takes minutes.
#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_network_that_is_slow_makes_a_walk_slow_and_nothing_else() {
    let given = std::env::var("EMBARK_TEST_DELAY_MS").ok().and_then(|text| text.parse().ok());
    let delay = Duration::from_millis(given.unwrap_or(50));
    let world = World::new(EMBARK, Setup::Bearer);
    let ways = ways(&world, 1);
    for way in &ways {
        way.set(Weather { delay, ..Weather::default() });
    }
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    world.server.as_ref().unwrap().take_traffic();
    world.front.as_ref().unwrap().take_traffic();
    let took = walk(&world, commit, "1.0.0");
    let requests = world.server.as_ref().unwrap().take_traffic().requests()
        + world.front.as_ref().unwrap().take_traffic().requests();
    println!("{} ms late: a walk to production and a verify take {requests} requests, {took:?}", delay.as_millis());
    assert!(took > delay * 10, "{took:?}");
    assert_finished(&world, 3 * COMPONENTS.len(), "slow");
}

/// One of a hundred requests and of a hundred answers meets a reset: those who ask ask again.
#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn resets_of_one_in_a_hundred_keep_nobody() {
    let world = World::new(EMBARK, Setup::Bearer);
    let ways = ways(&world, 7);
    for way in &ways {
        way.set(Weather { resets: 10, ..Weather::default() });
    }
    let walks = [(&world.commits[0], "1.0.0"), (&world.commits[1], "1.1.0")];
    for (commit, version) in walks {
        world.build(commit, version, version);
        walk(&world, commit, version);
    }
    println!(
        "1% of requests and answers reset: {} resets, no run failed",
        ways.iter().map(Rough::resets).sum::<usize>()
    );
    assert_finished(&world, walks.len() * 3 * COMPONENTS.len(), "resets");
}

/// A fifth of all that is sent is lost: runs fail, and say what is so; some run finishes.
#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn resets_of_one_in_five_are_told_as_they_are() {
    let world = World::new(EMBARK, Setup::Bearer);
    let ways = ways(&world, 3);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    world.embark.json(&["release", "dev", "--commit", commit]).ended(0, "done");
    for way in &ways {
        way.set(Weather { resets: 200, ..Weather::default() });
    }
    let mut codes = Vec::new();
    while codes.last() != Some(&0) {
        let report = world.embark.json(&DEPLOY);
        let place = format!("run {}: {:#}\n{}", codes.len(), report.json, report.stderr);
        assert!([0, 21].contains(&report.code), "{place}");
        // Of a push whose answer was lost, and of which nothing could be learnt, it says so.
        if !report.json.to_string().contains("what came of it is not known") {
            assert_true(&world, &report, &place);
        }
        codes.push(report.code);
        assert!(codes.len() < 50, "{codes:?}");
    }
    println!("20% of requests and answers reset: {codes:?}, {} resets", ways.iter().map(Rough::resets).sum::<usize>());
    for way in &ways {
        way.set(Weather::default());
    }
    world.embark.json(&DEPLOY).ended(0, "unchanged");
    assert_finished(&world, COMPONENTS.len(), "resets");
}

/// `.invalid` is no name anywhere, see RFC 2606.
#[test]
fn a_name_that_is_not_found_is_told_and_the_next_run_finishes_once_it_is_mended() {
    for (old, new) in [
        ("image: oci:../images/frontend", "image: registry.invalid/acme/frontend"),
        ("url: ../git/deployment.git", "url: https://git.invalid/acme/deployment.git"),
    ] {
        let world = World::new(EMBARK, Setup::Embedded);
        world.build(&world.commits[0], "1", "1");
        world.configure(old, new);
        let host = new.split("//").last().and_then(|rest| rest.split(' ').next_back()).unwrap_or_default();
        let host = host.split('/').next().unwrap_or_default();
        let begun = Instant::now();
        assert_fails(&world, &["release", "dev", "--commit", &world.commits[0], "--deploy"], 21, &[host, "dns"]);
        println!("{host} is not found, told twice in {:?}", begun.elapsed());
        world.configure(new, old);
        world.embark.json(&["release", "dev", "--commit", &world.commits[0], "--deploy"]).ended(0, "done");
        assert_finished(&world, COMPONENTS.len(), host);
    }
}
