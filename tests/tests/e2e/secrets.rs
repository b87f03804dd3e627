//! What nobody may see is seen nowhere.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use embark_tests::harness::{
    Edit, Embark, GIT_TOKEN, GitServer, REGISTRY_PASSWORD, REGISTRY_USER, Running, Serving, Setup, World, program, run,
};

use crate::EMBARK;

/// Runs commands with everything that makes embark talk, and returns all that it wrote, files included.
pub(crate) fn everything_said(world: &World, embark: &Embark, commands: &[&[&str]]) -> String {
    let files = ["summary", "output"].map(|name| world.app().join(name).display().to_string());
    let embark = embark
        .clone()
        .with("GITHUB_ACTIONS", "true")
        .with("GITHUB_STEP_SUMMARY", &files[0])
        .with("GITHUB_OUTPUT", &files[1])
        .with("RUST_LOG", "trace")
        .with("RUST_BACKTRACE", "1");
    let mut said = String::new();
    for command in commands {
        for extra in [&["-v"][..], &["-v", "--output", "json"], &["-q"]] {
            let finished = embark.text(&[extra, command].concat());
            said += &finished.text();
            said += &finished.stderr;
        }
    }
    for file in files {
        said += &std::fs::read_to_string(file).unwrap_or_default();
    }
    said
}

