//! Required checks, asked of GitHub: a double of its API stands in.

use embark_tests::harness::{Embark, GITHUB_TOKEN, GitHubServer, Setup, World};

use crate::EMBARK;
use crate::failures::assert_fails;
use crate::secrets::{assert_unseen, everything_said};

/// What production requires, in both ways to report a check.
const CHECKS: &str = "requires: { checks: [e2e, \"smoke (eu, 1)\", ci/scan] } }";

/// Makes a world whose production requires checks, with the application's commits on GitHub; the first one is on staging.
fn staged() -> (World, GitHubServer) {
    let mut world = World::new(EMBARK, Setup::Embedded);
    world.configure("application: backstage", "application: { name: backstage, repository: acme/backstage }");
    world.configure("promotesFrom: staging }", &format!("promotesFrom: staging, {CHECKS}"));
    let github = GitHubServer::start(Some(GITHUB_TOKEN));
    for (place, commit) in world.commits.iter().enumerate() {
        github.commit(commit, place.checked_sub(1).map(|parent| world.commits[parent].as_str()));
    }
    world.embark = world.embark.with("GITHUB_API_URL", &github.url()).with("EMBARK_GITHUB_TOKEN", GITHUB_TOKEN);
    world.build(&world.commits[0], "1", "1");
    world.embark.json(&["release", "staging", "--commit", &world.commits[0], "--deploy"]).ended(0, "done");
    (world, github)
}

fn pass(world: &World, github: &GitHubServer) {
    github.check_run(&world.commits[0], "e2e", Some("success"));
    github.check_run(&world.commits[0], "smoke (eu, 1)", Some("success"));
    github.status(&world.commits[0], "ci/scan", "success");
}

