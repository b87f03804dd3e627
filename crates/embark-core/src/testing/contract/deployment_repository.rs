//! The contract of [`DeploymentRepository`].
//!
//! Unless it says otherwise, a case gets a branch with at least one commit, at whose tip `dev.yaml` holds `tag: a` and a
//! line feed, and nothing else is there.

use std::collections::BTreeMap;

use super::deployment_platform::record;
use crate::commit::Revision;
use crate::deployment::State;
use crate::name::FilePath;
use crate::ports::{
    BranchCommit, CarriedOut, Change, DeploymentPlatform, DeploymentRepository, LogEntry, LogQuery, RepositoryError,
};
use crate::success::Success;

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

/// Reads one file that must be there.
async fn bytes(repository: &dyn DeploymentRepository, file: &str) -> Vec<u8> {
    let mut snapshot = repository.read(vec![path(file)]).await.expect("read");
    snapshot.files.remove(&path(file)).flatten().expect("it is there")
}

async fn walk(repository: &dyn DeploymentRepository, query: LogQuery) -> Vec<Revision> {
    let entries: Vec<LogEntry> = repository.log(query).await.expect("log");
    entries.into_iter().map(|entry| entry.revision).collect()
}

fn absent_commit() -> Revision {
    "0123456789abcdef0123456789abcdef01234567".parse().expect("a commit")
}

/// Files come with the tip; what is not there is `None`.
pub async fn reads_files_at_the_tip(repository: &dyn DeploymentRepository) {
    let absent = ["absent.yaml", "absent/dev.yaml", "dev.yaml/below.yaml", "dev"].map(path);
    let paths = [path("dev.yaml")].into_iter().chain(absent.clone()).collect();
    let snapshot = repository.read(paths).await.expect("read");
    assert_eq!(snapshot.files.len(), 5);
    assert_eq!(snapshot.files[&path("dev.yaml")].as_deref(), Some(&b"tag: a\n"[..]));
    for path in &absent {
        assert_eq!(snapshot.files[path], None, "{path}");
    }
    let newest = repository.log(log(1)).await.expect("log");
    assert_eq!(newest[0].revision, snapshot.tip);
}

/// A folder is no file, and told as such.
pub async fn tells_a_folder_from_a_file(repository: &dyn DeploymentRepository) {
    let change = change("folder/new.yaml", "tag: b\n", "add\n");
    repository.commit(tip(repository).await, vec![change]).await.expect("committed");
    let answer = repository.read(vec![path("dev.yaml"), path("folder")]).await;
    assert!(matches!(&answer, Err(RepositoryError::NotAFile { path: at, .. }) if *at == path("folder")), "{answer:?}");
}

/// A symbolic link is no file, and told as such. At the tip, `link.yaml` is a link to `dev.yaml`.
pub async fn tells_a_symbolic_link_from_a_file(repository: &dyn DeploymentRepository) {
    let answer = repository.read(vec![path("dev.yaml"), path("link.yaml")]).await;
    let is_told = |answer: &Result<_, _>| match answer {
        Err(RepositoryError::NotAFile { path: at, .. }) => *at == path("link.yaml"),
        _ => false,
    };
    assert!(is_told(&answer), "{answer:?}");
}

/// Bytes come back as they were committed, and other files stay.
pub async fn keeps_the_very_bytes(repository: &dyn DeploymentRepository) {
    let odd: [(&str, &[u8]); 5] = [
        ("a/empty.yaml", b""),
        ("a/open-end.yaml", b"tag: a"),
        ("a/crlf.yaml", b"\xef\xbb\xbftag: a\r\n\r\n"),
        ("a/b/binary.yaml", b"\xff\x00\xfe"),
        ("a/b/ü 🚀.yaml", "tag: ü\n".as_bytes()),
    ];
    let files = odd.iter().map(|(name, bytes)| (path(name), bytes.to_vec())).collect();
    let all = Change { files, message: "add\n".into(), deployment: None };
    let committed = repository.commit(tip(repository).await, vec![all]).await.expect("committed");
    assert_eq!(committed.commits.len(), 1);
    let change = change("a/b/new.yaml", "tag: b\n", "add\n");
    repository.commit(tip(repository).await, vec![change]).await.expect("committed");
    for (name, written) in odd {
        assert_eq!(bytes(repository, name).await, written, "{name}");
    }
    assert_eq!(bytes(repository, "dev.yaml").await, b"tag: a\n");
}

