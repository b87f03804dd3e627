//! `deploy --render` and `promote --render`: what would not do what it is for is refused, and nothing is written for it.

use embark_tests::harness::{BACKEND, FRONTEND, Setup, World, renderers};
use serde_json::{Value, json};

use crate::EMBARK;

/// Makes a world whose deployment repo has a chart around all of it. `backend` is the key of the backend's tag.
fn world(setup: Setup, backend: &str) -> World {
    let mut world = World::new(EMBARK, setup);
    world.embark = world.embark.with("PATH", &renderers());
    world.repo.commit_elsewhere(
        "refs/heads/main",
        "Add templates",
        "templates/pods.yaml",
        &pods(FRONTEND_READ, backend),
    );
    world.build(&world.commits[0], "1", "1");
    world
}

/// What a template has for the tag and the digest of the frontend.
pub(super) const FRONTEND_READ: &str =
    "{{ .Values.frontend.image.tag }}{{ with .Values.frontend.image.digest }}@{{ . }}{{ end }}";

/// Writes a template with a pod for each component.
pub(super) fn pods(frontend: &str, backend: &str) -> String {
    let pod = |name: &str, image: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{ name: {name} }}\nspec:\n  containers:\n    - {{ name: main, image: \"{image}\" }}\n"
        )
    };
    let frontend = format!("registry.example.com/frontend:{frontend}");
    let backend = format!("{{{{ .Values.backend.image.repository }}}}:{{{{ {backend} }}}}");
    format!("{}---\n{}", pod(FRONTEND, &frontend), pod(BACKEND, &backend))
}

pub(super) const READ: &str = ".Values.backend.image.tag";
const UNREAD: &str = ".Values.backend.image.version | default \"1\"";

pub(super) fn rendered(deployment: &Value) -> Vec<(String, String)> {
    let images = deployment["rendered"]["images"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    images.iter().map(|image| (text(&image["name"]), text(&image["after"]))).collect()
}

#[track_caller]
fn a_key_that_no_template_reads(setup: Setup) {
    // Repository and tag change, and the tag is not read.
    let world = world(setup, UNREAD);
    let commit = world.commits[0].as_str();
    world.embark.json(&["release", "dev", "--commit", commit]).ended(0, "done");
    let before = world.state();
    for dry_run in [&["deploy", "--pending", "--render", "--dry-run"][..], &["deploy", "--pending", "--render"]] {
        let report = world.embark.json(dry_run).ended(10, "refused");
        let backend = report.deployment(BACKEND);
        let reason = backend["reason"].as_str().expect("a reason");
        assert!(reason.contains("dev.yaml: main in Pod/backend would run "), "{reason}");
        assert!(reason.contains(":1, and not "), "{reason}");
        let frontend = report.deployment(FRONTEND);
        let digest = frontend["digest"].as_str().expect("a digest");
        let image = format!("registry.example.com/frontend:{commit}@{digest}");
        assert_eq!(rendered(&frontend), [("frontend".to_owned(), image)]);
        if dry_run.contains(&"--dry-run") {
            assert_eq!(world.state(), before, "a dry run writes nothing");
        } else {
            assert_eq!((&frontend["state"], &backend["state"]), (&json!("success"), &json!("failure")));
        }
    }
    let commits = world.repo.commits();
    let of_embark = commits.iter().filter(|entry| !entry.trailers.is_empty());
    let carried: Vec<&str> = of_embark.map(|entry| entry.trailer("Embark-Component")).collect();
    assert_eq!(carried, [FRONTEND], "nothing is pushed for what is refused");
    assert!(world.repo.values("dev").contains("legacy-7"), "{}", world.repo.values("dev"));
    let entries = world.repo.ledger_of("dev", BACKEND);
    assert_eq!(entries.len(), 1);
    assert!(entries[0].json.to_string().contains("main in Pod/backend would run "), "{:#}", entries[0].json);
    world.embark.json(&["deploy", "--pending", "--render"]).ended(0, "unchanged");
}

#[test]
#[ignore = "needs helm and kustomize: run ./tests/run"]
fn a_key_that_no_template_reads_is_refused_and_the_others_go_on() {
    a_key_that_no_template_reads(Setup::Embedded);
}

#[test]
#[ignore = "needs helm, kustomize and git http-backend: run ./tests/run"]
fn a_key_that_no_template_reads_is_refused_over_a_git_server() {
    a_key_that_no_template_reads(Setup::GitServer);
}

#[test]
#[ignore = "needs helm and kustomize: run ./tests/run"]
fn a_promotion_is_judged_before_anything_is_written() {
    let world = world(
        Setup::Embedded,
        &format!("if eq .Values.backend.image.tag \"1.4.0\" }}}}x{{{{ else }}}}{{{{ {READ} }}}}{{{{ end"),
    );
    let commit = world.commits[0].as_str();
    let release = world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "done");
    assert_eq!(release.deployment(FRONTEND)["rendered"], Value::Null, "it is not asked for");
    let before = world.state();
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", commit, "--render", "--deploy"];
    for dry_run in [&["--dry-run"][..], &[]] {
        let report = world.embark.json(&[&promote[..], dry_run].concat()).ended(10, "refused");
        let reason = report.deployment(BACKEND)["reason"].as_str().unwrap_or_default().to_owned();
        assert!(
            reason.starts_with("prod.yaml: main in Pod/backend would run oci:../images/backend:x, and not"),
            "{reason}"
        );
        assert_eq!(world.state(), before, "neither a tag nor a deployment");
    }
    let pods = world.repo.git.file("main", "templates/pods.yaml").expect("it is there").replace("}}x{{", "}}1.4.0{{");
    world.repo.commit_elsewhere("refs/heads/main", "Mend it", "templates/pods.yaml", &pods);
    let planned = world.embark.json(&[&promote[..], &["--dry-run"]].concat()).ended(0, "planned");
    assert_eq!(
        rendered(&planned.deployment(BACKEND)),
        [("backend".to_owned(), "oci:../images/backend:1.4.0".to_owned())]
    );
    let done = world.embark.json(&promote).ended(0, "done");
    assert_eq!(rendered(&done.deployment(BACKEND)).len(), 1);
    assert_eq!(world.embark.json(&["verify"]).ended(0, "unchanged").checks().len(), 2);
    let table = world.embark.text(&["promote", "production", "--version", "1.4.0", "--commit", commit, "--render"]);
    assert!(!table.text().contains(" changes "), "{}", table.text());
}

