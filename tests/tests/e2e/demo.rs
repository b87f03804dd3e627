//! The embedded default.

use std::path::Path;

use embark_tests::harness::{Embark, Git};

use crate::EMBARK;

/// Runs the binary in `folder`: no git on the path, and every way out leads to a closed port.
fn offline(folder: &Path, home: &Path) -> Embark {
    let embark = Embark::new(EMBARK, folder, home);
    ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
        .iter()
        .fold(embark, |embark, variable| embark.with(variable, "http://127.0.0.1:1"))
}

#[test]
fn the_demo_needs_nothing_and_leaves_a_folder_in_which_every_command_works() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let demo = offline(folder.path(), folder.path()).text(&["demo", "--keep", kept.to_str().unwrap()]);
    let demo = demo.succeeded("embark demo");
    let said = demo.text() + &demo.stderr;
    for word in ["dev", "staging", "production", "refused", "broken"] {
        assert!(said.contains(word), "the demo shows {word}: {said}");
    }

    let embark = offline(&kept, folder.path());
    let verify = embark.json(&["verify"]).ended(0, "unchanged");
    assert!(
        !verify.checks().is_empty() && verify.checks().iter().all(|check| check["holds"] == true),
        "{:#}",
        verify.json
    );
    assert_eq!(embark.json(&["status"]).ended(0, "unchanged").list("environments", &["name"]).len(), 3);
    let promote = embark.json(&["promote", "production", "--version", "99.0.0", "--dry-run"]);
    assert_eq!(promote.code, 0, "{:#}", promote.json);
    embark.json(&["deploy", "--pending"]).ended(0, "unchanged");
}

#[test]
fn the_repository_of_the_demo_is_one_that_git_takes_for_sound() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    offline(folder.path(), folder.path()).text(&["demo", "--keep", kept.to_str().unwrap()]).succeeded("embark demo");
    let bare: Vec<_> = std::fs::read_dir(&kept)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("HEAD").is_file() && path.join("refs").is_dir())
        .collect();
    assert_eq!(bare.len(), 1, "one bare repository: {bare:?}");
    let git = Git::at(&bare[0]);
    git.assert_sound();
    let log = git.log("HEAD");
    let deploys = log.iter().filter(|entry| entry.subject.starts_with("deploy("));
    assert!(deploys.count() >= 3, "{log:#?}");
}

#[test]
fn the_demo_leaves_nothing_behind_and_touches_no_folder_that_is_not_empty() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let embark = offline(folder.path(), folder.path()).with("TMPDIR", temporary.to_str().unwrap());
    embark.text(&["demo"]).succeeded("embark demo");
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "without --keep nothing is kept");

    std::fs::write(temporary.join("mine"), "precious").unwrap();
    let refused = embark.text(&["demo", "--keep", temporary.to_str().unwrap()]);
    assert_ne!(refused.code, 0, "{refused:?}");
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 1);
}

#[test]
fn the_demo_shows_a_refused_promotion_and_a_broken_invariant_as_the_commands_print_them() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let demo = offline(folder.path(), folder.path()).text(&["demo", "--keep", kept.to_str().unwrap()]);
    let demo = demo.succeeded("embark demo");
    assert_eq!(demo.stderr, "");
    let story = demo.text();
    for line in story.lines() {
        assert!(line.chars().count() <= 100 && !line.ends_with(' '), "{line:?}");
    }
    let steps: Vec<&str> = (1..=9)
        .map(|step| {
            let (from, to) = (format!("\n{step}. "), format!("\n{}. ", step + 1));
            let begin = story.find(&from).unwrap_or_else(|| panic!("step {step} is in {story}"));
            &story[begin..story.find(&to).unwrap_or(story.len())]
        })
        .collect();
    let promote = "$ embark promote production --version 1.1.0 --commit ";
    let (refused, mended) = (steps[5], steps[6]);
    assert!(
        refused.contains(promote) && refused.contains("has moved") && refused.contains("exit code 10"),
        "{refused}"
    );
    assert_eq!(refused.matches("sha256:").count(), 3, "one in the table, both digests below: {refused}");
    assert!(mended.contains(promote) && mended.contains("success") && !mended.contains("exit code"), "{mended}");
    let (broken, reverted) = (steps[7], steps[8]);
    assert!(
        broken.contains("$ embark verify") && broken.contains("BROKEN") && broken.contains("exit code 11"),
        "{broken}"
    );
    assert!(broken.contains("-        tag: '1.1.0'\n") && broken.contains("+        tag: 'hotfix'\n"), "{broken}");
    assert!(reverted.contains("$ embark verify") && !reverted.contains("BROKEN"), "{reverted}");
    assert!(!reverted.contains("exit code"), "{reverted}");

    // The folder of the tests' programs has no Helm.
    let how = "Helm is not on the PATH. Where it is, one more step shows the Deployment of each environment";
    assert!(reverted.contains(how) && reverted.contains("https://helm.sh/docs/intro/install\n"), "{reverted}");
    assert!(!story.contains("\n10. ") && !story.contains("helm template"), "{story}");

    let git = Git::at(&kept.join("deployment.git"));
    let edits: Vec<_> = git.log("HEAD").into_iter().filter(|entry| entry.subject.contains("otfix")).collect();
    assert_eq!(edits.len(), 2, "somebody edited, and reverted: {edits:#?}");
    let before = git.file(&format!("{}^", edits[0].id), "prod.yaml");
    assert!(git.file(&edits[0].id, "prod.yaml").unwrap().contains("tag: 'hotfix'"));
    assert_eq!(git.file("HEAD", "prod.yaml"), before);
}

