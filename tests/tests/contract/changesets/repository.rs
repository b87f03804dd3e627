//! Repositories that both are run on.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use embark_tests::harness::{Git, program, run};
use tempfile::TempDir;

/// Files by their path.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// A repository with a working folder, on disk.
pub(super) struct Repository {
    folder: TempDir,
    /// The time of the next commit, in seconds.
    pub(super) time: i64,
}

impl Repository {
    /// Makes one without commits.
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let git = Git::init(folder.path());
        for (key, value) in [("user.name", "Ada"), ("user.email", "ada@example.com"), ("core.autocrlf", "false")] {
            git.run(&["config", key, value]);
        }
        Self { folder, time: 1_700_000_000 }
    }

    /// Returns where it is.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, without a commit.
    pub(super) fn write(&self, path: &str, text: &str) {
        let file = self.folder().join(path);
        fs::create_dir_all(file.parent().expect("it is in a folder")).expect("the folder can be made");
        fs::write(file, text).expect("it can be written");
    }

    /// Returns the text of a file.
    pub(super) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder().join(path)).expect(path)
    }

    /// Takes a file away, without a commit.
    pub(super) fn remove(&self, path: &str) {
        fs::remove_file(self.folder().join(path)).expect(path);
    }

    /// Moves a file, without a commit.
    pub(super) fn rename(&self, from: &str, to: &str) {
        let text = self.read(from);
        self.remove(from);
        self.write(to, &text);
    }

    /// Runs git at the time of the next commit.
    pub(super) fn git(&self, words: &[&str]) -> String {
        let date = format!("{} +0000", self.time);
        let mut git = program("git");
        git.current_dir(self.folder()).args(words).env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date);
        run(&mut git, b"").succeeded(&format!("git {}", words.join(" "))).text()
    }

    /// Commits all that is there, a minute after the last commit.
    pub(super) fn commit(&mut self, message: &str) {
        self.time += 60;
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--no-gpg-sign", "--message", message]);
    }

    /// Writes a file and commits it.
    pub(super) fn add(&mut self, path: &str, text: &str) {
        self.write(path, text);
        self.commit(path);
    }

    /// Merges a branch, a minute after the last commit.
    pub(super) fn merge(&mut self, branch: &str) {
        self.time += 60;
        self.git(&["merge", "--quiet", "--no-ff", "--message", "Merge", branch]);
    }

    /// Returns all files of the working folder.
    pub(super) fn files(&self) -> Files {
        let mut files = Files::new();
        let mut open = vec![self.folder().to_owned()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).expect("it can be listed") {
                let path = entry.expect("it can be listed").path();
                let inner = path.strip_prefix(self.folder()).expect("it is inside").to_str().expect("it is text");
                match path.is_dir() {
                    true if inner == ".git" => {}
                    true => open.push(path),
                    false => _ = files.insert(inner.into(), fs::read(&path).expect("it can be read")),
                }
            }
        }
        files
    }
}
