//! The repository's own `@changesets/cli`, run as npm runs it: a workspace from a changeset to production, plugins, and
//! what goes wrong.

use std::fs;
use std::os::unix::fs::symlink;

use embark_tests::harness::{BACKEND, COMPONENTS, FRONTEND, GITHUB_TOKEN, changesets, new_node, root};
use serde_json::{Value, json};

use super::{Life, REPOSITORY};

const APP: &str = "packages/app/package.json";
const BACKEND_PACKAGE: &str = "packages/backend/package.json";
const CONFIG: &str = ".changeset/config.json";
const CHANGESET: &str = ".changeset/red-cats-jump.md";
const CATS: &str = "---\n\"app\": minor\n---\n\nCarts are kept.\n";

/// What npm takes for a workspace has a lock file; of what it locks nothing is asked.
const LOCK: &str =
    "{ \"name\": \"lighthouse-backstage\", \"lockfileVersion\": 3, \"requires\": true, \"packages\": {} }\n";

const NOTE: &str = "changesets: npx --no-install changeset version (@changesets/cli 3.0.3)";

/// The workspace of `docs/examples/npm-workspace`, checked out, with its packages installed.
fn workspace() -> Life {
    let life = bare_workspace();
    symlink(changesets(), life.world.app().join("node_modules")).expect("it can be linked");
    life
}

/// The same before `npm ci`.
fn bare_workspace() -> Life {
    let mut life = Life::new();
    let example = root().join("docs/examples/npm-workspace");
    let text = |path: &str| fs::read_to_string(example.join(path)).expect("the example has it");
    let (frontend, backend) = (life.world.image(FRONTEND), life.world.image(BACKEND));
    let config = text("embark.yaml")
        .replace("ghcr.io/acme/lighthouse-backstage-frontend", &frontend)
        .replace("ghcr.io/acme/lighthouse-backstage-backend", &backend)
        .replace("https://github.com/acme/lighthouse-backstage-deployment.git", &life.world.url())
        .replace("acme/lighthouse-backstage", REPOSITORY);
    assert!(!config.contains("ghcr.io") && !config.contains("https:"), "{config}");
    fs::write(life.world.config_path(), config).expect("it can be written");
    let files = ["package.json", APP, BACKEND_PACKAGE, CONFIG, ".gitignore"].map(|path| (path, text(path)));
    let mut files: Vec<_> = files.iter().map(|(path, text)| (*path, Some(text.as_str()))).collect();
    files.extend([("package-lock.json", Some(LOCK)), ("CHANGELOG.md", None)]);
    life.push(&files);
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", new_node().display());
    life.world.embark = life.world.embark.clone().with("PATH", &path);
    life
}

/// Everything that git keeps of a checkout, so that a trace would be seen.
fn kept(life: &Life) -> String {
    let status = ["status", "--porcelain", "--ignored", "--untracked-files=all"];
    [&["worktree", "list"][..], &["for-each-ref"], &["config", "--list", "--local"], &status]
        .map(|words| life.app.run(words))
        .join("\n")
}