/// To tell that a commit can be made makes none.
pub async fn tells_that_a_commit_can_be_made(repository: &dyn DeploymentRepository) {
    let before = walk(repository, log(100)).await;
    repository.can_commit().await.expect("it can");
    assert_eq!(walk(repository, log(100)).await, before);
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
    let query = LogQuery { until: Some(before.clone()), paths: vec![path("dev.yaml")], ..log(10) };
    let entries = repository.log(query).await.expect("log");
    let found: Vec<_> = entries.iter().map(|entry| &entry.revision).collect();
    assert_eq!(found, [&commits[2], &commits[0]]);
    let paths = vec![path("dev.yaml"), path("staging.yaml")];
    let entries = repository.log(LogQuery { until: Some(before), paths, ..log(10) }).await.expect("log");
    let changed: Vec<_> = entries.iter().flat_map(|entry| entry.changed.clone()).collect();
    assert_eq!(changed, ["dev.yaml", "staging.yaml", "dev.yaml"].map(path), "each tells what it changed");
    let query = LogQuery { from: Some(commits[1].clone()), ..log(1) };
    assert_eq!(repository.log(query).await.expect("log")[0].revision, commits[1]);
}

/// A commit on a tip that never was writes nothing.
pub async fn refuses_a_tip_that_never_was(repository: &dyn DeploymentRepository) {
    let before = tip(repository).await;
    let lost = repository.commit(absent_commit(), vec![change("dev.yaml", "tag: b\n", "ours\n")]).await;
    assert!(matches!(lost, Err(RepositoryError::Conflict { .. })), "{lost:?}");
    assert_eq!(tip(repository).await, before);
    assert_eq!(bytes(repository, "dev.yaml").await, b"tag: a\n");
}

/// Two handles of one branch see what the other has committed.
pub async fn sees_what_another_has_committed(repository: &dyn DeploymentRepository, other: &dyn DeploymentRepository) {
    let before = tip(repository).await;
    let theirs =
        other.commit(before.clone(), vec![change("dev.yaml", "tag: b\n", "theirs\n")]).await.expect("committed");
    assert_eq!(Some(&tip(repository).await), theirs.commits.last());
    assert_eq!(bytes(repository, "dev.yaml").await, b"tag: b\n");
    assert_eq!(walk(repository, LogQuery { until: Some(before), ..log(9) }).await, theirs.commits);
}

/// Of two handles of one branch that commit on the same tip, one loses, is told the tip, and can try again.
pub async fn loses_a_race_and_wins_the_next(repository: &dyn DeploymentRepository, other: &dyn DeploymentRepository) {
    let stale = tip(repository).await;
    let theirs =
        other.commit(stale.clone(), vec![change("dev.yaml", "tag: b\n", "theirs\n")]).await.expect("committed");
    let ours = vec![change("staging.yaml", "tag: c\n", "ours\n")];
    let lost = repository.commit(stale.clone(), ours.clone()).await;
    let Err(RepositoryError::Conflict { expected, actual, .. }) = lost else { panic!("{lost:?}") };
    assert_eq!(expected, stale);
    assert!(actual.is_none() || actual.as_ref() == theirs.commits.last(), "{actual:?}");
    let snapshot = repository.read(vec![path("staging.yaml")]).await.expect("read");
    assert_eq!(Some(&snapshot.tip), theirs.commits.last());
    assert_eq!(snapshot.files[&path("staging.yaml")], None);
    repository.commit(snapshot.tip, ours).await.expect("committed");
    assert_eq!(bytes(other, "dev.yaml").await, b"tag: b\n");
    assert_eq!(bytes(other, "staging.yaml").await, b"tag: c\n");
}

/// The log has as many commits as are asked for, and its ends are where they should be.
pub async fn stops_where_it_is_told(repository: &dyn DeploymentRepository) {
    let before = tip(repository).await;
    let stack = (0..5).map(|n| change("dev.yaml", &format!("tag: {n}\n"), &format!("number {n}\n"))).collect();
    let commits = repository.commit(before.clone(), stack).await.expect("committed").commits;
    let newest_first: Vec<_> = commits.iter().rev().cloned().collect();
    assert_eq!(walk(repository, log(2)).await, newest_first[..2]);
    assert_eq!(walk(repository, log(0)).await, []);
    let query = LogQuery { from: Some(commits[3].clone()), until: Some(commits[1].clone()), ..log(9) };
    assert_eq!(walk(repository, query).await, [commits[3].clone(), commits[2].clone()]);
    let query = LogQuery { from: Some(commits[3].clone()), until: Some(commits[3].clone()), ..log(9) };
    assert_eq!(walk(repository, query).await, []);
}

