//! What has changed in a working copy.

use std::path::Path;

use gix_hash::ObjectId;

use super::{Witness, WorkingCopy, WorkingCopyError};

const REGULAR: &str = "100644";
const EXECUTABLE: &str = "100755";
const ABSENT: &str = "000000";
const SUBMODULE: &str = "a submodule";

/// A path whose file is another than in the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// The path, from the top of the repository.
    pub path: String,
    /// What is there now.
    pub now: NewState,
}

/// What is at a path that has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewState {
    /// Nothing, where a regular file was.
    Deleted,
    /// A regular file, as executable as before; a new one is not.
    Written(Vec<u8>),
    /// Something else, in words: a link, a submodule, a file that has become executable.
    Other(&'static str),
}

impl WorkingCopy {
    /// Returns what differs from the commit, in the order of the paths. What git ignores is left out; whether a program
    /// has committed its changes does not matter.
    ///
    /// # Errors
    /// [`WorkingCopyError`] if it cannot be read.
    pub fn changes(&self) -> Result<Vec<FileChange>, WorkingCopyError> {
        let witness = Witness::of(self)?;
        witness.git(&["add", "--all"], &[])?;
        let diff = ["diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", self.commit.as_str()];
        let list = witness.git(&diff, &[])?;
        let unreadable = |source| WorkingCopyError::Repository { repository: "the working copy".into(), source };
        let repository = witness.open()?;
        let read = |id: ObjectId| -> Result<Vec<u8>, WorkingCopyError> {
            let found = repository.find_object(id).map_err(|error| unreadable(error.into()))?;
            Ok(found.detach().data)
        };
        let mut parts = list.split(|byte| *byte == 0);
        let mut changes = Vec::new();
        while let (Some(head), Some(path)) = (parts.next(), parts.next()) {
            let path = String::from_utf8(path.to_vec())
                .map_err(|error| WorkingCopyError::Path(String::from_utf8_lossy(error.as_bytes()).into_owned()))?;
            let now = match what(&String::from_utf8_lossy(head)) {
                Some(What::Unread) if !witness.is_filled(Path::new(&path)) => continue,
                Some(What::Unread) => NewState::Other(SUBMODULE),
                Some(What::Deleted) => NewState::Deleted,
                Some(What::Written(id)) => NewState::Written(read(id)?),
                Some(What::Other(words)) => NewState::Other(words),
                None => return Err(unreadable(format!("git told of {path} what is no change").into())),
            };
            changes.push(FileChange { path, now });
        }
        Ok(changes)
    }
}

