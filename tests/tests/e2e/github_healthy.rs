//! GitHub's deployments as the queue, where a success is a healthy one: doubles of GitHub and of Argo CD stand in, each
//! behind its own description.

use std::sync::{Arc, Mutex};

use embark_tests::harness::{Application, COMPONENTS, Cut, FRONTEND, GitHubServer};

use crate::argocd::Shop;
use crate::github_deployments::{REPOSITORY, keep_on_github, states};

/// A shop whose deployments are GitHub's.
fn shop() -> (Shop, Arc<GitHubServer>) {
    let Shop { world, argocd } = Shop::new("healthy");
    let (world, github) = keep_on_github(world);
    (Shop { world, argocd }, Arc::new(github))
}

/// The states of each component's newest deployment to staging.
fn newest(github: &GitHubServer) -> Vec<Vec<String>> {
    let all = states(github, "staging");
    let of = |component: &&str| {
        let task = format!("embark:{component}");
        all.iter().rfind(|(other, _)| *other == task).map(|(_, states)| states.clone())
    };
    COMPONENTS.iter().filter_map(of).collect()
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn it_is_in_progress_on_github_until_argo_cd_has_it_and_it_is_healthy() {
    let (shop, github) = shop();
    let first = shop.branch().tip();
    let seen: Arc<Mutex<Vec<Vec<Vec<String>>>>> = Arc::default();
    let (looking, telling) = (Arc::clone(&github), Arc::clone(&seen));
    shop.plays(move |number, branch| {
        telling.lock().expect("nobody panics").push(newest(&looking));
        match number {
            0 | 1 => branch.behind(&first),
            2 => Application { health: "Progressing".into(), ..branch.now() },
            _ => branch.now(),
        }
    });
    let commit = shop.world.commits[0].as_str();
    shop.world.embark.json(&["release", "staging", "--commit", commit]).ended(0, "done");
    let deploy = shop.world.embark.json(&["deploy", "--pending"]).ended(0, "done");

    let looks = seen.lock().expect("nobody panics").clone();
    assert!(looks.len() >= 3, "{looks:?}");
    for states in looks.iter().flatten() {
        assert_eq!(states.last().map(String::as_str), Some("in_progress"), "{looks:?}");
    }
    assert!(looks.iter().all(|components| components.len() == COMPONENTS.len()), "{looks:?}");
    for (component, states) in COMPONENTS.iter().zip(newest(&github)) {
        assert_eq!(states.last().map(String::as_str), Some("success"), "{states:?}");
        assert_eq!(states.iter().filter(|state| *state == "success").count(), 1, "{states:?}");
        assert!(states[..states.len() - 1].iter().all(|state| state == "in_progress"), "{states:?}");
        let told = deploy.deployment(component);
        let row = github.rows(REPOSITORY).into_iter().find(|(row, _)| row["task"] == format!("embark:{component}"));
        let (_, statuses) = row.expect("it is there");
        let last = statuses.last().expect("it has a status")["description"].as_str().unwrap_or_default().to_owned();
        assert!(last.starts_with(told["commit"].as_str().expect("it has a commit")), "{last}");
    }
    assert_eq!(shop.world.repo.commits().len(), COMPONENTS.len());
    shop.world.embark.json(&["deploy", "--pending"]).ended(0, "unchanged");
    // What is healthy on staging may go on.
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", commit, "--deploy"];
    shop.world.embark.json(&promote).ended(0, "done");
    shop.world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn what_is_degraded_is_a_failure_on_github_with_argo_cd_s_own_words() {
    let (shop, github) = shop();
    shop.plays(|_, branch| Application {
        health: "Degraded".into(),
        resources: vec![(
            "Deployment".into(),
            "frontend".into(),
            "Degraded".into(),
            Some("exceeded its deadline".into()),
        )],
        ..branch.now()
    });
    let commit = shop.world.commits[0].as_str();
    shop.world.embark.json(&["release", "staging", "--commit", commit]).ended(0, "done");
    let failed = shop.world.embark.json(&["deploy", "--pending"]).ended(13, "failed");
    for (component, states) in COMPONENTS.iter().zip(newest(&github)) {
        assert_eq!(failed.deployment(component)["state"], "failure", "{:#}", failed.json);
        assert_eq!(states.last().map(String::as_str), Some("failure"), "{states:?}");
        assert!(!states.contains(&"success".to_owned()), "{states:?}");
    }
    for (row, statuses) in github.rows(REPOSITORY) {
        let words = statuses.last().expect("it has a status")["description"].to_string();
        assert!(words.contains("Deployment frontend: exceeded its deadline"), "{row:#} {words}");
    }
    // It is over: it is not tried again, and does not go to production.
    let (tip, rows) = (shop.world.repo.tip(), github.rows(REPOSITORY));
    shop.world.embark.json(&["deploy", "--pending"]).ended(0, "unchanged");
    let promote = ["promote", "production", "--version", "1.4.0", "--commit", commit, "--deploy"];
    shop.world.embark.json(&promote).ended(10, "refused");
    assert_eq!((shop.world.repo.tip(), github.rows(REPOSITORY)), (tip, rows));
}

/// Which requests of a run of one component report its commit, and that it is healthy.
fn posts() -> [usize; 2] {
    let (shop, github) = released();
    shop.world.embark.json(&["deploy", "--pending"]).ended(0, "done");
    let traffic = github.take_traffic();
    let all = traffic.0.iter().enumerate();
    let is_post = |target: &str, method: &str| method == "POST" && target.ends_with("/statuses");
    let all: Vec<usize> = all.filter(|(_, one)| is_post(&one.target, &one.method)).map(|(at, _)| at).collect();
    // That it is being carried out, that it is committed, and that it is healthy.
    assert_eq!(all.len(), 3, "{traffic}");
    [all[1], all[2]]
}

/// A shop in which a deployment of the frontend waits, and Argo CD has at once whatever is committed.
fn released() -> (Shop, Arc<GitHubServer>) {
    let (shop, github) = shop();
    shop.plays(|_, branch| branch.now());
    let release = ["release", "staging", "--commit", &shop.world.commits[0], "--component", FRONTEND];
    shop.world.embark.json(&release).ended(0, "done");
    github.take_traffic();
    (shop, github)
}

/// GitHub goes away after the commit: before it hears of it, before it hears that all is healthy, or after that. The next
/// run makes no second commit, and brings it to its end.
#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_crash_between_the_commit_and_the_report_is_recovered_by_the_next_run() {
    let [committed, healthy] = posts();
    std::thread::scope(|scope| {
        for (post, cut) in [(committed, Cut::Before), (healthy, Cut::Before), (healthy, Cut::Unanswered)] {
            scope.spawn(move || crash(post, cut));
        }
    });
}

fn crash(post: usize, cut: Cut) {
    let (shop, github) = released();
    github.cut(post, cut, true);
    let first = shop.world.embark.json(&["deploy", "--pending"]);
    github.heal();
    let place = format!("request {post}, {cut:?}: {:#}", first.json);
    assert_eq!(first.code, 21, "{place}");
    let log = shop.world.repo.commits();
    assert_eq!(log.len(), 1, "it is committed: {place}");
    let tip = shop.world.repo.tip();
    // Where only the answer to the last report was lost, nothing is left to do.
    let second = shop.world.embark.json(&["deploy", "--pending"]);
    assert_eq!(second.code, 0, "{place}, then {:#}", second.json);
    let states = newest(&github).remove(0);
    assert_eq!(states.last().map(String::as_str), Some("success"), "{states:?} {place}");
    assert_eq!(states.iter().filter(|state| *state == "success").count(), 1, "{states:?} {place}");
    assert_eq!((shop.world.repo.tip(), shop.world.repo.commits().len()), (tip, 1), "no second commit: {place}");
    shop.world.embark.json(&["deploy", "--pending"]).ended(0, "unchanged");
    shop.world.repo.git.assert_sound();
}
