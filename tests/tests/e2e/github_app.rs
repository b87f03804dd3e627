//! embark as a GitHub App.

use embark_tests::harness::{APP_ID, App, AppKey, GIT_TOKEN, GitHubServer, Setup, World};
use serde_json::json;

use crate::EMBARK;
use crate::secrets::{assert_unseen, everything_said};

const BOTH: [&str; 2] = ["acme/backstage", "acme/backstage-deployment"];

/// What the how-to tells to grant.
const GRANTED: [(&str, &str); 6] = [
    ("actions", "read"),
    ("checks", "read"),
    ("contents", "write"),
    ("deployments", "write"),
    ("metadata", "read"),
    ("statuses", "read"),
];

/// A world with the queue on GitHub, which lets an app in, and the first commit built.
fn world(setup: Setup, installed_on: &[&str], granted: &[(&str, &str)]) -> (World, GitHubServer) {
    let mut world = World::new(EMBARK, setup);
    world.configure("application: backstage\n", "application: { name: backstage, repository: acme/backstage }\n");
    let queue = "  branch: main\ndeployments: { github: { repository: acme/backstage-deployment } }\n";
    world.configure("  branch: main\n", queue);
    let (github, key) = (GitHubServer::start(None), AppKey::make());
    let pem = key.pem();
    github.install(App::new(key, installed_on, granted));
    world.embark = world
        .embark
        .with("GITHUB_API_URL", &github.url())
        .with("EMBARK_GITHUB_APP_ID", APP_ID)
        .with("EMBARK_GITHUB_APP_PRIVATE_KEY", &pem);
    world.build(&world.commits[0], "1", "1");
    (world, github)
}

fn release(world: &World) -> [&str; 5] {
    ["release", "dev", "--commit", &world.commits[0], "--deploy"]
}

#[test]
#[ignore = "needs openssl: run ./tests/run"]
fn an_app_walks_to_production_with_one_narrow_token_a_run() {
    let (world, github) = world(Setup::Embedded, &BOTH, &GRANTED);
    world.embark.json(&release(&world)).ended(0, "done");
    let traffic = github.take_traffic();
    assert!(traffic.0.iter().all(|exchange| exchange.status < 400 || exchange.status == 404), "{traffic}");
    let narrowed = json!({
        "repositories": ["backstage", "backstage-deployment"],
        "permissions": { "actions": "read", "contents": "read", "deployments": "write", "metadata": "read" },
    });
    assert_eq!(github.app(|app| std::mem::take(&mut app.asked)), [narrowed], "{traffic}");

    // As a secret of CI may have it.
    let line = github.app(|app| app.pem()).replace('\n', "\\n");
    let embark = world.embark.clone().with("EMBARK_GITHUB_APP_PRIVATE_KEY", &line);
    embark.json(&["release", "staging", "--commit", &world.commits[0], "--deploy"]).ended(0, "done");
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", &world.commits[0], "--deploy"];
    world.embark.json(&promote).ended(0, "done");
    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
    assert_eq!(github.app(|app| app.asked.len()), 3);
}

#[test]
#[ignore = "needs openssl: run ./tests/run"]
fn checks_are_wanted_where_they_are_required() {
    let (world, github) = world(Setup::Embedded, &BOTH, &GRANTED);
    world.configure("promotesFrom: staging", "promotesFrom: staging, requires: { checks: [e2e] }");
    github.commit(&world.commits[0], None);
    github.check_run(&world.commits[0], "e2e", Some("success"));
    world.embark.json(&["release", "staging", "--commit", &world.commits[0], "--deploy"]).ended(0, "done");
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", &world.commits[0], "--deploy"];
    world.embark.json(&promote).ended(0, "done");
    let asked = github.app(|app| app.asked.clone());
    for permission in ["checks", "statuses"] {
        assert_eq!(asked[1]["permissions"][permission], "read", "{asked:?}");
    }
}

#[test]
#[ignore = "needs openssl: run ./tests/run"]
fn a_token_is_replaced_before_its_end_and_after_it_was_withdrawn() {
    let (world, github) = world(Setup::Embedded, &BOTH, &GRANTED);
    github.app(|app| app.minutes.push_back(4));
    world.embark.json(&release(&world)).ended(0, "done");
    assert_eq!(github.app(|app| std::mem::take(&mut app.asked)).len(), 2);
    let refused = |github: &GitHubServer| github.take_traffic().0.iter().filter(|one| one.status == 401).count();
    assert_eq!(refused(&github), 0);

    let staging = ["release", "staging", "--commit", &world.commits[0], "--deploy"];
    github.app(|app| app.withdrawn_after = Some(3));
    world.embark.json(&staging).ended(0, "done");
    assert_eq!(github.app(|app| app.asked.len()), 2);
    assert_eq!(refused(&github), 1);
    let deployments = github.deployments(BOTH[1]);
    assert_eq!(deployments.len(), 4);
    assert!(deployments.iter().all(|(_, _, states)| *states == ["in_progress", "success"]), "{deployments:?}");
}

#[test]
#[ignore = "needs openssl: run ./tests/run"]
fn an_app_that_is_taken_away_in_the_middle_is_told_and_another_run_finishes() {
    let (world, github) = world(Setup::Embedded, &BOTH, &GRANTED);
    github.app(|app| (app.withdrawn_after, app.is_uninstalled_then) = (Some(5), true));
    let failed = world.embark.json(&release(&world)).ended_with(20);
    let text = failed.json.to_string();
    assert!(text.contains("the app 12345 is not installed on acme/backstage-deployment"), "{text}");
    github.app(|app| app.installed_on = BOTH.map(Into::into).into());
    world.embark.json(&release(&world)).ended_with(0);
    world.embark.json(&["deploy", "--pending"]).ended_with(0);
    let deployments = github.deployments(BOTH[1]);
    assert_eq!(deployments.len(), 2, "{deployments:?}");
    assert!(deployments.iter().all(|(_, _, states)| states.last().is_some_and(|state| state == "success")));
}

