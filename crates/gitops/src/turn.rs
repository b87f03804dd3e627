//! Turns: one process of embark at a time moves the refs of a repository on disk, and mends what a killed one left.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::ref_name::RefName;

/// A turn; it ends when it is dropped, or with the process.
///
/// The file names the locks of git that the turn will take. Whoever has the next turn and finds names there knows that the
/// process before was killed, and that these locks are nobody's.
pub(crate) struct Turn(File);

/// A lock that is so much younger than the turn that took it is another process's: git's own, say.
const SLACK: Duration = Duration::from_secs(10);

impl Turn {
    /// Waits for a turn to move `refs` of the repository in `folder`.
    pub(crate) fn wait(folder: &Path, refs: &[&str]) -> io::Result<Self> {
        let path = folder.join("embark.lock");
        let mut file = File::options().create(true).truncate(false).read(true).write(true).open(path)?;
        file.lock()?;
        let mut left = String::new();
        file.read_to_string(&mut left)?;
        if !left.is_empty() {
            mend(&file, folder, &left)?;
        }
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(refs.join("\n").as_bytes())?;
        Ok(Self(file))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // If it fails, the next turn finds names whose locks are gone.
        let _ = self.0.set_len(0);
    }
}

/// Returns where git's lock of a ref is.
pub(crate) fn lock_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.lock"))
}

fn mend(file: &File, folder: &Path, left: &str) -> io::Result<()> {
    let taken = file.metadata()?.modified()?;
    let names = left.lines().filter_map(|name| name.parse::<RefName>().ok());
    for lock in names.map(|name| lock_of(folder, name.as_str())) {
        let Ok(made) = std::fs::metadata(&lock).and_then(|lock| lock.modified()) else { continue };
        // An older one was another process's before this turn began; that one has it still, or has left it.
        if (taken..=taken + SLACK).contains(&made) {
            tracing::warn!(lock = %lock.display(), "removed: the process that took it was killed");
            std::fs::remove_file(lock)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locks_of_a_killed_process_are_removed_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let lock = |name: &str| {
            let path = lock_of(folder.path(), name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
            path
        };
        let killed = Turn::wait(folder.path(), &["refs/heads/main", "../outside"]).unwrap();
        let (ours, theirs) = (lock("refs/heads/main"), lock("refs/heads/other"));
        // What a killed process does: its file is closed, and nothing is tidied.
        killed.0.unlock().unwrap();
        std::mem::forget(killed);
        drop(Turn::wait(folder.path(), &["refs/heads/other"]).unwrap());
        assert!(!ours.exists() && theirs.exists());
        let again = lock("refs/heads/main");
        drop(Turn::wait(folder.path(), &[]).unwrap());
        assert!(again.exists() && theirs.exists(), "a turn that ended leaves no names");
    }
}
