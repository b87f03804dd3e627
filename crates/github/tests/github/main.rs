//! The adapter against a scripted server.

#![expect(clippy::panic, reason = "a test that fails panics")]

mod app;
mod bounds;
mod checks;
mod named;
mod notices;
mod refusals;
mod requests;

use embark_core::{CheckName, Commit};
use embark_github::GitHub;
use serde_json::Value;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const TOKEN: &str = "ghs_a-token-that-nobody-may-see";

/// The adapter, over a server and with a token.
fn github(server: &MockServer) -> GitHub {
    open(server, Some(TOKEN))
}

fn open(server: &MockServer, token: Option<&str>) -> GitHub {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let api = server.uri().parse().expect("this machine is safe");
    GitHub::new(http, api, "acme/app".parse().expect("a name"), token.map(Into::into))
}

fn commit() -> Commit {
    "a".repeat(40).parse().expect("a commit")
}

fn names(names: &[&str]) -> Vec<CheckName> {
    names.iter().map(|name| name.parse().expect("a name")).collect()
}

/// The path of something of the commit.
fn of_commit(rest: &str) -> String {
    format!("/repos/acme/app/commits/{}/{rest}", commit())
}

fn get(at: &str) -> wiremock::MockBuilder {
    Mock::given(method("GET")).and(path(at))
}

fn json(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// Answers that a commit has these check runs and statuses.
async fn serve(server: &MockServer, runs: Value, statuses: Value) {
    let runs = serde_json::json!({ "total_count": 1, "check_runs": runs });
    let statuses = serde_json::json!({ "state": "pending", "statuses": statuses });
    get(&of_commit("check-runs")).respond_with(json(&runs)).mount(server).await;
    get(&of_commit("status")).respond_with(json(&statuses)).mount(server).await;
}
