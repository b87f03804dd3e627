//! Where the credentials for the deployment repo come from.

use std::fs;

use embark_tests::harness::{GIT_TOKEN, Setup, World};

use crate::EMBARK;
use crate::secrets::{assert_unseen, everything_said};

/// A world whose token git's credential helper knows, and nobody else.
fn helped(helper: &str) -> World {
    let mut world = World::new(EMBARK, Setup::Guarded);
    let path = std::env::var("PATH").expect("git is on the path");
    fs::write(
        world.app().join("../home/.gitconfig"),
        format!("[credential]\n\thelper = \"!f() {{ {helper}; }}; f\"\n"),
    )
    .expect("the home can be written");
    world.embark = world.embark.without("EMBARK_GIT_TOKEN").with("PATH", &path);
    world
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn credential_helpers_of_git_are_asked_last_and_what_they_say_is_seen_nowhere() {
    let world = helped(&format!("test \\\"$1\\\" = get && echo username=ada && echo password={GIT_TOKEN}"));
    // The server knows one user only; that the helper's name of it is sent is seen by the refusal.
    world.embark.json(&["status"]).ended(20, "failed");
    let world = helped(&format!("test \\\"$1\\\" = get && echo username=x-access-token && echo password={GIT_TOKEN}"));
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    world.embark.json(&["release", "dev", "--commit", commit, "--deploy"]).ended(0, "done");
    assert_unseen(&everything_said(&world, &world.embark, &[&["status"]]), &[GIT_TOKEN]);
    // A token that is given is not replaced by what a helper has.
    let other = world.embark.clone().with("EMBARK_GIT_TOKEN", "another-token");
    other.json(&["status"]).ended(20, "failed");
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn a_helper_that_knows_none_leaves_the_answer_of_the_server() {
    let world = helped("exit 1");
    let report = world.embark.json(&["status"]).ended(20, "failed");
    let text = report.json["error"].to_string();
    assert!(text.contains("EMBARK_GIT_TOKEN"), "{text}");
}

/// git, and what git runs, are programs of others.
#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn other_programs_are_told_no_secret_of_embarks() {
    let world = helped("env > $HOME/told; exit 1");
    let mut embark = world.embark.clone();
    let secrets = [
        "EMBARK_GITHUB_TOKEN",
        "GITHUB_TOKEN",
        "EMBARK_SIGNING_KEY",
        "EMBARK_GITHUB_APP_PRIVATE_KEY",
        "EMBARK_NOTIFY_URL",
        "EMBARK_SOMETHING_NEW",
    ];
    for name in secrets {
        embark = embark.with(name, "hunter2");
    }
    embark.json(&["status"]).ended(20, "failed");
    let told = fs::read_to_string(world.app().join("../home/told")).expect("the helper was run");
    assert!(told.contains("PATH=") && !told.contains("hunter2"), "{told}");
}

/// What is checked out may come from anybody: git takes a folder that looks so for a repository, and runs what it
/// configures.
#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn nothing_in_the_working_folder_configures_a_helper() {
    let world = helped("exit 1");
    let trap = world.app().join("trap");
    fs::create_dir_all(trap.join("objects")).expect("the folder can be made");
    fs::create_dir(trap.join("refs")).expect("the folder can be made");
    fs::write(trap.join("HEAD"), "ref: refs/heads/main\n").expect("the folder can be written");
    let sprung = trap.join("sprung");
    let helper = format!("[credential]\n\thelper = \"!touch {}\"\n", sprung.display());
    fs::write(trap.join("config"), helper).expect("the folder can be written");
    let ended = world.embark.in_shell("cd trap && exec \"$0\" \"$@\"", &["status"]);
    assert_eq!(ended.code, 20, "{}", ended.stderr);
    assert!(!sprung.exists(), "the helper of the folder was run");
}