#[test]
#[ignore = "needs prism and the changesets program: run ./tests/run"]
fn a_workspace_goes_from_a_changeset_to_production() {
    let life = workspace();
    let nothing = life.run().ended(0, "unchanged");
    assert_eq!(nothing.json["releasePr"]["reason"], "nothing is left to release", "it is not run: it would fail");
    assert_eq!(nothing.json["releasePr"]["changesets"], "cli");

    let added = life.push(&[(CHANGESET, Some(CATS))]);
    let before = kept(&life);
    let planned = life.world.embark.json(&["release-pr", "--dry-run"]).ended(0, "planned");
    assert!(planned.stderr.contains(NOTE), "{}", planned.stderr);
    assert_eq!((&planned.json["releasePr"]["version"], life.tip()), (&json!("1.4.0"), None));
    let opened = life.ended("done");
    assert_eq!(kept(&life), before, "the checkout is as it was");
    assert_eq!((&opened["version"], &opened["changesets"]), (&json!("1.4.0"), &json!("cli")));
    let packages: Vec<Value> =
        ["app", "backend"].map(|name| json!({ "name": name, "from": "1.3.0", "to": "1.4.0" })).into();
    assert_eq!(opened["packages"], json!(packages));
    let head = life.tip().expect("there is a branch");
    let file = |path: &str| life.upstream.file(&head, path);
    assert_eq!((life.ahead().as_str(), file(CHANGESET)), ("1", None));
    let backend = file(BACKEND_PACKAGE).expect("it is there");
    assert!(backend.contains("\"version\": \"1.4.0\"") && backend.contains("\"app\": \"1.4.0\""), "{backend}");
    let line = format!("- {}: Carts are kept.", &added[..7]);
    let log = file("packages/app/CHANGELOG.md").expect("it is there");
    assert!(log.starts_with("# app\n\n## 1.4.0\n\n### Minor Changes\n\n") && log.contains(&line), "{log}");
    let body = life.body();
    assert!(!body.contains("Also changed"), "nothing but what each release changes: {body}");
    for part in
        ["| `app` | 1.3.0 | 1.4.0 |", "| `backend` | 1.3.0 | 1.4.0 |", "## app@1.4.0", "## backend@1.4.0", &line]
    {
        assert!(body.contains(part), "{part} in {body}");
    }
    life.ended("unchanged");

    // Its images go to staging, and it is merged.
    let (frontend, backend) = life.stage(&head, "1");
    life.ended("done");
    life.app.run(&["fetch", "--quiet", "origin"]);
    life.github.merge(REPOSITORY, 1);
    life.check_out("origin/main");
    let embark = life.on_merge(&head);
    embark.json(&["notes"]).ended(0, "done");
    let releases = life.github.releases(REPOSITORY);
    let notes = releases[0]["body"].as_str().expect("notes");
    assert_eq!((releases.len(), &releases[0]["tag_name"]), (1, &json!("v1.4.0")));
    assert!(notes.contains("## app@1.4.0") && notes.contains("## backend@1.4.0") && notes.contains(&line), "{notes}");
    embark.json(&["promote", "production", "--deploy"]).ended(0, "done");
    for (component, image) in COMPONENTS.into_iter().zip([&frontend, &backend]) {
        assert_eq!(life.world.store.digest(component, "1.4.0"), image.digest(), "{component}");
    }
    life.world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
    life.ended("done");
    assert_eq!(life.tip(), None, "nothing is left to release");
    people_read_it_as_the_example_shows();
}