enum What {
    Deleted,
    Written(ObjectId),
    Other(&'static str),
    /// A submodule, into which git did not look.
    Unread,
}

/// Reads a line of [the raw format](https://git-scm.com/docs/git-diff-index#_raw_output_format) up to its path:
/// `:100644 100755 <id> <id> M`.
fn what(head: &str) -> Option<What> {
    let mut words = head.strip_prefix(':')?.split(' ');
    let (old, new, _, id) = (words.next()?, words.next()?, words.next()?, words.next()?);
    Some(match (old, new) {
        (REGULAR | EXECUTABLE, ABSENT) => What::Deleted,
        (REGULAR | ABSENT, REGULAR) | (EXECUTABLE, EXECUTABLE) => {
            What::Written(ObjectId::from_hex(id.as_bytes()).ok()?)
        }
        ("160000", ABSENT) => What::Unread,
        (_, "120000") | ("120000", _) => What::Other("a symbolic link"),
        (_, "160000") | ("160000", _) => What::Other(SUBMODULE),
        (_, EXECUTABLE) => What::Other("an executable file that was none before"),
        _ => What::Other("a file that is not executable any more"),
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;
    use std::process::Command;

    use super::*;
    use crate::Checkout;

    fn git(folder: &Path, words: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(folder)
            .args(["-c", "user.name=ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"])
            .args(["-c", "advice.detachedHead=false"])
            .args(words)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .expect("git runs");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn write(folder: &Path, path: &str, text: &str) {
        let file = folder.join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("it is made");
        std::fs::write(file, text).expect("it is written");
    }

    /// Every path below a folder.
    fn paths(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).expect("it is read").map(|entry| entry.expect("it is read").path());
        let mut paths: Vec<String> = entries
            .flat_map(|path| {
                let below = if path.is_dir() { paths(&path) } else { Vec::new() };
                below.into_iter().chain([path.display().to_string()])
            })
            .collect();
        paths.sort();
        paths
    }

    /// A repository with two commits, and what lies in it without being committed.
    fn repository(folder: &Path) -> Checkout {
        git(folder, &["init", "-q", "-b", "main"]);
        for (path, text) in [("a.txt", "a\n"), ("b.txt", "b\r\n"), ("run.sh", "#!/bin/sh\n"), (".gitignore", "out/\n")]
        {
            write(folder, path, text);
        }
        std::fs::set_permissions(folder.join("run.sh"), std::fs::Permissions::from_mode(0o755)).expect("it is set");
        std::os::unix::fs::symlink("a.txt", folder.join("link")).expect("it is made");
        git(folder, &["add", "-A"]);
        git(folder, &["commit", "-q", "-m", "one"]);
        write(folder, "c/d.txt", "d\n");
        git(folder, &["add", "-A"]);
        git(folder, &["commit", "-q", "-m", "two"]);
        write(folder, "a.txt", "not committed\n");
        write(folder, "modules/x/index.js", "x\n");
        Checkout::discover(folder).expect("it is one")
    }

    fn seen(changes: Vec<FileChange>) -> Vec<(String, NewState)> {
        changes.into_iter().map(|change| (change.path, change.now)).collect()
    }

    #[test]
    fn what_programs_change_is_told_and_the_repository_never_knew() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path();
        let checkout = repository(at);
        let before = paths(at);
        let head = checkout.head().expect("it is read").expect("there is one");
        let mut copy = checkout.working_copy(&head).expect("it is made");
        assert_eq!(copy.changes().expect("they are read"), [], "the files are those of the commit");
        assert_eq!(git(copy.folder(), &["log", "--format=%s", "--", "a.txt"]), "one", "the history is at hand");
        copy.link("modules", &at.join("modules")).expect("it is linked");
        copy.link("a.txt", &at.join("modules")).expect("what is there stays");
        assert!(copy.folder().join("modules/x/index.js").is_file());
        write(copy.folder(), "a.txt", "A\n");
        write(copy.folder(), "out/left", "ignored\n");
        write(copy.folder(), "new/n\u{e4}me.txt", "n\n");
        write(copy.folder(), "run.sh", "#!/bin/sh\ntrue\n");
        std::fs::remove_file(copy.folder().join("c/d.txt")).expect("it is there");
        git(copy.folder(), &["commit", "-q", "-a", "-m", "a program commits"]);
        write(copy.folder(), "b.txt", "B\r\n");
        let written = |path: &str, text: &str| (path.to_owned(), NewState::Written(text.into()));
        let expected = vec![
            written("a.txt", "A\n"),
            written("b.txt", "B\r\n"),
            ("c/d.txt".into(), NewState::Deleted),
            written("new/n\u{e4}me.txt", "n\n"),
            written("run.sh", "#!/bin/sh\ntrue\n"),
        ];
        assert_eq!(seen(copy.changes().expect("they are read")), expected);
        let place = copy.folder().to_owned();
        drop(copy);
        assert!(!place.exists());
        assert_eq!(paths(at), before, "nothing is left in the repository");
    }

    #[test]
    fn what_is_no_regular_file_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let checkout = repository(folder.path());
        let head = checkout.head().expect("it is read").expect("there is one");
        let copy = checkout.working_copy(&head).expect("it is made");
        std::fs::remove_file(copy.folder().join("link")).expect("it is there");
        std::os::unix::fs::symlink("b.txt", copy.folder().join("other")).expect("it is made");
        for (path, mode) in [("a.txt", 0o755), ("run.sh", 0o644)] {
            std::fs::set_permissions(copy.folder().join(path), std::fs::Permissions::from_mode(mode))
                .expect("it is set");
        }
        let other = |path: &str, words| (path.to_owned(), NewState::Other(words));
        let expected = vec![
            other("a.txt", "an executable file that was none before"),
            other("link", "a symbolic link"),
            other("other", "a symbolic link"),
            other("run.sh", "a file that is not executable any more"),
        ];
        assert_eq!(seen(copy.changes().expect("they are read")), expected);
    }

    #[test]
    fn what_a_program_configures_for_git_is_not_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path();
        let checkout = repository(at);
        let other = tempfile::tempdir().expect("a folder");
        repository(other.path());
        let inner = git(other.path(), &["rev-parse", "HEAD"]);
        git(at, &["update-index", "--add", "--cacheinfo", &format!("160000,{inner},sub")]);
        git(at, &["commit", "-q", "-m", "a submodule"]);
        let head = checkout.head().expect("it is read").expect("there is one");
        let copy = checkout.working_copy(&head).expect("it is made");
        assert_eq!(copy.changes().expect("they are read"), [], "an empty submodule is none");
        let (ran, script) = (other.path().join("ran"), other.path().join("script"));
        std::fs::write(&script, format!("#!/bin/sh\nenv >>'{}'\ncat\n", ran.display())).expect("it is written");
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("it is set");
        let run = script.display().to_string();
        git(copy.folder(), &["clone", "-q", &format!("file://{}", other.path().display()), "sub"]);
        write(copy.folder(), ".gitattributes", "*.txt filter=theirs\n");
        write(copy.folder(), "a.txt", "A\n");
        write(&copy.folder().join("sub"), "a.txt", "A\n");
        for (place, key) in
            [(".", "filter.theirs.clean"), (".", "core.fsmonitor"), ("sub", "core.fsmonitor"), (".", "core.hooksPath")]
        {
            let value = if key == "core.hooksPath" { other.path().display().to_string() } else { run.clone() };
            git(&copy.folder().join(place), &["config", key, &value]);
        }
        std::fs::copy(&script, other.path().join("post-index-change")).expect("it is copied");
        // What it has git run itself is its own matter.
        let _ = std::fs::remove_file(&ran);
        let paths: Vec<String> =
            seen(copy.changes().expect("they are read")).into_iter().map(|(path, _)| path).collect();
        assert!(!ran.exists(), "{:?}", std::fs::read_to_string(&ran));
        assert_eq!(paths, [".gitattributes", "a.txt"], "the submodule is at the commit that it was at");
        git(&copy.folder().join("sub"), &["-c", "core.fsmonitor=", "checkout", "-q", "HEAD~1"]);
        let _ = std::fs::remove_file(&ran);
        let last = seen(copy.changes().expect("they are read")).pop();
        assert_eq!(last, Some(("sub".into(), NewState::Other("a submodule"))));
        assert!(!ran.exists(), "{:?}", std::fs::read_to_string(&ran));
        std::fs::remove_dir_all(copy.folder().join("sub/.git")).expect("it is there");
        let all = seen(copy.changes().expect("they are read"));
        assert!(all.contains(&("sub".into(), NewState::Other("a submodule"))), "{all:?}");
    }

