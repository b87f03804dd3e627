//! embark and emulate, a GitHub of another make: what it has of what embark asks.
//!
//! It has no deployments, no environments, no commit statuses and no GraphQL. What it has differs from GitHub's own
//! description here and there: [`DIFFERENCES`] says where, and why that does not matter.

use embark_core::ports::{Ancestry, ApplicationRepository as _};
use embark_core::testing::contract::application_repository::{self as suite, History};
use embark_core::{CheckName, Checks, Commit, Digest, State, Timestamp};
use embark_github::{App, Credentials, GitHub, Notice, Permission, PullRequests};
use embark_tests::harness::{APP_ID, AppKey, EMULATE_TOKEN, Emulate};
use serde_json::{Value, json};

use crate::client;

const REPOSITORY: &str = "backstage";

/// Where its answers do not fit GitHub's description, of what is asked here: the operation, where in the body, what is wrong
/// with which properties. embark reads none of them.
const DIFFERENCES: [(&str, &[&str], Wrong, &[&str]); 7] = [
    // What GitHub counts of a repository that is told alone.
    (REPOSITORY_ALONE, &[""], Wrong::Missing, &["network_count", "subscribers_count"]),
    // It tells less of people where they are part of something else.
    (REPOSITORY_ALONE, &["owner"], Wrong::Missing, &OF_A_USER),
    (PULLS, &["*.base.repo.owner", "*.base.user", "*.head.repo.owner", "*.head.user"], Wrong::Missing, &OF_A_USER),
    // The address of what a check run remarks on lines.
    (CHECKS, &["check_runs.*.output"], Wrong::Missing, &["annotations_url"]),
    // The name of an app's bot ends with `[bot]`, which it writes into addresses as it is.
    (COMMENTS, &["*.user"], Wrong::NoAddress, &OF_A_BOT),
    (NEW_COMMENT, &["user"], Wrong::NoAddress, &OF_A_BOT),
    (CHANGED_COMMENT, &["user"], Wrong::NoAddress, &OF_A_BOT),
];

/// What is wrong with a property.
#[derive(Debug, Clone, Copy)]
enum Wrong {
    Missing,
    NoAddress,
}

const REPOSITORY_ALONE: &str = "GET /repos/{owner}/{repo}";
const PULLS: &str = "GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls";
const CHECKS: &str = "GET /repos/{owner}/{repo}/commits/{ref}/check-runs";
const COMMENTS: &str = "GET /repos/{owner}/{repo}/issues/{issue_number}/comments";
const NEW_COMMENT: &str = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments";
const CHANGED_COMMENT: &str = "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}";

/// Addresses of other things of a user.
const OF_A_USER: [&str; 8] = [
    "followers_url",
    "following_url",
    "gists_url",
    "gravatar_id",
    "organizations_url",
    "received_events_url",
    "starred_url",
    "subscriptions_url",
];

/// Addresses of an app's bot.
const OF_A_BOT: [&str; 8] = [
    "avatar_url",
    "followers_url",
    "html_url",
    "organizations_url",
    "received_events_url",
    "repos_url",
    "subscriptions_url",
    "url",
];

/// What it answers with `404`, whatever is there.
const ABSENT: [(&str, &str); 5] = [
    ("GET", "/repos/acme/backstage/commits/{commit}/status?per_page=100"),
    ("GET", "/repos/acme/backstage/deployments"),
    ("POST", "/repos/acme/backstage/deployments"),
    ("GET", "/repos/acme/backstage/environments/dev"),
    ("POST", "/graphql"),
];

fn credentials() -> Credentials {
    Credentials::Token(EMULATE_TOKEN.into())
}

fn github(emulate: &Emulate, name: &str) -> GitHub {
    let name = format!("acme/{name}").parse().expect("a name");
    GitHub::new(client(), emulate.url().parse().expect("an address"), name, credentials())
}

fn pull_requests(emulate: &Emulate, credentials: impl Into<Credentials>) -> PullRequests {
    let name = format!("acme/{REPOSITORY}").parse().expect("a name");
    PullRequests::new(client(), emulate.url().parse().expect("an address"), name, credentials)
}

