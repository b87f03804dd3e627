//! Signed commits, verified by the git program.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use embark_tests::harness::{Embark, Setup, World, program, run};

use crate::EMBARK;
use crate::secrets::{assert_unseen, everything_said};

const LEDGER: &str = "refs/embark/ledger";

/// Makes a key without a passphrase in the folder of `embark.yaml`, and returns where it is.
fn key(world: &World, arguments: &[&str]) -> PathBuf {
    key_with(world, "", arguments)
}

fn key_with(world: &World, passphrase: &str, arguments: &[&str]) -> PathBuf {
    let path = world.app().join("signing-key");
    let made =
        run(program("ssh-keygen").args(["-q", "-N", passphrase, "-C", "embark", "-f"]).arg(&path).args(arguments), b"");
    made.succeeded("ssh-keygen");
    path
}

/// Writes down whose key it is, as git wants to be told.
fn allow(world: &World, key: &Path) -> PathBuf {
    let allowed = world.app().join("allowed-signers");
    let public = fs::read_to_string(key.with_extension("pub")).expect("there is a public key");
    fs::write(&allowed, format!("embark@example.com namespaces=\"git\" {public}")).expect("it can be written");
    allowed
}

/// Lets embark find `ssh-keygen`, for nothing else is on its path.
fn with_programs(world: &World) -> Embark {
    world.embark.clone().with("PATH", &std::env::var("PATH").expect("there is a path"))
}

/// Signs with the key in the file that the configuration names.
fn configure(world: &World) {
    world.configure("  branch: main\n", "  branch: main\n  signingKey: signing-key\n");
}

fn release(world: &World, embark: &Embark) {
    release_to(world, embark, "dev");
}

fn release_to(world: &World, embark: &Embark, environment: &str) {
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    embark.json(&["release", environment, "--commit", commit, "--deploy"]).ended(0, "done");
}

/// Fails unless git finds each commit of the branch since the first one, and each of the ledger, signed with the key.
#[track_caller]
fn assert_signed(world: &World, allowed: &Path) {
    let git = &world.repo.git;
    let branch: Vec<String> = world.repo.commits().into_iter().map(|commit| commit.id).collect();
    let ledger: Vec<String> = git.run(&["rev-list", LEDGER]).lines().map(str::to_owned).collect();
    assert!(branch.len() > 1 && ledger.len() > 1, "a stack, and what came of it: {branch:?}, {ledger:?}");
    let setting = format!("gpg.ssh.allowedSignersFile={}", allowed.display());
    for commit in branch.iter().chain(&ledger) {
        // It fails where the signature is not good, or nobody is known to have the key.
        git.run(&["-c", &setting, "verify-commit", commit]);
        let raw = git.run(&["cat-file", "commit", commit]);
        assert_eq!(raw.matches("\ngpgsig -----BEGIN SSH SIGNATURE-----\n ").count(), 1, "{raw}");
    }
    git.assert_sound();
}

#[test]
#[ignore = "needs ssh-keygen: run ./tests/run"]
fn every_commit_is_signed_by_the_key_in_a_file() {
    for arguments in [&["-t", "ed25519"][..], &["-t", "rsa", "-b", "2048"]] {
        let world = World::new(EMBARK, Setup::Embedded);
        let allowed = allow(&world, &key(&world, arguments));
        configure(&world);
        release(&world, &with_programs(&world));
        assert_signed(&world, &allowed);
        world.embark.json(&["verify"]).ended(0, "unchanged");
    }
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn every_commit_that_is_pushed_to_a_server_is_signed() {
    let world = World::new(EMBARK, Setup::Bearer);
    let allowed = allow(&world, &key(&world, &["-t", "ed25519"]));
    configure(&world);
    release(&world, &with_programs(&world));
    assert_signed(&world, &allowed);
}

#[test]
#[ignore = "needs ssh-keygen: run ./tests/run"]
fn the_key_of_the_environment_wins_and_is_seen_nowhere() {
    for arguments in [&["-t", "ed25519"][..], &["-t", "rsa", "-b", "2048", "-m", "PEM"]] {
        let world = World::new(EMBARK, Setup::Embedded);
        let path = key(&world, arguments);
        let allowed = allow(&world, &path);
        let text = fs::read_to_string(&path).expect("there is a key");
        fs::remove_file(&path).expect("it can be removed");
        // The file is not there: the text alone can sign. Settings of runners come without a newline at the end.
        configure(&world);
        let room = world.app().join("room");
        fs::create_dir(&room).expect("there is room");
        let embark = with_programs(&world).with("EMBARK_SIGNING_KEY", text.trim_end());
        let embark = embark.with("TMPDIR", &room.display().to_string());
        let commit = world.commits[0].as_str();
        world.build(commit, "1", "1");
        let release = ["release", "dev", "--commit", commit, "--deploy"];
        let said = everything_said(&world, &embark, &[&release, &["config", "check", "--online"]]);
        assert_signed(&world, &allowed);
        assert!(said.contains("it signs"), "{said}");
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("-----")).collect();
        assert_unseen(&said, &lines);
        assert_eq!(fs::read_dir(&room).expect("it is there").count(), 0, "no key is left behind");
    }
}

