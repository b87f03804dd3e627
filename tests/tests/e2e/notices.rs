//! Who is told of what was deployed: the pull request that brought a commit, and a webhook.

use embark_tests::harness::{Audience, GITHUB_TOKEN, GitHubServer, Setup, Traffic, World};

use crate::EMBARK;
use crate::secrets::{assert_unseen, everything_said};

const PULL: u64 = 17;
/// What of the webhook's address nobody may see.
const PATH: &str = "services/T0/part-of-an-address-that-nobody-may-see";

/// A world in which pull request 17 has brought the first commit, and `notify` says so.
fn world(notify: &str) -> (World, GitHubServer) {
    let mut world = World::new(EMBARK, Setup::Embedded);
    world.configure("application: backstage\n", "application: { name: backstage, repository: acme/backstage }\n");
    world.configure("  branch: main\n", &format!("  branch: main\nnotify: {notify}\n"));
    let github = GitHubServer::start(Some(GITHUB_TOKEN));
    let [first, second, third] = &world.commits;
    github.commit(first, None);
    github.commit(second, Some(first));
    github.commit(third, Some(second));
    github.pull(PULL, &["b".repeat(40).as_str(), first], true);
    github.pull(18, &[second], false);
    world.embark = world.embark.with("GITHUB_API_URL", &github.url()).with("EMBARK_GITHUB_TOKEN", GITHUB_TOKEN);
    for commit in &world.commits {
        world.build(commit, commit, commit);
    }
    (world, github)
}

fn release<'a>(world: &'a World, environment: &'a str) -> [&'a str; 5] {
    ["release", environment, "--commit", &world.commits[0], "--deploy"]
}

/// Counts what was asked for the sake of notices.
fn asked(traffic: &Traffic) -> usize {
    let is_asked = |target: &str| target.contains("/pulls") || target.contains("/issues/");
    traffic.0.iter().filter(|exchange| is_asked(&exchange.target)).count()
}

