//! What somebody else wrote, as bad as it can be: names that would lead elsewhere, and texts that would act on whoever
//! reads them. That nothing of the kind is seen, the harness asserts of every run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use embark_tests::harness::{ArgoCdServer, Edit, Entry, FRONTEND, Finished, Garbage, Image, Instead, Setup, World};
use serde_json::{Value, json};

use crate::EMBARK;

/// What clears a terminal and names its window, in two ways, turns the direction of writing, and commands GitHub's runner.
const TEXT: &str = "they said\u{1b}[2J\u{1b}]0;gone\u{7}\u{9b}31m\u{7f}\u{202e}drow\u{2066}\n::add-mask::x\n ::stop-commands::y\n\
                    ##[error]z ##[set-output name=outcome]done\r::error::w";

/// What is left of it for whoever reads.
const SEEN: &str = "they said";

/// Names that would lead out of a folder, be an option, or be more than one line or word.
const NAMES: [&str; 12] = [
    "../../../escaped",
    "a/../../../escaped",
    "/tmp/escaped",
    "..",
    "-x",
    "--upload-pack=touch escaped",
    "$(touch escaped)",
    "a;touch escaped",
    "a\nb",
    "a\0b",
    "\u{1b}[2J",
    "a\u{202e}b",
];

/// Runs a command in all ways in which embark tells something; returns all that it wrote.
fn told(world: &World, arguments: &[&str]) -> String {
    let files = ["summary.md", "output.txt"].map(|name| world.app().join(name));
    let mut embark = world.embark.clone().with("GITHUB_ACTIONS", "true");
    for (name, file) in ["GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"].iter().zip(&files) {
        embark = embark.with(name, &file.display().to_string());
    }
    let mut text = String::new();
    for ways in [&[][..], &["-v"], &["-vv"], &["--output", "json"], &["-q"]] {
        let Finished { stdout, stderr, .. } = embark.text(&[ways, arguments].concat());
        text += &format!("{}\n{stderr}\n", String::from_utf8_lossy(&stdout));
    }
    for file in files {
        let written = fs::read_to_string(file).unwrap_or_default();
        let is_plain =
            |c: char| matches!(c, '\n' | '\t') || !(c.is_control() || ('\u{202a}'..='\u{2069}').contains(&c));
        assert!(written.chars().all(is_plain), "{written:?}");
        text += &written;
    }
    text
}

/// Fails unless a commit's message can be read by anybody.
#[track_caller]
fn assert_readable(message: &str) {
    assert!(
        !message.chars().any(|c| (c != '\n' && c.is_control()) || ('\u{202a}'..='\u{2069}').contains(&c)),
        "{message:?}"
    );
}

/// A world in which everything was brought to production.
fn promoted() -> World {
    let world = World::new(EMBARK, Setup::Embedded);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    for environment in ["dev", "staging"] {
        world.embark.json(&["release", environment, "--commit", commit, "--deploy"]).ended(0, "done");
    }
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", commit, "--deploy"];
    world.embark.json(&promote).ended(0, "done");
    world
}

fn id(number: usize) -> String {
    format!("01JZZZZZZZ{number:016}")
}

#[test]
fn what_a_deployment_says_acts_on_no_terminal_no_job_and_no_commit() {
    let world = promoted();
    let commit = world.commits[1].as_str();
    world.build(commit, "2", "2");
    let mut entry: Entry = world.repo.ledger_of("dev", FRONTEND)[0].forged(&id(1)).succeeded(TEXT);
    entry.payload_mut()["actor"] = TEXT.into();
    world.repo.forge(&entry);
    let mut pending = world.repo.ledger_of("staging", FRONTEND)[0].forged(&id(2));
    for (key, value) in [("actor", TEXT.into()), ("tag", commit.into()), ("commit", commit.into())] {
        pending.payload_mut()[key] = value;
    }
    pending.payload_mut()["digest"] = json!(Image::single("frontend 2").digest());
    world.repo.forge(&pending);
    let before = world.repo.commits().len();
    let text = told(&world, &["deploy", "--pending"]);
    assert_eq!(world.repo.commits().len(), before + 1, "what can be deployed is: {text}");
    let message = world.repo.git.run(&["log", "-1", "--format=%B", "refs/heads/main"]);
    assert!(message.contains(&format!("Embark-Actor: {SEEN}")), "{message}");
    assert_readable(&message);
    let status = told(&world, &["status"]);
    assert!(status.contains(SEEN), "it is told who did it: {status}");
    for command in [&["verify"][..], &["audit"], &["deploy", "--pending", "--dry-run"]] {
        told(&world, command);
    }
}

