//! The configuration in a git repository: `--config URL//PATH`.

use std::fs;

use embark_tests::harness::{Edit, GIT_TOKEN, Setup, World};

use crate::EMBARK;
use crate::failures::{assert_fails, assert_wrong_arguments};
use crate::git_over_ssh::over_ssh;
use crate::secrets::{assert_unseen, everything_said};

/// A world whose configuration lies in the deployment repo alone, at `config/embark.yaml` of a branch.
fn world(setup: Setup, branch: &str) -> World {
    let world = World::new(EMBARK, setup);
    move_configuration(&world, branch);
    world
}

fn move_configuration(world: &World, branch: &str) {
    let path = world.config_path();
    let text = fs::read_to_string(&path).expect("the configuration is there");
    fs::remove_file(path).expect("it can be taken away");
    let root = world.app().parent().expect("it is in a folder").display().to_string();
    let text = text.replace("oci:../", &format!("oci:{root}/")).replace("url: ../", &format!("url: {root}/"));
    put(world, branch, "config/embark.yaml", &(text + "version: { file: package.json }\n"));
    fs::write(world.app().join("package.json"), "{ \"version\": \"1.4.0\" }\n").expect("the folder can be written");
}

/// Lets a tag stay at what the branch is now, and empties the file on the branch.
fn tag(world: &World) {
    let git = &world.repo.git;
    git.run(&["-c", "user.name=ada", "-c", "user.email=ada@example.com", "tag", "-a", "-m", "v1", "v1", "main"]);
    put(world, "main", "config/embark.yaml", "\n");
}

fn put(world: &World, branch: &str, path: &str, text: &str) {
    world.repo.git.commit(&format!("refs/heads/{branch}"), "Configure", &[Edit { path, text }]);
}

/// The address of a file in the deployment repo.
fn named(world: &World, file: &str) -> String {
    let folder = world.repo.git.folder().display();
    world.server.as_ref().map_or_else(|| format!("file://{folder}//{file}"), |_| format!("{}//{file}", world.url()))
}

/// Brings the first commit to production, with no configuration on disk.
fn walk(world: &World, config: &str) {
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    world.embark.json(&["config", "check", "--online", "--config", config]).ended(0, "unchanged");
    world.embark.json(&["release", "staging", "--commit", commit, "--deploy", "--config", config]).ended(0, "done");
    // The version stands in the working folder.
    world.embark.json(&["promote", "production", "--commit", commit, "--config", config]).ended(0, "done");
    world.embark.json(&["deploy", "--pending", "--config", config]).ended(0, "done");
    world.embark.json(&["verify", "--strict", "--config", config]).ended(0, "unchanged");
    assert!(world.repo.values("production").contains("1.4.0"));
}

#[test]
fn a_repository_on_disk_serves_every_command_and_a_branch_can_be_named() {
    let world = world(Setup::Embedded, "main");
    walk(&world, &named(&world, "config/embark.yaml"));
    let elsewhere = self::world(Setup::Embedded, "settings/next");
    walk(&elsewhere, &named(&elsewhere, "config/embark.yaml?ref=settings/next"));
    let shown = elsewhere.embark.text(&[
        "config",
        "check",
        "--config",
        &named(&elsewhere, "config/embark.yaml?ref=settings/next"),
    ]);
    assert!(shown.text().contains("//config/embark.yaml?ref=settings/next: backstage"), "{}", shown.text());
}

#[test]
fn a_tag_can_be_named() {
    let world = world(Setup::Embedded, "main");
    tag(&world);
    let config = named(&world, "config/embark.yaml");
    world.embark.json(&["status", "--config", &config]).ended(3, "failed");
    world.embark.json(&["status", "--config", &format!("{config}?ref=refs/tags/v1")]).ended(0, "unchanged");
}

#[test]
fn what_is_not_there_is_told() {
    let world = world(Setup::Embedded, "main");
    let at = |file: &str| named(&world, file);
    assert_fails(&world, &["status", "--config", &at("embark.yaml")], 3, &["no such file", "//embark.yaml"]);
    assert_fails(&world, &["status", "--config", &at("config")], 3, &["config", "a folder"]);
    assert_fails(&world, &["status", "--config", &at("config/embark.yaml?ref=next")], 21, &["branch next", "?ref="]);
    let nowhere = at("config/embark.yaml").replace("deployment.git", "nowhere.git");
    assert_fails(&world, &["config", "check", "--config", &nowhere], 21, &["nowhere.git"]);
}

