//! What was read before: a commit, its files and their bytes stay as they are.

use std::collections::HashMap;
use std::sync::Arc;

use embark_core::ports::LogEntry;
use embark_core::{FilePath, Revision};

/// What is known of a branch and its commits.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Where the branch was when it was last asked for; `None` where that is to be asked again.
    pub(super) tip: Option<Revision>,
    pub(super) commits: HashMap<Revision, Arc<Node>>,
    /// What stands at a path of a commit; `None` where nothing does.
    pub(super) entries: HashMap<(Revision, FilePath), Option<Entry>>,
    /// The bytes of files, by git's id.
    pub(super) blobs: HashMap<String, Vec<u8>>,
}

/// A commit.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) entry: LogEntry,
    /// Whether its tree is that of its first parent.
    pub(super) is_empty: bool,
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) mode: Mode,
    /// Git's id of it.
    pub(super) oid: String,
}

/// The [mode](https://git-scm.com/docs/git-fast-import#_filemodify) of what stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode(pub(super) u32);

impl Mode {
    /// Tells what it is, if that is no file.
    pub(super) fn no_file(self) -> Option<&'static str> {
        match self.0 & 0o170_000 {
            0o100_000 => None,
            0o040_000 => Some("a folder"),
            0o120_000 => Some("a symbolic link"),
            0o160_000 => Some("a submodule"),
            _ => Some("something that embark does not know"),
        }
    }

    pub(super) fn is_executable(self) -> bool {
        self.0 & 0o111 != 0
    }
}

impl Seen {
    pub(super) fn entry(&self, commit: &Revision, path: &FilePath) -> Option<&Option<Entry>> {
        self.entries.get(&(commit.clone(), path.clone()))
    }

    /// Tells whether a commit is known, and what stands there at these paths.
    pub(super) fn knows(&self, commit: &Revision, paths: &[FilePath]) -> bool {
        self.commits.contains_key(commit) && paths.iter().all(|path| self.entry(commit, path).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_told_apart() {
        for (mode, no_file, is_executable) in [
            (33_188, None, false),
            (33_261, None, true),
            (0o100_664, None, false),
            (40_960, Some("a symbolic link"), false),
            (16_384, Some("a folder"), false),
            (57_344, Some("a submodule"), false),
        ] {
            assert_eq!((Mode(mode).no_file(), Mode(mode).is_executable()), (no_file, is_executable), "{mode:o}");
        }
    }
}