/// A log whose end is not met has every commit down to the root.
pub async fn walks_to_the_root(repository: &dyn DeploymentRepository) {
    let before = walk(repository, log(1_000)).await;
    let stack = vec![change("other.yaml", "a: b\n", "other\n"), change("dev.yaml", "tag: b\n", "dev\n")];
    let commits = repository.commit(tip(repository).await, stack).await.expect("committed").commits;
    let entries = repository.log(LogQuery { until: Some(absent_commit()), ..log(1_000) }).await.expect("log");
    assert_eq!(entries.len(), before.len() + 2);
    for pair in entries.windows(2) {
        assert_eq!(pair[0].parent.as_ref(), Some(&pair[1].revision));
    }
    assert_eq!(entries.last().and_then(|root| root.parent.clone()), None);
    let query = LogQuery { paths: vec![path("dev.yaml"), path("absent.yaml")], ..log(1_000) };
    let of_dev = walk(repository, query).await;
    assert_eq!(of_dev.first(), commits.last());
    assert!(of_dev.len() >= 2, "the commit that added it changed it: {of_dev:?}");
    assert!(!of_dev.contains(&commits[0]));
    assert_eq!(walk(repository, LogQuery { paths: vec![path("absent.yaml")], ..log(1_000) }).await, []);
}

/// The success of a deployment goes out with its commit where the repository keeps the deployments (`records`), and is
/// left to the caller elsewhere. One that must be healthy first is in progress with its commit.
pub async fn records_a_success_with_its_commit(
    repository: &dyn DeploymentRepository,
    platform: &dyn DeploymentPlatform,
    records: bool,
) {
    let wished = ["frontend", "backend"].into_iter().zip(1..);
    let wished = wished.map(|(name, number)| super::super::new_deployment(record("dev", name, number))).collect();
    let created = platform.create(wished).await.expect("created");
    let expected = [(Success::Committed, State::Success), (Success::Healthy, State::InProgress)];
    let changes = created.iter().zip(expected).map(|(deployment, (success, _))| Change {
        deployment: Some(CarriedOut { deployment: deployment.key(), success }),
        ..change(&format!("{}.yaml", deployment.record.target.component), "tag: b\n", "deploy\n")
    });
    let stack = changes.chain([change("dev.yaml", "tag: b\n", "by hand\n")]).collect();
    let committed = repository.commit(tip(repository).await, stack).await.expect("committed");
    assert_eq!(committed.recorded, records);
    for ((deployment, commit), (_, state)) in created.iter().zip(&committed.commits).zip(expected) {
        let found = platform.get(vec![deployment.record.id]).await.expect("got");
        assert_eq!(found[0].state(), records.then_some(state));
        assert_eq!(found[0].commit().as_ref(), Some(commit).filter(|_| records));
        assert_eq!(found[0].ran(), records && state == State::Success);
    }
}

/// A refusal is told in the server's own words, and nothing is written. The repository refuses every commit with `words`.
pub async fn tells_a_refusal_in_its_own_words(repository: &dyn DeploymentRepository, expected: &str) {
    let before = tip(repository).await;
    let refused = repository.commit(before.clone(), vec![change("dev.yaml", "tag: b\n", "ours\n")]).await;
    let is_told = matches!(&refused, Err(RepositoryError::Rejected { words, .. }) if words.contains(expected));
    assert!(is_told, "{refused:?}");
    assert_eq!(tip(repository).await, before);
    assert_eq!(bytes(repository, "dev.yaml").await, b"tag: a\n");
}

/// A commit whose answer was lost is looked for. The repository carries the next commit out and loses its answer.
pub async fn tells_what_is_so_after_a_lost_answer(repository: &dyn DeploymentRepository) {
    let before = tip(repository).await;
    let change = change("dev.yaml", "tag: b\n", "ours\n");
    let committed = repository.commit(before.clone(), vec![change]).await.expect("it is there");
    assert_eq!(Some(&tip(repository).await), committed.commits.last());
    assert_eq!(walk(repository, LogQuery { until: Some(before), ..log(9) }).await, committed.commits);
}

