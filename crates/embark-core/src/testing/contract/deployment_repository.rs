//! The contract of [`DeploymentRepository`].
//!
//! Each case gets a branch with at least one commit, at whose tip `dev.yaml` holds `tag: a` and a line feed, and no
//! `absent.yaml`.

use std::collections::BTreeMap;

use crate::commit::Revision;
use crate::name::FilePath;
use crate::ports::{Change, DeploymentRepository, LogQuery, RepositoryError};

fn path(text: &str) -> FilePath {
    text.parse().expect("a path")
}

fn change(file: &str, text: &str, message: &str) -> Change {
    let files = BTreeMap::from([(path(file), text.as_bytes().to_vec())]);
    Change { files, message: message.into(), deployment: None }
}

fn log(limit: usize) -> LogQuery {
    LogQuery { from: None, until: None, paths: Vec::new(), limit }
}

async fn tip(repository: &dyn DeploymentRepository) -> Revision {
    repository.read(vec![path("dev.yaml")]).await.expect("read").tip
}

/// Files come with the tip; what is not there is `None`.
pub async fn reads_files_at_the_tip(repository: &dyn DeploymentRepository) {
    let snapshot = repository.read(vec![path("dev.yaml"), path("absent.yaml")]).await.expect("read");
    assert_eq!(snapshot.files[&path("dev.yaml")].as_deref(), Some(&b"tag: a\n"[..]));
    assert_eq!(snapshot.files[&path("absent.yaml")], None);
    let newest = repository.log(log(1)).await.expect("log");
    assert_eq!(newest[0].revision, snapshot.tip);
}

/// A stack of changes becomes as many commits, in their order, the last one the tip.
pub async fn commits_a_stack_in_its_order(repository: &dyn DeploymentRepository) {
    let before = tip(repository).await;
    let stack = vec![
        change("dev.yaml", "tag: b\n", "first\n\nEmbark-Environment: dev\n"),
        change("folder/new.yaml", "tag: c\n", "second\n"),
    ];
    let committed = repository.commit(before.clone(), stack).await.expect("committed");
    assert_eq!(committed.commits.len(), 2);
    let snapshot = repository.read(vec![path("dev.yaml"), path("folder/new.yaml")]).await.expect("read");
    assert_eq!(Some(&snapshot.tip), committed.commits.last());
    assert_eq!(snapshot.files[&path("dev.yaml")].as_deref(), Some(&b"tag: b\n"[..]));
    assert_eq!(snapshot.files[&path("folder/new.yaml")].as_deref(), Some(&b"tag: c\n"[..]));
    let entries = repository.log(LogQuery { until: Some(before.clone()), ..log(10) }).await.expect("log");
    let revisions: Vec<_> = entries.iter().rev().map(|entry| entry.revision.clone()).collect();
    assert_eq!(revisions, committed.commits);
    assert_eq!(entries[1].parent.as_ref(), Some(&before));
    assert_eq!(entries[1].message.trim_end(), "first\n\nEmbark-Environment: dev");
}

/// A commit on another tip than the present one writes nothing.
pub async fn refuses_a_stale_tip(repository: &dyn DeploymentRepository) {
    let stale = tip(repository).await;
    repository.commit(stale.clone(), vec![change("dev.yaml", "tag: b\n", "theirs\n")]).await.expect("committed");
    let after = tip(repository).await;
    let lost = repository.commit(stale, vec![change("dev.yaml", "tag: c\n", "ours\n")]).await;
    assert!(matches!(lost, Err(RepositoryError::Conflict { .. })), "{lost:?}");
    assert_eq!(tip(repository).await, after);
}

/// The log has the commits of the paths that are asked for, and ends where it should.
pub async fn walks_the_commits_of_paths(repository: &dyn DeploymentRepository) {
    let before = tip(repository).await;
    let stack = vec![
        change("dev.yaml", "tag: b\n", "dev b\n"),
        change("staging.yaml", "tag: b\n", "staging b\n"),
        change("dev.yaml", "tag: c\n", "dev c\n"),
    ];
    let commits = repository.commit(before.clone(), stack).await.expect("committed").commits;
    let query = LogQuery { until: Some(before), paths: vec![path("dev.yaml")], ..log(10) };
    let entries = repository.log(query).await.expect("log");
    let found: Vec<_> = entries.iter().map(|entry| &entry.revision).collect();
    assert_eq!(found, [&commits[2], &commits[0]]);
    let query = LogQuery { from: Some(commits[1].clone()), ..log(1) };
    assert_eq!(repository.log(query).await.expect("log")[0].revision, commits[1]);
}

/// A commit that does not exist is told as such.
pub async fn tells_a_commit_that_does_not_exist(repository: &dyn DeploymentRepository) {
    let absent: Revision = "0123456789abcdef0123456789abcdef01234567".parse().expect("a commit");
    let query = LogQuery { from: Some(absent), ..log(1) };
    let answer = repository.log(query).await;
    assert!(matches!(answer, Err(RepositoryError::NotFound { .. })), "{answer:?}");
}