#[test]
#[ignore = "needs helm and kustomize: run ./tests/run"]
fn without_helm_nothing_is_carried_out_and_nothing_is_reported() {
    let world = world(Setup::Embedded, READ);
    let commit = world.commits[0].as_str();
    world.embark.json(&["release", "dev", "--commit", commit]).ended(0, "done");
    let before = world.state();
    let without = world.embark.clone().with("PATH", "/nowhere");
    let (message, _) = without.json(&["deploy", "--pending", "--render"]).ended(21, "failed").error();
    assert_eq!(message, "there is no helm program, which renders dev");
    assert_eq!(world.state(), before);
    // A chart that does not render is an error of that deployment, and is tried again.
    world.repo.commit_elsewhere(
        "refs/heads/main",
        "Break it",
        "templates/broken.yaml",
        "{{ fail \"out of order\" }}\n",
    );
    let report = world.embark.json(&["deploy", "--pending", "--render"]).ended(3, "failed");
    let backend = report.deployment(BACKEND);
    assert_eq!(backend["state"], "error");
    assert!(backend["reason"].as_str().is_some_and(|reason| reason.contains("out of order")), "{backend:#}");
    world.repo.commit_elsewhere("refs/heads/main", "Mend it", "templates/broken.yaml", "");
    let report = world.embark.json(&["deploy", "--pending", "--render"]).ended(0, "done");
    assert_eq!(report.deployment(BACKEND)["state"], "success");
}

#[test]
#[ignore = "needs helm and kustomize: run ./tests/run"]
fn a_configuration_can_ask_for_it_always() {
    let world = world(Setup::Embedded, UNREAD);
    world.configure("application: backstage\n", "application: backstage\nrender: { always: true }\n");
    let report = world.embark.json(&["release", "dev", "--commit", &world.commits[0], "--deploy"]).ended(10, "refused");
    assert_eq!(report.deployment(BACKEND)["state"], "failure");
    assert_eq!(report.deployment(FRONTEND)["state"], "success");
    // In an incident nothing stands in the way.
    world.build(&world.commits[1], "2", "2");
    world.embark.json(&["release", "dev", "--commit", &world.commits[1], "--deploy"]).ended(10, "refused");
    let without = world.embark.clone().with("PATH", "/nowhere");
    without.json(&["rollback", "dev", FRONTEND, "--reason", "it is slow"]).ended(0, "done");
}
