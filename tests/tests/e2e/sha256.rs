//! A repository that hashes with SHA-256 is told, and not damaged.

use embark_tests::harness::{Edit, Git, Setup, World};

use crate::EMBARK;
use crate::git_over_ssh::over_ssh;

/// Makes such a repository beside the deployment repo, names it in `embark.yaml`, and expects it to be told.
fn is_told(world: &World, url: &str) {
    let folder = world.repo.git.folder().with_file_name("other-hash.git");
    std::fs::create_dir(&folder).expect("the folder can be made");
    let git = Git::at(&folder);
    git.run(&["init", "--quiet", "--bare", "--initial-branch=main", "--object-format=sha256"]);
    git.run(&["config", "http.receivepack", "true"]);
    git.run(&["config", "uploadpack.allowFilter", "true"]);
    let text = world.repo.values("dev");
    git.commit("refs/heads/main", "Begin", &[Edit { path: &world.repo.values_path("dev"), text: &text }]);
    world.configure(url, &url.replace("deployment.git", "other-hash.git"));
    let (commit, refs) = (world.commits[0].as_str(), git.refs());
    world.build(commit, "1", "1");
    for command in [&["release", "dev", "--commit", commit, "--deploy"][..], &["deploy", "--pending"], &["status"]] {
        let report = world.embark.json(command).ended(21, "failed");
        let (message, text) = (report.error().0, report.json["error"].to_string());
        assert!(message.contains("other-hash.git"), "{message}");
        assert!(["SHA-256", "sha256"].iter().any(|name| text.contains(name)), "the cause is told: {text}");
    }
    assert_eq!(git.refs(), refs, "nothing is written");
    git.assert_sound();
}

#[test]
fn a_repository_with_sha256_is_told_on_disk() {
    let world = World::new(EMBARK, Setup::Embedded);
    is_told(&world, &world.url());
}

#[test]
#[ignore = "needs git http-backend: run ./tests/run"]
fn a_repository_with_sha256_is_told_over_http() {
    let world = World::new(EMBARK, Setup::GitServer);
    is_told(&world, &world.url());
}

#[test]
#[ignore = "needs sshd: run ./tests/run"]
fn a_repository_with_sha256_is_told_over_ssh() {
    for lets_git_protocol_in in [true, false] {
        let (world, sshd) = over_ssh(lets_git_protocol_in);
        is_told(&world, &sshd.url("deployment.git"));
    }
}
