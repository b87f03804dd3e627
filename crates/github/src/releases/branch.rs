//! A branch: [where it is](https://docs.github.com/en/rest/branches/branches#get-a-branch), and
//! [where it is put](https://docs.github.com/en/rest/git/refs).

use embark_core::ports::BranchTip;
use embark_core::{BranchName, Commit};
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::json;

use super::Failure;
use super::tree::{Object, id};
use crate::client::{Client, Permission, Twice};
use crate::error::Error;

#[derive(Deserialize)]
struct Branch {
    name: String,
    commit: Tip,
}

#[derive(Deserialize)]
struct Tip {
    sha: String,
    commit: Told,
    parents: Vec<Object>,
}

#[derive(Deserialize)]
struct Told {
    message: String,
    tree: Object,
}

pub(super) async fn tip(client: &Client, branch: &BranchName) -> Result<Option<BranchTip>, Error> {
    let url = client.url(&["branches", branch.as_str()]);
    let Some(answer) = client.get(url, Permission::Contents).await? else { return Ok(None) };
    let Branch { name, commit: Tip { sha, commit, parents } } = answer.parse("branch")?;
    // The old name of a branch that was renamed leads to it.
    if name != branch.as_str() {
        return Ok(None);
    }
    let parents = parents.iter().map(|parent| id(&parent.sha)).collect::<Result<_, Error>>()?;
    Ok(Some(BranchTip { commit: id(&sha)?, parents, tree: id(&commit.tree.sha)?, message: commit.message }))
}

/// Makes it. That it is there already is no matter where it is at this commit: an answer was lost.
pub(super) async fn make(client: &Client, branch: &BranchName, commit: &Commit) -> Result<(), Failure> {
    let body = json!({ "ref": format!("refs/heads/{branch}"), "sha": commit.as_str() });
    let made = client.create(client.url(&["git", "refs"]), &body, Permission::WriteContents, Twice::Harmless).await;
    let Err(error @ Error::Rejected(_)) = made else { return Ok(made.map(drop)?) };
    match tip(client, branch).await? {
        Some(tip) if tip.commit == *commit => Ok(()),
        Some(_) => Err(conflict(branch)),
        None => Err(error.into()),
    }
}

/// Puts it where it is not, whatever it had.
pub(super) async fn put(client: &Client, branch: &BranchName, commit: &Commit) -> Result<(), Failure> {
    let body = json!({ "sha": commit.as_str(), "force": true });
    let put = client.change(Method::PATCH, reference(client, branch), &body, Permission::WriteContents).await;
    // One that is not there is told in the same way as one that nobody may write.
    let Err(error @ (Error::Rejected(_) | Error::Unauthorized(_))) = put else { return Ok(put.map(drop)?) };
    match tip(client, branch).await {
        Ok(None) => Err(conflict(branch)),
        _ => Err(error.into()),
    }
}

pub(super) async fn delete(client: &Client, branch: &BranchName) -> Result<(), Error> {
    let deleted = client.delete(reference(client, branch), Permission::WriteContents).await;
    let Err(error @ Error::Rejected(_)) = deleted else { return deleted };
    match tip(client, branch).await? {
        None => Ok(()),
        Some(_) => Err(error),
    }
}

fn reference(client: &Client, branch: &BranchName) -> Url {
    client.url(&["git", "refs", &format!("heads/{branch}")])
}

fn conflict(branch: &BranchName) -> Failure {
    Failure::Conflict(format!("the branch {branch}"))
}