/// An emulate with the history of the contract.
fn with_a_history() -> (Emulate, History) {
    let emulate = Emulate::start();
    let commit = |parents: &[&str], text: &str| emulate.commit(REPOSITORY, parents, "main.js", text);
    let root = emulate.tip(REPOSITORY, "main");
    let child = commit(&[&root], "2");
    let tips = [commit(&[&child], "3"), commit(&[&child], "4")];
    let parsed = |commit: &str| commit.parse::<Commit>().expect("a commit");
    let [one, other] = tips.each_ref().map(|tip| parsed(tip));
    let history =
        History { root: parsed(&root), child: parsed(&child), tips: [one, other], absent: parsed(&"e".repeat(40)) };
    (emulate, history)
}

cases!(needs "needs emulate: run ./tests/run", suite over { with_a_history() } as (emulate, history) =>
    (&github(&emulate, REPOSITORY), &history):
    tells_an_ancestor
    tells_what_is_no_ancestor
    knows_no_ancestry_of_an_absent_commit
);
cases!(needs "needs emulate: run ./tests/run", suite over { with_a_history() } as (emulate, history) =>
    (&github(&emulate, REPOSITORY), &history.absent): knows_no_checks);
cases!(needs "needs emulate: run ./tests/run", suite over { with_a_history() } as (emulate, history) =>
    (&github(&emulate, "elsewhere"), &history.child): tells_that_it_does_not_exist);

fn notice(environment: &str, component: &str) -> Notice {
    Notice {
        environment: environment.parse().expect("a name"),
        component: component.parse().expect("a name"),
        tag: "1.4.0".parse().expect("a tag"),
        digest: Digest::sha256(component.as_bytes()),
        state: State::Success,
        commit: Some("a".repeat(40).parse().expect("a commit")),
        page: None,
        at: Timestamp::from_unix(1_795_000_000),
    }
}

fn comments(emulate: &Emulate, number: u64) -> Vec<Value> {
    let mut all = Vec::new();
    for page in 1.. {
        let path = format!("{REPOSITORY}/issues/{number}/comments?per_page=100&page={page}");
        let told = emulate.ask("GET", &path, &Value::Null);
        let rows = told.as_array().expect("a list");
        if rows.is_empty() {
            return all;
        }
        all.extend_from_slice(rows);
    }
    all
}

/// Counts the rows of a comment of embark's.
fn rows(comment: &Value) -> usize {
    comment["body"].as_str().unwrap_or_default().lines().filter(|line| line.contains("| success |")).count()
}

#[tokio::test]
#[ignore = "needs emulate: run ./tests/run"]
async fn the_pull_request_that_brought_a_commit_has_one_comment_behind_a_hundred_others() {
    let emulate = Emulate::start();
    let (number, merge) = emulate.merge_a_change(REPOSITORY, "feature", "a.js", "a");
    let (other, _) = emulate.merge_a_change(REPOSITORY, "another", "b.js", "b");
    for count in 0..101 {
        let body = json!({ "body": format!("No. {count}") });
        emulate.ask("POST", &format!("{REPOSITORY}/issues/{number}/comments"), &body);
    }
    let (merge, pulls) = (merge.parse().expect("a commit"), pull_requests(&emulate, credentials()));
    for (environment, asked) in [("dev", 4), ("staging", 4), ("dev", 4)] {
        emulate.take_traffic();
        let told = pulls.tell(&merge, &[notice(environment, "frontend")]).await.expect("it is told");
        assert_eq!(told, Some(number));
        let traffic = emulate.take_traffic();
        assert_eq!(traffic.requests(), asked, "{environment}:\n{traffic}");
    }
    let all = comments(&emulate, number);
    assert_eq!((all.len(), rows(&all[101])), (102, 2), "{:#}", all[101]);
    assert_eq!(comments(&emulate, other), [Value::Null; 0]);
    let nobodys = "e".repeat(40).parse().expect("a commit");
    assert_eq!(pulls.tell(&nobodys, &[notice("dev", "frontend")]).await.expect("asked"), None);
    assert_eq!(emulate.take_differences(), differences(&[PULLS]));
}

/// What an app needs for notices, and more than it asks for.
const GRANTED: [(&str, &str); 4] =
    [("contents", "write"), ("deployments", "write"), ("metadata", "read"), ("pull_requests", "write")];

