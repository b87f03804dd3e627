//! The deployment repo: its branch, and the ledger of deployments in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use embark_core::ports::{
    BranchCommit, Change, Clock, Committed, DeploymentPlatform, DeploymentRepository, Folder, LogEntry, LogQuery,
    PastFiles, PlatformError, RepositoryError, Snapshot,
};
use embark_core::{
    Deployment, DeploymentId, DeploymentKey, FilePath, NewDeployment, NewStatus, Revision, Target, Timestamp,
};

use crate::branch;
use crate::error::{object_id, of_platform, of_repository};
use crate::ledger;
use crate::local::Local;
use crate::object::Signature;
use crate::ref_name::RefName;
use crate::remote::{Remote, RemoteUrl, SshUrl};
use crate::session::Session;
use crate::signing::{Committer, SigningKey};
use crate::store::{Store, StoreError};
use crate::worker::Worker;

/// Who is named as the author of commits, or as their committer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The name.
    pub name: String,
    /// The mail address.
    pub email: String,
}

impl Author {
    pub(crate) fn at(&self, now: Timestamp) -> Signature<'_> {
        Signature { name: &self.name, email: &self.email, seconds: now.as_unix() }
    }
}

/// Which branch of a deployment repo, and which ref for the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The branch.
    pub branch: RefName,
    /// The ref of the ledger; `None` where deployments are kept elsewhere.
    pub ledger: Option<RefName>,
    /// Who commits.
    pub author: Author,
}

impl Options {
    /// Commits to `branch` as `author`, and keeps deployments in the ledger at [`RefName::ledger`].
    pub fn new(branch: RefName, author: Author) -> Self {
        Self { branch, ledger: Some(RefName::ledger()), author }
    }
}

/// The deployment repo over git: a [`DeploymentRepository`], and with its ledger a [`DeploymentPlatform`].
///
/// Both are of one view of the repository, which is taken anew after each write and when the same question is asked
/// again. Nothing is cloned and, but for a repository on disk itself, nothing written to disk; a server without protocol
/// v2 or without filters is the exception.
#[derive(Clone)]
pub struct GitRepository {
    worker: Worker,
    name: String,
    committer: Committer,
    clock: Arc<dyn Clock>,
}

impl GitRepository {
    /// Uses the repository at a path, bare or with a work tree.
    pub fn local(path: &Path, options: Options, clock: Arc<dyn Clock>) -> Self {
        Self::new(Box::new(Local::new(path)), options, clock)
    }

    /// Uses a repository on a server, over HTTP.
    ///
    /// Calls must be made in the context of a tokio runtime that runs `client`.
    pub fn remote(url: RemoteUrl, client: reqwest::Client, options: Options, clock: Arc<dyn Clock>) -> Self {
        Self::new(Box::new(Remote::over_http(url, client)), options, clock)
    }

    /// Uses a repository on a server, through the system's `ssh`, or `command`, a line for the shell as git takes it
    /// from `GIT_SSH_COMMAND`.
    pub fn ssh(url: SshUrl, command: Option<String>, options: Options, clock: Arc<dyn Clock>) -> Self {
        Self::new(Box::new(Remote::over_ssh(url, command)), options, clock)
    }

    fn new(store: Box<dyn Store>, options: Options, clock: Arc<dyn Clock>) -> Self {
        let name = store.name().to_owned();
        let ledger = options.ledger.map(|ledger| ledger.to_string());
        let session = Session::new(store, options.branch.to_string(), ledger);
        let committer = Committer { author: options.author, by: None, key: None };
        Self { worker: Worker::new(session), name, committer, clock }
    }

    /// Names somebody else than the author as the committer of every commit, those of the ledger as well.
    #[must_use]
    pub fn committed_by(mut self, committer: Author) -> Self {
        self.committer.by = Some(committer);
        self
    }

    /// Signs every commit, those of the ledger as well.
    #[must_use]
    pub fn signed_with(mut self, key: SigningKey) -> Self {
        self.committer.key = Some(key);
        self
    }

    /// Runs what blocks apart from the tasks of the runtime.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.worker.run(work).await
    }
}

impl GitRepository {
    /// Lists the files at the tip of the branch, without symbolic links and submodules, sorted.
    ///
    /// All trees of the tip are read, and no file.
    ///
    /// # Errors
    /// [`RepositoryError`] if the repository or its branch cannot be read.
    pub async fn files(&self) -> Result<Vec<FilePath>, RepositoryError> {
        self.run(branch::files).await.map_err(|error| of_repository(&self.name, None, error))
    }