#[test]
#[ignore = "needs ssh-keygen: run ./tests/run"]
fn without_the_key_or_the_program_nothing_is_written() {
    let world = World::new(EMBARK, Setup::Embedded);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    configure(&world);
    let embark = with_programs(&world);
    let before = world.repo.git.refs();
    let release = ["release", "dev", "--commit", commit, "--deploy"];

    let report = embark.json(&release).ended(3, "failed");
    assert!(report.json.to_string().contains("cannot read the signing key"), "{}", report.json.to_string());
    // The check says so, and asks for no more: it may run where nothing is committed.
    let finished = embark.text(&["config", "check"]);
    assert_eq!(finished.code, 0);
    assert!(finished.stderr.contains("cannot read the signing key"), "{}", finished.stderr);
    embark.json(&["config", "check", "--online"]).ended(3, "failed");

    let path = key(&world, &["-t", "ed25519"]);
    // There is nothing on the path of this one.
    let report = world.embark.json(&release).ended(20, "failed");
    assert!(report.json.to_string().contains("cannot run ssh-keygen"), "{}", report.json.to_string());

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("it is ours");
    let report = embark.json(&release).ended(20, "failed");
    assert!(report.json.to_string().contains("no commit can be signed with"), "{}", report.json.to_string());
    assert_eq!(world.repo.git.refs(), before);

    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it is ours");
    embark.json(&release).ended(0, "done");
}

#[test]
#[ignore = "needs ssh-keygen: run ./tests/run"]
fn a_key_that_does_not_work_is_found_before_the_first_tag() {
    let world = World::new(EMBARK, Setup::Embedded);
    let embark = with_programs(&world);
    release_to(&world, &embark, "staging");
    configure(&world);
    fs::write(world.app().join("signing-key"), "no key\n").expect("it can be written");
    fs::set_permissions(world.app().join("signing-key"), fs::Permissions::from_mode(0o600)).expect("it is ours");
    let commit = world.commits[0].as_str();
    let promote = ["promote", "production", "--version", "1.0.0", "--commit", commit, "--deploy"];
    let before = world.state();
    for arguments in [&promote[..], &[&promote[..], &["--dry-run"]].concat()] {
        let report = embark.json(arguments).ended(20, "failed");
        assert!(report.json.to_string().contains("no commit can be signed with"), "{}", report.json);
    }
    assert_eq!(world.state(), before);

    fs::remove_file(world.app().join("signing-key")).expect("it is ours");
    let allowed = allow(&world, &key(&world, &["-t", "ed25519"]));
    embark.json(&promote).ended(0, "done");
    let setting = format!("gpg.ssh.allowedSignersFile={}", allowed.display());
    world.repo.git.run(&["-c", &setting, "verify-commit", "main"]);
}

#[test]
#[ignore = "needs ssh-keygen: run ./tests/run"]
fn a_key_with_a_passphrase_is_refused_and_used_through_an_agent() {
    let world = World::new(EMBARK, Setup::Embedded);
    let path = key_with(&world, "open sesame", &["-t", "ed25519"]);
    let allowed = allow(&world, &path);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    configure(&world);
    let embark = with_programs(&world);
    let release = ["release", "dev", "--commit", commit, "--deploy"];
    let report = embark.json(&release).ended(20, "failed");
    assert!(report.json.to_string().contains("passphrase"), "{}", report.json.to_string());

    // The same key without the passphrase, in an agent; the public half is all that is left in the folder.
    let agent = Agent::start(&world);
    run(program("ssh-keygen").args(["-q", "-p", "-P", "open sesame", "-N", "", "-f"]).arg(&path), b"")
        .succeeded("ssh-keygen -p");
    run(program("ssh-add").arg("-q").arg(&path).env("SSH_AUTH_SOCK", &agent.socket), b"").succeeded("ssh-add");
    fs::rename(path.with_extension("pub"), &path).expect("it is ours");
    embark.with("SSH_AUTH_SOCK", &agent.socket).json(&release).ended(0, "done");
    assert_signed(&world, &allowed);
}

/// An agent that ends with the test.
struct Agent {
    socket: String,
    process: std::process::Child,
}

impl Agent {
    fn start(world: &World) -> Self {
        let socket = world.app().join("agent");
        let process = program("ssh-agent")
            .args(["-D", "-a"])
            .arg(&socket)
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("there is an agent");
        while !socket.exists() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Self { socket: socket.display().to_string(), process }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