/// Commits are read by their ids, as the log has them, and whether they change a file; what does not exist is left out.
pub async fn reads_commits_by_id(repository: &dyn DeploymentRepository) {
    // The last changes nothing.
    let stack = [0, 1, 1].into_iter().enumerate();
    let stack =
        stack.map(|(n, tag)| change("dev.yaml", &format!("tag: {tag}\n"), &format!("number {n}\n\nBody: {n}\n")));
    let commits = repository.commit(tip(repository).await, stack.collect()).await.expect("committed").commits;
    let wanted = vec![commits[2].clone(), absent_commit(), commits[0].clone(), commits[0].clone()];
    let found = repository.commits(wanted).await.expect("read");
    let logged = repository.log(log(3)).await.expect("log");
    let expected = [(&logged[0], true), (&logged[2], false)]
        .map(|(entry, is_empty)| (entry.revision.clone(), BranchCommit { entry: entry.clone(), is_empty }));
    assert_eq!(found, BTreeMap::from(expected));
    assert_eq!(repository.commits(vec![absent_commit()]).await.expect("read"), BTreeMap::new());
    assert_eq!(repository.commits(Vec::new()).await.expect("read"), BTreeMap::new());
}

/// A commit that is not on the branch is left out, although it is in the repository.
pub async fn leaves_out_commits_of_other_branches(repository: &dyn DeploymentRepository, elsewhere: Revision) {
    let tip = tip(repository).await;
    let found = repository.commits(vec![elsewhere, tip.clone()]).await.expect("read");
    assert_eq!(found.into_keys().collect::<Vec<_>>(), [tip]);
}

/// Files are read as commits had them, whatever came after.
pub async fn reads_files_at_a_commit(repository: &dyn DeploymentRepository) {
    let before = tip(repository).await;
    let stack = vec![change("dev.yaml", "tag: b\n", "b\n"), change("folder/new.yaml", "tag: c\n", "c\n")];
    let commits = repository.commit(before.clone(), stack).await.expect("committed").commits;
    let expected =
        [(&before, "tag: a\n", None), (&commits[0], "tag: b\n", None), (&commits[1], "tag: b\n", Some("tag: c\n"))];
    let places = expected
        .iter()
        .flat_map(|(commit, ..)| ["dev.yaml", "folder/new.yaml"].map(|file| ((*commit).clone(), path(file))));
    let files = repository.read_at(places.collect()).await.expect("read");
    for (commit, dev, new) in expected {
        assert_eq!(files[&(commit.clone(), path("dev.yaml"))].as_deref(), Some(dev.as_bytes()));
        assert_eq!(files[&(commit.clone(), path("folder/new.yaml"))].as_deref(), new.map(str::as_bytes));
    }
    let absent = repository.read_at(vec![(absent_commit(), path("dev.yaml"))]).await;
    assert!(matches!(absent, Err(RepositoryError::NotFound { .. })), "{absent:?}");
}

/// A folder comes with all that is below it, as a commit had it, and so does the whole repository.
pub async fn reads_a_folder_with_all_below_it(repository: &dyn DeploymentRepository) {
    let before = tip(repository).await;
    let names = ["chart/Chart.yaml", "chart/charts/a/Chart.yaml", "chart/templates/web.yaml", "charts.yaml"];
    let files: BTreeMap<_, _> = names.map(|name| (path(name), format!("of {name}\n").into_bytes())).into();
    let change = Change { files: files.clone(), message: "Add a chart\n".into(), deployment: None };
    let committed = repository.commit(before.clone(), vec![change]).await.expect("committed").commits.remove(0);
    let read = |at: &Revision, folder: Option<&str>| repository.read_folder(at.clone(), folder.map(path));
    let chart = read(&committed, Some("chart")).await.expect("read").expect("it is there");
    let expected: BTreeMap<_, _> =
        files.clone().into_iter().filter(|(name, _)| name.as_str().starts_with("chart/")).collect();
    assert_eq!((chart.files, chart.links.len()), (expected, 0));
    let below = read(&committed, Some("chart/charts/a")).await.expect("read").expect("it is there");
    assert_eq!(below.files.into_keys().collect::<Vec<_>>(), [path("chart/charts/a/Chart.yaml")]);
    let whole = read(&committed, None).await.expect("read").expect("it is there").files;
    assert_eq!(whole.get(&path("dev.yaml")).map(Vec::as_slice), Some(&b"tag: a\n"[..]));
    assert!(files.iter().all(|(name, bytes)| whole.get(name) == Some(bytes)), "{whole:?}");
    for (at, folder) in [(&committed, "absent"), (&committed, "charts.yaml"), (&before, "chart")] {
        assert_eq!(read(at, Some(folder)).await.expect("read"), None, "{folder}");
    }
    let absent = read(&absent_commit(), Some("chart")).await;
    assert!(matches!(absent, Err(RepositoryError::NotFound { .. })), "{absent:?}");
}

