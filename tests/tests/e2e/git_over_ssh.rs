//! The deployment repo over ssh.

use embark_tests::harness::{COMPONENTS, Setup, Sshd, World};

use crate::EMBARK;

/// Has a world's deployment repo served by `sshd`, and its binary find `ssh`, and git where it needs that.
pub(crate) fn over_ssh(lets_git_protocol_in: bool) -> (World, Sshd) {
    let mut world = World::new(EMBARK, Setup::Embedded);
    let root = world.repo.git.folder().parent().expect("it is in a folder").to_owned();
    let sshd = Sshd::start(&root, lets_git_protocol_in);
    world.configure(&world.url(), &sshd.url("deployment.git"));
    let path = std::env::var("PATH").expect("ssh is on the path");
    world.embark = world.embark.with("PATH", &path).with("GIT_SSH_COMMAND", &sshd.command());
    (world, sshd)
}

#[test]
#[ignore = "needs sshd: run ./tests/run"]
fn deployments_are_carried_out_over_ssh() {
    for lets_git_protocol_in in [true, false] {
        let (world, _sshd) = over_ssh(lets_git_protocol_in);
        let commit = world.commits[0].as_str();
        let (frontend, _) = world.build(commit, "1", "1");
        world.embark.json(&["release", "staging", "--commit", commit]).ended(0, "done");
        world.embark.json(&["deploy", "--pending"]).ended(0, "done");
        let values = world.values((commit, &frontend), commit);
        assert_eq!(world.repo.values("staging"), values.text("staging"));
        assert_eq!(world.repo.commits().len(), COMPONENTS.len());
        for entry in world.repo.ledger() {
            assert_eq!(entry.successes(), 1, "{:#}", entry.json);
        }
        world.embark.json(&["verify"]).ended(0, "unchanged");
        world.repo.git.assert_sound();
    }
}

#[test]
#[ignore = "needs sshd: run ./tests/run"]
fn a_key_that_the_server_does_not_know_and_a_server_that_nobody_knows_are_told() {
    let (world, sshd) = over_ssh(true);
    world.build(&world.commits[0], "1", "1");
    let release = |command: &str| {
        let embark = world.embark.clone().with("GIT_SSH_COMMAND", command);
        embark.json(&["release", "dev", "--commit", &world.commits[0]])
    };
    let refused = release(&sshd.command().replace("user_key", "host_key")).ended(20, "failed").error().0;
    assert!(refused.contains("Permission denied"), "{refused}");
    let (unknown, hint) = release(&sshd.command().replace("known_hosts", "nobody")).error();
    assert!(!hint.contains("EMBARK_GIT_TOKEN"), "ssh takes no token: {hint}");
    assert!(unknown.contains("Host key verification failed"), "{unknown}");
    let command = sshd.command();
    drop(sshd);
    release(&command).ended(21, "failed");
    assert!(world.repo.ledger().is_empty(), "nothing is written");
}

/// The run that creates deployments carries them out: it looks at the references twice.
#[test]
#[ignore = "needs sshd: run ./tests/run"]
fn a_release_that_deploys_sees_what_it_has_written_over_ssh() {
    for lets_git_protocol_in in [false, true] {
        let (world, _sshd) = over_ssh(lets_git_protocol_in);
        let commit = world.commits[0].as_str();
        world.build(commit, "1", "1");
        world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "done");
        assert_eq!(world.repo.commits().len(), COMPONENTS.len());
    }
}

#[test]
#[ignore = "needs sshd: run ./tests/run"]
fn eight_at_once_carry_each_deployment_out_exactly_once_over_ssh() {
    let (world, _sshd) = over_ssh(true);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    world.embark.json(&["release", "staging", "--commit", commit]).ended(0, "done");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| world.embark.json(&["deploy", "--pending"]).ended_with(0));
        }
    });
    assert_eq!(world.repo.commits().len(), COMPONENTS.len());
    for entry in world.repo.ledger() {
        assert_eq!(entry.successes(), 1, "{:#}", entry.json);
    }
    world.repo.git.assert_sound();
}