#[tokio::test]
#[ignore = "needs emulate: run ./tests/run"]
async fn an_app_proves_itself_and_finds_its_own_comment_again() {
    let key = AppKey::make();
    let emulate = Emulate::start_with_app(&key, &[REPOSITORY], &GRANTED);
    let (number, merge) = emulate.merge_a_change(REPOSITORY, "feature", "a.js", "a");
    let merge = merge.parse().expect("a commit");
    let app = |key: &AppKey| {
        let (id, key) = (APP_ID.parse().expect("an id"), key.pem().parse().expect("a key"));
        let name = format!("acme/{REPOSITORY}").parse().expect("a name");
        App::new(client(), emulate.url().parse().expect("an address"), id, key)
            .wanting(vec![(name, Permission::PullRequests)])
    };
    let own = app(&key);
    emulate.take_traffic();
    for environment in ["dev", "staging"] {
        let pulls = pull_requests(&emulate, own.clone());
        assert_eq!(pulls.tell(&merge, &[notice(environment, "backend")]).await.expect("it is told"), Some(number));
    }
    let traffic = emulate.take_traffic();
    assert_eq!(traffic.requests(), 2 + 2 * 3, "one token for both:\n{traffic}");
    let all = comments(&emulate, number);
    assert_eq!((all.len(), rows(&all[0]), all[0]["user"]["type"].as_str()), (1, 2, Some("Bot")), "{all:#?}");

    let refused = pull_requests(&emulate, app(&AppKey::make())).tell(&merge, &[notice("dev", "backend")]).await;
    let refused = refused.expect_err("the key is of another app").to_string();
    assert!(refused.contains("acme/backstage"), "{refused}");
    let elsewhere = "acme/backstage-deployment".parse().expect("a name");
    app(&key).token(&elsewhere, None).await.expect_err("it is not installed there");
    assert_eq!(emulate.take_differences(), differences(&[PULLS, COMMENTS, NEW_COMMENT, CHANGED_COMMENT]));
}

/// The list is whole, and nothing on it has been mended since.
#[tokio::test]
#[ignore = "needs emulate: run ./tests/run"]
async fn it_differs_where_it_is_known_to() {
    let (emulate, History { root, child, .. }) = with_a_history();
    let run = json!({ "name": "e2e", "head_sha": child.as_str(), "status": "completed", "conclusion": "success" });
    emulate.ask("POST", &format!("{REPOSITORY}/check-runs"), &run);
    let github = github(&emulate, REPOSITORY);
    github.look().await.expect("it is there");
    assert_eq!(github.is_ancestor(&root, &child).await.expect("asked"), Ancestry::Yes);
    // Half of an answer is none: there are no statuses.
    let name: CheckName = "e2e".parse().expect("a name");
    assert_eq!(github.checks(&child, vec![name]).await.expect("asked"), Checks::Unknown);
    let expected = differences(&[REPOSITORY_ALONE, CHECKS]);
    assert_eq!(emulate.take_differences(), expected);

    for (method, path) in ABSENT {
        let url = format!("{}{}", emulate.url(), path.replace("{commit}", child.as_str()));
        let request = client().request(method.parse().expect("a method"), url).bearer_auth(EMULATE_TOKEN);
        let request = if method == "POST" { request.json(&json!({ "ref": "main" })) } else { request };
        assert_eq!(request.send().await.expect("answered").status().as_u16(), 404, "{method} {path}");
    }
    // Whoever comes is let in: what is refused for want of a token is shown over the double alone.
    let stranger = client().get(format!("{}/repos/acme/{REPOSITORY}", emulate.url())).bearer_auth("nobody's");
    assert_eq!(stranger.send().await.expect("answered").status().as_u16(), 200);
}

/// Lists the known differences of these operations, as the harness tells them.
fn differences(of: &[&str]) -> Vec<String> {
    let mut known = Vec::new();
    for (operation, places, wrong, names) in DIFFERENCES.iter().filter(|(operation, ..)| of.contains(operation)) {
        let says = |place: &str, name: &str| match wrong {
            Wrong::Missing if place.is_empty() => format!("must have required property '{name}'"),
            Wrong::Missing => format!("property {place} must have required property '{name}'"),
            Wrong::NoAddress => format!("property {place}.{name} must match format \"uri\""),
        };
        let all = places.iter().flat_map(|place| names.iter().map(|name| says(place, name)));
        known.extend(all.map(|what| format!("{operation}: Response body {what}")));
    }
    known.sort();
    known
}
