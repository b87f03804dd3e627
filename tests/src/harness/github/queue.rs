//! Deployments in the double: [GitHub's rules](https://docs.github.com/en/rest/deployments/deployments) as far as they
//! matter to embark.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{answer_page, query, refuse, tell};
use crate::harness::http::{Request, Response};

/// The deployments of a repository.
#[derive(Default)]
pub(super) struct Queue {
    deployments: Vec<Deployment>,
    /// The environments that ask for reviewers.
    pub(super) reviewed: BTreeSet<String>,
    /// There is no GraphQL.
    pub(super) is_rest_alone: bool,
}

struct Deployment {
    row: Value,
    statuses: Vec<Value>,
}

/// A second passes with each of them, so that times have an order.
fn time(count: u64) -> String {
    format!("2026-11-25T{:02}:{:02}:{:02}Z", count / 3600 % 24, count / 60 % 60, count % 60)
}

impl Queue {
    fn count(&self) -> u64 {
        self.deployments.iter().map(|deployment| 1 + deployment.statuses.len() as u64).sum()
    }

    /// Lists environment, task and states.
    pub(super) fn told(&self) -> Vec<(String, String, Vec<String>)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let told = |Deployment { row, statuses }: &Deployment| {
            let states = statuses.iter().map(|status| text(&status["state"])).collect();
            (text(&row["environment"]), text(&row["task"]), states)
        };
        self.deployments.iter().map(told).collect()
    }

    pub(super) fn answer(&mut self, request: &Request, repository: &str, segments: &[&str]) -> Response {
        match (request.method.as_str(), segments) {
            ("GET", ["deployments"]) => {
                let asked = |key: &str, row: &Value| query(request, key).is_none_or(|value| row[key] == value.as_str());
                let rows = self.deployments.iter().rev().map(|deployment| deployment.row.clone());
                let rows: Vec<Value> = rows.filter(|row| asked("environment", row) && asked("task", row)).collect();
                answer_page(request, &rows, |rows, _| json!(rows))
            }
            ("POST", ["deployments"]) => self.create(request, repository),
            ("GET", ["deployments", number, "statuses"]) => match self.find(number) {
                Some(deployment) => {
                    let newest_first: Vec<Value> = deployment.statuses.iter().rev().cloned().collect();
                    answer_page(request, &newest_first, |statuses, _| json!(statuses))
                }
                None => refuse(404, "Not Found"),
            },
            ("POST", ["deployments", number, "statuses"]) => self.append(request, repository, number),
            ("GET", ["environments", name]) => self.environment(repository, name),
            _ => refuse(404, "Not Found"),
        }
    }

    fn find(&mut self, number: &str) -> Option<&mut Deployment> {
        let number: u64 = number.parse().ok()?;
        self.deployments.iter_mut().find(|deployment| deployment.row["id"] == number)
    }

    fn create(&mut self, request: &Request, repository: &str) -> Response {
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return refuse(400, "Problems parsing JSON");
        };
        if body["ref"] != "main" {
            return refuse(422, &format!("No ref found for: {}", body["ref"].as_str().unwrap_or_default()));
        }
        if body["auto_merge"] != false || body["required_contexts"] != json!([]) {
            return refuse(409, "Conflict: Commit status checks failed for main.");
        }
        let number = 3_000_000_001 + self.deployments.len() as u64;
        let (base, at) = (format!("https://api.github.com/repos/{repository}"), time(self.count()));
        let row = json!({
            "id": number, "node_id": format!("DE_{number}"), "url": format!("{base}/deployments/{number}"),
            "sha": "a".repeat(40), "ref": "main", "task": body["task"], "payload": body["payload"],
            "original_environment": body["environment"], "environment": body["environment"],
            "description": body["description"], "creator": null, "created_at": at, "updated_at": at,
            "statuses_url": format!("{base}/deployments/{number}/statuses"), "repository_url": base,
            "transient_environment": false, "production_environment": body["environment"] == "production",
        });
        self.deployments.push(Deployment { row: row.clone(), statuses: Vec::new() });
        Response { status: 201, ..tell(&row) }
    }

    fn append(&mut self, request: &Request, repository: &str, number: &str) -> Response {
        let at = time(self.count());
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return refuse(400, "Problems parsing JSON");
        };
        let Some(deployment) = self.find(number) else { return refuse(404, "Not Found") };
        if body["description"].as_str().unwrap_or_default().chars().count() > 140 {
            return refuse(422, "Validation Failed");
        }
        if deployment.statuses.len() == 100 {
            return refuse(422, "This deployment has reached the maximum number of statuses.");
        }
        let id = number.parse::<u64>().unwrap_or_default() * 1_000 + deployment.statuses.len() as u64;
        let base = format!("https://api.github.com/repos/{repository}");
        let status = json!({
            "id": id, "node_id": format!("DES_{id}"), "state": body["state"], "description": body["description"],
            "url": format!("{base}/deployments/{number}/statuses/{id}"), "creator": null, "target_url": "",
            "environment": deployment.row["environment"], "environment_url": "", "log_url": "",
            "deployment_url": format!("{base}/deployments/{number}"), "repository_url": base,
            "created_at": at, "updated_at": at,
        });
        deployment.statuses.push(status.clone());
        Response { status: 201, ..tell(&status) }
    }

    fn environment(&self, repository: &str, name: &str) -> Response {
        if !self.reviewed.contains(name) {
            return refuse(404, "Not Found");
        }
        let url = format!("https://api.github.com/repos/{repository}/environments/{name}");
        tell(&json!({
            "id": 1, "node_id": "EN_1", "name": name, "url": url, "html_url": url,
            "created_at": time(0), "updated_at": time(0), "deployment_branch_policy": null,
            "protection_rules": [{ "id": 1, "node_id": "GA_1", "type": "required_reviewers", "reviewers": [] }],
        }))
    }

    /// Answers the two queries that embark has.
    pub(super) fn graphql(&self, request: &Request) -> Response {
        if self.is_rest_alone {
            return refuse(404, "Not Found");
        }
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return refuse(400, "Problems parsing JSON");
        };
        let variables = &body["variables"];
        let data = if body["query"].as_str().unwrap_or_default().contains("nodes(ids") {
            let ids = variables["ids"].as_array().cloned().unwrap_or_default();
            let found = |id: &Value| self.deployments.iter().find(|deployment| deployment.row["node_id"] == *id);
            let node = |id: &Value| found(id).map_or(Value::Null, Deployment::statuses_node);
            json!({ "nodes": ids.iter().map(node).collect::<Vec<_>>() })
        } else {
            let environments = variables["environments"].as_array();
            let is_asked = |deployment: &&Deployment| {
                environments.is_none_or(|names| names.contains(&deployment.row["environment"]))
            };
            let from: usize = variables["after"].as_str().and_then(|after| after.parse().ok()).unwrap_or_default();
            let all: Vec<&Deployment> = self.deployments.iter().rev().filter(is_asked).collect();
            let nodes: Vec<Value> = all.iter().skip(from).take(100).map(|deployment| deployment.node()).collect();
            let end = from + nodes.len();
            let page = json!({ "hasNextPage": end < all.len(), "endCursor": end.to_string() });
            json!({ "repository": { "deployments": { "pageInfo": page, "nodes": nodes } } })
        };
        tell(&json!({ "data": data }))
    }
}

impl Deployment {
    fn statuses_node(&self) -> Value {
        let node = |status: &Value| {
            json!({
                "id": status["node_id"], "description": status["description"], "createdAt": status["created_at"],
                "state": status["state"].as_str().unwrap_or_default().to_uppercase(),
            })
        };
        let nodes: Vec<Value> = self.statuses.iter().rev().map(node).collect();
        let latest = nodes.first().map(|newest| json!({ "id": newest["id"] }));
        json!({ "id": self.row["node_id"], "latestStatus": latest, "statuses": { "nodes": nodes } })
    }

    fn node(&self) -> Value {
        let mut node = self.statuses_node();
        for (key, value) in [
            ("databaseId", self.row["id"].clone()),
            ("task", self.row["task"].clone()),
            ("originalEnvironment", self.row["environment"].clone()),
            ("payload", json!(self.row["payload"].to_string())),
            ("createdAt", self.row["created_at"].clone()),
        ] {
            node[key] = value;
        }
        node
    }
}
