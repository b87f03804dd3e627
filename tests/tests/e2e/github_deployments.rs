//! GitHub's deployments as the queue: a double of its API stands in.

use embark_tests::harness::{GITHUB_TOKEN, GitHubServer, Setup, World};

use crate::EMBARK;
use crate::secrets::{assert_unseen, everything_said};

pub(crate) const REPOSITORY: &str = "acme/backstage-deployment";

/// A world without any server but the double, and the first commit built.
pub(crate) fn world() -> (World, GitHubServer) {
    keep_on_github(World::new(EMBARK, Setup::Embedded))
}

/// Has a world keep its deployments on GitHub, and builds the first commit.
pub(crate) fn keep_on_github(mut world: World) -> (World, GitHubServer) {
    let queue = format!("  branch: main\ndeployments: {{ github: {{ repository: {REPOSITORY} }} }}\n");
    world.configure("  branch: main\n", &queue);
    let github = GitHubServer::start(Some(GITHUB_TOKEN));
    world.embark = world.embark.with("GITHUB_API_URL", &github.url()).with("EMBARK_GITHUB_TOKEN", GITHUB_TOKEN);
    world.build(&world.commits[0], "1", "1");
    (world, github)
}

/// Brings the first commit from dev to production.
pub(crate) fn walk(world: &World) {
    let commit = world.commits[0].as_str();
    for environment in ["dev", "staging"] {
        world.embark.json(&["release", environment, "--commit", commit, "--deploy"]).ended(0, "done");
    }
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", commit, "--deploy"];
    world.embark.json(&promote).ended(0, "done");
}

pub(crate) fn states(github: &GitHubServer, environment: &str) -> Vec<(String, Vec<String>)> {
    let all = github.deployments(REPOSITORY).into_iter().filter(|(of, ..)| of == environment);
    all.map(|(_, task, states)| (task, states)).collect()
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn from_a_commit_to_production_without_a_ledger() {
    let (world, github) = world();
    walk(&world);
    for environment in ["dev", "staging", "production"] {
        let of =
            |component: &str| (format!("embark:{component}"), vec!["in_progress".to_owned(), "success".to_owned()]);
        assert_eq!(states(&github, environment), [of("frontend"), of("backend")], "{environment}");
    }
    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
    assert_eq!(world.repo.git.run(&["for-each-ref", "--format=%(refname)"]).trim(), "refs/heads/main");
    let before = world.state();
    walk_again(&world);
    assert_eq!((world.state(), github.deployments(REPOSITORY).len()), (before, 6));
}

fn walk_again(world: &World) {
    let commit = world.commits[0].as_str();
    world.embark.json(&["release", "staging", "--commit", commit, "--deploy"]).ended(0, "unchanged");
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", commit, "--deploy"];
    world.embark.json(&promote).ended(0, "unchanged");
    world.embark.json(&["deploy", "--pending"]).ended(0, "unchanged");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn an_older_deployment_is_shown_as_inactive_and_still_counts_as_one_that_ran() {
    let (world, github) = world();
    walk(&world);
    world.build(&world.commits[1], "2", "1");
    world.embark.json(&["release", "dev", "--commit", &world.commits[1], "--deploy"]).ended(0, "done");
    let dev = states(&github, "dev");
    assert_eq!(dev.len(), 3, "the backend has not changed: {dev:?}");
    assert_eq!(dev[0].1, ["in_progress", "success", "inactive"]);
    assert_eq!(dev[1].1, ["in_progress", "success"], "the other component is left alone");
    assert_eq!(dev[2].1, ["in_progress", "success"]);
    world.embark.json(&["rollback", "dev", "frontend", "--reason", "it fails"]).ended(0, "done");
    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_deployment_takes_four_requests_and_six_where_it_is_promoted() {
    let (world, github) = world();
    let commit = world.commits[0].as_str();
    for (environment, most) in [("dev", 4), ("staging", 4), ("production", 6)] {
        let release = ["release", environment, "--commit", commit, "--component", "frontend"];
        let promote = ["promote", environment, "--version", "1.4.0", "--commit", commit, "--component", "frontend"];
        let created = world.embark.json(if environment == "production" { &promote } else { &release }).ended(0, "done");
        let id = created.deployment("frontend")["id"].as_str().expect("an id").to_owned();
        github.take_traffic();
        world.embark.json(&["deploy", &id]).ended(0, "done");
        let traffic = github.take_traffic();
        let last =
            traffic.0.iter().rposition(|exchange| exchange.target.ends_with("/statuses") && exchange.status == 201);
        // What comes after the success closes what was there before it.
        assert!(last.is_some_and(|last| last < most), "{environment}:\n{traffic}");
    }
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_lost_answer_doubles_no_deployment() {
    let (world, github) = world();
    let commit = world.commits[0].as_str();
    github.lose_answers("POST", 2);
    world.embark.json(&["release", "dev", "--commit", commit]).ended(0, "done");
    assert_eq!(states(&github, "dev").len(), 2);
    github.lose_answers("POST", 1);
    world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    assert!(states(&github, "dev").iter().all(|(_, states)| states.last().is_some_and(|state| state == "success")));
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn an_environment_that_asks_for_reviewers_is_refused() {
    let (world, github) = world();
    github.demand_reviewers(REPOSITORY, "dev");
    let before = world.repo.values("dev");
    let failed = world.embark.json(&["release", "dev", "--commit", &world.commits[0], "--deploy"]).ended(20, "failed");
    assert!(failed.json["error"]["message"].to_string().contains("required reviewers"), "{:#}", failed.json);
    assert!(github.deployments(REPOSITORY).is_empty());
    assert_eq!(world.repo.values("dev"), before);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_server_without_graphql_does_as_well() {
    let (world, github) = world();
    github.take_graphql_away();
    walk(&world);
    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_missing_permission_is_named_and_no_token_is_seen() {
    let (world, _github) = world();
    let commit = world.commits[0].as_str();
    let stranger = world.embark.clone().without("EMBARK_GITHUB_TOKEN");
    let failed = stranger.json(&["release", "dev", "--commit", commit]).ended(20, "failed");
    assert!(failed.json["error"].to_string().contains("EMBARK_GITHUB_TOKEN"), "{:#}", failed.json);
    let wrong = world.embark.clone().with("EMBARK_GITHUB_TOKEN", "another-token-that-nobody-may-see");
    wrong.json(&["release", "dev", "--commit", commit]).ended(20, "failed");
    let commands: [&[&str]; 3] = [&["release", "dev", "--commit", commit, "--deploy"], &["status"], &["verify"]];
    let said = everything_said(&world, &world.embark, &commands) + &everything_said(&world, &wrong, &commands);
    assert_unseen(&said, &[GITHUB_TOKEN, "another-token-that-nobody-may-see"]);
}
