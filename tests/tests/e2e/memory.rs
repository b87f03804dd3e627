//! What a copy holds in memory.

use embark_tests::harness::{BACKEND, Image, Registry, Setup, World};

use crate::EMBARK;

/// What the process may hold at most, in KiB.
const LIMIT: u64 = 64 * 1024;

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_layer_of_300_mb_is_copied_to_another_registry_in_little_memory() {
    let (world, there) = (World::new(EMBARK, Setup::Servers), Registry::start(false));
    let (image, commit) = (Image::large(300), world.commits[0].as_str());
    world.store.push(BACKEND, commit, &image);
    let (here, there) = (world.image(BACKEND), format!("{}/prod/backend", there.address()));
    world
        .configure(&format!("image: {here}\n"), &format!("image: {here}\n    images: {{ production: \"{there}\" }}\n"));
    let release = ["release", "staging", "--commit", commit, "--component", BACKEND, "--deploy"];
    world.embark.json(&release).ended(0, "done");
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", commit, "--component", BACKEND];
    let (finished, peak) = world.embark.watched(&promote);
    finished.succeeded("embark promote");
    println!("peak of a copy of 300 MiB: {peak} KiB");
    assert!((1..=LIMIT).contains(&peak), "{peak} KiB");
    world.embark.json(&[&promote[..], &["--deploy"]].concat()).ended(0, "done");
    let report = world.embark.json(&["verify", "production"]).ended(0, "unchanged");
    let checks = report.checks();
    let check = checks.iter().find(|check| check["component"] == BACKEND).expect("it is checked");
    assert_eq!((&check["digest"], &check["image"]), (&image.digest().into(), &there.into()));
}