#[test]
fn what_is_wrong_in_it_is_told_with_its_address_and_its_place() {
    let world = world(Setup::Embedded, "main");
    put(&world, "main", "wrong.yaml", "application: shop\nenviroments: []\n");
    let named = named(&world, "wrong.yaml");
    let place = format!("{named}, line 2 column 1");
    assert_fails(&world, &["config", "check", "--config", &named], 3, &[&place, "environments"]);
}

#[test]
fn a_path_that_is_relative_to_nothing_is_told() {
    let world = world(Setup::Embedded, "main");
    let text = world.repo.git.file("refs/heads/main", "config/embark.yaml").expect("it is there");
    let folder = world.repo.git.folder().display().to_string();
    put(&world, "main", "relative.yaml", &text.replace(&folder, "deployment.git"));
    let config = named(&world, "relative.yaml");
    assert_fails(&world, &["status", "--config", &config], 3, &["deploymentRepo.url", "deployment.git"]);
}

#[test]
fn init_writes_no_file_into_a_repository() {
    let world = world(Setup::Embedded, "main");
    let config = named(&world, "config/embark.yaml");
    assert_wrong_arguments(&world, &["init", "--config", &config], "config/embark.yaml");
    assert_wrong_arguments(&world, &["status", "--config", "https://ada:hidden@127.0.0.1:1/a.git//b"], "password");
    let said =
        everything_said(&world, &world.embark, &[&["status", "--config", "https://ada:hidden@[::1]:1/a.git//b"]]);
    assert_unseen(&said, &["hidden"]);
}

#[test]
#[ignore = "needs git http-backend: run ./tests/run"]
fn over_http_it_takes_five_requests_and_the_connection_of_the_deployment_repo() {
    let world = world(Setup::GitServer, "main");
    let server = world.server.as_ref().expect("there is one");
    let config = named(&world, "config/embark.yaml");
    world.embark.json(&["config", "check", "--config", &config]).ended(0, "unchanged");
    let traffic = server.take_traffic();
    println!("a configuration in a folder of a repository, git:\n{traffic}");
    // The handshake, where HEAD is, its commit with the root tree, the folder, the file.
    assert_eq!(traffic.requests(), 5, "{traffic}");
    assert!(traffic.down() < 8 * 1024, "{traffic}");
    walk(&world, &config);
    server.take_traffic();
    world.embark.json(&["status", "--config", &config]).ended(0, "unchanged");
    assert_eq!(server.take_traffic().connections(), 1);
    tag(&world);
    world.embark.json(&["status", "--config", &format!("{config}?ref=refs/tags/v1")]).ended(0, "unchanged");
}

#[test]
#[ignore = "needs sshd: run ./tests/run"]
fn it_is_read_over_ssh_as_well() {
    let (world, sshd) = over_ssh(true);
    move_configuration(&world, "main");
    let config = format!("{}//config/embark.yaml", sshd.url("deployment.git"));
    walk(&world, &config);
    assert_fails(&world, &["status", "--config", &format!("{config}?ref=next")], 21, &["branch next"]);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn the_credentials_are_those_of_the_deployment_repo() {
    let world = world(Setup::Guarded, "main");
    let config = named(&world, "config/embark.yaml");
    walk(&world, &config);
    let mut embark = world.embark.clone().without("EMBARK_GIT_TOKEN");
    let refused = embark.json(&["status", "--config", &config]).ended(20, "failed");
    assert!(refused.error().1.contains("EMBARK_GIT_TOKEN"), "{:#}", refused.json);
    embark = embark.with("EMBARK_GIT_TOKEN", "another-token-that-nobody-may-see");
    let commands: [&[&str]; 2] = [&["status", "--config", &config], &["config", "check", "--config", &config]];
    let said = everything_said(&world, &embark, &commands) + &everything_said(&world, &world.embark, &commands);
    assert_unseen(&said, &[GIT_TOKEN, "another-token-that-nobody-may-see"]);
}