    #[test]
    fn linked_work_trees_and_shallow_clones_are_copied_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let [all, tree, cut] = ["all", "tree", "cut"].map(|name| folder.path().join(name));
        std::fs::create_dir(&all).expect("it is made");
        let whole = repository(&all);
        let head = whole.head().expect("it is read").expect("there is one");
        git(&all, &["worktree", "add", "-q", "--detach", &tree.display().to_string()]);
        git(folder.path(), &["clone", "-q", "--depth", "1", &format!("file://{}", all.display()), "cut"]);
        for (at, is_cut) in [(&tree, false), (&cut, true)] {
            let copy = Checkout::discover(at).expect("it is one").working_copy(&head).expect("it is made");
            assert_eq!(copy.is_cut(), is_cut);
            let commits = git(copy.folder(), &["rev-list", "--count", "HEAD"]);
            assert_eq!(commits, if is_cut { "1" } else { "2" });
            assert_eq!(copy.changes().expect("they are read"), []);
        }
    }

    #[test]
    fn a_commit_that_is_not_there_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let checkout = repository(folder.path());
        let elsewhere = "0123456789012345678901234567890123456789".parse().expect("a commit");
        let error = checkout.working_copy(&elsewhere).expect_err("it is not there").to_string();
        assert!(error.starts_with("git checkout failed: ") && error.contains(&elsewhere.to_string()), "{error}");
    }
}
