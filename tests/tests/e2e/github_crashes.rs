//! GitHub goes away at each request of a run, before it has carried it out or after; the next run finishes.

use std::collections::BTreeSet;

use embark_tests::harness::{COMPONENTS, Cut, GitHubServer, Report, World};

use crate::github_deployments::{REPOSITORY, world};

/// So many worlds are there at a time: most of a crash is waiting for an answer.
const AT_ONCE: usize = 6;

struct Case {
    /// What is done before the run that is cut.
    before: fn(&World),
    /// The arguments of that run.
    command: fn(&World) -> Vec<&str>,
    /// What the run finishes.
    environment: &'static str,
}

const RELEASE: Case =
    Case { before: |_| {}, command: |world| vec!["release", "dev", "--commit", &world.commits[0]], environment: "dev" };

const DEPLOY: Case = Case {
    before: |world| {
        world.embark.json(&["release", "dev", "--commit", &world.commits[0]]).ended(0, "done");
    },
    command: |_| vec!["deploy", "--pending"],
    environment: "dev",
};

/// The older deployments are closed after the newer ones.
const DEPLOY_OF_A_SECOND: Case = Case {
    before: |world| {
        let [first, second, _] = &world.commits;
        world.embark.json(&["release", "dev", "--commit", first, "--deploy"]).ended(0, "done");
        world.build(second, "2", "2");
        world.embark.json(&["release", "dev", "--commit", second]).ended(0, "done");
    },
    command: |_| vec!["deploy", "--pending"],
    environment: "dev",
};

/// What is asked for also proves the promotion.
const PROMOTE: Case = Case {
    before: |world| {
        world.embark.json(&["release", "staging", "--commit", &world.commits[0], "--deploy"]).ended(0, "done");
    },
    command: |world| vec!["promote", "production", "--version", "1.4.0", "--commit", &world.commits[0], "--deploy"],
    environment: "production",
};

impl Case {
    fn prepared(&self) -> (World, GitHubServer) {
        let (world, github) = world();
        (self.before)(&world);
        github.take_traffic();
        (world, github)
    }

    /// Counts the requests of a run that is not cut.
    fn requests(&self) -> usize {
        let (world, github) = self.prepared();
        world.embark.json(&(self.command)(&world)).ended(0, "done");
        github.take_traffic().requests()
    }

    /// Cuts the run at each of its requests.
    fn cut_everywhere(&self, cut: Cut) {
        let requests: Vec<usize> = (0..self.requests()).collect();
        assert!(requests.len() > 4, "{requests:?}");
        for some in requests.chunks(AT_ONCE) {
            std::thread::scope(|scope| {
                for request in some {
                    scope.spawn(move || self.cut_at(*request, cut));
                }
            });
        }
    }

    fn cut_at(&self, request: usize, cut: Cut) {
        let (world, github) = self.prepared();
        github.cut(request, cut, true);
        let command = (self.command)(&world);
        let first = world.embark.json(&command);
        github.heal();
        let place = format!("request {request}, {cut:?}: {:#}\n{}", first.json, first.stderr);
        assert_true(&github, &first, &place);

        let second = world.embark.json(&command);
        assert_eq!(second.code, 0, "{place}\nthen {:#}", second.json);
        let third = world.embark.json(&["deploy", "--pending"]);
        assert_eq!(third.code, 0, "{place}\nthen {:#}\nthen {:#}", second.json, third.json);
        self.assert_finished(&world, &github, &place);
        world.embark.json(&["deploy", "--pending"]).ended(0, "unchanged");
    }

    /// Each wish has one deployment, one commit and one success, which is the end of it.
    fn assert_finished(&self, world: &World, github: &GitHubServer, place: &str) {
        let all = github.rows(REPOSITORY);
        let ids: BTreeSet<String> = all.iter().map(|(row, _)| row["payload"]["embark"]["id"].to_string()).collect();
        assert_eq!(ids.len(), all.len(), "none is doubled: {place}");
        let newest = all.iter().filter(|(row, _)| row["environment"] == self.environment);
        let newest: Vec<_> = newest.rev().take(COMPONENTS.len()).collect();
        let tasks: BTreeSet<&str> = newest.iter().filter_map(|(row, _)| row["task"].as_str()).collect();
        assert_eq!(tasks.len(), COMPONENTS.len(), "each component has one: {place}");
        for (row, statuses) in &newest {
            let states: Vec<&str> = statuses.iter().filter_map(|status| status["state"].as_str()).collect();
            let successes = states.iter().filter(|state| **state == "success").count();
            assert_eq!((successes, states.last()), (1, Some(&"success")), "{row:#} {states:?}: {place}");
        }
        let log = world.repo.commits();
        let carried_out: BTreeSet<&str> = log.iter().map(|entry| entry.trailer("Embark-Deployment")).collect();
        assert_eq!((log.len(), carried_out.len()), (all.len(), all.len()), "each has one commit: {place}");
        world.repo.git.assert_sound();
    }
}

/// A run that was cut says no more than what is so.
#[track_caller]
fn assert_true(github: &GitHubServer, first: &Report, place: &str) {
    assert!([0, 21].contains(&first.code), "{place}");
    let told = github.rows(REPOSITORY);
    let said = first.json["deployments"].as_array().into_iter().flatten();
    for deployment in said.filter(|deployment| deployment["state"] == "success") {
        let row = told.iter().find(|(row, _)| row["payload"]["embark"]["id"] == deployment["id"]);
        let succeeded = row.is_some_and(|(_, statuses)| statuses.iter().any(|status| status["state"] == "success"));
        assert!(succeeded, "{place}");
    }
}

macro_rules! crashes {
    ($($name:ident: $case:ident, $cut:expr;)*) => {$(
        #[test]
        #[ignore = "needs prism: run ./tests/run"]
        fn $name() {
            $case.cut_everywhere($cut);
        }
    )*};
}

crashes! {
    a_release_that_is_cut_before_any_request_is_finished_by_the_next: RELEASE, Cut::Before;
    a_release_that_is_cut_after_any_request_is_finished_by_the_next: RELEASE, Cut::Unanswered;
    a_deploy_that_is_cut_before_any_request_is_finished_by_the_next: DEPLOY, Cut::Before;
    a_deploy_that_is_cut_after_any_request_is_finished_by_the_next: DEPLOY, Cut::Unanswered;
    a_second_deploy_that_is_cut_before_any_request_is_finished_by_the_next: DEPLOY_OF_A_SECOND, Cut::Before;
    a_second_deploy_that_is_cut_after_any_request_is_finished_by_the_next: DEPLOY_OF_A_SECOND, Cut::Unanswered;
    a_promotion_that_is_cut_before_any_request_is_finished_by_the_next: PROMOTE, Cut::Before;
    a_promotion_that_is_cut_after_any_request_is_finished_by_the_next: PROMOTE, Cut::Unanswered;
}
