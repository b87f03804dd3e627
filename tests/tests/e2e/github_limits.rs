//! GitHub asks for fewer requests, refuses, or fails. A short wait is waited for and a long one told; nothing is lost.

use std::time::{SystemTime, UNIX_EPOCH};

use embark_tests::harness::{COMPONENTS, GitHubServer, Instead, Report, Traffic, World};
use serde_json::{Value, json};

use crate::github_deployments::{REPOSITORY, states, world};

/// What a run asks, and where it comes to a limit: a list, a new deployment, its first status, its second.
const PLACES: [(&str, &str, usize); 4] =
    [("POST", "/graphql", 0), ("POST", "/deployments", 1), ("POST", "/statuses", 0), ("POST", "/statuses", 3)];

const SECONDARY: &str = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";

fn message(words: &str) -> Value {
    json!({ "message": words, "documentation_url": "https://docs.github.com/rest" })
}

/// The answer to a request at one of the places.
fn at((method, path, after): (&'static str, &'static str, usize)) -> Instead {
    Instead { after, ..Instead::of_a(method, path) }
}

/// The primary limit is used up, and so many seconds are left of the hour.
fn used_up(instead: Instead, seconds: u64) -> Instead {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let instead = instead.with("x-ratelimit-limit", "5000").with("x-ratelimit-remaining", "0");
    instead.with("x-ratelimit-reset", (now + seconds).to_string())
}

fn release(world: &World) -> Report {
    world.embark.json(&["release", "dev", "--commit", &world.commits[0], "--deploy"])
}

/// How often something was asked that is answered with this status.
fn count(traffic: &Traffic, method: &str, path: &str, status: u16) -> usize {
    let is_it = |exchange: &&embark_tests::harness::Exchange| {
        exchange.method == method && exchange.target.ends_with(path) && exchange.status == status
    };
    traffic.0.iter().filter(is_it).count()
}

/// Each component has one deployment, one commit and one success.
#[track_caller]
fn assert_finished(world: &World, github: &GitHubServer) {
    let dev = states(github, "dev");
    assert_eq!(dev.len(), COMPONENTS.len(), "{dev:?}");
    for (task, states) in &dev {
        assert_eq!(states.last().map(String::as_str), Some("success"), "{task}: {states:?}");
    }
    assert_eq!(world.repo.commits().len(), COMPONENTS.len());
}

/// The run waits, says so, and ends well.
#[track_caller]
fn assert_obeyed(instead: Instead) {
    let (world, github) = world();
    let (method, path, status) = (instead.method, instead.path, instead.status);
    github.answer_instead(instead);
    let report = release(&world).ended(0, "done");
    assert!(report.stderr.contains("asks for fewer requests: waiting"), "{method} {path} {status}: {}", report.stderr);
    assert_finished(&world, &github);
    if status != 200 {
        let traffic = github.take_traffic();
        assert_eq!(count(&traffic, method, path, status), 1, "{traffic}");
    }
}

