//! `config check --render`: where the edits of each component arrive.

use std::path::Path;

use embark_tests::harness::{Charts, Embark, Git, Report, renderers};
use serde_json::Value;

use crate::EMBARK;

const CHECK: [&str; 3] = ["config", "check", "--render"];

/// Returns what was found of each component, in the order of the tables.
#[track_caller]
fn renders(report: &Report) -> Vec<Value> {
    report.list("renders", &["environment", "component", "ok", "rendered", "problem", "hint"])
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// Writes where the edits of an environment arrive, a line for each image.
fn places(renders: &[Value], environment: &str) -> Vec<String> {
    let of = |render: &Value| {
        let component = text(render, "component").to_owned();
        let images = render["rendered"]["images"].as_array().cloned().unwrap_or_default();
        images.into_iter().map(move |image| {
            let place = image["container"].as_str().unwrap_or(text(&image, "path")).to_owned();
            format!("{component}: {place} in {}/{}", text(&image, "kind"), text(&image, "name"))
        })
    };
    renders.iter().filter(|render| text(render, "environment") == environment).flat_map(of).collect()
}

/// Returns what is wrong with a component in an environment.
#[track_caller]
fn problem<'v>(renders: &'v [Value], environment: &str, component: &str) -> &'v str {
    let is_meant =
        |render: &&Value| text(render, "environment") == environment && text(render, "component") == component;
    let render = renders.iter().find(is_meant).expect("it is told");
    assert_eq!((&render["ok"], &render["rendered"]), (&Value::Bool(false), &Value::Null), "{render:#}");
    assert!(!text(render, "hint").is_empty(), "{render:#}");
    text(render, "problem")
}