/// A symbolic link in a folder is told, and not followed. `link.yaml` is one, to `dev.yaml`.
pub async fn tells_the_links_of_a_folder(repository: &dyn DeploymentRepository) {
    let tip = tip(repository).await;
    let whole = repository.read_folder(tip, None).await.expect("read").expect("it is there");
    assert_eq!(whole.links, BTreeMap::from([(path("link.yaml"), "dev.yaml".to_owned())]));
    assert!(whole.files.contains_key(&path("dev.yaml")) && !whole.files.contains_key(&path("link.yaml")));
}

/// A commit without a change of files records what its message says.
pub async fn commits_without_a_change(repository: &dyn DeploymentRepository) {
    let before = repository.read(vec![path("dev.yaml")]).await.expect("read");
    let change = Change { files: BTreeMap::new(), message: "nothing\n".into(), deployment: None };
    let committed = repository.commit(before.tip.clone(), vec![change]).await.expect("committed");
    let after = repository.read(vec![path("dev.yaml")]).await.expect("read");
    assert_eq!((Some(&after.tip), after.files), (committed.commits.last(), before.files));
    assert_ne!(after.tip, before.tip);
}

/// A commit that does not exist is told as such.
pub async fn tells_a_commit_that_does_not_exist(repository: &dyn DeploymentRepository) {
    let query = LogQuery { from: Some(absent_commit()), ..log(1) };
    let answer = repository.log(query).await;
    assert!(matches!(answer, Err(RepositoryError::NotFound { .. })), "{answer:?}");
}

/// A repository or a branch that does not exist is told as such, whatever is asked. The one given does not exist.
pub async fn tells_that_it_does_not_exist(repository: &dyn DeploymentRepository) {
    let read = repository.read(vec![path("dev.yaml")]).await;
    assert!(matches!(read, Err(RepositoryError::NotFound { .. })), "{read:?}");
    let walked = repository.log(log(1)).await;
    assert!(matches!(walked, Err(RepositoryError::NotFound { .. })), "{walked:?}");
    let committed = repository.commit(absent_commit(), vec![change("dev.yaml", "tag: b\n", "ours\n")]).await;
    assert!(matches!(committed, Err(RepositoryError::NotFound { .. })), "{committed:?}");
}

/// A repository that cannot be reached is told as such, whatever is asked. The one given cannot.
pub async fn tells_that_it_cannot_be_reached(repository: &dyn DeploymentRepository) {
    let read = repository.read(vec![path("dev.yaml")]).await;
    assert!(matches!(read, Err(RepositoryError::Unavailable { .. })), "{read:?}");
    let walked = repository.log(log(1)).await;
    assert!(matches!(walked, Err(RepositoryError::Unavailable { .. })), "{walked:?}");
    let committed = repository.commit(absent_commit(), vec![change("dev.yaml", "tag: b\n", "ours\n")]).await;
    assert!(matches!(committed, Err(RepositoryError::Unavailable { .. })), "{committed:?}");
}

/// Missing credentials are told as such. The repository given demands some that it is not given.
pub async fn tells_that_credentials_are_missing(repository: &dyn DeploymentRepository) {
    let read = repository.read(vec![path("dev.yaml")]).await;
    assert!(matches!(read, Err(RepositoryError::Unauthorized { .. })), "{read:?}");
    let committed = repository.commit(absent_commit(), vec![change("dev.yaml", "tag: b\n", "ours\n")]).await;
    assert!(matches!(committed, Err(RepositoryError::Unauthorized { .. })), "{committed:?}");
}
