//! The port of the deployment branch.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use super::{BoxError, SigningError, wait};
use crate::commit::Revision;
use crate::deployment::DeploymentKey;
use crate::name::FilePath;
use crate::success::Success;
use crate::timestamp::Timestamp;

/// Files at the tip of the deployment branch, read together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The tip from which they were read.
    pub tip: Revision,
    /// The bytes of each path that was asked for; `None` where there is no such file.
    pub files: BTreeMap<FilePath, Option<Vec<u8>>>,
}

impl Snapshot {
    /// Returns the bytes of a file; `None` if it is not there, or was not asked for.
    pub fn file(&self, path: &FilePath) -> Option<&[u8]> {
        self.files.get(path)?.as_deref()
    }
}

/// The bytes of files as commits have them; `None` where there is no such file.
pub type PastFiles = BTreeMap<(Revision, FilePath), Option<Vec<u8>>>;

/// All that is in a folder and below it, as a commit has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folder {
    /// The bytes of each regular file, by its path from the top of the repository.
    pub files: BTreeMap<FilePath, Vec<u8>>,
    /// What each symbolic link says, by its path; none of them is followed.
    pub links: BTreeMap<FilePath, String>,
    /// What is there and cannot be read: `a submodule`, or a file whose name is none of a [`FilePath`], by its path.
    pub left_out: BTreeMap<String, &'static str>,
}

/// One commit to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The whole new bytes of each file that it changes; none for a commit that only records. Modes stay; a file that is
    /// not there is created.
    pub files: BTreeMap<FilePath, Vec<u8>>,
    /// The message, trailers included.
    pub message: String,
    /// The deployment that this commit carries out.
    pub deployment: Option<CarriedOut>,
}

/// A deployment that a commit carries out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedOut {
    /// The deployment.
    pub deployment: DeploymentKey,
    /// When it is a success: with the commit, or later.
    pub success: Success,
}

/// What a push brought about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The commits, one for each change, in their order; the last one is the new tip.
    pub commits: Vec<Revision>,
    /// Whether the [status](Success::status) of each deployment went out in the same push, because the repository keeps
    /// the deployments too.
    pub recorded: bool,
}

/// Which commits of the deployment branch to walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuery {
    /// Where to start, itself included; `None` is the tip.
    pub from: Option<Revision>,
    /// Where to stop: it and its ancestors are left out.
    pub until: Option<Revision>,
    /// Only commits that changed one of these, compared with their first parent; empty is all.
    pub paths: Vec<FilePath>,
    /// At most so many.
    pub limit: usize,
}

/// One commit of the deployment branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Its id.
    pub revision: Revision,
    /// Its first parent.
    pub parent: Option<Revision>,
    /// Its whole message.
    pub message: String,
    /// The name of its author.
    pub author: String,
    /// When it was committed.
    pub at: Timestamp,
    /// Those of the paths that were asked for which it changed, compared with its first parent.
    pub changed: Vec<FilePath>,
}

/// A commit of the branch, and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchCommit {
    /// The commit.
    pub entry: LogEntry,
    /// Whether its files are those of its first parent.
    pub is_empty: bool,
}

