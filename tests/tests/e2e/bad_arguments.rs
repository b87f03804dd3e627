//! Arguments that are wrong.

use embark_tests::harness::{FRONTEND, Setup, World};

use crate::EMBARK;
use crate::failures::assert_wrong_arguments;

#[test]
fn wrong_arguments_end_with_2_and_write_nothing() {
    let world = World::new(EMBARK, Setup::Embedded);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    let wrong: [(&[&str], &str); 17] = [
        (&["nope"], "nope"),
        (&["release", "dev", "--nope"], "--nope"),
        (&["release", "dev", "--commit", commit, "--component", "nope"], "nope"),
        (&["release", "nope", "--commit", commit], "nope"),
        (&["release", "../x", "--commit", commit], "../x"),
        (&["release", "dev", "--commit", &commit[..12]], &commit[..12]),
        (&["release", "dev", "--commit", &commit.to_uppercase()], &commit.to_uppercase()),
        (&["release", "dev", "--commit", commit, "--image", "frontend"], "frontend"),
        (&["release", "dev", "--commit", commit, "--image", "nope=oci:../images/frontend:x"], "nope"),
        (&["release", "dev", "--commit", commit, "--image", "frontend=oci:../images/frontend@sha256:12"], "sha256:12"),
        (&["promote", "production", "--version", "v1.2.3"], "v1.2.3"),
        (&["promote", "production", "--version", "1.2.3+build"], "1.2.3+build"),
        (&["promote", "production", "--version", "1.2"], "1.2"),
        (&["promote", "nope", "--version", "1.2.3"], "nope"),
        (&["deploy", "not-a-ulid"], "not-a-ulid"),
        (&["deploy", "--pending", "nope"], "nope"),
        (&["verify", "nope"], "nope"),
    ];
    for (command, word) in wrong {
        assert_wrong_arguments(&world, command, word);
    }
}

#[test]
fn a_digest_that_the_registry_does_not_have_is_refused() {
    let world = World::new(EMBARK, Setup::Embedded);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    let absent = format!("{FRONTEND}={}@sha256:{}", world.image(FRONTEND), "0".repeat(64));
    let before = world.state();
    let release = world.embark.json(&["release", "dev", "--commit", &world.commits[1], "--image", &absent]);
    assert!(release.json.to_string().contains(&"0".repeat(64)), "it is named: {:#}", release.json);
    release.ended(10, "refused");
    assert_eq!(world.state(), before);
}

#[test]
fn production_gets_no_release() {
    let world = World::new(EMBARK, Setup::Embedded);
    world.build(&world.commits[0], "1", "1");
    let before = world.state();
    let release = world.embark.json(&["release", "production", "--commit", &world.commits[0], "--deploy"]);
    assert!([2, 10].contains(&release.code), "{:#}", release.json);
    assert_eq!(world.state(), before);
}

#[test]
fn help_and_version_go_to_stdout_and_need_no_configuration() {
    let world = World::new(EMBARK, Setup::Embedded);
    std::fs::remove_file(world.config_path()).unwrap();
    for argument in ["--help", "--version"] {
        let finished = world.embark.text(&[argument]).succeeded(argument);
        assert!(finished.text().contains("embark") && finished.stderr.is_empty(), "{finished:?}");
    }
}
