//! The life of a release PR, by the binary: from changesets to a published release and to production. GitHub is a double of
//! it, always behind its own description; the application's repository and its checkout are real.

mod life;
mod own_program;
mod told;

use std::fs;
use std::sync::mpsc;

use embark_tests::harness::{COMPONENTS, Cut, Setup, World};
use serde_json::{Value, json};

use self::life::{BRANCH, MAJOR, MINOR, PACKAGE};
pub(crate) use self::life::{Life, REPOSITORY};
use crate::EMBARK;

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn from_a_changeset_to_production() {
    let life = Life::new();
    let nothing = life.ended("unchanged");
    assert_eq!(
        (&nothing["pullRequest"], &nothing["commit"], &nothing["version"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(nothing["reason"], "nothing is left to release");

    // Opened.
    let added = life.push(&[(".changeset/red-cats-jump.md", Some(MINOR))]);
    let planned = life.world.embark.json(&["release-pr", "--dry-run"]).ended(0, "planned");
    assert_eq!(
        (&planned.json["releasePr"]["version"], life.tip()),
        (&json!("1.4.0"), None),
        "a dry run writes nothing"
    );
    let opened = life.ended("done");
    let first = life.tip().expect("there is a branch");
    assert_eq!(
        (&opened["commit"], &opened["branch"], &opened["version"]),
        (&json!(first), &json!("embark/release"), &json!("1.4.0"))
    );
    assert_eq!((&opened["pullRequest"]["number"], &opened["pullRequest"]["state"]), (&json!(1), &json!("open")));
    assert_eq!(opened["packages"], json!([{ "name": "backstage", "from": "1.3.0", "to": "1.4.0" }]));
    assert_eq!((life.pulls(), life.ahead()), (vec![(true, "Release 1.4.0".into())], "1".into()));
    let file = |path: &str| life.upstream.file(BRANCH, path);
    assert_eq!(file("package.json"), Some(PACKAGE.replace("1.3.0", "1.4.0")), "every other byte stays");
    let log = format!(
        "# backstage\n\n## 1.4.0\n\n### Minor Changes\n\n- {}: Carts are kept.\n\n## 1.3.0\n\n- The first.\n",
        &added[..7]
    );
    assert_eq!((file("CHANGELOG.md"), file(".changeset/red-cats-jump.md")), (Some(log), None));
    assert!(
        life.body().contains("Carts are kept.") && life.body().contains("| `backstage` | 1.3.0 | 1.4.0 |"),
        "{}",
        life.body()
    );

    // Its images go to staging, and are shown.
    let (frontend, _) = life.stage(&first, "1");
    life.ended("done");
    assert!(life.body().contains(&frontend.digest()), "{}", life.body());
    life.ended("unchanged");

    // A second changeset, and what else happens on the branch below.
    life.push(&[(".changeset/sad-dogs-sit.md", Some(MAJOR))]);
    let updated = life.ended("done");
    assert_eq!((&updated["pullRequest"]["number"], &updated["version"]), (&json!(1), &json!("2.0.0")));
    assert_eq!((life.pulls(), life.ahead()), (vec![(true, "Release 2.0.0".into())], "1".into()));
    life.push(&[("main.js", Some("// moved on\n"))]);
    let moved = life.ended("done");
    assert_eq!(file("main.js").as_deref(), Some("// moved on\n"), "it is on the new base");
    assert_ne!(moved["commit"], updated["commit"]);
    // The same lines change below: what is proposed is made again, and nothing is merged.
    life.push(&[("package.json", Some(&PACKAGE.replace("1.3.0", "1.3.1")))]);
    let head = life.ended("done")["commit"].as_str().expect("a commit").to_owned();
    assert_eq!(file("package.json"), Some(PACKAGE.replace("1.3.0", "2.0.0")));
    assert_eq!((life.pulls().len(), life.ahead()), (1, "1".into()));

    // What is not verified is neither published nor promoted.
    life.app.run(&["fetch", "--quiet", "origin"]);
    let embark = life.on_merge(&head);
    let version = ["--version", "2.0.0"];
    embark.json(&[&["notes"], &version[..]].concat()).ended(10, "refused");
    assert_eq!(life.github.releases(REPOSITORY), Vec::<Value>::new());
    let (frontend, backend) = life.stage(&head, "2");
    life.ended("done");
    let shown = life.body();
    assert!(shown.contains(&frontend.digest()) && shown.contains(&backend.digest()), "{shown}");

    // Merged: published once, and promoted as it was shown.
    life.github.merge(REPOSITORY, 1);
    life.app.run(&["fetch", "--quiet", "origin"]);
    life.app.run(&["reset", "--quiet", "--hard", "origin/main"]);
    let planned = embark.json(&["notes", "--dry-run"]).ended(0, "planned");
    assert!(planned.json["release"]["notes"].as_str().expect("notes").contains("Carts need an account."));
    for outcome in ["done", "unchanged", "unchanged"] {
        let told = embark.json(&["notes"]).ended(0, outcome);
        assert_eq!((&told.json["release"]["tag"], &told.json["release"]["commit"]), (&json!("v2.0.0"), &json!(head)));
    }
    let releases = life.github.releases(REPOSITORY);
    assert_eq!(releases.len(), 1);
    assert_eq!((&releases[0]["tag_name"], &releases[0]["prerelease"]), (&json!("v2.0.0"), &json!(false)));
    let notes = releases[0]["body"].as_str().expect("notes");
    assert!(notes.starts_with("### Major Changes") && notes.contains("Carts are kept."), "{notes}");
    assert!(!notes.contains("The first."), "{notes}");
    assert_eq!(
        life.upstream.tip("refs/tags/v2.0.0"),
        Some(head.clone()),
        "the tag is on what the images were built from"
    );
    // It knows which trigger it serves.
    let promoted = embark.clone().with("GITHUB_ACTIONS", "true").json(&["release", "--deploy"]).ended(0, "done");
    assert!(promoted.stderr.contains("production gets a promotion, since the release PR"), "{}", promoted.stderr);
    embark.json(&["promote", "production", "--deploy"]).ended(0, "unchanged");
    for (component, image) in COMPONENTS.into_iter().zip([&frontend, &backend]) {
        assert_eq!(life.world.store.digest(component, "2.0.0"), image.digest(), "{component}");
    }
    life.world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");

    // What is merged leaves nothing to release; the branch goes.
    life.ended("done");
    assert_eq!(life.tip(), None);
    life.ended("unchanged");

    // Closed when the last changeset is taken back.
    life.push(&[(".changeset/mad-cows-run.md", Some(MINOR))]);
    assert_eq!(life.ended("done")["pullRequest"]["number"], 2);
    life.push(&[(".changeset/mad-cows-run.md", None)]);
    let closed = life.ended("done");
    assert_eq!((&closed["pullRequest"]["state"], &closed["commit"]), (&json!("closed"), &Value::Null));
    assert_eq!((life.tip(), life.pulls()[1].0), (None, false));
    life.ended("unchanged");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_changeset_that_embark_writes_is_proposed() {
    let life = Life::new();
    let change = ["change", "--bump", "major", "--summary", "Carts need an account."];
    let written = life.world.embark.json(&change).ended(0, "done").json["change"].take();
    let refused = life.world.embark.json(&["release-pr", "--dry-run"]).ended(3, "failed");
    assert!(refused.error().0.contains(written["file"].as_str().expect("a file")), "it is not committed yet");
    life.app.run(&["add", "--all", "--", ".changeset"]);
    life.push(&[]);
    let planned = life.world.embark.json(&["release-pr", "--dry-run"]).ended(0, "planned");
    let package = &written["packages"][0];
    assert_eq!((&planned.json["releasePr"]["version"], &package["to"]), (&json!("2.0.0"), &json!("2.0.0")));
    assert_eq!(planned.json["releasePr"]["packages"][0]["name"], package["name"]);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn changesets_that_release_nothing_wait_for_the_next_release() {
    let life = Life::new();
    let (none, empty) = ("---\n\"backstage\": none\n---\n\nA\n", "---\n---\n\nB\n");
    life.push(&[(".changeset/mad-cows-moo.md", Some(none)), (".changeset/old-pigs-run.md", Some(empty))]);
    let report = life.run().ended(0, "unchanged");
    assert_eq!((life.tip(), life.pulls()), (None, Vec::new()));
    assert_eq!(report.json["releasePr"]["reason"], "nothing is left to release");
    assert!(report.stderr.contains("they go with the next release"), "{}", report.stderr);
    life.add_changeset();
    assert_eq!(life.ended("done")["version"], "1.4.0");
    assert_eq!(life.upstream.file(BRANCH, ".changeset/mad-cows-moo.md"), None, "they go with it");
    assert_eq!(life.upstream.file(BRANCH, ".changeset/old-pigs-run.md"), None);
    life.push(&[(".changeset/red-cats-jump.md", None)]);
    life.ended("done");
    assert_eq!((life.tip(), life.pulls()[0].0), (None, false), "it is closed");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn the_next_steps_of_a_job_are_told() {
    let life = Life::new();
    let output = life.world.app().join("../output");
    let embark = life.world.embark.clone().with("GITHUB_OUTPUT", &output.display().to_string());
    embark.json(&["release-pr"]).ended(0, "unchanged");
    assert_eq!(fs::read_to_string(&output).expect("it is there"), "outcome=unchanged\n", "there is nothing to build");
    life.push(&[(".changeset/red-cats-jump.md", Some(MINOR))]);
    fs::remove_file(&output).expect("it is there");
    embark.json(&["release-pr"]).ended(0, "done");
    let tip = life.tip().expect("there is a branch");
    assert_eq!(
        fs::read_to_string(&output).expect("it is there"),
        format!("outcome=done\nbranch=embark/release\ncommit={tip}\nversion=1.4.0\n")
    );
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn no_changeset_commands_the_runner_or_the_terminal() {
    let life = Life::new();
    let named = r#""x\n ::stop-commands::pwn\n##[error]y\u001b[2J\u202e": minor"#;
    life.push(&[(".changeset/red-cats-jump.md", Some(&format!("---\n{named}\n---\n\nA\n")))]);
    let told = life.world.embark.clone().with("GITHUB_ACTIONS", "true").text(&["release-pr"]);
    assert_eq!(told.code, 3, "{}", told.stderr);
    assert!(told.stderr.contains("stop-commands") && told.stderr.contains("error]y"), "{}", told.stderr);
    let is_command = |line: &&str| line.trim_start().starts_with("::") || line.contains("##[");
    let commands: Vec<&str> = told.stderr.lines().filter(is_command).collect();
    assert!(
        commands.len() == 1 && commands[0].starts_with("::error file=.changeset/red-cats-jump.md,"),
        "{commands:?}"
    );
    assert!(!told.stderr.contains(['\u{1b}', '\u{202e}']), "{:?}", told.stderr);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn what_is_wrong_is_told_and_nothing_is_half_done() {
    let life = Life::new();
    let failed = |code: i32, words: &[&str]| {
        let report = life.run().ended_with(code);
        let told = format!("{:#}", report.json["error"]);
        for word in words {
            assert!(told.contains(word), "{word:?} in {told}");
        }
        assert_eq!((life.tip(), life.pulls()), (None, Vec::new()), "nothing is written: {told}");
    };
    let changeset = ".changeset/red-cats-jump.md";
    // A file that nobody has committed.
    fs::create_dir_all(life.world.app().join(".changeset")).expect("the folder can be made");
    fs::write(life.world.app().join(changeset), MINOR).expect("it can be written");
    failed(3, &["not as it was committed", changeset, "commit it"]);
    life.push(&[(changeset, Some("---\n\"frontstage\": minor\n---\n\nA\n"))]);
    failed(3, &[changeset, "line 2", "frontstage", "backstage"]);
    life.push(&[(changeset, Some("\"backstage\": minor\n\nA\n"))]);
    failed(3, &[changeset, "line 1", "---"]);
    life.push(&[(changeset, Some(MINOR)), ("package.json", Some(&PACKAGE.replace("1.3.0", "1.3")))]);
    failed(3, &["package.json", "1.3", "1.4.0"]);
    life.push(&[("package.json", Some(PACKAGE))]);
    fs::write(life.world.app().join("package.json"), PACKAGE.replace("1.3.0", "9.9.9")).expect("it can be written");
    failed(3, &["not as it was committed", "package.json"]);
    fs::write(life.world.app().join("package.json"), PACKAGE).expect("it can be written");
    life.github.forbid(REPOSITORY, "contents");
    failed(20, &["Resource not accessible", "Contents: write"]);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_token_that_opens_no_pull_requests_is_told_and_leaves_no_branch() {
    let life = Life::new();
    life.push(&[(".changeset/red-cats-jump.md", Some(MINOR))]);
    life.github.forbid(REPOSITORY, "pulls");
    let report = life.run().ended(20, "failed");
    assert!(format!("{}", report.json["error"]).contains("Pull requests: write"), "{:#}", report.json);
    assert_eq!((life.tip(), life.pulls()), (None, Vec::new()), "nothing is half done");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_protected_branch_is_told_in_github_s_words() {
    let life = Life::new();
    life.push(&[(".changeset/red-cats-jump.md", Some(MINOR))]);
    life.github.protect(REPOSITORY, "embark/release");
    let report = life.run().ended(20, "failed");
    assert!(format!("{}", report.json["error"]).contains("Repository rule violations found"), "{:#}", report.json);
    assert_eq!((life.tip(), life.pulls()), (None, Vec::new()));
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn two_at_once_open_one_pull_request_and_tell_one_commit() {
    for path in ["/git/refs", "/pulls"] {
        let life = Life::new();
        life.add_changeset();
        let (other, (tell, told)) = (life.world.embark.clone(), mpsc::channel());
        // The other one is through before this one writes.
        life.github.meanwhile("POST", path, 0, move || {
            let report = other.json(&["release-pr"]).ended(0, "done");
            tell.send(report.json["releasePr"]["commit"].clone()).expect("somebody listens");
        });
        let ours = life.run().ended_with(0).json["releasePr"]["commit"].clone();
        assert_eq!((&ours, &told.recv().expect("it ran")), (&json!(life.tip()), &ours), "{path}");
        assert_eq!((life.pulls().len(), life.ahead()), (1, "1".into()), "{path}");
        life.ended("unchanged");
    }
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn notes_that_are_cut_anywhere_are_published_once() {
    let life = Life::new();
    life.add_changeset();
    let head = life.ended("done")["commit"].as_str().expect("a commit").to_owned();
    life.stage(&head, "1");
    life.github.merge(REPOSITORY, 1);
    life.check_out("origin/main");
    let embark = life.on_merge(&head);
    let mut cuts = 0;
    // Each run meets the next request, until none is left to cut. What is published stays so.
    for request in 0.. {
        for cut in [Cut::Before, Cut::Unanswered] {
            life.github.cut(request, cut, true);
            let report = embark.json(&["notes"]);
            life.github.heal();
            cuts += usize::from(report.code == 21);
            assert!([0, 21].contains(&report.code), "{:#}", report.json);
            assert!(life.github.releases(REPOSITORY).len() <= 1, "{cut:?} request {request}");
            if report.code == 0 && request > 1 {
                assert!(cuts > 4, "{cuts}");
                assert_eq!(life.github.releases(REPOSITORY).len(), 1);
                assert_eq!(life.upstream.tip("refs/tags/v1.4.0"), Some(head));
                return;
            }
        }
    }
}

#[test]
fn what_a_release_needs_is_asked_for_before_anything_is_sent() {
    let world = World::new(EMBARK, Setup::Embedded);
    let told = |code: i32| format!("{:#}", world.embark.json(&["release-pr"]).ended_with(code).json["error"]);
    let error = told(3);
    assert!(error.contains("application.repository"), "{error}");
    world.configure("application: backstage", "application: { name: backstage, repository: acme/backstage }");
    let error = told(3);
    assert!(error.contains("version.file"), "{error}");
    world.configure("environments:", "version: { file: ../package.json }\nenvironments:");
    let error = told(3);
    assert!(error.contains("is not in the git repository"), "{error}");
}
