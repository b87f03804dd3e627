//! A deployment repo in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;

use super::lock;
use crate::commit::Revision;
use crate::digest::Digest;
use crate::name::FilePath;
use crate::ports::{
    BranchCommit, Change, Committed, DeploymentRepository, Folder, LogEntry, LogQuery, PastFiles, RepositoryError,
    SigningError, Snapshot,
};
use crate::timestamp::Timestamp;

/// A deployment branch in memory.
#[derive(Debug)]
pub struct FakeRepository(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Oldest first.
    commits: Vec<Entry>,
    refusal: Option<String>,
    has_bad_key: bool,
    /// How many changes of the next commit are written before somebody edits this file.
    tear: Option<(usize, FilePath, Vec<u8>)>,
    /// How many commits a walk can have.
    reach: Option<usize>,
    pushes: usize,
}

#[derive(Debug, Clone)]
struct Entry {
    log: LogEntry,
    files: BTreeMap<FilePath, Vec<u8>>,
}

const NAME: &str = "the fake deployment repo";

impl FakeRepository {
    /// Makes a branch with one commit of these files.
    pub fn new(files: BTreeMap<FilePath, Vec<u8>>) -> Self {
        let first = Entry::new(None, "first", files);
        let commits = vec![first];
        Self(Mutex::new(State { commits, refusal: None, has_bad_key: false, tear: None, reach: None, pushes: 0 }))
    }

    /// Commits a file by hand.
    pub fn edit_by_hand(&self, path: &FilePath, bytes: &[u8]) -> Revision {
        let mut state = lock(&self.0);
        let mut files = state.tip().files.clone();
        files.insert(path.clone(), bytes.to_vec());
        state.append(files, "edit by hand")
    }

    /// Rewrites the branch: one commit with the files of the tip.
    pub fn squash(&self) {
        let mut state = lock(&self.0);
        let files = state.tip().files.clone();
        state.commits = vec![Entry::new(None, "squashed", files)];
    }

    /// Refuses every commit from now on with these words, or none.
    pub fn refuse(&self, words: Option<&str>) {
        lock(&self.0).refusal = words.map(Into::into);
    }

    /// Signs every commit from now on with a key that does not work.
    pub fn break_key(&self) {
        lock(&self.0).has_bad_key = true;
    }

    /// Lets somebody edit a file when so many changes of the next commit are written, as it can be where each is a
    /// request of its own.
    pub fn tear(&self, after: usize, path: &FilePath, bytes: &[u8]) {
        lock(&self.0).tear = Some((after, path.clone(), bytes.to_vec()));
    }

    /// Lets a walk along the history end in an error after so many commits, as it is where each takes a request.
    pub fn reach(&self, count: usize) {
        lock(&self.0).reach = Some(count);
    }

    /// Returns the commits, oldest first.
    pub fn commits(&self) -> Vec<LogEntry> {
        lock(&self.0).commits.iter().map(|entry| entry.log.clone()).collect()
    }

    /// Returns a file at the tip as a text.
    pub fn text(&self, path: &FilePath) -> String {
        let state = lock(&self.0);
        let bytes = state.tip().files.get(path).cloned().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Returns how many times something was committed through the port.
    pub fn pushes(&self) -> usize {
        lock(&self.0).pushes
    }
}

impl Entry {
    fn read(&self, paths: Vec<FilePath>) -> Result<BTreeMap<FilePath, Option<Vec<u8>>>, RepositoryError> {
        let is_folder = |path: &&FilePath| self.files.keys().any(|file| file.as_str().starts_with(&format!("{path}/")));
        if let Some(path) = paths.iter().find(is_folder) {
            return Err(RepositoryError::NotAFile { repository: NAME.into(), path: path.clone(), what: "a folder" });
        }
        Ok(paths.into_iter().map(|path| (path.clone(), self.files.get(&path).cloned())).collect())
    }

    fn new(parent: Option<&Revision>, message: &str, files: BTreeMap<FilePath, Vec<u8>>) -> Self {
        let seed = format!("{parent:?}\n{message}\n{files:?}");
        let revision = Digest::sha256(seed.as_bytes()).hex().parse::<Revision>();
        let log = LogEntry {
            revision: revision.unwrap_or_else(|error| unreachable!("{error}")),
            parent: parent.cloned(),
            message: message.into(),
            author: "somebody".into(),
            at: Timestamp::from_unix(1_777_800_000),
            changed: Vec::new(),
        };
        Self { log, files }
    }
}

impl State {
    fn tip(&self) -> &Entry {
        let Some(tip) = self.commits.last() else { unreachable!("the first commit is always there") };
        tip
    }

    fn commit(&mut self, change: Change) -> Revision {
        let mut files = self.tip().files.clone();
        files.extend(change.files);
        self.append(files, &change.message)
    }

    fn append(&mut self, files: BTreeMap<FilePath, Vec<u8>>, message: &str) -> Revision {
        let entry = Entry::new(Some(&self.tip().log.revision), message, files);
        let revision = entry.log.revision.clone();
        self.commits.push(entry);
        revision
    }
}

#[async_trait]
impl DeploymentRepository for FakeRepository {
    async fn read(&self, paths: Vec<FilePath>) -> Result<Snapshot, RepositoryError> {
        let state = lock(&self.0);
        let tip = state.tip();
        Ok(Snapshot { tip: tip.log.revision.clone(), files: tip.read(paths)? })
    }