#[test]
#[ignore = "needs helm and kustomize: run ./tests/run"]
fn every_way_to_write_an_image_is_found() {
    let charts = Charts::new(EMBARK, "tests/fixtures/charts/idioms");
    let before = charts.git.refs();
    let report = charts.embark.json(&CHECK).ended(0, "unchanged");
    let renders = renders(&report);
    for environment in ["dev", "production"] {
        assert_eq!(
            places(&renders, environment),
            [
                "web: web in Deployment/shop-web",
                "web: migrate in Deployment/shop-web",
                "api: api in StatefulSet/shop-api",
                "night: night in CronJob/shop-night",
                "night: begin in Job/shop-begin-1",
                "vault: vault in DaemonSet/shop-vault",
                "database: spec.image in Database/shop",
            ]
            .map(|line| if environment == "dev" {
                line.replace("begin-1", "begin-d3a6b2726824")
            } else {
                line.to_owned()
            })
            .map(|line| line.replace("begin-1", "begin-0.0.0-embark"))
        );
    }
    let also: Vec<&str> =
        renders[0]["rendered"]["also"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(
        also,
        [
            "metadata.labels.\"app.kubernetes.io/version\" of Deployment/shop-web",
            "spec.template.metadata.annotations.checksum/config of Deployment/shop-web",
        ]
    );
    assert_eq!(charts.git.refs(), before, "nothing is written");
    let table = charts.embark.text(&CHECK).succeeded("the check").text();
    assert!(table.contains("\ndev          database   ok     spec.image of Database/shop\n"), "{table}");
}

#[test]
#[ignore = "needs helm and kustomize: run ./tests/run"]
fn charts_in_charts_and_beside_them_are_found() {
    let charts = Charts::new(EMBARK, "tests/fixtures/charts/umbrella");
    let report = charts.embark.json(&CHECK).ended(0, "unchanged");
    assert_eq!(
        places(&renders(&report), "dev"),
        ["api: api in Deployment/shop-api", "web: web in Deployment/shop-common"]
    );
    // One that would have to be fetched is told, and not fetched.
    let chart = charts.git.file("main", "shop/Chart.yaml").expect("the chart is there");
    charts.commit("shop/Chart.yaml", &chart.replace("file://../common", "https://charts.example.com"));
    let report = charts.embark.json(&CHECK).ended(3, "failed");
    assert_eq!(
        problem(&renders(&report), "dev", "web"),
        "shop needs the chart common of https://charts.example.com, which is not in the deployment repo"
    );
    charts.commit("shop/Chart.yaml", &chart.replace("file://../common", "file://../../common"));
    let report = charts.embark.json(&CHECK).ended(3, "failed");
    assert!(problem(&renders(&report), "dev", "web").contains("of file://../../common, which is not in"));
}

#[test]
#[ignore = "needs helm and kustomize: run ./tests/run"]
fn what_does_not_do_what_it_is_for_is_refused_and_says_why() {
    let charts = Charts::new(EMBARK, "tests/fixtures/charts/stubborn");
    let report = charts.embark.json(&CHECK).ended(3, "failed");
    let renders = renders(&report);
    let starts = |component: &str, start: &str| {
        let problem = problem(&renders, "dev", component).to_owned();
        assert!(problem.starts_with(&format!("chart/values-dev.yaml: {start}")), "{component}: {problem}");
        problem
    };
    let unread = starts("unread", "no rendered image comes of web.img.tag; they come of ");
    for key in ["web.image.name", "web.image.tag", "shared.tag", "stale.digest"] {
        assert!(unread.contains(key), "{unread}");
    }
    assert!(!unread.contains("unpinned.digest") && !unread.contains("; they come of web.img.tag"), "{unread}");
    starts("shared", "main in Pod/other would run ghcr.io/acme/other:");
    starts("grown", "it would change spec.containers[0].env[0].value of Pod/grown as well");
    let stale = starts("stale", "main in Pod/stale would run ghcr.io/acme/stale:");
    assert!(stale.contains("@sha256:5891b5b522d5"), "{stale}");
    let unpinned = starts("unpinned", "main in Pod/unpinned would run ghcr.io/acme/unpinned:");
    assert!(unpinned.ends_with(", without the digest"), "{unpinned}");
    starts("elsewhere", "main in Pod/elsewhere would run docker.io/acme/elsewhere:");
    let picky = starts("picky", "nothing is rendered with it: ");
    assert!(picky.contains("picky.tag must begin with a v"), "{picky}");
    // An environment that is broken before any edit is an error, and keeps no other from being looked at.
    let broken = problem(&renders, "broken", "shared");
    assert!(broken.starts_with("helm does not render broken with chart/values-broken.yaml: "), "{broken}");
    assert!(broken.contains("web.image.name is needed"), "{broken}");
    assert!(!report.json.to_string().contains("embark-render-"), "{:#}", report.json);
}

#[test]
#[ignore = "needs helm and kustomize: run ./tests/run"]
fn overlays_are_built_with_their_bases() {
    let charts = Charts::new(EMBARK, "docs/examples/kustomize");
    charts.configure(
        "application: web\ncomponents:\n  web:\n    image: ghcr.io/acme/web\n    values: { tag: \"images[name=web].newTag\", \
         digest: \"images[name=web].digest\" }\nenvironments:\n  - { name: staging, valuesFile: \
         overlays/staging/kustomization.yaml, tag: commit }\n  - { name: production, valuesFile: \
         overlays/production/kustomization.yaml, tag: version, promotesFrom: staging }\ndeploymentRepo: { url: deployment.git \
         }\n",
    );
    let report = charts.embark.json(&CHECK).ended(0, "unchanged");
    for environment in ["staging", "production"] {
        assert_eq!(places(&renders(&report), environment), ["web: web in Deployment/web"]);
    }
    charts.reconfigure("[name=web].digest", "[name=web].newName");
    let report = charts.embark.json(&CHECK).ended(10, "refused");
    assert!(problem(&renders(&report), "staging", "web").contains("would run sha256"));
    // What is not in the repo is not fetched.
    charts.reconfigure(", digest: \"images[name=web].newName\"", "");
    let overlay = charts.git.file("main", "overlays/staging/kustomization.yaml").expect("the overlay is there");
    charts
        .commit("overlays/staging/kustomization.yaml", &overlay.replace("../../base", "https://example.com/base.yaml"));
    let report = charts.embark.json(&CHECK).ended(3, "failed");
    let problem = problem(&renders(&report), "staging", "web").to_owned();
    assert!(
        problem.starts_with("kustomize does not render staging with overlays/staging/kustomization.yaml"),
        "{problem}"
    );
}

#[test]
#[ignore = "needs helm and kustomize: run ./tests/run"]
fn what_cannot_be_rendered_is_told_with_a_hint() {
    let charts = Charts::new(EMBARK, "tests/fixtures/charts/umbrella");
    charts.reconfigure(", chart: shop", ", chart: charts/absent");
    let report = charts.embark.json(&CHECK).ended(3, "failed");
    assert_eq!(problem(&renders(&report), "dev", "web"), "the deployment repo has no Chart.yaml in charts/absent");
    charts.reconfigure(", chart: charts/absent", "");
    let report = charts.embark.json(&CHECK).ended(3, "failed");
    assert_eq!(problem(&renders(&report), "dev", "web"), "no chart is found that reads dev.yaml");
    let without = charts.embark.clone().with("PATH", "/nowhere");
    charts.reconfigure("tag: commit }", "tag: commit, chart: shop }");
    let (message, hint) = without.json(&CHECK).ended(21, "failed").error();
    assert_eq!(message, "there is no helm program, which renders dev");
    assert!(hint.contains("https://helm.sh/docs/intro/install"), "{hint}");
    charts.reconfigure("chart: shop }", "chart: ../shop }");
    charts.embark.json(&CHECK).ended(3, "failed").error();
    // Without the option nothing is rendered.
    charts.reconfigure("chart: ../shop }", "chart: shop }");
    assert_eq!(without.json(&["config", "check"]).ended(0, "unchanged").json["renders"], Value::Null);
}

#[test]
#[ignore = "needs helm and kustomize: run ./tests/run"]
fn a_manifest_is_what_it_says() {
    let charts = Charts::new(EMBARK, "tests/fixtures/charts/umbrella");
    charts.commit(
        "plain/web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec:\n  template:\n    spec:\n      containers:\n        \
         - name: web\n          image: ghcr.io/acme/web:1\n        - name: proxy\n          image: envoy:1\n",
    );
    charts.configure(
        "application: web\ncomponents:\n  web:\n    image: ghcr.io/acme/web\n    values: { image: \
         \"spec.template.spec.containers[name=web].image\" }\nenvironments: [{ name: dev, valuesFile: plain/web.yaml, tag: \
         commit }]\ndeploymentRepo: { url: deployment.git }\n",
    );
    let report = charts.embark.with("PATH", "/nowhere").json(&CHECK).ended(0, "unchanged");
    assert_eq!(places(&renders(&report), "dev"), ["web: web in Deployment/web"]);
}

/// Each environment has its own step of the demo, with what Helm itself says of the values file that it kept.
#[test]
#[ignore = "needs helm and kustomize: run ./tests/run"]
fn the_demo_shows_the_rendered_deployment_of_each_environment() {
    let charts = Charts::new(EMBARK, "tests/fixtures/charts/umbrella");
    let kept = charts.folder().join("kept");
    let told = charts.embark.text(&["demo", "--keep", kept.to_str().unwrap()]).succeeded("the demo").text();
    let (_, step) = told.split_once("\n10. ").expect("there is a step more");
    let git = Git::at(&kept.join("deployment.git"));
    let checkout = charts.folder().join("checkout");
    git.run(&["worktree", "add", "--quiet", &checkout.display().to_string(), "main"]);
    let mut rest = step;
    for (environment, file) in [("dev", "dev.yaml"), ("staging", "staging.yaml"), ("production", "prod.yaml")] {
        let heading = format!("   {environment}, by `helm template shop chart --values {file}`:\n\n");
        let (_, shown) = rest.split_once(&heading).unwrap_or_else(|| panic!("{heading}{rest}"));
        let (shown, after) = shown.split_once("\n\n").expect("it ends");
        rest = after;
        let helm = std::process::Command::new(Path::new(&renderers()).join("helm"))
            .args(["template", "shop", "chart", "--values", file])
            .current_dir(&checkout)
            .output()
            .expect("helm runs");
        let manifests = String::from_utf8(helm.stdout).expect("it is text");
        let mut written = manifests.lines();
        for line in shown.lines() {
            let line = line.strip_prefix("   ").expect("it stands below the step");
            assert!(written.any(|other| other == line), "{line:?} is next in\n{manifests}");
        }
        for component in ["frontend", "backend"] {
            let image = format!("\n             image: \"registry.example.com/shop/{component}:");
            assert_eq!(shown.matches(&image).count(), 1, "{shown}");
        }
        let is_pinned = |line: &&str| line.contains("shop/frontend:") && line.contains("@sha256:");
        assert_eq!(shown.lines().filter(is_pinned).count(), 1, "{shown}");
        assert_eq!(shown.matches("kind: Deployment\n").count(), 2, "{shown}");
    }
    assert!(!rest.contains("helm"), "{rest}");
}

#[test]
fn the_demo_ends_well_with_a_helm_that_does_not_work() {
    let folder = tempfile::tempdir().unwrap();
    let helm = folder.path().join("helm");
    std::fs::write(&helm, "#!/bin/sh\necho 'Error: out of order' >&2\nexit 1\n").unwrap();
    std::fs::set_permissions(&helm, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let embark = Embark::new(EMBARK, folder.path(), folder.path()).with("PATH", folder.path().to_str().unwrap());
    let told = embark.text(&["demo"]).succeeded("the demo").text();
    let line = "The Deployments cannot be shown as Helm renders them: helm does not render dev with dev.yaml: out of";
    assert!(told.contains(line) && !told.contains("\n10. "), "{told}");
}
