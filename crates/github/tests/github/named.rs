//! The deployment that an event names: by its node id in one request, else by its number.

use embark_core::{Deployment, State};
use embark_github::Deployments;
use embark_github::webhook::{DeploymentEvent, Event};
use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{TOKEN, get, json as told};

const NUMBER: u64 = 17;

fn event(node_id: &Value) -> DeploymentEvent {
    let body = json!({
        "action": "created", "repository": { "full_name": "acme/app" },
        "deployment": { "id": NUMBER, "node_id": node_id, "environment": "dev", "task": "embark:frontend" },
    });
    match Event::parse("deployment", body.to_string().as_bytes()) {
        Ok(Event::Deployment(event)) => event,
        other => panic!("{other:?}"),
    }
}

fn payload() -> Value {
    json!({ "embark": {
        "schema": 1, "id": "01K9X2V7Q4T8R5W3Y6Z1A0B2C3", "release": "01K9X2V7Q4T8R5W3Y6Z1A0B2C4", "kind": "release",
        "component": "frontend", "image": "registry.test/frontend", "tag": "a".repeat(40),
        "digest": format!("sha256:{}", "0".repeat(64)), "commit": "a".repeat(40), "version": null, "base": null,
        "actor": null, "from": null, "replaces": null,
    }})
}

/// What GraphQL tells of a node.
fn node() -> Value {
    let at = "2026-11-25T10:00:00Z";
    json!({
        "id": "DE_1", "databaseId": NUMBER, "task": "embark:frontend", "originalEnvironment": "dev",
        "payload": payload().to_string(), "createdAt": at, "repository": { "nameWithOwner": "Acme/App" },
        "latestStatus": { "id": "S" },
        "statuses": { "nodes": [{ "id": "S", "state": "IN_PROGRESS", "description": "", "createdAt": at }] },
    })
}

/// What REST tells of the same.
fn row() -> Value {
    json!({
        "id": NUMBER, "node_id": "DE_1", "task": "embark:frontend", "environment": "dev",
        "original_environment": "dev", "payload": payload(), "created_at": "2026-11-25T10:00:00Z",
    })
}

async fn serve_node(server: &MockServer, node_id: &str, body: &Value) {
    let asked = body_partial_json(json!({ "variables": { "ids": [node_id] } }));
    Mock::given(method("POST")).and(path("/graphql")).and(asked).respond_with(told(body)).mount(server).await;
}

async fn serve_row(server: &MockServer, row: &Value) {
    get("/repos/acme/app/deployments/17").respond_with(told(row)).mount(server).await;
}

async fn named(server: &MockServer, node_id: &Value) -> (Option<Deployment>, usize) {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let api = server.uri().parse().expect("this machine is safe");
    let deployments = Deployments::new(http, api, "acme/app".parse().expect("a name"), "main", Some(TOKEN.into()));
    let found = deployments.named(&event(node_id)).await.expect("it is asked");
    (found, server.received_requests().await.expect("they are recorded").len())
}

#[tokio::test]
async fn a_node_id_that_leads_to_the_number_takes_one_request() {
    let server = MockServer::start().await;
    serve_node(&server, "DE_1", &json!({ "data": { "nodes": [node()] } })).await;
    let (found, requests) = named(&server, &json!("DE_1")).await;
    let found = found.expect("it is there");
    assert_eq!((found.number, found.state(), requests), (NUMBER, Some(State::InProgress), 1));
    assert_eq!(found.record.target.to_string(), "frontend in dev");
}

/// A node id is of all of GitHub: that of a stranger's repository must not be carried out as one of ours.
#[tokio::test]
async fn a_node_of_something_else_is_not_believed() {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut node = node();
        node["payload"] = json!(payload().to_string().replace("registry.test", "evil.test"));
        change(&mut node);
        json!({ "data": { "nodes": [node] } })
    };
    let gone = json!({ "data": { "nodes": [null] }, "errors": [{ "type": "NOT_FOUND", "message": "no such node" }] });
    for answer in [
        with(&|node| node["repository"]["nameWithOwner"] = json!("evil/app")),
        with(&|node| node["databaseId"] = json!(18)),
        // A number above 2^31 is not told.
        with(&|node| node["databaseId"] = json!(null)),
        json!({ "data": { "nodes": [{}] } }),
        json!({ "data": { "nodes": [null] } }),
        gone,
    ] {
        let server = MockServer::start().await;
        serve_node(&server, "DE_evil", &answer).await;
        serve_node(&server, "DE_1", &json!({ "data": { "nodes": [node()] } })).await;
        serve_row(&server, &row()).await;
        let (found, requests) = named(&server, &json!("DE_evil")).await;
        let found = found.unwrap_or_else(|| panic!("the number leads to it: {answer}"));
        assert_eq!((found.record.image.repository.as_str(), requests), ("registry.test/frontend", 3), "{answer}");
    }
}

#[tokio::test]
async fn without_graphql_or_a_node_id_the_number_is_enough() {
    for (node_id, expected) in [(json!("DE_1"), 4), (json!(null), 3)] {
        let server = MockServer::start().await;
        Mock::given(path("/graphql")).respond_with(ResponseTemplate::new(404)).mount(&server).await;
        serve_row(&server, &row()).await;
        let at = "2026-11-25T10:00:00Z";
        let statuses = json!([{ "id": 1, "state": "queued", "description": "held", "created_at": at }]);
        get("/repos/acme/app/deployments/17/statuses").respond_with(told(&statuses)).mount(&server).await;
        let (found, requests) = named(&server, &node_id).await;
        assert_eq!(found.and_then(|found| found.state()), Some(State::Queued));
        assert_eq!(requests, expected);
    }
}

#[tokio::test]
async fn what_is_not_there_or_not_of_embark_is_none() {
    let server = MockServer::start().await;
    get("/repos/acme/app").respond_with(told(&json!({ "id": 1 }))).mount(&server).await;
    assert_eq!(named(&server, &json!(null)).await.0, None);

    for (key, value) in [("task", json!("deploy")), ("task", json!("embark:backend")), ("payload", json!({}))] {
        let (server, mut other) = (MockServer::start().await, row());
        other[key] = value;
        serve_row(&server, &other).await;
        serve_node(&server, "DE_1", &json!({ "data": { "nodes": [node()] } })).await;
        assert_eq!(named(&server, &json!(null)).await.0, None, "{other}");
    }
}