    async fn can_commit(&self) -> Result<(), RepositoryError> {
        let refused = || SigningError::Refused { key: "the fake key".into(), words: "it does not work".into() };
        if lock(&self.0).has_bad_key { Err(RepositoryError::Signing(refused())) } else { Ok(()) }
    }

    async fn commit(&self, expected: Revision, changes: Vec<Change>) -> Result<Committed, RepositoryError> {
        self.can_commit().await?;
        let mut state = lock(&self.0);
        if let Some(words) = &state.refusal {
            return Err(RepositoryError::Rejected { repository: NAME.into(), words: words.clone() });
        }
        let actual = state.tip().log.revision.clone();
        if actual != expected {
            return Err(RepositoryError::Conflict { repository: NAME.into(), expected, actual: Some(actual) });
        }
        state.pushes += 1;
        if let Some((after, path, bytes)) = state.tear.take() {
            for change in changes.into_iter().take(after) {
                state.commit(change);
            }
            let theirs = state.commit(Change {
                files: BTreeMap::from([(path, bytes)]),
                message: "edit by hand".into(),
                deployment: None,
            });
            return Err(RepositoryError::Conflict { repository: NAME.into(), expected, actual: Some(theirs) });
        }
        let commits = changes.into_iter().map(|change| state.commit(change));
        Ok(Committed { commits: commits.collect(), recorded: false })
    }

    async fn read_at(&self, places: Vec<(Revision, FilePath)>) -> Result<PastFiles, RepositoryError> {
        let state = lock(&self.0);
        let read = |(commit, path): (Revision, FilePath)| {
            let found = state.commits.iter().find(|entry| entry.log.revision == commit);
            let absent = || RepositoryError::NotFound { repository: NAME.into(), what: format!("commit {commit}") };
            let bytes = found.ok_or_else(absent)?.read(vec![path.clone()])?.remove(&path).flatten();
            Ok(((commit, path), bytes))
        };
        places.into_iter().map(read).collect()
    }

    async fn read_folder(&self, at: Revision, folder: Option<FilePath>) -> Result<Option<Folder>, RepositoryError> {
        let state = lock(&self.0);
        let found = state.commits.iter().find(|entry| entry.log.revision == at);
        let absent = || RepositoryError::NotFound { repository: NAME.into(), what: format!("commit {at}") };
        let below = folder.as_ref().map(|folder| format!("{folder}/")).unwrap_or_default();
        let files = found.ok_or_else(absent)?.files.iter().filter(|(path, _)| path.as_str().starts_with(&below));
        let files: BTreeMap<_, _> = files.map(|(path, bytes)| (path.clone(), bytes.clone())).collect();
        // Where no file is, no folder is.
        let is_there = folder.is_none() || !files.is_empty();
        Ok(is_there.then(|| Folder { files, ..Folder::default() }))
    }

    async fn commits(&self, ids: Vec<Revision>) -> Result<BTreeMap<Revision, BranchCommit>, RepositoryError> {
        let state = lock(&self.0);
        let found = state.commits.iter().enumerate().filter(|(_, entry)| ids.contains(&entry.log.revision));
        let commit = |(at, entry): (usize, &Entry)| {
            let before = at.checked_sub(1).map(|at| &state.commits[at].files);
            let commit = BranchCommit { entry: entry.log.clone(), is_empty: before == Some(&entry.files) };
            (entry.log.revision.clone(), commit)
        };
        Ok(found.map(commit).collect())
    }

    async fn log(&self, query: LogQuery) -> Result<Vec<LogEntry>, RepositoryError> {
        let state = lock(&self.0);
        let position = |revision: &Revision| state.commits.iter().position(|entry| &entry.log.revision == revision);
        let start = match &query.from {
            Some(from) => position(from)
                .ok_or_else(|| RepositoryError::NotFound { repository: NAME.into(), what: format!("commit {from}") })?,
            None => state.commits.len() - 1,
        };
        let end = query.until.as_ref().and_then(position).map_or(0, |until| until + 1);
        if state.reach.is_some_and(|reach| (end..=start).count().min(query.limit) > reach) {
            let (operation, repository) = ("walk the history of", NAME.into());
            return Err(RepositoryError::Other { operation, repository, source: "it is too long".into() });
        }
        let entry = |at: usize| {
            let (after, before) = (&state.commits[at], at.checked_sub(1).map(|at| &state.commits[at].files));
            let differs = |path: &&FilePath| after.files.get(path) != before.and_then(|files| files.get(path));
            let changed: Vec<FilePath> = query.paths.iter().filter(differs).cloned().collect();
            let is_wanted = query.paths.is_empty() || !changed.is_empty();
            is_wanted.then(|| LogEntry { changed, ..after.log.clone() })
        };
        Ok((end..=start).rev().filter_map(entry).take(query.limit).collect())
    }
}
