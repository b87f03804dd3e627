//! How many requests the queue on GitHub takes.

use embark_core::ports::DeploymentPlatform as _;
use embark_core::{DeploymentId, Target};
use embark_github::Deployments;
use embark_tests::harness::GitHubServer;
use serde_json::{Value, json};

use crate::client;

const REPOSITORY: &str = "acme/deployment";

fn open(server: &GitHubServer) -> Deployments {
    let (api, name) = (server.url().parse().expect("an address"), REPOSITORY.parse().expect("a name"));
    Deployments::new(client(), api, name, "main", None)
}

fn id(number: usize) -> String {
    format!("01K9{number:022}")
}

/// Has this many deployments wait, each of a component of its own.
fn waiting(count: usize) -> GitHubServer {
    let server = GitHubServer::start(None);
    for number in 0..count {
        server.create(REPOSITORY, "dev", &format!("embark:c{number}"), &payload(number));
    }
    server
}

fn payload(number: usize) -> Value {
    json!({ "embark": {
        "schema": 1, "id": id(number), "release": id(number), "kind": "release", "component": format!("c{number}"),
        "image": "registry.example.com/acme/app", "tag": "1", "digest": format!("sha256:{}", "a".repeat(64)),
        "commit": "b".repeat(40), "version": null, "base": "c".repeat(40), "actor": "tester", "from": null,
        "replaces": null,
    } })
}

fn dev() -> Vec<Target> {
    vec![Target::new(&"dev".parse().expect("a name"), &"c1".parse().expect("a name"))]
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn a_hundred_that_wait_are_found_with_one_or_two_requests() {
    for (count, requests) in [(99, 1), (100, 1), (101, 2), (250, 3)] {
        let server = waiting(count);
        let found = open(&server).pending(dev()).await.expect("listed");
        assert_eq!(found.len(), count);
        let traffic = server.take_traffic();
        println!("{count} that wait are found with {} requests, {} bytes", traffic.requests(), traffic.down());
        assert_eq!(traffic.requests(), requests, "{count}: {traffic}");
    }
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn without_numbers_it_takes_two_requests_more() {
    let server = waiting(100);
    server.hide_numbers();
    let found = open(&server).pending(dev()).await.expect("listed");
    assert_eq!(found.len(), 100);
    assert!(found.iter().all(|deployment| deployment.number > 3_000_000_000));
    let traffic = server.take_traffic();
    assert_eq!(traffic.requests(), 3, "{traffic}");
}

/// What was held for long, say.
#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn what_waits_behind_many_of_another_component_is_found() {
    let server = waiting(1);
    for _ in 0..120 {
        let number = server.create(REPOSITORY, "dev", "embark:c2", &payload(2));
        server.append(REPOSITORY, number, "success");
    }
    let target = |component: &str| Target::new(&"dev".parse().expect("a name"), &component.parse().expect("a name"));
    let found = open(&server).pending(vec![target("c0"), target("c2")]).await.expect("listed");
    assert_eq!(found.iter().map(|one| one.record.id.to_string()).collect::<Vec<_>>(), [id(0)]);
    let traffic = server.take_traffic();
    assert!(traffic.requests() <= 4, "{traffic}");
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn an_id_among_a_hundred_is_found_with_one_request() {
    let server = waiting(100);
    let wanted: DeploymentId = id(7).parse().expect("an id");
    let found = open(&server).get(vec![wanted]).await.expect("asked");
    assert_eq!(found.len(), 1);
    assert_eq!(server.take_traffic().requests(), 1);
}

/// Whoever may create deployments may copy the id of one to another component.
#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn what_is_newer_and_has_its_id_does_not_hide_a_deployment() {
    let server = waiting(1);
    for number in 1..120 {
        server.create(REPOSITORY, "dev", "embark:c2", &payload(number));
    }
    let mut copy = payload(0);
    copy["embark"]["component"] = "c1".into();
    server.create(REPOSITORY, "dev", "embark:c1", &copy);
    let found = open(&server).get(vec![id(0).parse().expect("an id")]).await.expect("asked");
    let components = found.iter().map(|one| one.record.target.component.as_str()).collect::<Vec<_>>();
    assert_eq!(components, ["c0", "c1"]);
}
