//! `deploy --pending` finds what no webhook delivered and what a crash left, in bounded work.

use embark_tests::harness::{GitHubServer, World};

use crate::github_deployments::{REPOSITORY, states, world};

/// A world in which the first commit was released to dev, and not carried out.
fn released() -> (World, GitHubServer) {
    let (world, github) = world();
    world.embark.json(&["release", "dev", "--commit", &world.commits[0]]).ended(0, "done");
    (world, github)
}

fn has_run(github: &GitHubServer) -> bool {
    let dev = states(github, "dev").into_iter().filter(|(task, _)| task.starts_with("embark:"));
    dev.map(|(_, states)| states).all(|states| states.last().is_some_and(|state| state == "success"))
}

/// How many requests listed deployments.
fn listed(github: &GitHubServer) -> usize {
    let traffic = github.take_traffic();
    traffic.0.iter().filter(|exchange| exchange.target.ends_with("/graphql")).count()
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn what_a_crash_left_in_progress_is_found_and_finished() {
    let (world, github) = released();
    github.append(REPOSITORY, 3_000_000_001, "in_progress");
    let done = world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    assert_eq!(done.deployments().len(), 2);
    assert!(has_run(&github));
    assert_eq!(states(&github, "dev")[0].1, ["in_progress", "success"], "it is not begun again");
    assert_eq!(world.repo.commits().len(), 2);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn what_waits_behind_deployments_of_others_is_found() {
    let (world, github) = released();
    github.crowd(REPOSITORY, "dev", 350);
    github.take_traffic();
    let done = world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    assert!(!done.stderr.contains("looked for"), "{}", done.stderr);
    assert!(has_run(&github));
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn what_waits_further_back_than_is_searched_is_asked_for_by_its_task() {
    let (world, github) = released();
    github.crowd(REPOSITORY, "dev", 1_050);
    github.take_traffic();
    let done = world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    assert_eq!(done.deployments().len(), 2);
    assert!(has_run(&github));
    // Ten pages of all, two of the environment alone, the statuses by task; and what carrying out reads of the lanes.
    let listed = listed(&github);
    assert!(listed <= 24, "the search is bounded: {listed}");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn where_nothing_waits_one_page_is_enough() {
    let (world, github) = released();
    world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    github.take_traffic();
    let nothing = world.embark.json(&["deploy", "--pending"]).ended(0, "unchanged");
    assert_eq!((listed(&github), nothing.stderr.as_str()), (1, ""));
}
