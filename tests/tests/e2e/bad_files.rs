//! Files that are wrong: the configuration and the values files.

use embark_tests::harness::{Edit, Setup, World};

use crate::EMBARK;
use crate::failures::assert_fails;

/// Makes a world in which CI has built the first commit, and its release.
fn built() -> (World, [String; 5]) {
    let world = World::new(EMBARK, Setup::Embedded);
    world.build(&world.commits[0], "1", "1");
    let release = ["release", "dev", "--commit", &world.commits[0], "--deploy"].map(str::to_owned);
    (world, release)
}

#[track_caller]
fn release_fails(world: &World, release: &[String], code: i32, words: &[&str]) {
    let release: Vec<&str> = release.iter().map(String::as_str).collect();
    assert_fails(world, &release, code, words);
}

#[test]
fn an_unknown_key_of_the_configuration_is_told_with_its_place_and_a_suggestion() {
    let (world, release) = built();
    world.configure("components:", "componets:");
    release_fails(&world, &release, 3, &["embark.yaml", "componets", "components", "line 2", "column 1"]);
    assert_fails(&world, &["status"], 3, &["componets"]);
}

#[test]
fn an_unknown_key_inside_a_component_is_told_with_its_place_and_a_suggestion() {
    let (world, release) = built();
    world.configure("digest: frontend.image.digest", "digets: frontend.image.digest");
    release_fails(&world, &release, 3, &["digets", "digest", "line 5", "column"]);
}

#[test]
fn a_configuration_that_is_not_yaml_is_told_with_its_place() {
    let (world, release) = built();
    world.configure("  branch: main", "  branch: [main");
    release_fails(&world, &release, 3, &["embark.yaml", "line"]);
}

#[test]
fn a_configuration_that_is_not_there_is_told() {
    let (world, release) = built();
    std::fs::remove_file(world.config_path()).unwrap();
    release_fails(&world, &release, 3, &["embark.yaml"]);
    assert_fails(&world, &["--config", "other.yaml", "status"], 3, &["other.yaml"]);
}

#[test]
fn an_environment_that_promotes_from_none_is_told() {
    let (world, release) = built();
    world.configure("promotesFrom: staging", "promotesFrom: stagging");
    release_fails(&world, &release, 3, &["stagging"]);
}

#[test]
fn two_components_that_name_one_key_are_told() {
    let (world, release) = built();
    world.configure("tag: backend.image.tag", "tag: frontend.image.tag");
    release_fails(&world, &release, 3, &["frontend", "backend", "frontend.image.tag"]);
}

#[test]
fn a_values_file_outside_of_the_repo_is_told() {
    let (world, release) = built();
    world.configure("valuesFile: dev.yaml", "valuesFile: ../dev.yaml");
    release_fails(&world, &release, 3, &["../dev.yaml"]);
}

#[test]
fn a_path_that_is_not_in_the_values_file_is_told_with_the_nearest_one() {
    let (world, release) = built();
    world.configure("tag: frontend.image.tag", "tag: frontend.img.tag");
    release_fails(&world, &release, 3, &["dev.yaml", "frontend.img", "frontend.image"]);
}

#[test]
fn a_path_that_names_no_scalar_is_told() {
    let (world, release) = built();
    world.configure("tag: frontend.image.tag, digest: frontend.image.digest", "tag: frontend.image");
    release_fails(&world, &release, 3, &["dev.yaml", "frontend.image"]);
}

#[test]
fn a_values_file_that_is_not_yaml_is_told_with_its_place() {
    let (world, release) = built();
    world.repo.edit_by_hand("dev", |text| format!("{text}\nbroken: [1, 2\n"));
    release_fails(&world, &release, 3, &["dev.yaml", "line"]);
}

#[test]
fn a_values_file_that_is_not_text_is_told() {
    let (world, release) = built();
    world.repo.git.commit("refs/heads/main", "Break dev", &[Edit { path: "dev.yaml", text: "a: \u{0}\u{7}\n" }]);
    release_fails(&world, &release, 3, &["dev.yaml"]);
}

#[test]
fn a_values_file_that_is_not_there_is_told() {
    let (world, release) = built();
    world.configure("valuesFile: dev.yaml", "valuesFile: charts/nope.yaml");
    release_fails(&world, &release, 3, &["charts/nope.yaml"]);
}