#[track_caller]
pub(crate) fn assert_unseen(said: &str, secrets: &[&str]) {
    for secret in secrets {
        let place = said.find(secret).map(|at| {
            let line = said[..at].rfind('\n').map_or(0, |at| at + 1);
            said[line..].lines().next().unwrap_or_default()
        });
        assert_eq!(place, None, "{secret} is seen");
    }
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn no_output_at_all_holds_a_secret() {
    let world = World::new(EMBARK, Setup::Guarded);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    let commands: [&[&str]; 7] = [
        &["release", "dev", "--commit", commit, "--deploy"],
        &["release", "staging", "--commit", commit, "--deploy"],
        &["promote", "production", "--version", "1.4.0", "--commit", commit, "--deploy"],
        &["deploy", "--pending"],
        &["verify"],
        &["status"],
        &["release", "dev", "--commit", &world.commits[1]],
    ];
    let mut said = everything_said(&world, &world.embark, &commands);
    assert!(said.contains("1.4.0"), "it said something: {said}");

    let other = world.embark.clone().with("EMBARK_GIT_TOKEN", "another-secret-token");
    said += &everything_said(&world, &other, &[&["status"], &["deploy", "--pending"]]);
    for reference in ["refs/heads/main", "refs/embark/ledger"] {
        said += &world.repo.git.run(&["log", "-p", "--format=raw", reference]);
    }
    let basics = [format!("x-access-token:{GIT_TOKEN}"), format!("{REGISTRY_USER}:{REGISTRY_PASSWORD}")];
    let encoded = basics.map(|basic| STANDARD.encode(basic));
    assert_unseen(&said, &[GIT_TOKEN, REGISTRY_PASSWORD, "another-secret-token", &encoded[0], &encoded[1]]);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn no_output_at_all_holds_a_bearer_token() {
    let world = World::new(EMBARK, Setup::Bearer);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    let commands: [&[&str]; 2] = [&["release", "dev", "--commit", commit, "--deploy"], &["verify"]];
    assert_unseen(&everything_said(&world, &world.embark, &commands), &["bearer-token-"]);
}

#[test]
fn a_secret_that_stands_in_an_address_is_not_repeated() {
    let world = World::new(EMBARK, Setup::Embedded);
    world.build(&world.commits[0], "1", "1");
    world.configure("url: ../git/deployment.git", "url: http://somebody:their-password@127.0.0.1:1/deployment.git");
    let commands: [&[&str]; 2] = [&["status"], &["release", "dev", "--commit", &world.commits[0], "--deploy"]];
    assert_unseen(&everything_said(&world, &world.embark, &commands), &["their-password"]);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn logins_come_from_podmans_files_as_well() {
    let world = World::new(EMBARK, Setup::Guarded);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    let home = world.app().join("../home");
    let (docker, podman) = (home.join(".docker/config.json"), home.join(".config/containers/auth.json"));
    std::fs::create_dir_all(home.join(".config/containers")).expect("the folder can be made");
    std::fs::rename(&docker, &podman).expect("the login can be moved");
    world.embark.json(&["release", "dev", "--commit", commit]).ended(0, "done");
    let elsewhere = home.join("elsewhere.json");
    std::fs::rename(&podman, &elsewhere).expect("the login can be moved");
    world.embark.json(&["verify"]).ended(20, "failed");
    let named = world.embark.clone().with("REGISTRY_AUTH_FILE", &elsewhere.display().to_string());
    named.json(&["verify"]).ended(0, "unchanged");
}

/// Writes programs of these names into a folder, which note how they were called and go on as those on the path.
fn noting(folder: &Path, names: &[&str]) -> PathBuf {
    let log = folder.join("called");
    let path = std::env::var("PATH").expect("there is a path");
    for name in names {
        let real = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
        let real = real.expect("each of them is on the path");
        let script = folder.join(name);
        let text = format!(
            "#!/bin/sh\nprintf '%s\\n' {name} \"$@\" >>'{}'\nexec '{}' \"$@\"\n",
            log.display(),
            real.display()
        );
        fs::write(&script, text).expect("it can be written");
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("it can be made executable");
    }
    log
}

/// Reads how every process of this machine was called, over and over until it is told to stop. The harness itself has
/// skopeo log in by its arguments.
fn every_call(stop: &AtomicBool) -> String {
    let mut calls = BTreeSet::new();
    while !stop.load(Ordering::Relaxed) {
        for entry in fs::read_dir("/proc").expect("there are processes").flatten() {
            // What is no process has none.
            calls.extend(fs::read(entry.path().join("cmdline")).ok());
        }
    }
    let calls = calls.iter().filter(|call| !call.starts_with(b"skopeo"));
    calls.map(|call| String::from_utf8_lossy(call).into_owned() + "\n").collect()
}

#[test]
#[ignore = "needs docker-registry, skopeo, ssh-keygen and git http-backend: run ./tests/run"]
fn no_process_is_told_a_secret_by_its_arguments() {
    let mut world = World::new(EMBARK, Setup::Guarded);
    let commit = world.commits[0].clone();
    world.build(&commit, "1", "1");
    // By version 0 git's own programs do everything.
    let root = world.repo.git.folder().parent().expect("it lies in a folder").to_owned();
    let old =
        GitServer::start_with(&root, &Serving { token: Some(GIT_TOKEN), without_versions: true, ..Serving::default() });
    world.configure(&world.url(), &old.url("deployment.git"));
    let programs = tempfile::tempdir().expect("there is room for a folder");
    let log = noting(programs.path(), &["git", "ssh-keygen"]);
    let key = programs.path().join("key");
    run(program("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key), b"").succeeded("ssh-keygen");
    let key = fs::read_to_string(&key).expect("it is written");
    let path = format!("{}:{}", programs.path().display(), std::env::var("PATH").expect("there is a path"));
    world.embark = world.embark.with("PATH", &path).with("EMBARK_SIGNING_KEY", &key);
    let stop = AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        let seen = scope.spawn(|| every_call(&stop));
        world.embark.json(&["release", "dev", "--commit", &commit, "--deploy"]).ended(0, "done");
        let unknown = world.embark.clone().without("EMBARK_GIT_TOKEN");
        unknown.json(&["status"]).ended(20, "failed");
        stop.store(true, Ordering::Relaxed);
        seen.join().expect("it ends")
    });
    let called = fs::read_to_string(log).expect("programs were called");
    for word in ["ls-remote", "fetch", "push", "credential", "sign"] {
        assert!(called.lines().any(|line| line == word), "{word} was run: {called}");
    }
    assert!(seen.contains("release"), "processes were seen: {seen}");
    let encoded = STANDARD.encode(format!("x-access-token:{GIT_TOKEN}"));
    let line = key.lines().nth(1).expect("a key has lines");
    assert_unseen(&format!("{called}\n{seen}"), &[GIT_TOKEN, REGISTRY_PASSWORD, &encoded, line]);
}

/// A bug in whatever embark is built of, while a request with a token is on its way.
#[test]
#[ignore = "needs git http-backend: run ./tests/run"]
fn a_panic_with_a_token_in_flight_shows_none() {
    let mut world = World::new(EMBARK, Setup::GitServer);
    let root = world.repo.git.folder().parent().expect("it lies in a folder").to_owned();
    let server = GitServer::start(&root, Some(GIT_TOKEN));
    server.set_delay(Duration::from_secs(1));
    world.configure(&world.url(), &server.url("deployment.git"));
    world.embark = world.embark.with("EMBARK_GIT_TOKEN", GIT_TOKEN).with("EMBARK_TESTS_PANIC_WITH", "EMBARK_GIT_TOKEN");
    for more in [&[][..], &[("RUST_BACKTRACE", "1")]] {
        let embark = more.iter().fold(world.embark.clone(), |embark, (name, value)| embark.with(name, value));
        let told = embark.text(&["status"]).stderr;
        assert!(told.contains("error: embark has a bug") && told.contains(": ***"), "{told}");
        assert!(told.contains("embark-under-test.rs"), "it is told where: {told}");
    }
}

/// What the other tests rely on: a run that shows a secret, or writes one anywhere, fails whatever its test is about.
#[test]
fn the_harness_finds_a_secret_wherever_it_is_written() {
    let fails = |what: &str, write: &dyn Fn(&World, &Embark)| {
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let world = World::new(EMBARK, Setup::Embedded);
            let shell = Embark::new("/bin/sh", &world.app(), &world.app()).with("SOME_TOKEN", "a-token-of-this-run");
            write(&world, &shell);
        }));
        let caught = caught.expect_err(what);
        let words = caught.downcast_ref::<String>().expect("it says why");
        assert!(words.contains("that-nobody-may-see") || words.contains("a-token-of-this-run"), "{what}: {words}");
    };
    fails("stdout", &|_, shell| _ = shell.text(&["-c", "echo before $SOME_TOKEN"]));
    fails("stderr", &|_, shell| _ = shell.text(&["-c", "echo before $SOME_TOKEN >&2"]));
    let told = ["-c", "echo before $SOME_TOKEN"];
    fails("a run that may be sent signals", &|_, shell| _ = Running::start(shell, &told).end());
    fails("a run by a shell", &|_, shell| _ = shell.in_shell("exec \"$0\" \"$@\"", &told));
    fails("a run that is watched", &|_, shell| _ = shell.watched(&told));
    fails("of a server", &|_, shell| _ = shell.text(&["-c", &format!("echo {GIT_TOKEN}")]));
    fails("a file", &|world, _| fs::write(world.app().join("a.txt"), GIT_TOKEN).expect("it can be written"));
    let edit = Edit { path: "a", text: GIT_TOKEN };
    fails("a file of a commit", &|world, _| {
        _ = world.repo.git.commit("refs/heads/other", "More", std::slice::from_ref(&edit));
    });
    fails("a message", &|world, _| _ = world.repo.git.commit("refs/heads/other", GIT_TOKEN, &[]));
}