/// The run ends and tells the time, without asking again; the next run finishes.
#[track_caller]
fn assert_told(instead: Instead, seconds: std::ops::RangeInclusive<u64>) {
    let (world, github) = world();
    let place = format!("{instead:?}");
    let (method, path, status) = (instead.method, instead.path, instead.status);
    github.answer_instead(instead);
    let failed = release(&world).ended(21, "failed");
    let told = failed.json["error"]["message"].as_str().unwrap_or_default();
    assert!(told.contains(&format!("{REPOSITORY} on GitHub asks for fewer requests: wait for ")), "{place}: {told}");
    let time = told.rsplit("wait for ").next().and_then(|rest| rest.split(' ').next()?.parse().ok());
    assert!(time.is_some_and(|time| seconds.contains(&time)), "{place}: {told}");
    assert!(failed.json["error"]["hint"].to_string().contains("run the same command again"), "{:#}", failed.json);
    let traffic = github.take_traffic();
    if status != 200 {
        assert_eq!(count(&traffic, method, path, status), 1, "{place}: {traffic}");
    }
    release(&world).ended_with(0);
    world.embark.json(&["deploy", "--pending"]).ended_with(0);
    assert_finished(&world, &github);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_primary_limit_that_ends_soon_is_waited_for() {
    for (status, place) in [(403, PLACES[0]), (429, PLACES[1]), (403, PLACES[2]), (429, PLACES[3])] {
        assert_obeyed(used_up(at(place), 1).told(status, message("API rate limit exceeded for user ID 1.")));
    }
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_primary_limit_that_ends_late_is_told_with_its_time() {
    for (status, place) in [(429, PLACES[0]), (403, PLACES[1]), (429, PLACES[2]), (403, PLACES[3])] {
        let limited = used_up(at(place), 900).told(status, message("API rate limit exceeded for user ID 1."));
        assert_told(limited, 600..=901);
    }
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_secondary_limit_that_ends_soon_is_waited_for() {
    for (status, place) in [(429, PLACES[0]), (403, PLACES[1]), (429, PLACES[2]), (403, PLACES[3])] {
        assert_obeyed(at(place).told(status, message(SECONDARY)).with("retry-after", "1"));
    }
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_secondary_limit_that_ends_late_is_told_with_its_time() {
    for (status, place) in [(403, PLACES[0]), (429, PLACES[1]), (403, PLACES[2]), (429, PLACES[3])] {
        assert_told(at(place).told(status, message(SECONDARY)).with("retry-after", "120"), 120..=120);
    }
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_secondary_limit_that_words_alone_tell_is_one_of_a_minute() {
    for (status, place) in [(403, PLACES[0]), (429, PLACES[1]), (403, PLACES[2]), (403, PLACES[3])] {
        assert_told(at(place).told(status, message(SECONDARY)), 60..=60);
    }
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_limit_that_graphql_tells_with_a_success_is_one() {
    let words = "API rate limit already exceeded for user ID 1.";
    let limited = |kind: Value| json!({ "errors": [{ "type": kind, "message": words }] });
    assert_obeyed(used_up(at(PLACES[0]), 1).told(200, limited("RATE_LIMITED".into())));
    assert_told(used_up(at(PLACES[0]), 900).told(200, limited("RATE_LIMITED".into())), 600..=901);
    assert_told(at(PLACES[0]).told(200, limited("RATE_LIMITED".into())), 60..=60);
    assert_told(at(PLACES[0]).told(200, json!({ "errors": [{ "message": SECONDARY }] })), 60..=60);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn there_is_no_patience_for_one_limit_after_the_other() {
    let (world, github) = world();
    github.answer_instead(Instead { times: 9, ..at(PLACES[1]).told(429, message(SECONDARY)).with("retry-after", "1") });
    release(&world).ended(21, "failed");
    let traffic = github.take_traffic();
    assert_eq!(count(&traffic, "POST", "/deployments", 429), 3, "{traffic}");
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_missing_permission_is_no_limit_and_is_not_asked_for_again() {
    let words = "Resource not accessible by integration";
    for (place, permission) in [(PLACES[1], "Deployments: write"), (PLACES[2], "Deployments: write")] {
        let (world, github) = world();
        let refused = at(place).told(403, message(words)).with("x-ratelimit-remaining", "4000");
        github.answer_instead(Instead { times: 9, ..refused });
        let failed = release(&world).ended(20, "failed");
        let error = failed.json["error"].to_string();
        assert!(error.contains(permission) && error.contains(words), "{:#}", failed.json);
        let traffic = github.take_traffic();
        assert_eq!(count(&traffic, place.0, place.1, 403), 1, "{traffic}");
    }
    let (world, github) = world();
    let forbidden = json!({ "data": null, "errors": [{ "type": "FORBIDDEN", "message": words }] });
    github.answer_instead(Instead { times: 9, ..at(PLACES[0]).told(200, forbidden) });
    let failed = release(&world).ended(20, "failed");
    assert!(failed.json["error"].to_string().contains("Deployments: read"), "{:#}", failed.json);
    assert_eq!(github.take_traffic().requests(), 1);
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_server_that_fails_once_is_asked_again_and_nothing_is_doubled() {
    let environment = ("GET", "/environments/dev", 0);
    for place in PLACES.into_iter().chain([environment]) {
        for (status, is_carried_out) in [(502, false), (503, true)] {
            let (world, github) = world();
            let failing = at(place).told(status, message("Server Error"));
            github.answer_instead(Instead { is_carried_out, ..failing });
            release(&world).ended(0, "done");
            assert_finished(&world, &github);
            let traffic = github.take_traffic();
            assert_eq!(count(&traffic, place.0, place.1, status), 1, "{traffic}");
        }
    }
}

#[test]
#[ignore = "needs prism: run ./tests/run"]
fn a_server_that_fails_for_good_is_told_and_the_next_run_finishes() {
    for place in PLACES {
        let (world, github) = world();
        github.answer_instead(Instead { times: 3, ..at(place).told(502, message("Server Error")) });
        let failed = release(&world).ended(21, "failed");
        assert!(failed.json["error"].to_string().contains("502"), "{:#}", failed.json);
        let traffic = github.take_traffic();
        assert_eq!(count(&traffic, place.0, place.1, 502), 3, "three times at most: {traffic}");
        release(&world).ended_with(0);
        world.embark.json(&["deploy", "--pending"]).ended_with(0);
        assert_finished(&world, &github);
    }
}
