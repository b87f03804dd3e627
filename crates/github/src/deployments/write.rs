//! What is written to the queue: [deployments](https://docs.github.com/en/rest/deployments/deployments#create-a-deployment)
//! and [their statuses](https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status).

use std::collections::BTreeSet;

use embark_core::{Deployment, DeploymentKey, NewDeployment, NewStatus, Record, State, Target, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::read;
use super::row::task;
use crate::client::{Client, Permission, TRIES, Twice, backoff};
use crate::error::Error;

/// So many older deployments of a target are closed after a success.
const CLOSED: usize = 5;

#[derive(Deserialize)]
struct Created {
    id: u64,
    created_at: Timestamp,
}

/// Creates deployments in their order; those that exist are handed back.
pub(super) async fn create(client: &Client, branch: &str, new: &[NewDeployment]) -> Result<Vec<Deployment>, Error> {
    let records: Vec<&Record> = new.iter().map(NewDeployment::record).collect();
    let existing = read::get(client, &records.iter().map(|record| record.id).collect::<Vec<_>>()).await?;
    let find = |record: &Record| existing.iter().find(|other| is_same(other, record));
    let is_new = |record: &&&Record| find(record).is_none();
    let environments: BTreeSet<_> = records.iter().filter(is_new).map(|record| &record.target.environment).collect();
    for environment in environments {
        refuse_reviewed(client, environment.as_str()).await?;
    }
    let mut created = Vec::new();
    for record in records {
        created.push(match find(record) {
            Some(existing) => existing.clone(),
            None => create_one(client, branch, record).await?,
        });
    }
    Ok(created)
}

/// Whoever may create deployments may copy an id to another target: that is another deployment.
fn is_same(found: &Deployment, record: &Record) -> bool {
    (found.record.id, &found.record.target) == (record.id, &record.target)
}

async fn create_one(client: &Client, branch: &str, record: &Record) -> Result<Deployment, Error> {
    let target = &record.target;
    let body = json!({
        "ref": branch,
        "task": task(target),
        // GitHub would merge the default branch into ours, and wait for its checks, our own among them.
        "auto_merge": false,
        "required_contexts": [],
        "payload": record.to_payload(),
        "environment": target.environment,
        "description": format!("{} {} in {}", target.component, record.image.tag, target.environment),
    });
    for attempt in 1.. {
        match client.create(client.url(&["deployments"]), &body, Permission::Deployments, Twice::Harmful).await {
            Ok(answer) => {
                let Created { id, created_at } = answer.parse("new deployment")?;
                return Ok(Deployment { record: record.clone(), number: id, created_at, statuses: Vec::new() });
            }
            // Whether it was made is not known: GitHub has no key by which it would not be made twice.
            Err(Error::Unavailable(source)) => {
                let found = read::get(client, &[record.id]).await?;
                if let Some(found) = found.into_iter().find(|found| is_same(found, record)) {
                    return Ok(found);
                }
                if attempt == TRIES {
                    return Err(Error::Unavailable(source));
                }
                tokio::time::sleep(backoff(attempt)).await;
            }
            Err(error) => return Err(error),
        }
    }
    unreachable!("the last attempt returns")
}

#[derive(Deserialize)]
struct Environment {
    #[serde(default)]
    protection_rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    r#type: String,
}

/// Refuses an [environment](https://docs.github.com/en/rest/deployments/environments#get-an-environment) that asks for
/// reviewers: GitHub asks them for its own jobs, and not for what comes through its API.
async fn refuse_reviewed(client: &Client, environment: &str) -> Result<(), Error> {
    let url = client.url(&["environments", environment]);
    let answer = match client.get(url, Permission::Actions).await {
        Ok(answer) => answer,
        Err(Error::Unauthorized(reason)) => {
            tracing::warn!(environment, reason, "whether GitHub asks for reviewers is not known");
            None
        }
        Err(error) => return Err(error),
    };
    let Some(answer) = answer else { return Ok(()) };
    let found: Environment = answer.parse("environment")?;
    if found.protection_rules.iter().any(|rule| rule.r#type == "required_reviewers") {
        return Err(Error::Rejected(format!(
            "the environment {environment} has required reviewers, whom nobody asks for a deployment like this one"
        )));
    }
    Ok(())
}

/// Appends statuses, one after the other, as GitHub wishes it of writes.
pub(super) async fn append(client: &Client, statuses: &[(DeploymentKey, NewStatus)]) -> Result<(), Error> {
    for (key, status) in statuses {
        append_one(client, key.number, status).await?;
    }
    let succeeded = statuses.iter().filter(|(_, status)| status.state() == State::Success);
    for (key, _) in succeeded {
        // What ran is told by its success. That GitHub shows it no longer as active is a courtesy.
        if let Err(error) = close_older(client, &key.target, key.number).await {
            tracing::warn!(?error, "older deployments are still shown as active");
        }
    }
    Ok(())
}

async fn append_one(client: &Client, number: u64, status: &NewStatus) -> Result<(), Error> {
    let url = client.url(&["deployments", &number.to_string(), "statuses"]);
    let body = json!({
        "state": status.state(),
        "description": status.description(),
        // GitHub would close the other components' deployments in this environment.
        "auto_inactive": false,
    });
    // Said twice it is the same.
    match client.create(url, &body, Permission::Deployments, Twice::Harmless).await {
        Err(Error::Unauthorized(reason)) if reason.contains("404") => {
            Err(Error::NotFound(format!("deployment {number}, or the token may not write it: {reason}")))
        }
        answer => answer.map(drop),
    }
}

/// Closes the older deployments of a target that are still shown as active.
async fn close_older(client: &Client, target: &Target, number: u64) -> Result<(), Error> {
    let lanes = read::recent(client, std::slice::from_ref(target), CLOSED).await?;
    let older = lanes.into_values().flatten().filter(|other| other.number < number);
    let status = NewStatus::new(State::Inactive, "a newer deployment runs");
    for other in older.filter(|other| other.state() == Some(State::Success)).take(CLOSED) {
        append_one(client, other.number, &status).await?;
    }
    Ok(())
}