#[test]
fn what_a_commit_says_acts_on_no_terminal_no_job_and_no_report() {
    let world = promoted();
    let values = world.repo.values("production").replace("1.4.0", "9.9.9");
    let author = TEXT.replace(['\n', '\r'], " ");
    let message = format!("@everyone {TEXT}");
    // git's own commands would clean the author.
    let stream = format!(
        "commit refs/heads/main\nauthor @everyone {author} <a@example.com> 1800000000 +0000\ncommitter x <x@example.com> \
         1800000000 +0000\ndata {}\n{message}\nfrom refs/heads/main^0\nM 100644 inline prod.yaml\ndata {}\n{values}\n",
        message.len(),
        values.len()
    );
    world.repo.git.fast_import(&stream);
    for command in [&["verify"][..], &["status"], &["audit", "--strict"]] {
        let text = told(&world, command);
        assert!(text.contains("9.9.9"), "{command:?}: {text}");
    }
    world.embark.json(&["audit", "--strict", "--report", "report.md"]).ended_with(11);
    let report = fs::read_to_string(world.app().join("report.md")).expect("it is written");
    assert!(report.contains(SEEN) && report.contains("9.9.9"), "{report}");
    assert_readable(&report);
    assert!(!report.contains("@everyone"), "nobody is called: {report}");
}

#[test]
fn no_name_of_a_deployment_leads_anywhere_or_is_run() {
    let world = promoted();
    let base = world.repo.ledger_of("production", FRONTEND)[0].clone();
    let mut forged: Vec<Entry> = Vec::new();
    for name in NAMES {
        let mut forge = |change: &dyn Fn(&mut Value)| {
            let mut entry = base.forged(&id(10 + forged.len()));
            change(entry.payload_mut());
            forged.push(entry);
        };
        for field in ["environment", "component", "image", "tag", "digest", "commit", "version", "base", "kind", "id"] {
            forge(&|payload| payload[field] = name.into());
        }
        forge(&|payload| payload["from"] = json!({ "environment": name, "deployment": name, "commit": name }));
    }
    let texts: Vec<(String, String)> = forged.iter().map(|entry| (entry.path(), format!("{:#}", entry.json))).collect();
    let edits: Vec<Edit<'_>> = texts.iter().map(|(path, text)| Edit { path, text }).collect();
    world.repo.git.commit("refs/embark/ledger", "Forge deployments", &edits);
    let before = (world.repo.tip(), world.store.state(), paths(&world.app().join("..")));
    for command in [&["deploy", "--pending"][..], &["status"], &["verify"]] {
        told(&world, command);
    }
    let mut after = paths(&world.app().join(".."));
    after.retain(|path| !path.ends_with("summary.md") && !path.ends_with("output.txt"));
    assert_eq!((world.repo.tip(), world.store.state(), after), before);
}

