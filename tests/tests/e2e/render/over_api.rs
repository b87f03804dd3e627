//! The same where the deployment repo is reached over GitHub's API alone: the chart is read from there, too.

use embark_tests::harness::{BACKEND, FRONTEND, GitHubServer, World, renderers};

use super::deployments::{FRONTEND_READ, READ, pods, rendered};
use crate::github_api_commits;
use crate::github_deployments::{REPOSITORY, states};

/// A world over the API, whose chart has what `frontend` says for the frontend's tag. Production has a chart of its own, in
/// which no template reads that.
fn world(frontend: &str) -> (World, GitHubServer) {
    let (mut world, github) = github_api_commits::world();
    world.embark = world.embark.with("PATH", &renderers());
    let commit = |path: &str, text: &str| {
        world.repo.commit_elsewhere("refs/heads/main", &format!("Add {path}"), path, text);
    };
    commit("templates/pods.yaml", &pods(frontend, READ));
    commit("old/Chart.yaml", "apiVersion: v2\nname: old\nversion: 0.1.0\n");
    commit("old/templates/pods.yaml", &pods(UNREAD, READ));
    world.configure("tag: version, promotesFrom: staging", "tag: version, promotesFrom: staging, chart: old");
    github.take_traffic();
    (world, github)
}

/// Whatever the values say, the frontend stays as it is.
const UNREAD: &str = "7";

/// What is said of the frontend where no template reads its keys.
fn reason(file: &str) -> String {
    format!("{file}: no rendered image comes of frontend.image.tag, frontend.image.digest; they come of ")
}

/// Counts the files of the chart and their folders that were read, and what was written.
fn traffic(github: &GitHubServer) -> (usize, usize) {
    let traffic = github.take_traffic();
    let is_read = |target: &str| target.contains("/git/trees/") || target.contains("/git/blobs/");
    let read = traffic.0.iter().filter(|exchange| exchange.method == "GET" && is_read(&exchange.target));
    // GraphQL asks by POST as well; what it writes is seen in the repository.
    let written = traffic.0.iter().filter(|exchange| exchange.method != "GET" && !exchange.target.contains("graphql"));
    (read.count(), written.count())
}

#[test]
#[ignore = "needs prism and helm: run ./tests/run"]
fn a_key_that_no_template_reads_is_refused_over_github_s_api() {
    let (world, github) = world(UNREAD);
    let commit = world.commits[0].as_str();
    world.embark.json(&["release", "dev", "--commit", commit]).ended(0, "done");
    github.take_traffic();
    let (before, waiting) = (world.state(), github.rows(REPOSITORY));

    let dry = world.embark.json(&["deploy", "--pending", "--render", "--dry-run"]).ended(10, "refused");
    let told = dry.deployment(FRONTEND)["reason"].to_string();
    assert!(told.contains(&reason("dev.yaml")) && told.contains("backend.image.tag"), "{told}");
    assert_eq!(rendered(&dry.deployment(BACKEND)).len(), 1, "{:#}", dry.json);
    let (read, written) = traffic(&github);
    assert!(read > 0 && written == 0, "the chart is read over the API, and nothing is written: {read} {written}");
    assert_eq!((world.state(), github.rows(REPOSITORY)), (before, waiting));

    let deploy = world.embark.json(&["deploy", "--pending", "--render"]).ended(10, "refused");
    let of = |component: &str| deploy.deployment(component)["state"].clone();
    assert_eq!((of(FRONTEND), of(BACKEND)), ("failure".into(), "success".into()), "{:#}", deploy.json);
    let commits = world.repo.commits();
    let carried: Vec<&str> = commits
        .iter()
        .filter(|entry| !entry.trailers.is_empty())
        .map(|entry| entry.trailer("Embark-Component"))
        .collect();
    assert_eq!(carried, [BACKEND], "nothing is committed for what is refused");
    assert!(!world.repo.values("dev").contains(&format!("{{tag: \"{commit}\"")), "{}", world.repo.values("dev"));
    let (row, statuses) =
        github.rows(REPOSITORY).into_iter().find(|(row, _)| row["task"] == "embark:frontend").expect("it is there");
    let last = statuses.last().expect("it has a status");
    assert_eq!(last["state"], "failure", "{row:#}");
    assert!(last["description"].to_string().contains("no rendered image comes of frontend.image.tag"), "{last:#}");
    world.embark.json(&["deploy", "--pending", "--render"]).ended(0, "unchanged");
}

#[test]
#[ignore = "needs prism and helm: run ./tests/run"]
fn a_promotion_is_judged_over_github_s_api_before_anything_is_written() {
    let (world, github) = world(FRONTEND_READ);
    let commit = world.commits[0].as_str();
    world.embark.json(&["release", "staging", "--commit", commit]).ended(0, "done");
    let staged = world.embark.json(&["deploy", "--pending", "--render"]).ended(0, "done");
    assert_eq!(rendered(&staged.deployment(FRONTEND)).len(), 1, "{:#}", staged.json);
    github.take_traffic();
    let (before, rows) = (world.state(), github.rows(REPOSITORY));
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", commit, "--render", "--deploy"];
    for dry_run in [&["--dry-run"][..], &[]] {
        let refused = world.embark.json(&[&promote[..], dry_run].concat()).ended(10, "refused");
        let told = refused.deployment(FRONTEND)["reason"].to_string();
        assert!(told.contains(&reason("prod.yaml")), "{told}");
        let (read, written) = traffic(&github);
        assert!(read > 0 && written == 0, "{read} {written}");
        assert_eq!(world.state(), before, "neither a tag nor a commit");
        assert_eq!(github.rows(REPOSITORY), rows, "and no deployment");
    }
    world.repo.commit_elsewhere("refs/heads/main", "Mend it", "old/templates/pods.yaml", &pods(FRONTEND_READ, READ));
    let done = world.embark.json(&promote).ended(0, "done");
    assert_eq!(rendered(&done.deployment(FRONTEND)).len(), 1, "{:#}", done.json);
    for (task, states) in states(&github, "production") {
        assert_eq!(states, ["in_progress", "success"], "{task}");
    }
    world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
}