#[test]
#[ignore = "needs openssl: run ./tests/run"]
fn an_app_that_may_not_is_told_before_anything_is_written() {
    let (world, github) = world(Setup::Embedded, &BOTH[1..], &GRANTED);
    let before = world.state();
    let told = |embark: &embark_tests::harness::Embark| embark.json(&release(&world)).ended(20, "failed").error();
    let (message, hint) = told(&world.embark);
    assert!(message.contains("the app 12345 is not installed on acme/backstage ("), "{message}");
    assert!(hint.contains("installed"), "{hint}");

    github.app(|app| app.installed_on = BOTH.map(Into::into).into());
    github.app(|app| app.granted.retain(|(key, _)| key != "deployments"));
    let (message, hint) = told(&world.embark);
    assert!(message.contains("Deployments: "), "{message}");
    assert!(hint.contains("Deployments: write"), "{hint}");

    let stranger = world.embark.clone().with("EMBARK_GITHUB_APP_PRIVATE_KEY", &AppKey::make().pem());
    assert!(told(&stranger).0.contains("does not take the key for one of the app 12345"), "{:?}", told(&stranger));
    assert!(github.deployments(BOTH[1]).is_empty());

    let asked = github.take_traffic().requests();
    let half = world.embark.clone().without("EMBARK_GITHUB_APP_PRIVATE_KEY");
    assert!(told(&half).0.contains("EMBARK_GITHUB_APP_PRIVATE_KEY is not"));
    let (message, hint) = told(&world.embark.clone().with("EMBARK_GITHUB_APP_PRIVATE_KEY", "of another kind"));
    assert!(message.starts_with("EMBARK_GITHUB_APP_PRIVATE_KEY: it holds no private key"), "{message}");
    assert!(!format!("{message}{hint}").contains("another kind"), "{message} {hint}");
    assert!(told(&world.embark.clone().with("EMBARK_GITHUB_APP_ID", "the app")).0.starts_with("EMBARK_GITHUB_APP_ID"));
    assert_eq!(github.take_traffic().requests(), 0, "{asked} before");
    assert_eq!(world.state(), before);
}

#[test]
#[ignore = "needs openssl, docker-registry, skopeo and git http-backend: run ./tests/run"]
fn git_is_let_in_with_the_same_token() {
    let (mut world, github) = world(Setup::Guarded, &BOTH, &GRANTED);
    let server = world.server.as_ref().expect("it has a server");
    std::os::unix::fs::symlink(".", world.app().join("../git/acme")).expect("the folder can be written");
    let repo = world.app().join("../git");
    std::os::unix::fs::symlink("deployment.git", repo.join("backstage-deployment.git")).expect("it can be written");
    let url = server.url("acme/backstage-deployment.git");
    let host = url.split("/acme").next().expect("a host").to_owned();
    world.configure(&format!("url: {}\n", world.url()), &format!("url: {url}\n"));
    world.embark = world.embark.without("EMBARK_GIT_TOKEN").with("GITHUB_SERVER_URL", &host);
    // The first one is no longer known to git when it comes.
    github.app(|app| app.texts = ["ghs_of_another_time".into(), GIT_TOKEN.into()].into());
    world.embark.json(&release(&world)).ended(0, "done");
    let asked = github.app(|app| app.asked.clone());
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert_eq!(asked[0]["permissions"]["contents"], "write");

    github.app(|app| app.installed_on.clear());
    let error = world.embark.json(&["status"]).ended(20, "failed").error();
    assert!(error.0.contains("is not installed on acme/"), "{error:?}");
}

#[test]
#[ignore = "needs openssl: run ./tests/run"]
fn no_output_holds_the_key_a_proof_or_a_token_of_an_app() {
    let (world, github) = world(Setup::Embedded, &BOTH, &GRANTED);
    let commands: [&[&str]; 5] =
        [&release(&world), &["deploy", "--pending"], &["verify"], &["status"], &["config", "check", "--online"]];
    let mut said = everything_said(&world, &world.embark, &commands);
    assert!(said.contains("GitHub has handed out a token"), "it said something: {said}");
    github.app(|app| app.installed_on.clear());
    let key = AppKey::make().pem();
    let stranger = world.embark.clone().with("EMBARK_GITHUB_APP_PRIVATE_KEY", &key);
    let line = world.embark.clone().with("EMBARK_GITHUB_APP_PRIVATE_KEY", &key.replace('\n', "")[..200]);
    for embark in [&world.embark, &stranger, &line] {
        said += &everything_said(&world, embark, &commands[..2]);
    }
    said += &world.embark.text(&["status", "-vv"]).stderr;
    let secrets = github.app(|app| app.secrets.clone());
    assert!(secrets.len() > 30, "{}", secrets.len());
    let own = github.app(|app| app.pem());
    // The words around a key are no secret: an error quotes them.
    let lines = own.lines().chain(key.lines()).filter(|line| !line.starts_with("-----"));
    let all = secrets.iter().map(String::as_str).chain(lines);
    let parts: Vec<&str> = all.flat_map(|secret| secret.split('.')).filter(|part| part.len() >= 30).collect();
    assert_unseen(&said, &parts);
    assert_unseen(&said, &["ghs_", "PRIVATE KEY-----\nMII"]);
}
