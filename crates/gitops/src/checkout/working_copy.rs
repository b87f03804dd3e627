//! A commit's files in a folder of their own, for programs that change files.

mod changes;
mod witness;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use embark_core::Commit;
use tempfile::TempDir;

use crate::Checkout;
use crate::local::open;
use crate::program;
use witness::Witness;

pub use changes::{FileChange, NewState};

/// What git is told in the copy: files come out of it as they are in the commit, a commit that a program makes asks
/// nobody for a name, a key or a hook, and nothing is tidied up behind it. What a user ignores everywhere is no matter of
/// the commit.
const SETTINGS: &str = "[core]\n\tautocrlf = false\n\tsafecrlf = false\n\thooksPath = /dev/null\n\
                        \tattributesFile = /dev/null\n\texcludesFile = /dev/null\n\
                        [user]\n\tname = embark\n\temail = embark@localhost\n\
                        [commit]\n\tgpgSign = false\n[tag]\n\tgpgSign = false\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n";

/// The files of one commit in a temporary folder, with the history that the repository has of it. The repository is not
/// told of it, and the folder goes with this value.
#[derive(Debug)]
pub struct WorkingCopy {
    folder: TempDir,
    commit: Commit,
    is_cut: bool,
    /// Where the objects of the repository are.
    objects: PathBuf,
    /// What git leaves alone, as lines of `.gitignore`.
    excluded: String,
}

/// Tells why there is no working copy, or why its changes cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkingCopyError {
    /// The program is not there.
    #[error("there is no git program, which is needed for a working copy")]
    NoGit,
    /// Git did not do it.
    #[error("git {command} failed: {said}")]
    Git {
        /// The command.
        command: String,
        /// What it said.
        said: String,
    },
    /// The repository cannot be read.
    #[error("{repository} cannot be copied")]
    Repository {
        /// Where it is.
        repository: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file of the copy cannot be read or written.
    #[error("the working copy cannot be read or written")]
    File(#[source] io::Error),
    /// The path of a change is no text.
    #[error("the path {0} is not text in UTF-8")]
    Path(String),
}

impl Checkout {
    /// Makes a working copy of a commit.
    ///
    /// It has the objects of this repository at hand, and none of its refs, remotes, hooks and settings. What is not
    /// committed is not in it, and submodules are empty.
    ///
    /// # Errors
    /// [`WorkingCopyError`] if it cannot be made. Nothing of it is left then.
    pub fn working_copy(&self, commit: &Commit) -> Result<WorkingCopy, WorkingCopyError> {
        let unreadable = |source| WorkingCopyError::Repository { repository: self.0.display().to_string(), source };
        let repository = open(&self.0).map_err(unreadable)?;
        let objects = std::path::absolute(repository.common_dir().join("objects")).map_err(WorkingCopyError::File)?;
        let shallow = repository.shallow_file().map_err(|error| unreadable(error.into()))?;
        let folder = tempfile::Builder::new().prefix("embark-").tempdir().map_err(WorkingCopyError::File)?;
        let mut copy = WorkingCopy { folder, commit: commit.clone(), is_cut: false, objects, excluded: String::new() };
        copy.git(&["init", "--quiet", "--template=", "--initial-branch=main"])?;
        copy.prepare(&shallow).map_err(WorkingCopyError::File)?;
        copy.git(&["checkout", "--quiet", "--force", "--detach", commit.as_str()])?;
        Ok(copy)
    }
}

impl WorkingCopy {
    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Tells whether the history is cut off, as after `git clone --depth`.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Has a path of the copy lead elsewhere, to what the commit does not have. It does not count as a change. What is
    /// there already stays.
    ///
    /// # Errors
    /// [`WorkingCopyError::File`] if it cannot be written.
    pub fn link(&mut self, path: &str, target: &Path) -> Result<(), WorkingCopyError> {
        let link = self.folder().join(path);
        if link.symlink_metadata().is_ok() {
            return Ok(());
        }
        let linked = self.exclude(path).and_then(|()| symlink(target, &link));
        linked.map_err(WorkingCopyError::File)
    }

    /// Has git borrow the objects of the repository, and end its history where that ends.
    fn prepare(&mut self, shallow: &Path) -> io::Result<()> {
        let git = self.git_folder();
        set_up(&git, &self.objects)?;
        self.is_cut = shallow.is_file();
        if self.is_cut {
            std::fs::copy(shallow, git.join("shallow"))?;
        }
        Ok(())
    }

    /// Has git leave a path alone, as `.gitignore` would.
    fn exclude(&mut self, path: &str) -> io::Result<()> {
        let is_special = |c: char| matches!(c, '\\' | '*' | '?' | '[' | ' ');
        let escaped: String = path.chars().flat_map(|c| is_special(c).then_some('\\').into_iter().chain([c])).collect();
        self.excluded.push_str(&format!("/{escaped}\n"));
        std::fs::write(self.git_folder().join("info/exclude"), &self.excluded)
    }

    fn git_folder(&self) -> PathBuf {
        self.folder().join(".git")
    }

    /// Runs git in the copy. Only before a program has had its hands on it.
    fn git(&self, arguments: &[&str]) -> Result<(), WorkingCopyError> {
        output(isolated(self.folder()), arguments, &[]).map(|_| ())
    }
}

/// Writes the settings of a new git folder, and has it borrow objects, as `git clone --shared` does.
fn set_up(git: &Path, objects: &Path) -> io::Result<()> {
    for folder in ["info", "objects/info"] {
        std::fs::create_dir_all(git.join(folder))?;
    }
    std::fs::write(git.join("objects/info/alternates"), format!("{}\n", text(objects)?))?;
    std::fs::OpenOptions::new().append(true).open(git.join("config"))?.write_all(SETTINGS.as_bytes())
}

/// Prepares git with no configuration but that of the git folder.
fn isolated(folder: &Path) -> Command {
    let mut command = program::git(folder);
    for variable in ["GIT_CONFIG_COUNT", "GIT_CONFIG_SYSTEM", "GIT_ATTR_SOURCE", "GIT_TEMPLATE_DIR"] {
        command.env_remove(variable);
    }
    for variable in ["GIT_CONFIG_NOSYSTEM", "GIT_ATTR_NOSYSTEM"] {
        command.env(variable, "1");
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.env("GIT_DEFAULT_HASH", "sha1").env("GIT_DEFAULT_REF_FORMAT", "files");
    command
}

/// Runs git over an input, and returns what it wrote.
fn output(mut command: Command, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, WorkingCopyError> {
    tracing::debug!(arguments = arguments.join(" "), "git");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => WorkingCopyError::NoGit,
        _ => WorkingCopyError::File(error),
    })?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that has ended already says why below. It writes nothing while it is written to.
        let _ = stdin.write_all(input);
    }
    let done = child.wait_with_output().map_err(WorkingCopyError::File)?;
    if !done.status.success() {
        let command = arguments.first().copied().unwrap_or_default().to_owned();
        let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
        return Err(WorkingCopyError::Git { command, said });
    }
    Ok(done.stdout)
}

/// Returns a path as git reads it in the list of alternates: on a line of its own.
fn text(path: &Path) -> io::Result<&str> {
    let text = path.to_str().filter(|text| !text.contains('\n') && !text.starts_with(['"', '#']));
    text.ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("git cannot borrow from {}", path.display()))
    })
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn symlink(_target: &Path, _link: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
