//! A git folder of embark's own beside a working copy. The program that runs in the copy can write what it wants into the
//! `.git` of that, programs for git to run as well; of this one it knows nothing.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{WorkingCopy, WorkingCopyError, isolated, output, set_up};
use crate::local::open;

const SUBMODULE: &str = "160000";

/// A git folder, with the commit of a working copy in its index.
pub(super) struct Witness {
    folder: TempDir,
    copy: PathBuf,
}

impl Witness {
    /// Makes one after the program has ended.
    pub(super) fn of(copy: &WorkingCopy) -> Result<Self, WorkingCopyError> {
        let folder = tempfile::Builder::new().prefix("embark-").tempdir().map_err(WorkingCopyError::File)?;
        let init = ["init", "--quiet", "--bare", "--template=", "--initial-branch=main"];
        output(isolated(folder.path()), &init, &[])?;
        set_up(folder.path(), &copy.objects).map_err(WorkingCopyError::File)?;
        std::fs::write(folder.path().join("info/exclude"), &copy.excluded).map_err(WorkingCopyError::File)?;
        let witness = Self { folder, copy: copy.folder().to_owned() };
        let all = witness.git(&["ls-tree", "-r", "-z", "--full-tree", copy.commit.as_str()], &[])?;
        // Git would run git in a submodule that it knows, and that one reads what the program configured there.
        let is_kept = |line: &&[u8]| !line.is_empty() && !line.starts_with(SUBMODULE.as_bytes());
        let kept: Vec<&[u8]> = all.split(|byte| *byte == 0).filter(is_kept).collect();
        let mut index = kept.join(&0);
        index.extend((!index.is_empty()).then_some(0));
        witness.git(&["update-index", "-z", "--index-info"], &index)?;
        Ok(witness)
    }

    /// Runs git over the files of the copy, and returns what it wrote.
    pub(super) fn git(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, WorkingCopyError> {
        let mut command = isolated(&self.copy);
        command.env("GIT_DIR", self.folder.path()).env("GIT_WORK_TREE", &self.copy);
        output(command, arguments, input)
    }

    /// Opens it, for what was written into it.
    pub(super) fn open(&self) -> Result<gix::Repository, WorkingCopyError> {
        let unreadable = |source| WorkingCopyError::Repository { repository: "the working copy".into(), source };
        open(self.folder.path()).map_err(unreadable)
    }

    /// Tells whether the program has put anything where the commit has a submodule, whose folder is empty.
    pub(super) fn is_filled(&self, path: &Path) -> bool {
        let path = self.copy.join(path);
        match std::fs::read_dir(&path) {
            Ok(mut entries) => entries.next().is_some(),
            Err(_) => path.symlink_metadata().is_ok(),
        }
    }
}