#[test]
fn an_entry_that_is_nested_without_end_or_huge_stops_nothing() {
    let world = promoted();
    let (second, before) = (world.commits[1].as_str(), world.repo.commits().len());
    world.build(second, "2", "1");
    for (number, text) in ["[".repeat(1 << 20), "{\"payload\":".repeat(1 << 16), " ".repeat(2 << 20)].iter().enumerate()
    {
        let path = format!("deployments/dev/{FRONTEND}/{}.json", id(100 + number));
        world.repo.git.commit("refs/embark/ledger", "Forge", &[Edit { path: &path, text }]);
    }
    world.embark.json(&["release", "dev", "--commit", second, "--component", FRONTEND, "--deploy"]).ended(0, "done");
    assert_eq!(world.repo.commits().len(), before + 1);
    world.embark.json(&["verify"]).ended(0, "unchanged");
}

/// Lists what is below a folder but for what git keeps.
fn paths(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("it can be read") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() && !path.ends_with("objects") && !path.ends_with("refs") {
                open.push(path.clone());
            }
            found.insert(path.display().to_string());
        }
    }
    found
}

#[test]
fn no_name_of_the_configuration_leads_out_of_the_repository_or_is_an_option() {
    let world = World::new(EMBARK, Setup::Embedded);
    world.build(&world.commits[0], "1", "1");
    let whole = fs::read_to_string(world.config_path()).expect("it is there");
    let before = paths(&world.app().join(".."));
    let release = ["release", "dev", "--commit", &world.commits[0], "--deploy"];
    let files =
        ["../dev.yaml", "/etc/passwd", "a/../../dev.yaml", "./dev.yaml", ".git/config", "a\\b", "a\nb", "a\u{1b}b"];
    let urls =
        ["ext::sh -c 'touch escaped'", "--upload-pack=touch escaped", "ssh://-oProxyCommand=touch/a", "-x:a", "fd::7"];
    let mut cases: Vec<(&str, String)> = Vec::new();
    cases.extend(files.iter().map(|name| ("valuesFile: dev.yaml", format!("valuesFile: {}", json!(name)))));
    cases.extend(NAMES.iter().map(|name| ("name: dev", format!("name: {}", json!(name)))));
    cases.extend(NAMES.iter().map(|name| ("  frontend:\n", format!("  {}:\n", json!(name)))));
    cases.extend(urls.iter().map(|url| ("url: ../git/deployment.git", format!("url: {}", json!(url)))));
    let branches = NAMES.iter().filter(|name| !["-x", "a\u{202e}b"].contains(name) && !name.contains("tmp"));
    cases.extend(branches.map(|name| ("branch: main", format!("branch: {}", json!(name)))));
    for (old, new) in cases {
        fs::write(world.config_path(), whole.replacen(old, &new, 1)).expect("it can be written");
        let report = world.embark.json(&release);
        assert!([3, 21].contains(&report.code), "{new:?}: {} {:#}", report.code, report.json);
        assert_eq!(paths(&world.app().join("..")), before, "{new:?}");
        world.embark.text(&release);
    }
    assert!(world.repo.ledger().is_empty() && world.repo.commits().is_empty());
}

#[test]
fn no_argument_is_taken_for_an_option_of_another_program_or_leads_elsewhere() {
    let world = promoted();
    let before = (world.state(), paths(&world.app().join("..")));
    for name in NAMES.iter().filter(|name| !name.contains('\0')) {
        let argument = |option: &str| format!("{option}={name}");
        for command in [
            vec!["release".to_owned(), "dev".into(), argument("--commit"), "--deploy".into()],
            vec!["release".into(), "dev".into(), argument("--component"), "--deploy".into()],
            vec!["release".into(), "dev".into(), argument("--image"), "--deploy".into()],
            vec!["promote".into(), "production".into(), argument("--version")],
            vec!["rollback".into(), "production".into(), argument("--to")],
            vec!["audit".into(), argument("--since")],
            vec!["deploy".into(), "--".into(), (*name).into()],
            vec!["status".into(), "--".into(), (*name).into()],
        ] {
            let command: Vec<&str> = command.iter().map(String::as_str).collect();
            let finished = world.embark.text(&command);
            assert!([2, 3, 10].contains(&finished.code), "{command:?}: {} {}", finished.code, finished.stderr);
        }
    }
    assert_eq!((world.state(), paths(&world.app().join(".."))), before);
}