#[test]
fn the_demo_reports_the_state_in_which_it_leaves_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let embark = offline(folder.path(), folder.path());
    let demo = embark.json(&["demo", "--keep", kept.to_str().unwrap()]).ended(0, "done");
    assert_eq!(demo.json["command"], "demo");
    assert_eq!(demo.json["directory"], kept.to_str().unwrap());

    let environments = demo.list("environments", &["name", "components"]);
    let digests = |name: &str| {
        let environment = environments.iter().find(|environment| environment["name"] == name).unwrap();
        let components = environment["components"].as_array().unwrap();
        components.iter().map(|component| component["digest"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(environments.len(), 3);
    assert_eq!(digests("production").len(), 2);
    assert!(digests("production").iter().all(serde_json::Value::is_string));
    assert_eq!(digests("staging"), digests("production"), "production runs what staging has verified");
    assert_eq!(digests("dev"), digests("staging"));
    let checks = demo.checks();
    assert_eq!(checks.len(), 2);
    assert!(checks.iter().all(|check| check["holds"] == true && check["inStep"] == true), "{checks:#?}");

    let embark = offline(&kept, folder.path());
    assert_eq!(embark.json(&["verify"]).ended(0, "unchanged").checks(), checks);
    assert_eq!(embark.json(&["status"]).list("environments", &["name"]), environments);

    let demo = offline(folder.path(), folder.path()).json(&["demo"]).ended(0, "done");
    assert_eq!(demo.json.get("directory"), Some(&serde_json::Value::Null), "nothing was kept");
}

#[test]
fn the_next_commit_of_the_demo_can_be_taken_to_production() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    offline(folder.path(), folder.path()).text(&["demo", "--keep", kept.to_str().unwrap()]).succeeded("embark demo");
    let readme = std::fs::read_to_string(kept.join("README.md")).unwrap();
    let is_commit = |word: &&str| word.len() == 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let commit = readme.split_whitespace().find(is_commit).expect("README.md names the commit");

    let embark = offline(&kept, folder.path());
    for environment in ["dev", "staging"] {
        embark.json(&["release", environment, "--commit", commit, "--deploy"]).ended(0, "done");
    }
    embark.json(&["promote", "production", "--version", "1.2.0", "--commit", commit, "--deploy"]).ended(0, "done");
    embark.json(&["verify"]).ended(0, "unchanged");
}

#[test]
fn two_demos_make_the_same_images_and_values_files() {
    let folder = tempfile::tempdir().unwrap();
    let made = ["one", "two"].map(|name| {
        let kept = folder.path().join(name);
        offline(folder.path(), folder.path())
            .text(&["demo", "--keep", kept.to_str().unwrap()])
            .succeeded("embark demo");
        let git = Git::at(&kept.join("deployment.git"));
        let read = |path: &str| std::fs::read_to_string(kept.join(path)).unwrap();
        (
            ["images/frontend/index.json", "images/backend/index.json", "README.md"].map(read),
            ["dev.yaml", "staging.yaml", "prod.yaml"].map(|path| git.file("HEAD", path).unwrap()),
        )
    });
    assert_eq!(made[0], made[1]);
}

#[test]
fn the_demo_works_inside_a_checkout_that_has_nothing_to_do_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let checkout = folder.path().join("checkout");
    let git = Git::init(&checkout);
    git.commit("refs/heads/main", "Begin", &[]);
    let refs = git.refs();
    let kept = checkout.join("kept");
    let demo = offline(&checkout, folder.path()).with("GITHUB_SHA", &"a".repeat(40)).text(&[
        "demo",
        "--keep",
        kept.to_str().unwrap(),
    ]);
    demo.succeeded("embark demo");
    assert_eq!(git.refs(), refs);
    let embark = offline(&kept, folder.path());
    embark.json(&["verify"]).ended(0, "unchanged");
    assert_eq!(embark.json(&["promote", "production", "--version", "99.0.0", "--dry-run"]).code, 0);
}

#[test]
fn the_demo_takes_an_empty_folder_and_refuses_a_file_and_a_dry_run() {
    let folder = tempfile::tempdir().unwrap();
    let embark = offline(folder.path(), folder.path());
    let (empty, file) = (folder.path().join("empty"), folder.path().join("file"));
    std::fs::write(&file, "precious").unwrap();
    for arguments in [["demo", "--keep", file.to_str().unwrap()], ["demo", "--dry-run", "--keep=fresh"]] {
        let (message, hint) = embark.json(&arguments).ended(2, "failed").error();
        assert!(!message.is_empty() && hint.contains("embark demo"), "{message}: {hint}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    assert!(!folder.path().join("fresh").exists());
    std::fs::create_dir(&empty).unwrap();
    embark.text(&["demo", "--keep", empty.to_str().unwrap()]).succeeded("embark demo");
    assert!(empty.join("embark.yaml").is_file());
}

#[test]
fn a_demo_that_cannot_write_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere");
    let embark = offline(folder.path(), folder.path()).with("TMPDIR", nowhere.to_str().unwrap());
    let demo = embark.json(&["demo"]).ended(1, "failed");
    let (message, _) = demo.error();
    assert!(message.contains(nowhere.to_str().unwrap()), "{message}");
}
