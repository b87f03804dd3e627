//! The rig that stands before every double of GitHub: what does not fit GitHub's descriptions is seen.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use embark_tests::harness::{GitHubServer, Instead, root};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client;

/// Asks a double, and returns the status and what did not fit.
async fn ask(server: &GitHubServer, method: Method, path: &str, body: Option<&Value>) -> (u16, Vec<String>) {
    let address = if path == "graphql" { server.url().replace("/v3", "") } else { server.url() };
    let request = client().request(method, format!("{address}/{path}")).header("User-Agent", "embark");
    let request = body.into_iter().fold(request, reqwest::RequestBuilder::json);
    let status = request.send().await.expect("answered").status().as_u16();
    (status, server.take_violations())
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn a_request_that_does_not_fit_is_seen() {
    let server = GitHubServer::start(None);
    let wrong = [
        (Method::POST, "deployments", Some(json!({ "ref": "main", "enviroment": "dev" })), "enviroment"),
        (Method::POST, "deployments", Some(json!({ "task": "embark:frontend" })), "'ref'"),
        (Method::POST, "deployments", Some(json!({ "ref": "main", "required_contexts": "none" })), "required_contexts"),
        (Method::POST, "deployments/1/statuses", Some(json!({ "state": "succeeded" })), "state"),
        (Method::GET, "deployments/first/statuses", None, "deployment_id"),
        (Method::GET, "deployments?environments=dev", None, "environments"),
        (Method::GET, "deployment", None, "hasn't been found"),
        (Method::PATCH, "deployments", Some(json!({})), "patch"),
    ];
    for (method, path, body, named) in wrong {
        let (_, violations) = ask(&server, method, &format!("repos/acme/app/{path}"), body.as_ref()).await;
        assert!(violations.iter().any(|text| text.to_lowercase().contains(named)), "{path} {body:?}: {violations:?}");
    }
    let right = json!({ "ref": "main", "auto_merge": false, "required_contexts": [], "payload": { "a": 1 } });
    let answer = ask(&server, Method::POST, "repos/acme/app/deployments", Some(&right)).await;
    assert_eq!(answer, (201, Vec::new()));
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn an_answer_that_does_not_fit_is_seen() {
    let server = GitHubServer::start(None);
    for (body, named) in [(json!([{ "id": 1 }]), "node_id"), (json!({ "deployments": [] }), "array")] {
        server.answer_instead(Instead::of_a("GET", "/deployments").told(200, body));
        let (_, violations) = ask(&server, Method::GET, "repos/acme/app/deployments", None).await;
        assert!(violations.iter().any(|text| text.contains(named)), "{violations:?}");
    }
    // Of a refusal the description says little: it passes.
    server.answer_instead(Instead::of_a("GET", "/deployments").told(403, json!({ "message": "no" })));
    let answer = ask(&server, Method::GET, "repos/acme/app/deployments", None).await;
    assert_eq!(answer, (403, Vec::new()));
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn a_query_that_does_not_fit_the_schema_is_seen() {
    let server = GitHubServer::start(None);
    let repository = |fields: &str| {
        let query = format!(
            "query($owner: String!, $name: String!) {{ repository(owner: $owner, name: $name) {{ {fields} }} }}"
        );
        json!({ "query": query, "variables": { "owner": "acme", "name": "app" } })
    };
    for (asked, named) in [
        (repository("deployments(first: 1) { nodes { adatabaseId } }"), "adatabaseId"),
        (repository("deployments(first: 101) { nodes { id } }"), "101"),
        (repository("deployments { nodes { id } }"), "first"),
        (repository("deployments(first: 1, task: \"a\") { nodes { id } }"), "task"),
        (repository("deployments(first: 1) { nodes { id }"), "Syntax Error"),
        (json!({ "query": "query($name: String!) { viewer { login } }", "variables": {} }), "never used"),
        (json!({ "query": "{ rateLimit { cost } }", "variables": { "name": "app" } }), "not declared"),
    ] {
        let (_, violations) = ask(&server, Method::POST, "graphql", Some(&asked)).await;
        assert!(violations.iter().any(|text| text.contains(named)), "{asked}: {violations:?}");
    }
    let mut absent = repository("deployments(first: 1) { nodes { id } }");
    assert_eq!(ask(&server, Method::POST, "graphql", Some(&absent)).await, (200, Vec::new()));
    absent["variables"]["name"] = 7.into();
    let (_, violations) = ask(&server, Method::POST, "graphql", Some(&absent)).await;
    assert!(violations.iter().any(|text| text.contains("String cannot represent")), "{violations:?}");
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn an_answer_that_does_not_fit_the_schema_is_seen() {
    let server = GitHubServer::start(None);
    let nodes = "nodes { id createdAt latestStatus { state } }";
    let query = format!("{{ repository(owner: \"acme\", name: \"app\") {{ deployments(first: 1) {{ {nodes} }} }} }}");
    let status = |state: &str| json!({ "state": state });
    let created = "2026-11-25T10:00:00Z";
    for (node, named) in [
        (json!({ "id": null, "createdAt": created, "latestStatus": null }), "non-nullable field Deployment.id"),
        (json!({ "id": "1", "createdAt": "today", "latestStatus": null }), "DateTime cannot represent"),
        (json!({ "id": "1", "createdAt": created, "latestStatus": status("DONE") }), "DeploymentStatusState"),
        (json!({ "id": "1", "createdAt": created }), "Deployment.latestStatus"),
    ] {
        let data = json!({ "repository": { "deployments": [node] } });
        server.answer_instead(Instead::of_a("POST", "/graphql").told(200, json!({ "data": data })));
        let (_, violations) = ask(&server, Method::POST, "graphql", Some(&json!({ "query": query }))).await;
        assert!(violations.iter().any(|text| text.contains(named)), "{node}: {violations:?}");
    }
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
#[should_panic(expected = "does not fit what GitHub says of its API")]
async fn what_was_seen_fails_the_test() {
    let server = GitHubServer::start(None);
    let address = format!("{}/repos/acme/app/deployments/first", server.url());
    client().get(address).send().await.expect("answered");
}

/// Also those that no test happens to send.
#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn every_query_in_the_source_fits_the_schema() {
    let server = GitHubServer::start(None);
    let mut queries = Vec::new();
    for path in sources(&root().join("crates/github/src")) {
        let text = std::fs::read_to_string(&path).expect("the source can be read");
        queries.extend(literals(&text).into_iter().map(|query| (path.clone(), query)));
    }
    assert!(queries.len() >= 2, "they are found: {queries:?}");
    let mut wrong = String::new();
    for (path, query) in queries {
        // Without its variables it is not executed; that these are missing does not matter here.
        let (_, violations) = ask(&server, Method::POST, "graphql", Some(&json!({ "query": query }))).await;
        for violation in violations.iter().filter(|text| !text.contains("was not provided")) {
            let _ = writeln!(wrong, "{}: {violation}", path.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder can be read").map(|entry| entry.expect("listed").path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// Returns the texts in a source that are queries or mutations as a whole: what is put together when it is asked, a pattern
/// here, is sent by the contract of the branch.
fn literals(source: &str) -> Vec<String> {
    let begins = |text: &&str| ["query(", "query ", "mutation(", "mutation "].iter().any(|word| text.starts_with(word));
    let plain = source.replace("\\\"", "\u{0}").replace("\\\n", "");
    let texts = plain.split('"').skip(1).step_by(2).map(str::trim_start);
    texts
        .filter(begins)
        .filter(|text| text.contains('{') && !text.contains("{{"))
        .map(|text| text.replace('\u{0}', "\""))
        .collect()
}
