//! GitHub goes away at each request of a run, before it has carried it out or after; the next run finishes, and leaves
//! what a run leaves that was not cut.

use std::collections::{BTreeMap, BTreeSet};

use embark_tests::harness::{COMPONENTS, Cut, GitHubServer, Report, World};

use crate::{github_api_commits, github_deployments, github_deployments::REPOSITORY};

/// So many worlds are there at a time: most of a crash is waiting for an answer.
const AT_ONCE: usize = 6;

struct Case {
    world: fn() -> (World, GitHubServer),
    /// What is done before the run that is cut.
    before: fn(&World),
    /// The arguments of that run.
    command: fn(&World) -> Vec<&str>,
    /// What the run finishes.
    environment: &'static str,
}

const RELEASE: Case = Case {
    world: github_deployments::world,
    before: |_| {},
    command: |world| vec!["release", "dev", "--commit", &world.commits[0]],
    environment: "dev",
};

const DEPLOY: Case = Case {
    world: github_deployments::world,
    before: |world| {
        world.embark.json(&["release", "dev", "--commit", &world.commits[0]]).ended(0, "done");
    },
    command: |_| vec!["deploy", "--pending"],
    environment: "dev",
};

/// The older deployments are closed after the newer ones.
const DEPLOY_OF_A_SECOND: Case = Case {
    world: github_deployments::world,
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
    world: github_deployments::world,
    before: |world| {
        world.embark.json(&["release", "staging", "--commit", &world.commits[0], "--deploy"]).ended(0, "done");
    },
    command: |world| vec!["promote", "production", "--version", "1.4.0", "--commit", &world.commits[0], "--deploy"],
    environment: "production",
};

/// Here the commits are requests, too.
const PROMOTE_OVER_API: Case = Case { world: github_api_commits::world, ..PROMOTE };

/// What is held is part of the commit.
const ROLLBACK: Case = Case {
    world: github_deployments::world,
    before: |world| {
        let [first, second, _] = &world.commits;
        world.embark.json(&["release", "dev", "--commit", first, "--deploy"]).ended(0, "done");
        world.build(second, "2", "2");
        world.embark.json(&["release", "dev", "--commit", second, "--deploy"]).ended(0, "done");
    },
    command: |_| vec!["rollback", "dev", "--reason", "it leaks"],
    environment: "dev",
};

/// What runs leave behind: the files, and what came of each deployment, by environment and task in their order.
///
/// That is its newest state but for `inactive`: a run that is cut may leave older ones shown as active, see
/// docs/shortcomings.md.
#[derive(Debug, PartialEq)]
struct Left {
    values: [String; 3],
    /// How many lines say what is held: each hold has its time.
    held: usize,
    results: BTreeMap<(String, String), Vec<Option<String>>>,
}

impl Left {
    fn by(world: &World, github: &GitHubServer) -> Self {
        let values = ["dev", "staging", "production"].map(|environment| world.repo.values(environment));
        let mut results: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (environment, task, states) in github.deployments(REPOSITORY) {
            let result = states.into_iter().rfind(|state| state != "inactive");
            results.entry((environment, task)).or_default().push(result);
        }
        let held = world.repo.git.file("main", ".embark/holds.yaml").map_or(0, |text| text.lines().count());
        Self { values, held, results }
    }
}

impl Case {
    fn prepared(&self) -> (World, GitHubServer) {
        let (world, github) = (self.world)();
        (self.before)(&world);
        github.take_traffic();
        (world, github)
    }

    /// Counts the requests of a run that is not cut, and sees what it and the next one leave.
    fn uncut(&self) -> (usize, Left) {
        let (world, github) = self.prepared();
        world.embark.json(&(self.command)(&world)).ended(0, "done");
        let requests = github.take_traffic().requests();
        assert_eq!(world.embark.json(&["deploy", "--pending"]).code, 0);
        (requests, Left::by(&world, &github))
    }

    /// Cuts the run at each of its requests.
    fn cut_everywhere(&self, cut: Cut) {
        let (requests, left) = self.uncut();
        assert!(requests > 4, "{requests}");
        let (requests, left): (Vec<usize>, &Left) = ((0..requests).collect(), &left);
        for some in requests.chunks(AT_ONCE) {
            std::thread::scope(|scope| {
                for request in some {
                    scope.spawn(move || self.cut_at(*request, cut, left));
                }
            });
        }
    }

    fn cut_at(&self, request: usize, cut: Cut, left: &Left) {
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
        assert_eq!(&Left::by(&world, &github), left, "it is left as by a run that is not cut: {place}");
        if self.environment == "production" {
            world.embark.json(&["verify", "--strict"]).ended(0, "unchanged");
        }
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
    a_promotion_over_the_api_that_is_cut_before_any_request_is_finished_by_the_next: PROMOTE_OVER_API, Cut::Before;
    a_promotion_over_the_api_that_is_cut_after_any_request_is_finished_by_the_next: PROMOTE_OVER_API, Cut::Unanswered;
    a_rollback_that_is_cut_before_any_request_is_finished_by_the_next: ROLLBACK, Cut::Before;
    a_rollback_that_is_cut_after_any_request_is_finished_by_the_next: ROLLBACK, Cut::Unanswered;
}
