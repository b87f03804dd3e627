//! Deployments in the double: [GitHub's rules](https://docs.github.com/en/rest/deployments/deployments) as far as they
//! matter to embark.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::answer::{answer_page, query, refuse, tell, with};
use crate::harness::http::{Request, Response};

/// The deployments of a repository.
#[derive(Default)]
pub(super) struct Queue {
    deployments: Vec<Deployment>,
    /// The environments that ask for reviewers.
    pub(super) reviewed: BTreeSet<String>,
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

    /// Lists the rows and their statuses.
    pub(super) fn rows(&self) -> Vec<(Value, Vec<Value>)> {
        self.deployments.iter().map(|Deployment { row, statuses }| (row.clone(), statuses.clone())).collect()
    }

    /// Adds a row like another one, with a number of its own, and changed.
    pub(super) fn add_like(&mut self, row: &Value, change: impl FnOnce(&mut Value)) -> u64 {
        let (number, mut row) = (3_000_000_001 + self.deployments.len() as u64, row.clone());
        row["id"] = json!(number);
        row["node_id"] = json!(format!("DE_{number}"));
        row["created_at"] = json!(time(self.count()));
        change(&mut row);
        self.deployments.push(Deployment { row, statuses: Vec::new() });
        number
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
            ("GET", ["deployments", number]) => match self.find(number) {
                Some(deployment) => tell(&deployment.row),
                None => refuse(404, "Not Found"),
            },
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
        let Ok(given) = serde_json::from_slice::<Value>(&request.body) else {
            return refuse(400, "Problems parsing JSON");
        };
        let body = with(json!({ "task": "deploy", "environment": "production", "payload": "" }), &given);
        if body["ref"] != "main" {
            return refuse(422, &format!("No ref found for: {}", body["ref"].as_str().unwrap_or_default()));
        }
        if body["auto_merge"] != false || body["required_contexts"] != json!([]) {
            return refuse(409, "Conflict: Commit status checks failed for main.");
        }
        let number = self.push(repository, &body);
        let row = self.find(&number.to_string()).map(|deployment| deployment.row.clone());
        Response { status: 201, ..tell(&row.unwrap_or_default()) }
    }

    /// Adds a deployment, and returns its number.
    pub(super) fn push(&mut self, repository: &str, body: &Value) -> u64 {
        let number = 3_000_000_001 + self.deployments.len() as u64;
        let (base, at) = (format!("https://api.github.com/repos/{repository}"), time(self.count()));
        let row = json!({
            "id": number, "node_id": format!("DE_{number}"), "url": format!("{base}/deployments/{number}"),
            "sha": "a".repeat(40), "ref": "main", "task": body["task"], "payload": body["payload"],
            "original_environment": body["environment"], "environment": body["environment"],
            "description": body["description"].as_str(), "creator": null, "created_at": at, "updated_at": at,
            "statuses_url": format!("{base}/deployments/{number}/statuses"), "repository_url": base,
            "transient_environment": false, "production_environment": body["environment"] == "production",
        });
        self.deployments.push(Deployment { row, statuses: Vec::new() });
        number
    }

    fn append(&mut self, request: &Request, repository: &str, number: &str) -> Response {
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
        match self.post(repository, number.parse().unwrap_or_default(), &body) {
            Some(status) => Response { status: 201, ..tell(&status) },
            None => refuse(404, "Not Found"),
        }
    }

    /// Adds a status; `None` if there is no such deployment.
    pub(super) fn post(&mut self, repository: &str, number: u64, body: &Value) -> Option<Value> {
        let at = time(self.count());
        let place = self.deployments.iter().position(|deployment| deployment.row["id"] == number)?;
        let (earlier, rest) = self.deployments.split_at_mut(place);
        let status = rest.first_mut()?.post(repository, body, &at);
        if body["state"] == "success" && body["auto_inactive"] != false {
            let environment = &status["environment"];
            let is_closed = |other: &&mut Deployment| {
                let is_active = other.statuses.last().is_some_and(|newest| newest["state"] == "success");
                is_active && other.row["environment"] == *environment && other.row["production_environment"] == false
            };
            for other in earlier.iter_mut().filter(is_closed) {
                other.post(repository, &json!({ "state": "inactive" }), &at);
            }
        }
        Some(status)
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

    /// Returns the deployments as GraphQL has them, the oldest first.
    pub(super) fn nodes(&self, hides_numbers: bool) -> Vec<Value> {
        self.deployments.iter().map(|deployment| deployment.node(hides_numbers)).collect()
    }
}

impl Deployment {
    fn post(&mut self, repository: &str, body: &Value, at: &str) -> Value {
        let number = self.row["id"].as_u64().unwrap_or_default();
        let id = number * 1_000 + self.statuses.len() as u64;
        let base = format!("https://api.github.com/repos/{repository}");
        let status = json!({
            "id": id, "node_id": format!("DES_{id}"), "state": body["state"],
            "description": body["description"].as_str().unwrap_or_default(),
            "url": format!("{base}/deployments/{number}/statuses/{id}"), "creator": null,
            // GitHub tells an empty text, which its own description does not allow.
            "target_url": format!("{base}/deployments/{number}"),
            "environment": self.row["environment"],
            "deployment_url": format!("{base}/deployments/{number}"), "repository_url": base,
            "created_at": at, "updated_at": at,
        });
        self.statuses.push(status.clone());
        status
    }

    fn node(&self, hides_numbers: bool) -> Value {
        let row = &self.row;
        let status = |status: &Value| {
            json!({
                "id": status["node_id"], "description": status["description"], "createdAt": status["created_at"],
                "state": status["state"].as_str().unwrap_or_default().to_uppercase(),
            })
        };
        let repository = row["repository_url"].as_str().unwrap_or_default().split("/repos/").nth(1);
        // Here the newest is the first one.
        let statuses: Vec<Value> = self.statuses.iter().rev().map(status).collect();
        json!({
            "__typename": "Deployment", "id": row["node_id"], "task": row["task"], "createdAt": row["created_at"],
            "databaseId": if hides_numbers { &Value::Null } else { &row["id"] },
            "environment": row["environment"], "originalEnvironment": row["original_environment"],
            "payload": row["payload"].to_string(), "repository": { "nameWithOwner": repository }, "latestStatus": statuses.first(), "statuses": statuses,
        })
    }
}
