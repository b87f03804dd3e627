//! The action of `action.yml`: what it installs, what it runs, and what it hands on.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use embark_tests::harness::{Action, FRONTEND, Ran, Releases, Setup, World, digest_of, root};

use crate::EMBARK;

const VERSION: &str = "0.2.0";

/// A server that has a release, and the digest of that. The binary itself is large: what is released runs it.
pub(crate) fn release() -> (Releases, String) {
    let program = format!("#!/bin/sh\nexec '{EMBARK}' \"$@\"\n").into_bytes();
    let digest = digest_of(&program).trim_start_matches("sha256:").to_owned();
    let machine = std::env::consts::ARCH;
    let path = format!("/download/v{VERSION}/embark-{VERSION}-linux-{machine}");
    (Releases::start([(path, program)]), digest)
}

/// The action in the checkout of the application, with a release to install.
pub(crate) fn action(world: &World, releases: &Releases, digest: &str) -> Action {
    Action::new(&world.app())
        .with("version", VERSION)
        .with("sha256", digest)
        .with("releases", &format!("{}/download", releases.url()))
        .env("HOME", &world.app().join("../home").display().to_string())
        .env("GITHUB_SHA", &world.commits[0])
}

fn world() -> World {
    let world = World::new(EMBARK, Setup::Embedded);
    world.build(&world.commits[0], "1", "1");
    world
}

#[track_caller]
fn assert_ended(ran: &Ran, code: i32, outcome: &str) {
    let found = (ran.code, ran.outputs["outcome"].as_str());
    assert_eq!(found, (code, outcome), "{ran:#?}");
}