/// The deployment branch of the deployment repo.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait DeploymentRepository: Send + Sync {
    /// Reads `paths` at the tip of the branch.
    ///
    /// All files MUST come from the one tip that is told. A path that does not exist is `None`; one that is
    /// no regular file MUST be answered with [`RepositoryError::NotAFile`].
    async fn read(&self, paths: Vec<FilePath>) -> Result<Snapshot, RepositoryError>;

    /// Tells whether a commit can be made, as far as that can be told from here: e.g. whether the key works that signs it.
    ///
    /// It MUST write nothing, and need not ask the server. It is asked before anything else is written that a commit must
    /// follow.
    async fn can_commit(&self) -> Result<(), RepositoryError> {
        Ok(())
    }

    /// Commits `changes` in their order on top of `expected`, in one push where there is one.
    ///
    /// It MUST be a compare-and-swap: if the branch is not at `expected`, nothing is written and the answer
    /// is [`RepositoryError::Conflict`]. A repository that takes one commit at a time MAY have written the first of several
    /// changes when another one came between, or failed: then the answer MUST be [`RepositoryError::Conflict`], too, and
    /// what was written is found by its message. After an answer that was lost or refused, it MUST read the branch again and
    /// tell what is so. A refusal by the server MUST be [`RepositoryError::Rejected`] with the server's own words. `changes` is
    /// not empty.
    async fn commit(&self, expected: Revision, changes: Vec<Change>) -> Result<Committed, RepositoryError>;

    /// Walks the commits of the branch along first parents, newest first.
    ///
    /// A `from` that does not exist MUST be answered with [`RepositoryError::NotFound`]. An `until` that is
    /// not met ends the walk at the root.
    async fn log(&self, query: LogQuery) -> Result<Vec<LogEntry>, RepositoryError>;

    /// Reads files as commits have them.
    ///
    /// As [`read`](Self::read); a commit that does not exist MUST be answered with [`RepositoryError::NotFound`].
    async fn read_at(&self, places: Vec<(Revision, FilePath)>) -> Result<PastFiles, RepositoryError>;

    /// Reads all that is in a folder, or in the whole repository, as a commit has it; `None` where no folder is.
    ///
    /// A name that is none of a [`FilePath`], and a submodule, MUST be told as left out. A commit that does not exist MUST be answered
    /// with [`RepositoryError::NotFound`].
    async fn read_folder(&self, at: Revision, folder: Option<FilePath>) -> Result<Option<Folder>, RepositoryError>;

    /// Reads commits of the branch by their ids: its tip and what leads to it along first parents.
    ///
    /// Those that do not exist MUST be left out, and so MUST those that exist elsewhere: whoever may push to another ref
    /// could else put a record there.
    async fn commits(&self, ids: Vec<Revision>) -> Result<BTreeMap<Revision, BranchCommit>, RepositoryError>;
}

/// Tells why the deployment repo did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// The repository, the branch or a commit does not exist.
    #[error("there is no {what} in {repository}")]
    NotFound {
        /// The repository, without credentials.
        repository: String,
        /// What is not there, e.g. `branch main`.
        what: String,
    },
    /// The credentials are missing or not accepted.
    #[error("{repository} does not accept the credentials: {reason}")]
    Unauthorized {
        /// The repository, without credentials.
        repository: String,
        /// What is missing, or the server's own words.
        reason: String,
    },
    /// The server refuses the push: a protected branch, a hook, a missing permission.
    #[error("{repository} refuses it: {words}")]
    Rejected {
        /// The repository, without credentials.
        repository: String,
        /// The server's own words.
        words: String,
    },
    /// The branch has moved.
    #[error("{repository} has moved on from {expected}")]
    Conflict {
        /// The repository, without credentials.
        repository: String,
        /// The tip on which the change was made.
        expected: Revision,
        /// The tip that is there, where it was told.
        actual: Option<Revision>,
    },
    /// Another process writes, and does not come to an end.
    #[error("another process writes to {repository}: it holds {lock}")]
    Busy {
        /// The repository, without credentials.
        repository: String,
        /// What it holds.
        lock: String,
    },
    /// A path that must be a file is something else.
    #[error("{path} in {repository} is {what}")]
    NotAFile {
        /// The repository, without credentials.
        repository: String,
        /// The path.
        path: FilePath,
        /// What it is, e.g. `a symbolic link`.
        what: &'static str,
    },
    /// Too many requests.
    #[error("{repository} asks for fewer requests{}", wait(*retry_after))]
    RateLimited {
        /// The repository, without credentials.
        repository: String,
        /// How long to wait, where it was told.
        retry_after: Option<Duration>,
    },
    /// The answer is wrong: a pack that lies, an object that is none.
    #[error("{repository} gave a wrong answer: {reason}")]
    Malformed {
        /// The repository, without credentials.
        repository: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The repository cannot be reached, or fails.
    #[error("cannot reach {repository}")]
    Unavailable {
        /// The repository, without credentials.
        repository: String,
        /// Why.
        source: BoxError,
    },
    /// The commits are to be signed, and cannot be.
    #[error(transparent)]
    Signing(SigningError),
    /// Anything else.
    #[error("cannot {operation} {repository}")]
    Other {
        /// What was tried, e.g. `write to`.
        operation: &'static str,
        /// The repository, without credentials.
        repository: String,
        /// Why.
        source: BoxError,
    },
}
