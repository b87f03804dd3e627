//! Commits on the branch, each on top of the one before.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use embark_core::ports::{Change, Committed};
use embark_core::{FilePath, Revision};
use serde::Deserialize;
use serde_json::{Value, json};

use super::message::Message;
use super::query::revision;
use super::{Branch, Failure};
use crate::client::{Mutated, Permission, TRIES, backoff};
use crate::error::Error;

const COMMIT: &str = "\
mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }";

/// How far back a commit whose answer was lost is looked for: others may have built on it.
const BACK: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    create_commit_on_branch: Option<Payload>,
}

#[derive(Deserialize)]
struct Payload {
    commit: Option<Commit>,
}

#[derive(Deserialize)]
struct Commit {
    oid: String,
}

/// What the branch shows of a commit whose answer was lost.
enum Shown {
    /// The branch is where it was.
    Nothing,
    Ours(Revision),
    Others(Revision),
}

impl Branch {
    /// Commits changes in their order. Where only the first of them can be made, the branch has moved on: by these.
    pub(super) async fn write(&self, expected: Revision, changes: &[Change]) -> Result<Committed, Failure> {
        self.look_at_modes(&expected, changes).await?;
        let mut commits: Vec<Revision> = Vec::new();
        for change in changes {
            let on = commits.last().unwrap_or(&expected);
            tracing::info!(repository = %self.client.repository(), branch = self.name, "committing to");
            match self.commit_one(on, change).await {
                Ok(commit) => commits.push(commit),
                Err(failure) => {
                    self.seen().tip = None;
                    let Some(last) = commits.pop() else { return Err(failure) };
                    tracing::info!(?failure, "some of the commits were made, and not this one");
                    return Err(Failure::Moved { expected, actual: Some(last) });
                }
            }
        }
        self.seen().tip = commits.last().cloned();
        Ok(Committed { commits, recorded: false })
    }

    /// Refuses to change what is no file, and what would become another kind of file.
    async fn look_at_modes(&self, expected: &Revision, changes: &[Change]) -> Result<(), Failure> {
        let paths = changes.iter().flat_map(|change| change.files.keys());
        let places: Vec<(Revision, FilePath)> = paths.map(|path| (expected.clone(), path.clone())).collect();
        if !self.load(&places, false).await?.is_empty() {
            let actual = Some(self.ask_tip(&[]).await?);
            return Err(Failure::Moved { expected: expected.clone(), actual });
        }
        for (commit, path) in places {
            let entry = self.seen().entry(&commit, &path).cloned().flatten();
            if let Some(what) = entry.as_ref().and_then(|entry| entry.mode.no_file()) {
                return Err(Failure::NotAFile { path, what });
            }
            if entry.is_some_and(|entry| entry.mode.is_executable()) {
                let what = "executable, and would not be after a commit over GitHub's API";
                return Err(Failure::NotAFile { path, what });
            }
        }
        Ok(())
    }

    async fn commit_one(&self, on: &Revision, change: &Change) -> Result<Revision, Failure> {
        let message = Message::split(&change.message);
        let variables = json!({ "input": self.input(on, change, message) });
        let moved = |actual| Failure::Moved { expected: on.clone(), actual };
        let mut is_lost = false;
        for attempt in 1.. {
            match self.client.mutate::<Created>(COMMIT, &variables, Permission::WriteContents).await {
                Ok(Mutated::Done(created)) => {
                    let commit = created.create_commit_on_branch.and_then(|payload| payload.commit);
                    let commit = commit.ok_or_else(|| Error::Malformed("it does not tell the commit".into()))?;
                    return Ok(revision(&commit.oid)?);
                }
                Ok(Mutated::Stale) if !is_lost => return Err(moved(None)),
                Ok(Mutated::Stale) => match self.look_for(on, message).await? {
                    Shown::Ours(commit) => return Ok(commit),
                    Shown::Others(tip) => return Err(moved(Some(tip))),
                    Shown::Nothing => return Err(moved(None)),
                },
                Err(Error::Unavailable(source)) => {
                    is_lost = true;
                    match self.look_for(on, message).await? {
                        Shown::Ours(commit) => return Ok(commit),
                        Shown::Others(tip) => return Err(moved(Some(tip))),
                        Shown::Nothing if attempt < TRIES => tokio::time::sleep(backoff(attempt)).await,
                        Shown::Nothing => return Err(Error::Unavailable(source).into()),
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        unreachable!("the last attempt returns")
    }

    fn input(&self, on: &Revision, change: &Change, message: Message<'_>) -> Value {
        let additions = change
            .files
            .iter()
            .map(|(path, bytes)| json!({ "path": path.as_str(), "contents": STANDARD.encode(bytes) }));
        let body = Some(message.body).filter(|body| !body.is_empty());
        json!({
            "branch": {
                "repositoryNameWithOwner": self.client.repository().to_string(),
                "branchName": self.name,
            },
            "expectedHeadOid": on.as_str(),
            "message": { "headline": message.headline, "body": body },
            "fileChanges": { "additions": additions.collect::<Vec<_>>() },
        })
    }

    /// Looks what came of a commit whose answer was lost.
    async fn look_for(&self, on: &Revision, message: Message<'_>) -> Result<Shown, Failure> {
        let tip = self.ask_tip(&[]).await?;
        if tip == *on {
            return Ok(Shown::Nothing);
        }
        let mut ours = None;
        let mut steps = 0;
        let visit = |node: &std::sync::Arc<super::seen::Node>| {
            steps += 1;
            if node.entry.parent.as_ref() != Some(on) {
                return steps < BACK;
            }
            ours = Some(node.entry.revision.clone()).filter(|_| message.is_of(&node.entry.message));
            false
        };
        self.walk(&tip, &[], visit).await?;
        Ok(ours.map_or(Shown::Others(tip), Shown::Ours))
    }
}