/// Lists the files that can be run, wherever they lie in a folder.
fn programs(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(programs(&path));
        } else if path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0) {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_release_is_installed_by_its_digest_and_hands_on_what_it_did() {
    let (world, (releases, digest)) = (world(), release());
    let action = action(&world, &releases, &digest);
    let action = action.with("command", "release dev --deploy\n");
    let ran = action.run();
    assert_ended(&ran, 0, "done");
    assert_eq!(ran.outputs["commit"], world.commits[0]);
    let deployments: serde_json::Value = serde_json::from_str(&ran.outputs["deployments"]).expect("JSON");
    assert_eq!(deployments[0]["component"], FRONTEND);
    assert_eq!(deployments[0]["state"], "success");
    assert!(ran.summary.starts_with("### embark release: done\n"), "{}", ran.summary);
    assert_eq!(releases.take_traffic().0.len(), 1);

    let again = action.run();
    assert_ended(&again, 0, "unchanged");
    assert_eq!(releases.take_traffic().0.len(), 0, "what an earlier step of the job installed is taken");
    let installed = programs(action.temporary());
    assert_eq!(installed.len(), 1, "{installed:?}");
    fs::write(&installed[0], "#!/bin/sh\necho somebody else\n").expect("the file can be written");
    assert_ended(&action.run(), 0, "unchanged");
    assert_eq!(releases.take_traffic().0.len(), 1, "and not what somebody made of it");
}

#[test]
fn a_release_with_another_digest_is_not_installed() {
    let (world, (releases, digest)) = (world(), release());
    let (before, other) = (world.state(), "0".repeat(64));
    let action = action(&world, &releases, &other).with("command", "release dev --deploy");
    let ran = action.run();
    assert_eq!((ran.code, ran.outputs["outcome"].as_str()), (1, ""));
    let told = format!("has the digest {digest}, and not {other}");
    assert!(ran.said.contains("::error title=embark is not installed::") && ran.said.contains(&told), "{}", ran.said);
    assert_eq!(programs(action.temporary()), Vec::<PathBuf>::new());
    assert_eq!(world.state(), before);
}

#[test]
fn what_cannot_be_installed_is_told() {
    let (world, (releases, digest)) = (world(), release());
    let plain = || Action::new(&world.app()).with("command", "status");
    let cases = [
        (plain().with("version", VERSION), "sha256 is missing"),
        (plain().with("version", VERSION).with("sha256", &digest.to_uppercase()), "64 lower-case hex digits"),
        (plain().with("version", "v0.2.0").with("sha256", &digest), "v0.2.0 is none"),
        (plain().with("version", "../x").with("sha256", &digest), "../x is none"),
        (plain().with("sha256", &digest), "without the version"),
        (action(&world, &releases, &digest).with("command", "status").env("RUNNER_OS", "Windows"), "for Windows"),
        (action(&world, &releases, &digest).with("command", "status").with("version", "0.3.0"), "cannot be fetched"),
    ];
    for (action, words) in cases {
        let ran = action.run();
        assert_eq!(ran.code, 1, "{words}: {}", ran.said);
        assert!(ran.said.contains("::error title=embark is not installed::"), "{words}: {}", ran.said);
        assert!(ran.said.contains(words), "{words}: {}", ran.said);
        assert_eq!(programs(action.temporary()), Vec::<PathBuf>::new(), "{words}");
    }
}

#[test]
fn no_shell_reads_the_command() {
    let (world, (releases, digest)) = (world(), release());
    let before = world.state();
    let with = |command: &str| action(&world, &releases, &digest).with("command", command).run();
    for (command, word) in [
        ("release dev;touch hacked", "hacked"),
        ("release $(touch hacked)", "hacked)"),
        ("release `touch hacked`", "hacked`"),
        ("release *", "*"),
        ("release\ndev\n$(touch hacked)", "$(touch hacked)"),
    ] {
        let ran = with(command);
        assert_eq!(ran.code, 2, "{command}: {}", ran.said);
        assert!(ran.said.contains(word), "{command}: {}", ran.said);
    }
    for (command, word) in [
        ("hold dev --reason \"the basket is empty\"", "one argument on each line"),
        ("", "it is empty"),
        ("\n \n", "it is empty"),
        ("embark release dev", "leave out embark itself"),
    ] {
        let ran = with(command);
        assert_ended(&ran, 2, "failed");
        assert!(ran.said.contains("::error title=embark is not run::") && ran.said.contains(word), "{}", ran.said);
    }
    assert!(!world.app().join("hacked").exists());
    assert_eq!(world.state(), before);

    let ran = with("hold\ndev\n--reason\n  the \"basket\" is $EMPTY\r\n");
    assert_ended(&ran, 0, "done");
    let holds = world.repo.git.file("main", ".embark/holds.yaml").expect("there is a hold");
    assert!(holds.contains("the \\\"basket\\\" is $EMPTY"), "{holds}");
}

#[test]
fn a_command_that_ends_otherwise_keeps_its_exit_code_and_its_outcome() {
    let (world, (releases, digest)) = (world(), release());
    let ran = action(&world, &releases, &digest).with("command", "release production").run();
    assert_ended(&ran, 10, "refused");
    assert!(ran.said.contains("::error title=frontend in production refused::"), "{}", ran.said);
    let elsewhere = action(&world, &releases, &digest).with("command", "status").with("working-directory", "..");
    assert_ended(&elsewhere.run(), 3, "failed");
}

#[test]
fn a_pull_request_stands_for_its_head() {
    let (world, (releases, digest)) = (world(), release());
    let event = world.app().join("../event.json");
    let head = serde_json::json!({ "action": "closed", "pull_request": { "head": { "sha": world.commits[0] } } });
    fs::write(&event, head.to_string()).expect("the event can be written");
    let action = action(&world, &releases, &digest)
        .with("command", "release dev")
        .env("GITHUB_SHA", &world.commits[2])
        .env("GITHUB_EVENT_NAME", "pull_request")
        .env("GITHUB_EVENT_PATH", &event.display().to_string());
    let ran = action.run();
    assert_ended(&ran, 0, "done");
    assert_eq!(ran.outputs["commit"], world.commits[0]);
}

/// The variables of embark's own, as the page that is generated of their registry tells them. What is read from a file
/// has to be one, and the action sets two itself.
fn own_variables() -> Vec<String> {
    let page = fs::read_to_string(root().join("docs/reference/command-line.md")).expect("the page is there");
    let words = page.split(|c: char| !(c.is_ascii_uppercase() || c == '_'));
    let is_own = |word: &&str| word.len() > "EMBARK_".len() && word.starts_with("EMBARK_") && *word != "EMBARK_CA_FILE";
    let mut found: Vec<String> = words.filter(is_own).map(ToOwned::to_owned).collect();
    found.sort();
    found.dedup();
    assert!(found.iter().any(|name| name == "EMBARK_RELEASE_TOKEN") && found.len() > 5, "{found:?}");
    found
}

#[test]
fn without_a_release_it_is_built_from_the_commit_of_the_action_and_sees_no_secret() {
    let world = world();
    let folder = tempfile::tempdir().expect("there is room for a folder");
    // In place of minutes of compiling: it puts the binary where cargo would, and tells what it was asked.
    let cargo = folder.path().join("cargo");
    let script = format!(
        "#!/bin/bash\nset -e\nsecrets=$(env | grep hunter2 | cut -d = -f 1 | sort | xargs)\n\
         echo \"$PWD: $* secrets: [$secrets] runner: [${{GITHUB_OUTPUT-}}]\"\n\
         mkdir -p \"$CARGO_TARGET_DIR/release\"\ncp {EMBARK} \"$CARGO_TARGET_DIR/release/embark\"\n"
    );
    fs::write(&cargo, script).expect("the file can be written");
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("it can be made a program");
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").expect("there is a path"));
    let here = root().canonicalize().expect("it is there");
    let plain = || Action::new(&world.app()).with("command", "status").env("PATH", &path);
    let action = plain();
    assert_ended(&action.run(), 0, "unchanged");
    let others = ["GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_RUNTIME_TOKEN"].map(ToOwned::to_owned);
    let secrets = own_variables().into_iter().chain(others);
    let ran = secrets.fold(plain(), |action, name| action.env(&name, "hunter2")).run();
    let built = "build --release --locked --package embark-cli --bin embark";
    assert!(ran.said.contains(&format!("{}: {built} secrets: [] runner: []\n", here.display())), "{}", ran.said);
    assert!(programs(action.temporary()).iter().all(|path| path.ends_with("target/release/embark")));
    fs::write(&cargo, "#!/bin/bash\nexit 101\n").expect("the file can be written");
    let ran = plain().run();
    assert!(ran.code == 1 && ran.said.contains("embark cannot be built"), "{ran:#?}");
}