fn promote(world: &World) -> [&str; 6] {
    ["promote", "production", "--version", "1.4.0", "--commit", &world.commits[0]]
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_promotion_waits_until_the_checks_of_its_commit_have_passed() {
    let (world, github) = staged();
    assert_eq!(github.take_traffic().requests(), 0, "what requires no checks asks for none");
    github.check_run(&world.commits[0], "e2e", None);
    github.check_run(&world.commits[0], "smoke (eu, 1)", Some("skipped"));
    let before = world.state();
    let refused = world.embark.json(&promote(&world)).ended(10, "refused");
    assert_eq!(world.state(), before);
    let reason = refused.deployment("frontend")["reason"].to_string();
    for part in ["e2e is still running", "smoke (eu, 1) failed (skipped)", "ci/scan is not there"] {
        assert!(reason.contains(part), "{reason}");
    }
    assert_eq!(github.take_traffic().requests(), 2, "check runs and statuses, for both components together");
    assert!(world.embark.text(&promote(&world)).stderr.contains("--waive checks"));

    pass(&world, &github);
    let deploy: Vec<&str> = promote(&world).into_iter().chain(["--deploy"]).collect();
    world.embark.json(&deploy).ended(0, "done");
    let verified = world.repo.commits().last().expect("a commit").trailer("Embark-Verified").to_owned();
    assert!(verified.ends_with(" checks=e2e,smoke%20(eu%2C%201),ci/scan"), "{verified}");
    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn checks_that_turned_red_meanwhile_refuse_the_deployment() {
    let (world, github) = staged();
    pass(&world, &github);
    world.embark.json(&promote(&world)).ended(0, "done");
    github.status(&world.commits[0], "ci/scan", "failure");
    let values = world.repo.values("production");
    let refused = world.embark.json(&["deploy", "--pending"]).ended(10, "refused");
    let deployment = refused.deployment("frontend");
    assert_eq!(deployment["state"], "failure");
    assert!(deployment["reason"].to_string().contains("ci/scan failed"), "{deployment:#}");
    assert_eq!(world.repo.values("production"), values);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_hotfix_waives_the_checks_and_nothing_is_asked() {
    let (world, github) = staged();
    let waive = ["--waive", "checks", "--reason", "it leaks", "--deploy"];
    let command: Vec<&str> = promote(&world).into_iter().chain(waive).collect();
    world.embark.json(&command).ended(0, "done");
    assert_eq!(world.repo.commits().last().expect("a commit").trailer("Embark-Waived"), "checks: it leaks");
    assert_eq!(github.take_traffic().requests(), 0);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn without_a_token_or_with_another_it_is_told() {
    let (mut world, _github) = staged();
    let embark = world.embark.clone();
    world.embark = embark.clone().without("EMBARK_GITHUB_TOKEN");
    assert_fails(&world, &promote(&world), 20, &["acme/backstage", "there is no token", "EMBARK_GITHUB_TOKEN"]);
    world.embark = embark.with("EMBARK_GITHUB_TOKEN", "another");
    assert_fails(&world, &promote(&world), 20, &["acme/backstage", "the token is not valid"]);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_server_or_a_repository_that_is_not_there_is_told() {
    let (mut world, _github) = staged();
    let embark = world.embark.clone();
    world.embark = embark.clone().with("GITHUB_API_URL", "http://127.0.0.1:1");
    assert_fails(&world, &promote(&world), 21, &["acme/backstage", "GITHUB_API_URL"]);
    world.embark = embark.clone().with("GITHUB_API_URL", "http://api.example.com");
    assert_fails(&world, &promote(&world), 2, &["GITHUB_API_URL", "clear text"]);
    world.embark = embark;
    world.configure("acme/backstage }", "acme/nope }");
    assert_fails(&world, &promote(&world), 21, &["acme/nope", "application.repository"]);
    world.configure("acme/nope }", "nope }");
    assert_fails(&world, &promote(&world), 3, &["application.repository", "acme/backstage"]);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn config_check_online_asks_github() {
    let (world, _github) = staged();
    let github = |embark: &Embark, code: i32| {
        let check = embark.json(&["config", "check", "--online"]).ended_with(code);
        let systems = check.list("systems", &["name", "ok", "found", "problem", "hint"]);
        systems
            .into_iter()
            .find(|system| system["name"] == "application repository acme/backstage")
            .expect("it is told")
    };
    assert_eq!(github(&world.embark, 0)["ok"], true);
    let without = github(&world.embark.clone().without("EMBARK_GITHUB_TOKEN"), 20);
    assert!(without["hint"].to_string().contains("EMBARK_GITHUB_TOKEN"), "{without:#}");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn the_order_of_commits_is_asked_of_github_where_no_checkout_has_them() {
    let (world, github) = staged();
    let [older, newer, _] = &world.commits;
    world.build(newer, "2", "2");
    world.embark.json(&["release", "dev", "--commit", newer, "--deploy"]).ended(0, "done");
    assert_eq!(github.take_traffic().requests(), 0, "the checkout has them");
    std::fs::remove_dir_all(world.app().join(".git")).expect("it is there");
    let values = world.repo.values("dev");
    world.embark.json(&["release", "dev", "--commit", older, "--deploy"]).ended_with(0);
    assert_eq!(world.repo.values("dev"), values, "an older commit never replaces a newer one");
    let traffic = github.take_traffic();
    assert!(traffic.requests() > 0 && traffic.0.iter().all(|one| one.target.contains("/compare/")), "{traffic}");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn no_output_at_all_holds_the_token() {
    let (world, github) = staged();
    let promote = promote(&world);
    let mut said = everything_said(&world, &world.embark, &[&promote, &["config", "check", "--online"]]);
    let other = world.embark.clone().with("EMBARK_GITHUB_TOKEN", "another-secret-token\nof two lines");
    said += &everything_said(&world, &other, &[&promote, &["config", "check", "--online"]]);
    pass(&world, &github);
    said += &everything_said(&world, &world.embark, &[&promote, &["deploy", "--pending"]]);
    assert!(said.contains("e2e is not there") && said.contains("1.4.0"), "it said something: {said}");
    for reference in ["refs/heads/main", "refs/embark/ledger"] {
        said += &world.repo.git.run(&["log", "-p", "--format=raw", reference]);
    }
    assert_unseen(&said, &[GITHUB_TOKEN, "another-secret-token", "of two lines"]);
}
