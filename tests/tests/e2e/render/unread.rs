//! What a chart or an overlay is rendered of: all that the cluster gets, or nothing is said to be right.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use embark_tests::harness::{Charts, renderers};
use serde_json::Value;

use crate::EMBARK;

const CHECK: [&str; 3] = ["config", "check", "--render"];

const CONFIGURATION: &str = "application: web\ncomponents: { web: { image: ghcr.io/acme/web, values: { tag: image.tag } } }\n\
                             environments: [{ name: dev, valuesFile: small/dev.yaml, tag: commit }]\ndeploymentRepo: { url: \
                             deployment.git }\n";

/// A pod of another image, whose tag is what `tag` renders.
fn pod(tag: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{ name: other }}\nspec: {{ containers: [{{ name: other, image: \
         \"evil.example.com/x:{tag}\" }}] }}\n"
    )
}

/// A small chart, in `small`, that is right.
fn small() -> Charts {
    let charts = Charts::new(EMBARK, "tests/fixtures/charts/umbrella");
    charts.commit("small/Chart.yaml", "apiVersion: v2\nname: small\nversion: 0.1.0\n");
    charts.commit("small/dev.yaml", "image: { tag: \"1\" }\n");
    charts.commit(
        "small/templates/web.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [{ name: web, image: \"ghcr.io/acme/web:{{ \
         .Values.image.tag }}\" }] }\n",
    );
    charts.configure(CONFIGURATION);
    charts
}

/// Commits something that is no regular file: a symbolic link (mode 120000) to `content`, or a submodule (160000) at it.
fn commit_as(charts: &Charts, mode: &str, path: &str, content: &str) {
    let head = "commit refs/heads/main\ncommitter a <a@example.com> 1700000000 +0000\ndata 0\nfrom refs/heads/main^0\n";
    let change = match mode {
        "160000" => format!("M {mode} {content} {path}\n"),
        _ => format!("M {mode} inline {path}\ndata {}\n{content}\n", content.len()),
    };
    charts.git.fast_import(&format!("{head}{change}\n"));
}

fn link(charts: &Charts, path: &str, target: &str) {
    commit_as(charts, "120000", path, target);
}

/// Returns what is wrong with the first of what is rendered, or nothing.
#[track_caller]
fn problem(charts: &Charts, code: i32, outcome: &str) -> String {
    let report = charts.embark.json(&CHECK).ended(code, outcome);
    let renders = report.list("renders", &["environment", "component", "ok", "rendered", "problem", "hint"]);
    renders[0]["problem"].as_str().unwrap_or_default().to_owned()
}

#[test]
#[ignore = "needs helm and kustomize: run ./tests/run"]
fn links_are_followed_to_the_end_and_an_edit_reaches_what_leads_to_it() {
    let charts = small();
    link(&charts, "small/cur.yaml", "dev.yaml");
    charts.commit("small/templates/other.yaml", &pod("{{ (.Files.Get \"cur.yaml\" | fromYaml).image.tag }}"));
    let refused = problem(&charts, 10, "refused");
    assert!(refused.contains("other in Pod/other would run evil.example.com/x:"), "{refused}");
    charts.commit("small/templates/other.yaml", "");
    problem(&charts, 0, "unchanged");

    // By a link to a link in the chart, through a linked folder, and from elsewhere in the repository.
    let text = pod("{{ .Values.image.tag }}");
    charts.commit("small/lib/real/other.yaml", &text);
    charts.commit("shared/other.yaml", &text);
    link(&charts, "small/lib/other.yaml", "real/other.yaml");
    link(&charts, "small/lib/cur", "real");
    for target in ["../lib/other.yaml", "../lib/cur/other.yaml", "../../shared/other.yaml"] {
        link(&charts, "small/templates/link.yaml", target);
        let refused = problem(&charts, 10, "refused");
        assert!(refused.contains("other in Pod/other would run evil.example.com/x:"), "{target}: {refused}");
    }
    for (target, reason) in [
        ("../../../other.yaml", "which is out of the deployment repo"),
        ("/etc/hostname", "which is out of the deployment repo"),
        ("../absent.yaml", "which is not in the deployment repo"),
        ("link.yaml", "which leads to itself"),
        ("..", "which is a folder around it"),
    ] {
        link(&charts, "small/templates/link.yaml", target);
        let expected = format!("small/templates/link.yaml is a symbolic link to {target}, {reason}");
        assert_eq!(problem(&charts, 3, "failed"), expected);
    }
}

#[test]
#[ignore = "needs helm and kustomize: run ./tests/run"]
fn what_is_not_read_is_told_and_keeps_no_other_environment() {
    let charts = small();
    charts.commit("small/prod.yaml", "image: { tag: \"1\" }\n");
    link(&charts, "linked", "small");
    charts.reconfigure(
        "tag: commit }]",
        "tag: commit }, { name: prod, valuesFile: small/prod.yaml, tag: commit, chart: linked }]",
    );
    let report = charts.embark.json(&CHECK).ended(3, "failed");
    let renders = report.list("renders", &["environment", "component", "ok", "rendered", "problem", "hint"]);
    assert_eq!(renders[0]["ok"], Value::Bool(true), "{renders:#?}");
    let told = renders[1]["problem"].as_str().unwrap_or_default();
    assert!(told.starts_with("linked/Chart.yaml in ") && told.ends_with(" is below a symbolic link"), "{told}");
    let hint = renders[1]["hint"].as_str().unwrap_or_default();
    assert!(hint.starts_with("mend chart, or render, in embark.yaml"), "{hint}");
    commit_as(&charts, "160000", "small/charts/extra", &"a".repeat(40));
    assert_eq!(problem(&charts, 3, "failed"), "small/charts/extra is a submodule");
}

#[test]
#[ignore = "needs helm and kustomize: run ./tests/run"]
fn names_that_helm_would_read_otherwise_are_read_as_they_are() {
    let charts = small();
    charts.commit("small/a,b.yaml", "image: { tag: \"1\" }\n");
    charts.reconfigure("small/dev.yaml", "\"small/a,b.yaml\"");
    assert_eq!(problem(&charts, 0, "unchanged"), "");
    // Helm finds a chart in `charts/` by its name, whatever the folder is called.
    charts.commit("small/charts/vendored/Chart.yaml", "apiVersion: v2\nname: redis\nversion: 1.0.0\n");
    charts.commit(
        "small/Chart.yaml",
        "apiVersion: v2\nname: small\nversion: 0.1.0\ndependencies: [{ name: redis, version: 1.0.0, repository: \
         \"https://charts.example.com\" }]\n",
    );
    assert_eq!(problem(&charts, 0, "unchanged"), "");
}

#[test]
#[ignore = "needs helm and kustomize: run ./tests/run"]
fn a_chart_that_needs_an_image_is_looked_at_without_one() {
    let charts = small();
    charts.commit("small/dev.yaml", "image: { tag: \"\" }\n");
    let web = charts.git.file("main", "small/templates/web.yaml").expect("it is there");
    let needs = web.replace("{{ .Values.image.tag }}", "{{ required `a tag is needed` .Values.image.tag }}");
    charts.commit("small/templates/web.yaml", &needs);
    let report = charts.embark.json(&CHECK).ended(0, "unchanged");
    let renders = report.list("renders", &["environment", "component", "ok", "rendered", "problem", "hint"]);
    let rendered = &renders[0]["rendered"];
    assert_eq!(rendered["images"][0]["before"], Value::Null, "{rendered:#}");
    let note = "nothing is rendered of small/dev.yaml as it is: it was compared with images that do not exist";
    assert_eq!(rendered["notes"], serde_json::json!([note]));
    let text = charts.embark.text(&CHECK).succeeded("the check").text();
    assert!(text.contains(&format!("\nweb in dev: {note}\n")), "{text}");
    charts.commit("small/templates/web.yaml", &needs.replace("ghcr.io", "mirror.example.com"));
    let refused = problem(&charts, 10, "refused");
    assert!(refused.contains("web in Pod/web would run mirror.example.com/acme/web:"), "{refused}");
}

#[test]
#[ignore = "needs helm and kustomize: run ./tests/run"]
fn a_manifest_that_an_overlay_patches_is_built_with_it() {
    let charts = small();
    let web = "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [{ name: web, image: \
               \"ghcr.io/acme/web:1\" }] }\n";
    for (path, text) in [
        ("base/web.yaml", web),
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("prod/patches/web.yaml", web),
        ("prod/kustomization.yaml", "resources: [./../base]\npatches: [{ path: patches/web.yaml }]\n"),
    ] {
        charts.commit(path, text);
    }
    charts.reconfigure("tag: image.tag", "image: \"spec.containers[name=web].image\"");
    charts.reconfigure("small/dev.yaml", "prod/patches/web.yaml");
    assert_eq!(problem(&charts, 0, "unchanged"), "");
    let images = "images: [{ name: ghcr.io/acme/web, newName: evil.example.com/x, newTag: \"9\" }]\n";
    let overlay = charts.git.file("main", "prod/kustomization.yaml").expect("it is there");
    charts.commit("prod/kustomization.yaml", &(overlay + images));
    let refused = problem(&charts, 10, "refused");
    assert!(refused.starts_with("prod/patches/web.yaml: no rendered image comes of"), "{refused}");
    // An overlay can be named as a chart is.
    charts.reconfigure("tag: commit }", "tag: commit, chart: base }");
    charts.reconfigure("prod/patches/web.yaml", "base/web.yaml");
    assert_eq!(problem(&charts, 0, "unchanged"), "");
    // A manifest in a chart may be anything.
    charts.reconfigure(", chart: base", "");
    charts.commit("small/files/web.yaml", web);
    charts.reconfigure("base/web.yaml", "small/files/web.yaml");
    assert_eq!(
        problem(&charts, 3, "failed"),
        "small/files/web.yaml is a manifest, and in the chart small, which may render it"
    );
}

#[test]
#[ignore = "needs helm and kustomize: run ./tests/run"]
fn a_script_that_starts_helm_is_told_and_no_chart_is_blamed() {
    let charts = small();
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let path = folder.path().join("helm");
    fs::write(&path, format!("#!/usr/bin/env bash\nexec {}/helm \"$@\"\n", renderers())).expect("it is written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be run");
    let embark = charts.embark.clone().with("PATH", &folder.path().display().to_string());
    let (message, hint) = embark.json(&CHECK).ended(21, "failed").error();
    assert!(message.starts_with("helm, which renders dev, cannot be run: "), "{message}");
    assert!(hint.starts_with("put helm itself on the PATH"), "{hint}");
}