#[test]
#[ignore = "needs docker-registry, skopeo and git http-backend: run ./tests/run"]
fn what_a_registry_and_a_git_server_say_acts_on_nothing() {
    let world = World::new(EMBARK, Setup::Bearer);
    let commit = world.commits[0].as_str();
    world.build(commit, "1", "1");
    let release = ["release", "dev", "--commit", commit, "--deploy"];
    let front = world.front.as_ref().expect("there is one");
    let body = json!({ "errors": [{ "code": "DENIED", "message": TEXT }] }).to_string();
    for (body, content_type) in [(&*body.leak(), "application/json"), (TEXT, "text/plain")] {
        front.serve_garbage(Garbage { path: String::new(), status: 403, content_type, body, digest: None });
        let text = told(&world, &release);
        assert!(text.contains(SEEN), "its words are told: {text}");
    }
    let world = World::new(EMBARK, Setup::Servers);
    world.build(&world.commits[0], "1", "1");
    let release = ["release", "dev", "--commit", &world.commits[0], "--deploy"];
    let words = TEXT.replace('\'', "");
    world.repo.git.hook("pre-receive", &format!("#!/bin/sh\nprintf '%s\\n' '{words}' >&2\nexit 1\n"));
    let text = told(&world, &release);
    assert!(text.contains(SEEN), "its words are told: {text}");
    assert!(world.repo.commits().is_empty());
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn what_github_and_argo_cd_say_acts_on_nothing() {
    let (world, github) = crate::github_deployments::world();
    let argocd = ArgoCdServer::start(None);
    let staging = "name: staging, valuesFile: staging.yaml, tag: commit";
    let of = format!("{staging}, argocd: {{ server: \"{}\", application: shop }}", argocd.url());
    world.configure(staging, &of);
    github.answer_instead(Instead {
        times: usize::MAX,
        ..Instead::of_a("POST", "/deployments")
            .told(403, json!({ "message": TEXT, "documentation_url": "https://docs.github.com" }))
    });
    let text = told(&world, &["release", "dev", "--commit", &world.commits[0]]);
    assert!(text.contains(SEEN), "its words are told: {text}");
    argocd.answer_instead(403, "application/json", &json!({ "error": TEXT, "code": 7, "message": TEXT }).to_string());
    let text = told(&world, &["status"]);
    assert!(text.contains(SEEN), "its words are told: {text}");
    argocd.take_violations();
}

/// What a pull request of the release shows is written by whoever wrote the changesets; what embark says there stays.
#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_changeset_hides_nothing_of_a_release_pr_and_forges_no_file() {
    let life = crate::release_pr::Life::new();
    let text = "---\n\"backstage\": minor\n---\n\nCarts. <!-- all that follows\n\n| a | b |\n";
    life.push(&[(".changeset/red-cats-jump.md", Some(text))]);
    let app = life.world.app();
    let before = paths(&app.join(".."));
    life.world.embark.json(&["release-pr"]).ended(0, "done");
    let body = life.body();
    assert!(body.contains("| Package | From | To |") && body.contains("Carts."), "{body}");
    let hides = body.rfind("<!--").is_some_and(|at| !body[at..].contains("-->"));
    assert!(!hides, "{body}");
    for name in NAMES.iter().filter(|name| !name.contains(['\0', '\n'])) {
        let text = format!("---\n{}: minor\n---\n\nCarts.\n", Value::from(*name));
        life.push(&[(".changeset/red-cats-jump.md", Some(&text))]);
        let report = life.world.embark.json(&["release-pr"]);
        assert_ne!(report.code, 0, "{name:?}: {:#}", report.json);
    }
    let mut after = paths(&app.join(".."));
    after.retain(|path| !path.contains("/.git/"));
    let before: BTreeSet<String> = before.into_iter().filter(|path| !path.contains("/.git/")).collect();
    assert_eq!(after, before);
}
