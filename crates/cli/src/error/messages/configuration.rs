//! What is wrong with `embark.yaml`: a right one, with one thing after another made wrong.

use std::path::Path;

use embark_core::ports::RepositoryError;

use super::{Case, Variants, compare, complete};
use crate::config::{Config, ConfigError};

#[test]
fn configuration() {
    compare("configuration", &cases());
}

const RIGHT: &str = "\
application: shop
components:
  frontend:
    image: registry.example.com/acme/frontend
    values: { tag: frontend.image.tag }
  backend:
    image: registry.example.com/acme/backend
    values: { tag: backend.image.tag }
environments:
  - { name: staging, valuesFile: staging.yaml, tag: commit }
  - { name: production, valuesFile: prod.yaml, tag: version, promotesFrom: staging }
deploymentRepo: { url: https://github.com/acme/shop-deployment.git, branch: main }
";

const ENVIRONMENTS: &str = "\
environments:
  - { name: staging, valuesFile: staging.yaml, tag: commit }
  - { name: production, valuesFile: prod.yaml, tag: version, promotesFrom: staging }
";

/// What is replaced by what.
const WRONG: [(&str, &str); 39] = [
    ("environments:", "enviroments:"),
    ("environments:", "things:"),
    ("tag: commit", "tag: sha"),
    ("name: staging", "name: Staging"),
    ("values: { tag: backend.image.tag }", "values: { tag: backend..tag }"),
    ("acme/backend", "acme/Backend"),
    ("acme/backend", "acme/backend:1.0"),
    ("valuesFile: prod.yaml", "valuesFile: ../prod.yaml"),
    ("tag: version, promotes", "tag: version, requires: { soak: 30 }, promotes"),
    ("tag: version, promotes", "tag: version, requires: { status: ok }, promotes"),
    ("deploymentRepo: {", "deploymentRepo: ["),
    ("application: shop\n", ""),
    ("application: shop", "application: shop\napplication: shop"),
    ("backend:", "frontend:"),
    (ENVIRONMENTS, "environments: []\n"),
    ("name: production", "name: staging"),
    ("tag: backend.image.tag", "tag: frontend.image.tag"),
    ("tag: backend.image.tag", "tag: frontend.image"),
    ("valuesFile: prod.yaml", "valuesFile: staging.yaml"),
    ("promotesFrom: staging", "promotesFrom: qa"),
    (", promotesFrom: staging", ""),
    ("values: { tag: backend", "images: { qa: registry.example.com/acme/qa }\n    values: { tag: backend"),
    ("values: { tag: backend.image.tag }", "values: { pin: true }"),
    ("application: shop", "application: \" \""),
    ("branch: main", "branch: my branch"),
    ("branch: main", "message: \"deploy {image}\""),
    ("branch: main", "message: \"deploy\\n{tag}\""),
    ("tag: version, promotes", "tag: version, requires: { checks: [e2e] }, promotes"),
    ("application: shop", "application: shop\nnotify: { pullRequest: true }"),
    ("tag: commit }", "tag: commit, success: healthy }"),
    ("tag: commit }", "tag: commit, argocd: { server: argocd.example.com, application: shop } }"),
    ("tag: commit }", "tag: commit, argocd: { server: \"http://argocd.example.com\", application: shop } }"),
    (
        "tag: commit }",
        "tag: commit, argocd: { server: \"https://ada:secret@argocd.example.com\", application: shop } }",
    ),
    ("tag: commit }", "tag: commit, argocd: { server: \"https://argocd.example.com\", application: argocd/shop } }"),
    ("application: shop", "application: shop\nrender: { release: Shop }"),
    ("application: shop", "application: shop\nrender: { chart: ../chart }"),
    ("application: shop", "application: shop\nrender: { images: [spec..image] }"),
    ("tag: version, promotes", "tag: version, chart: /charts, promotes"),
    ("application: shop", "application: shop\nnotify: { webhook: { urlFrom: \"https://hooks.example.com/secret\" } }"),
];

const QUEUE: &str = "deployments: { github: { repository: acme/shop-deployment } }";

/// What does not go with `write: api`.
const OVER_API: [(&str, &str); 5] = [
    ("branch: main", ""),
    ("branch: refs/tags/main", QUEUE),
    ("author: { name: embark, email: embark@example.com }", QUEUE),
    ("committer: { name: embark, email: embark@example.com }", QUEUE),
    ("signingKey: key", QUEUE),
];

pub(super) fn cases() -> Vec<Case> {
    let path = Path::new("embark.yaml");
    Config::parse(path, RIGHT).expect("it is right");
    let mut all: Vec<(String, ConfigError)> = Vec::new();
    for (right, wrong) in WRONG {
        assert!(RIGHT.contains(right), "{right}");
        let error = Config::parse(path, &RIGHT.replacen(right, wrong, 1)).expect_err(wrong);
        all.push((wrong.replace('\n', "\\n"), error));
    }
    let pipelines = all.iter().filter_map(|(_, error)| match error {
        ConfigError::Pipeline { source, .. } => Some(source),
        _ => None,
    });
    complete(pipelines);
    let folder = tempfile::tempdir().expect("a folder");
    let read = Config::load(Some(&folder.path().join("embark.yaml"))).expect_err("it is not there");
    if let ConfigError::Read { source, .. } = read {
        all.push(("not there".into(), ConfigError::Read { path: path.into(), source }));
    }
    all.push(("nowhere".into(), ConfigError::Absent("/home/ada/shop".into())));
    for (repo, queue) in OVER_API {
        let text = RIGHT.replace("branch: main }", &format!("write: api, {repo} }}\n{queue}"));
        let error = Config::parse(path, &text).expect_err(repo);
        all.push((format!("write: api, {repo} }} {queue}"), error));
    }
    let text =
        RIGHT.replace("https://github.com/acme/shop-deployment.git, branch: main }", "../deployment.git, write: api }");
    let error = Config::parse(path, &(text + QUEUE)).expect_err("it is a path");
    all.push((format!("url: ../deployment.git, write: api }} {QUEUE}"), error));
    all.extend(in_repository());
    complete(all.iter().map(|(_, error)| error));
    all.into_iter().map(|(name, error)| Case::error(&format!("{}: {name}", error.variant()), error)).collect()
}

/// What is wrong with a configuration that is in a repository.
fn in_repository() -> Vec<(String, ConfigError)> {
    let url = || "https://github.com/acme/shop-deployment.git".to_owned();
    let name = format!("{}//embark.yaml", url());
    Config::parse_in_repository(&name, RIGHT).expect("it is right");
    let right = "https://github.com/acme/shop-deployment.git";
    let mut all: Vec<(String, ConfigError)> = Vec::new();
    for (right, wrong) in [
        ("environments:", "enviroments:"),
        (right, "deployment.git"),
        ("branch: main", "branch: main, signingKey: keys/embark"),
        ("registry.example.com/acme/backend", "oci:images/backend"),
    ] {
        let error = Config::parse_in_repository(&name, &RIGHT.replacen(right, wrong, 1)).expect_err(wrong);
        all.push((format!("in a repository, {wrong}"), error));
    }
    all.push(("in a repository".into(), ConfigError::NotThere(name.clone())));
    let refused: std::io::Error = std::io::Error::from_raw_os_error(111);
    for (what, source) in [
        ("branch", RepositoryError::NotFound { repository: url(), what: "branch next".into() }),
        (
            "token",
            RepositoryError::Unauthorized {
                repository: url(),
                reason: "none are given, and it asks for some (HTTP 401 Unauthorized)".into(),
            },
        ),
        (
            "ssh",
            RepositoryError::Unauthorized {
                repository: "git@github.com:acme/shop-deployment.git".into(),
                reason: "Permission denied (publickey).".into(),
            },
        ),
        (
            "folder",
            RepositoryError::NotAFile { repository: url(), path: super::sample::parse("config"), what: "a folder" },
        ),
        ("host", RepositoryError::Unavailable { repository: url(), source: refused.into() }),
    ] {
        all.push((what.into(), ConfigError::Repository { name: name.clone(), source }));
    }
    all
}