    fn read_error<T>(&self, read: Result<Result<T, branch::ReadError>, StoreError>) -> Result<T, RepositoryError> {
        match read {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(branch::ReadError::NotAFile { path, what })) => {
                Err(RepositoryError::NotAFile { repository: self.name.clone(), path, what })
            }
            Ok(Err(branch::ReadError::Store(error))) | Err(error) => Err(of_repository(&self.name, None, error)),
        }
    }
}

#[async_trait]
impl DeploymentRepository for GitRepository {
    async fn read(&self, paths: Vec<FilePath>) -> Result<Snapshot, RepositoryError> {
        self.read_error(self.run(move |session| Ok(branch::read(session, &paths))).await)
    }

    async fn read_at(&self, places: Vec<(Revision, FilePath)>) -> Result<PastFiles, RepositoryError> {
        let read = self.run(move |session| {
            let ids = places.iter().map(|(commit, path)| Ok((object_id(commit)?, path)));
            let ids: Vec<_> = ids.collect::<Result<_, StoreError>>()?;
            Ok(branch::read_at(session, &ids).map(|bytes| places.iter().cloned().zip(bytes).collect()))
        });
        self.read_error(read.await)
    }

    async fn read_folder(&self, at: Revision, folder: Option<FilePath>) -> Result<Option<Folder>, RepositoryError> {
        let read = self.run(move |session| branch::read_folder(session, object_id(&at)?, folder.as_ref()));
        read.await.map_err(|error| of_repository(&self.name, None, error))
    }

    async fn can_commit(&self) -> Result<(), RepositoryError> {
        let Some(key) = self.committer.key.clone() else { return Ok(()) };
        let looked = self.run(move |_| Ok(key.check()?)).await;
        looked.map_err(|error| of_repository(&self.name, None, error))
    }

    async fn commit(&self, expected: Revision, changes: Vec<Change>) -> Result<Committed, RepositoryError> {
        let on = expected.clone();
        let (committer, now) = (self.committer.clone(), self.clock.now());
        let committed = self.run(move |session| branch::commit(session, &on, changes, &committer, now));
        committed.await.map_err(|error| of_repository(&self.name, Some(&expected), error))
    }

    async fn log(&self, query: LogQuery) -> Result<Vec<LogEntry>, RepositoryError> {
        let log = self.run(move |session| branch::log(session, &query));
        log.await.map_err(|error| of_repository(&self.name, None, error))
    }

    async fn commits(&self, ids: Vec<Revision>) -> Result<BTreeMap<Revision, BranchCommit>, RepositoryError> {
        let commits = self.run(move |session| branch::commits(session, &ids));
        commits.await.map_err(|error| of_repository(&self.name, None, error))
    }
}

#[async_trait]
impl DeploymentPlatform for GitRepository {
    async fn create(&self, new: Vec<NewDeployment>) -> Result<Vec<Deployment>, PlatformError> {
        let (committer, now) = (self.committer.clone(), self.clock.now());
        let created = self.run(move |session| ledger::create(session, &new, &committer, now));
        created.await.map_err(|error| of_platform(&self.name, error))
    }

    async fn get(&self, ids: Vec<DeploymentId>) -> Result<Vec<Deployment>, PlatformError> {
        self.run(move |session| ledger::get(session, &ids)).await.map_err(|error| of_platform(&self.name, error))
    }

    async fn pending(&self, targets: Vec<Target>) -> Result<Vec<Deployment>, PlatformError> {
        let environments: BTreeSet<_> = targets.into_iter().map(|target| target.environment).collect();
        let pending = self.run(move |session| ledger::pending(session, &environments));
        pending.await.map_err(|error| of_platform(&self.name, error))
    }

    async fn recent(
        &self,
        targets: Vec<Target>,
        limit: usize,
    ) -> Result<BTreeMap<Target, Vec<Deployment>>, PlatformError> {
        let recent = self.run(move |session| ledger::recent(session, &targets, limit));
        recent.await.map_err(|error| of_platform(&self.name, error))
    }

    async fn append(&self, statuses: Vec<(DeploymentKey, NewStatus)>) -> Result<(), PlatformError> {
        let (committer, now) = (self.committer.clone(), self.clock.now());
        let appended = self.run(move |session| ledger::append(session, &statuses, &committer, now));
        appended.await.map_err(|error| of_platform(&self.name, error))
    }
}