/// Compares what people read with the page of the example.
fn people_read_it_as_the_example_shows() {
    let life = workspace();
    life.push(&[(CHANGESET, Some(CATS))]);
    let told = life.world.embark.text(&["release-pr", "--dry-run"]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    let page = root().join("docs/examples/npm-workspace/README.md");
    let page = fs::read_to_string(page).expect("the page is there");
    assert!(page.contains(&told.text()) && page.contains(NOTE), "the page shows:\n{NOTE}\n{}", told.text());
}

/// A changelog that tells what it sees of the environment, in place of one that asks GitHub.
const PLUGIN: &str = r#"
const { execFileSync } = require("node:child_process");
exports.getReleaseLine = async (changeset) => {
  const secrets = Object.keys(process.env).filter((name) => /^EMBARK_|TOKEN|GITHUB_OUTPUT/.test(name)).sort();
  execFileSync("node", ["-e", "require('node:fs').writeFileSync('stamp.txt', 'by a plugin\\n')"]);
  return `- ${changeset.summary} [${secrets}] [${process.env.GITHUB_TOKEN}] [${process.env.HOOK ?? "no hook"}]`;
};
exports.getDependencyReleaseLine = async () => "";
"#;

#[test]
#[ignore = "needs prism and the changesets program: run ./tests/run"]
fn plugins_hold_and_see_the_one_token_that_is_meant_for_them() {
    let life = workspace();
    let config = r#"{ "changelog": "./log.cjs", "privatePackages": { "version": true, "tag": false } }"#;
    life.push(&[(CHANGESET, Some(CATS)), (CONFIG, Some(config)), (".changeset/log.cjs", Some(PLUGIN))]);
    fs::write(life.world.config_path(), {
        let text = fs::read_to_string(life.world.config_path()).expect("it is there");
        format!("{text}notify: {{ webhook: {{ urlFrom: HOOK }} }}\n")
    })
    .expect("it can be written");
    let output = life.world.app().join("../output");
    let embark = life.world.embark.clone().with("GITHUB_TOKEN", "a-token-of-the-job");
    let embark = embark.with("HOOK", "https://hooks.example.com/secret");
    let embark = embark.with("GITHUB_OUTPUT", &output.display().to_string());
    let log = |embark: &embark_tests::harness::Embark| {
        let version = embark.json(&["release-pr"]).ended(0, "done").json["releasePr"]["version"].take();
        let file = |path: &str| life.upstream.file(super::BRANCH, path).expect("it is there");
        assert_eq!(file("stamp.txt"), "by a plugin\n", "what a plugin writes is proposed");
        assert_eq!(version, "1.4.0");
        let told = "Also changed by the repository's program:\n\n- `stamp.txt`\n\n";
        assert!(life.body().contains(told), "{}", life.body());
        file("packages/app/CHANGELOG.md")
    };
    let none = log(&embark);
    assert!(none.contains("- Carts are kept. [] [undefined] [no hook]"), "{none}");
    let one = log(&embark.with("EMBARK_CHANGESETS_GITHUB_TOKEN", "only-to-read"));
    assert!(one.contains("- Carts are kept. [GITHUB_TOKEN] [only-to-read] [no hook]"), "{one}");
    assert!(!one.contains(GITHUB_TOKEN) && !one.contains("a-token-of-the-job"), "{one}");
}

#[test]
#[ignore = "needs prism and the changesets program: run ./tests/run"]
fn packages_of_their_own_versions_move_on_their_own() {
    let life = workspace();
    let config = r#"{ "privatePackages": { "version": true, "tag": false } }"#;
    // It depends on the other one, so it moves whenever that does.
    let app =
        "{\n  \"name\": \"app\",\n  \"version\": \"2.0.0\",\n  \"dependencies\": { \"backend\": \"^1.3.0\" }\n}\n";
    let backend = "{\n  \"name\": \"backend\",\n  \"version\": \"1.3.0\"\n}\n";
    life.push(&[(CONFIG, Some(config)), (APP, Some(app)), (BACKEND_PACKAGE, Some(backend))]);
    life.push(&[(CHANGESET, Some("---\n\"backend\": major\n---\n\nA new API.\n"))]);
    let moved = life.ended("done");
    assert_eq!(moved["version"], "2.0.1");
    let package = |name: &str, from: &str, to: &str| json!({ "name": name, "from": from, "to": to });
    assert_eq!(moved["packages"], json!([package("app", "2.0.0", "2.0.1"), package("backend", "1.3.0", "2.0.0")]));

    // A prerelease keeps what it has used, and what it has used does not wait.
    let pre = ".changeset/pre.json";
    life.push(&[(pre, Some("{ \"mode\": \"pre\", \"tag\": \"beta\" }\n"))]);
    assert_eq!(life.ended("done")["version"], "2.0.1-beta.0");
    life.upstream.run(&["update-ref", "refs/heads/main", super::BRANCH]);
    life.check_out("origin/main");
    let used = life.ended("done");
    assert_eq!((&used["version"], life.tip()), (&Value::Null, None), "nothing is left to release");
    life.push(&[(pre, Some("{ \"mode\": \"exit\", \"tag\": \"beta\" }\n"))]);
    assert_eq!(life.ended("done")["version"], "2.0.1");
}

#[test]
#[ignore = "needs prism and the changesets program: run ./tests/run"]
fn what_is_wrong_with_a_workspace_is_told_and_nothing_is_half_done() {
    let life = bare_workspace();
    let failed = |words: &[&str]| {
        let before = kept(&life);
        let report = life.run().ended_with(3);
        let told = format!("{:#}", report.json["error"]);
        for word in words {
            assert!(told.contains(word), "{word:?} in {told}");
        }
        assert!(!told.contains("/embark-"), "no temporary folder is told: {told}");
        assert_eq!((life.tip(), life.pulls()), (None, Vec::new()), "nothing is written: {told}");
        assert_eq!(kept(&life), before, "the checkout is as it was");
    };
    life.push(&[(CHANGESET, Some(CATS))]);
    failed(&["@changesets/cli is not installed in", "npm ci"]);
    symlink(changesets(), life.world.app().join("node_modules")).expect("it can be linked");

    // What the program says comes through.
    life.push(&[(CHANGESET, Some("---\n\"frontstage\": minor\n---\n\nA\n"))]);
    failed(&["exit code 1", "red-cats-jump", "frontstage which is not in the workspace", "mend what it names"]);
    life.push(&[(CHANGESET, Some(CATS)), ("package-lock.json", None)]);
    failed(&["app which is not in the workspace", "make and commit package-lock.json"]);
    life.push(&[("package-lock.json", Some(LOCK))]);
    life.push(&[(CHANGESET, Some("\"app\": minor\n\nA\n"))]);
    failed(&["could not parse changeset - missing or invalid frontmatter"]);

    // One package moves, and not the one with the application's version.
    let apart = r#"{ "privatePackages": { "version": true, "tag": false } }"#;
    let alone = ("packages/backend/package.json", Some("{ \"name\": \"backend\", \"version\": \"0.3.0\" }\n"));
    life.push(&[(CHANGESET, Some("---\n\"backend\": patch\n---\n\nA\n")), (CONFIG, Some(apart)), alone]);
    failed(&["packages/app/package.json stays at 1.3.0", "backend@0.3.1", "version.file", "fixed"]);

    // A workspace without the program.
    life.push(&[("package.json", Some("{ \"private\": true, \"workspaces\": [\"packages/*\"] }\n"))]);
    failed(&["a workspace of packages", "npm install --save-dev @changesets/cli"]);
}

#[test]
#[ignore = "needs prism and the changesets program: run ./tests/run"]
fn a_program_that_is_not_there_or_too_old_a_node_is_told() {
    let life = workspace();
    life.push(&[(CHANGESET, Some(CATS))]);
    let told = |path: &str, code: i32| {
        let report = life.world.embark.clone().with("PATH", path).json(&["release-pr"]).ended_with(code);
        assert_eq!(life.tip(), None);
        format!("{:#}", report.json["error"])
    };
    let error = told("/nowhere", 1);
    assert!(error.contains("there is no git program") && error.contains("install git"), "{error}");
    let programs = tempfile::tempdir().expect("a folder");
    for name in ["git", "sh", "env"] {
        symlink(format!("/usr/bin/{name}"), programs.path().join(name)).expect("it can be linked");
    }
    let folder = programs.path().display().to_string();
    let error = told(&folder, 3);
    assert!(error.contains("there is no program npx") && error.contains("install Node.js"), "{error}");
    // One that says what an older one says.
    let script = "#!/bin/sh\necho 'TypeError: enableCompileCache is not a function' >&2\nexit 1\n";
    fs::write(programs.path().join("npx"), script).expect("it can be written");
    fs::set_permissions(programs.path().join("npx"), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("it can be made executable");
    let error = told(&folder, 3);
    assert!(error.contains("TypeError: enableCompileCache is not a function"), "{error}");
}

#[test]
#[ignore = "needs prism and the changesets program: run ./tests/run"]
fn packages_that_have_no_versions_leave_nothing_to_release() {
    let life = workspace();
    life.push(&[(CHANGESET, Some(CATS)), (CONFIG, Some("{ \"privatePackages\": false }\n"))]);
    let report = life.run().ended(0, "unchanged");
    assert!(report.stderr.contains("the program left them all"), "{}", report.stderr);
    assert_eq!((life.tip(), &report.json["releasePr"]["version"]), (None, &Value::Null));
}

#[test]
#[ignore = "needs prism and the changesets program: run ./tests/run"]
fn changesets_that_release_nothing_open_no_pull_request() {
    let life = workspace();
    life.push(&[(CHANGESET, Some("---\n---\n\nNobody sees it.\n"))]);
    let report = life.run().ended(0, "unchanged");
    assert!(report.stderr.contains("they go with the next release"), "{}", report.stderr);
    assert_eq!((life.tip(), life.pulls()), (None, Vec::new()));
}

#[test]
#[ignore = "needs prism and the changesets program: run ./tests/run"]
fn a_history_that_is_cut_off_before_a_changeset_is_refused() {
    let life = workspace();
    life.push(&[(CHANGESET, Some(CATS))]);
    let head = life.push(&[("main.js", Some("// moved on\n"))]);
    // As `fetch-depth: 1` leaves it.
    fs::write(life.world.app().join(".git/shallow"), format!("{head}\n")).expect("it can be written");
    let told = format!("{:#}", life.run().ended_with(3).json["error"]);
    assert!(told.contains("is cut off") && told.contains(CHANGESET) && told.contains("fetch-depth: 0"), "{told}");
    assert_eq!(life.tip(), None);
    // The commit that added it is at hand: what came before does not matter.
    let parent = life.app.run(&["rev-parse", "HEAD"]);
    assert_eq!(parent, head);
    fs::remove_file(life.world.app().join(".git/shallow")).expect("it is there");
    let root = life.app.run(&["rev-parse", "HEAD~2"]);
    fs::write(life.world.app().join(".git/shallow"), format!("{root}\n")).expect("it can be written");
    assert_eq!(life.ended("done")["version"], "1.4.0");
}