/// Returns the rows of the one comment, without digest, commit and time.
#[track_caller]
fn rows(github: &GitHubServer) -> Vec<String> {
    let comments: Vec<String> = github.comments(PULL).into_iter().filter(|text| text.starts_with("<!--")).collect();
    assert_eq!(comments.len(), 1, "one comment: {comments:#?}");
    let cells = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        format!("{} {} {} {}", cells[1], cells[2], cells[3], cells[5])
    };
    comments[0].lines().filter(|line| line.starts_with("| ")).skip(2).map(cells).collect()
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn the_pull_request_is_told_in_one_comment_that_grows() {
    let (world, github) = world("{ pullRequest: true }");
    let commit = world.commits[0].as_str();
    github.comment_of_somebody(PULL, "Looks good to me.", "MEMBER");
    let row = |environment: &str, component: &str, tag: &str| format!("{environment} {component} `{tag}` success");
    let of = |environment: &str, tag: &str| ["frontend", "backend"].map(|component| row(environment, component, tag));
    let told = || github.comments(PULL)[1].clone();
    github.take_traffic();
    world.embark.json(&release(&world, "dev")).ended(0, "done");
    assert_eq!(asked(&github.take_traffic()), 3, "the pull request, its comments, the new one");
    world.embark.json(&release(&world, "staging")).ended(0, "done");
    assert_eq!(asked(&github.take_traffic()), 3, "the pull request, its comments, the change of one");
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", commit, "--deploy"];
    world.embark.json(&promote).ended(0, "done");
    let digest = world.store.digest("frontend", commit);
    assert_eq!(told().matches(&format!("`{digest}`")).count(), 3, "whole, in each environment:\n{}", told());
    let tip = world.repo.tip();
    assert!(told().contains(&format!("`{tip}`")), "a repository that is nowhere on GitHub has no page:\n{}", told());
    assert_eq!(github.comments(PULL).len(), 2);
    let before = told();
    for command in [&promote[..], &release(&world, "dev"), &["deploy", "--pending"]] {
        github.take_traffic();
        world.embark.json(command).ended(0, "unchanged");
        assert_eq!(asked(&github.take_traffic()), 0, "what is unchanged is told to nobody: {command:?}");
    }
    assert_eq!(told(), before);
    let expected = [of("dev", commit), of("staging", commit), of("production", "1.4.0")].concat();
    assert_eq!(rows(&github), expected);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_dry_run_and_a_release_that_deploys_nothing_are_told_to_nobody() {
    let receiver = Audience::start(200);
    let (world, github) = world("{ pullRequest: true, webhook: { urlFrom: HOOK } }");
    let embark = world.embark.clone().with("HOOK", &receiver.url(PATH));
    let commit = world.commits[0].as_str();
    embark.json(&["release", "dev", "--commit", commit, "--deploy", "--dry-run"]).ended(0, "planned");
    embark.json(&["release", "dev", "--commit", commit]).ended(0, "done");
    embark.json(&["deploy", "--pending", "--dry-run"]).ended(0, "planned");
    assert_eq!((github.comments(PULL), receiver.take()), (Vec::new(), Vec::new()));
    embark.json(&["deploy", "--pending"]).ended(0, "done");
    assert_eq!((rows(&github).len(), receiver.take().len()), (2, 1));
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_notice_that_fails_fails_no_deployment_and_says_which_permission_is_missing() {
    let (world, github) = world("{ pullRequest: true }");
    github.forbid_comments();
    let report = world.embark.json(&release(&world, "dev")).ended(0, "done");
    assert!(report.stderr.contains("warning: the pull request of"), "{}", report.stderr);
    assert!(report.stderr.contains("\"Pull requests: write\""), "{}", report.stderr);
    let stranger = world.embark.clone().without("EMBARK_GITHUB_TOKEN");
    let report = stranger.json(&release(&world, "staging")).ended(0, "done");
    assert!(report.stderr.contains("there is no token"), "{}", report.stderr);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_commit_that_no_merged_pull_request_brought_is_told_to_nobody() {
    let (world, github) = world("{ pullRequest: true }");
    for commit in &world.commits[1..] {
        let report = world.embark.json(&["release", "dev", "--commit", commit, "--deploy"]).ended(0, "done");
        assert!(!report.stderr.contains("warning"), "{}", report.stderr);
    }
    assert_eq!((github.comments(PULL).len(), github.comments(18).len()), (0, 0));
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_strangers_comment_that_looks_so_is_left_alone() {
    let (world, github) = world("{ pullRequest: true }");
    let forged = "<!-- embark -->\nEverything is fine.";
    github.comment_of_somebody(PULL, forged, "NONE");
    for environment in ["dev", "staging"] {
        world.embark.json(&release(&world, environment)).ended(0, "done");
    }
    let comments = github.comments(PULL);
    assert_eq!((comments.len(), comments[0].as_str()), (2, forged));
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn the_comment_is_found_behind_a_hundred_others_and_no_further_than_behind_five_hundred() {
    let (world, github) = world("{ pullRequest: true }");
    (0..120).for_each(|number| github.comment_of_somebody(PULL, &format!("No. {number}"), "MEMBER"));
    world.embark.json(&release(&world, "dev")).ended(0, "done");
    github.take_traffic();
    world.embark.json(&release(&world, "staging")).ended(0, "done");
    assert_eq!(asked(&github.take_traffic()), 4);
    assert_eq!(github.comments(PULL).len(), 121);
    let (world, github) = self::world("{ pullRequest: true }");
    (0..501).for_each(|number| github.comment_of_somebody(PULL, &format!("No. {number}"), "MEMBER"));
    let report = world.embark.json(&release(&world, "dev")).ended(0, "done");
    assert!(report.stderr.contains("more comments than are looked through"), "{}", report.stderr);
    assert_eq!(github.comments(PULL).len(), 501);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn the_webhook_is_told_what_json_output_tells() {
    let receiver = Audience::start(204);
    let (world, _github) = world("{ webhook: { urlFrom: HOOK } }");
    let embark = world.embark.clone().with("HOOK", &receiver.url(PATH));
    let report = embark.json(&release(&world, "staging")).ended(0, "done");
    assert_eq!(receiver.take(), [report.json]);
    embark.json(&release(&world, "staging")).ended(0, "unchanged");
    assert_eq!(receiver.take(), [serde_json::Value::Null; 0]);
    let report = embark.json(&["rollback", "staging", "--reason", "it fails"]);
    assert!(
        report.code != 0 && receiver.take().is_empty(),
        "what was refused before anything began: {:#}",
        report.json
    );
    world.configure("frontend.image.tag", "frontend.nothing.tag");
    let report = embark.json(&release(&world, "dev")).ended(3, "failed");
    assert_eq!(receiver.take(), [report.json]);
    world.configure("../git/deployment.git", "../git/nowhere.git");
    let report = embark.json(&release(&world, "dev")).ended(21, "failed");
    assert_eq!(receiver.take(), [report.json]);
    embark.json(&["release", "nowhere", "--commit", &world.commits[0], "--deploy"]).ended(2, "failed");
    assert!(receiver.take().is_empty());
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn what_failed_stands_in_the_comment_until_it_is_done() {
    let (world, github) = world("{ pullRequest: true }");
    let commit = world.commits[0].as_str();
    world.embark.json(&["release", "dev", "--commit", commit]).ended(0, "done");
    world.configure("frontend.image.tag", "frontend.nothing.tag");
    world.embark.json(&["deploy", "--pending"]).ended(3, "failed");
    assert_eq!(rows(&github), [format!("dev frontend `{commit}` error"), format!("dev backend `{commit}` success")]);
    world.configure("frontend.nothing.tag", "frontend.image.tag");
    world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    assert_eq!(rows(&github)[0], format!("dev frontend `{commit}` success"));
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_webhook_that_does_not_take_it_is_a_warning_without_its_address() {
    for (status, said) in [(500, "it answers 500"), (302, "it answers 302"), (307, "it answers 307")] {
        let receiver = Audience::start(status);
        let (world, _github) = world("{ webhook: { urlFrom: HOOK } }");
        let embark = world.embark.clone().with("HOOK", &receiver.url(PATH));
        let report = embark.json(&release(&world, "dev")).ended(0, "done");
        assert!(report.stderr.contains(&format!("warning: the webhook is not told: {said}")), "{}", report.stderr);
        assert_eq!(receiver.take().len(), 1, "a redirect is not followed, and nothing is told twice");
        let commands: [&[&str]; 2] = [&release(&world, "staging"), &["-vv", "deploy", "--pending"]];
        assert_unseen(&(report.stderr + &everything_said(&world, &embark, &commands)), &[PATH]);
    }
    let (world, _github) = world("{ webhook: { urlFrom: HOOK } }");
    let [dev, staging] = ["dev", "staging"].map(|environment| release(&world, environment));
    let unset = world.embark.json(&dev).ended(0, "done");
    assert!(unset.stderr.contains("HOOK, which notify.webhook.urlFrom names, is not set"), "{}", unset.stderr);
    let checked = world.embark.text(&["config", "check"]).succeeded("config check");
    assert!(checked.stderr.contains("HOOK"), "{}", checked.stderr);
    let in_clear_text = format!("http://hooks.example.com/{PATH}");
    let embark = world.embark.clone().with("HOOK", &in_clear_text);
    let refused = embark.json(&staging).ended(0, "done");
    assert!(refused.stderr.contains("https is needed"), "{}", refused.stderr);
    assert_unseen(&refused.stderr, &[PATH, "hooks.example.com"]);
    let nobody = world.embark.clone().with("HOOK", &format!("http://127.0.0.1:1/{PATH}"));
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", &world.commits[0], "--deploy"];
    let refused = nobody.json(&promote).ended(0, "done");
    assert!(refused.stderr.contains("it does not answer"), "{}", refused.stderr);
    assert_unseen(&refused.stderr, &[PATH]);
}
