//! The `git` program, as maker of repositories and as witness.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::command::{Finished, program, run};

/// A repository on disk.
#[derive(Debug, Clone)]
pub struct Git {
    folder: PathBuf,
}

/// A file in a commit that is to be made.
#[derive(Debug, Clone)]
pub struct Edit<'a> {
    /// Its path.
    pub path: &'a str,
    /// Its whole new text.
    pub text: &'a str,
}

/// One commit, as `git log` shows it.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// Its id.
    pub id: String,
    /// The first line of its message.
    pub subject: String,
    /// Its trailers, as `git interpret-trailers` reads them.
    pub trailers: Vec<(String, String)>,
}

impl LogEntry {
    /// Returns the value of a trailer that must be there once.
    #[track_caller]
    pub fn trailer(&self, key: &str) -> &str {
        let values: Vec<_> = self.trailers.iter().filter(|(name, _)| name == key).collect();
        assert_eq!(values.len(), 1, "{} has one trailer {key}: {:?}", self.subject, self.trailers);
        &values[0].1
    }
}

impl Git {
    /// Makes a bare repository that servers can offer, its branch called `main`.
    pub fn init_bare(folder: &Path) -> Self {
        let git = Self { folder: folder.into() };
        std::fs::create_dir_all(folder).expect("the folder can be made");
        git.run(&["init", "--quiet", "--bare", "--initial-branch=main"]);
        for setting in ["http.receivepack", "uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
            git.run(&["config", setting, "true"]);
        }
        git
    }

    /// Makes a repository with a working folder.
    pub fn init(folder: &Path) -> Self {
        let git = Self { folder: folder.into() };
        std::fs::create_dir_all(folder).expect("the folder can be made");
        git.run(&["init", "--quiet", "--initial-branch=main"]);
        git
    }

    /// Takes a repository that is there.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.into() }
    }

    /// Returns where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn finished(&self, arguments: &[&str], input: &[u8]) -> Finished {
        run(program("git").current_dir(&self.folder).args(arguments), input)
    }

    /// Runs git, which must succeed, and returns its stdout without the last newline.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> String {
        self.input(arguments, b"")
    }

    /// Runs git, which must succeed, with `input` as its stdin.
    #[track_caller]
    pub fn input(&self, arguments: &[&str], input: &[u8]) -> String {
        let finished = self.finished(arguments, input).succeeded(&format!("git {}", arguments.join(" ")));
        let text = finished.text();
        text.strip_suffix('\n').unwrap_or(&text).to_owned()
    }

    /// Returns the commit of a reference, if it exists.
    pub fn tip(&self, reference: &str) -> Option<String> {
        let finished = self.finished(&["rev-parse", "--quiet", "--verify", &format!("{reference}^{{commit}}")], b"");
        (finished.code == 0).then(|| finished.text().trim().to_owned())
    }

    /// Returns the text of a file in a commit, if it exists.
    pub fn file(&self, revision: &str, path: &str) -> Option<String> {
        let finished = self.finished(&["cat-file", "blob", &format!("{revision}:{path}")], b"");
        (finished.code == 0).then(|| finished.text())
    }

    /// Lists the paths of the files in a commit.
    pub fn paths(&self, revision: &str) -> Vec<String> {
        self.run(&["ls-tree", "-r", "--name-only", revision]).lines().map(str::to_owned).collect()
    }

    /// Reads every file of a commit, by its path.
    pub fn files(&self, revision: &str) -> BTreeMap<String, String> {
        let listed = self.run(&["ls-tree", "-r", "--format=%(objectname) %(path)", revision]);
        let entries: Vec<(&str, &str)> = listed.lines().filter_map(|line| line.split_once(' ')).collect();
        let ids: String = entries.iter().map(|(id, _)| *id).collect::<Vec<_>>().join("\n") + "\n";
        let told = self.input(&["cat-file", "--batch=%(objectsize)"], ids.as_bytes()) + "\n";
        let mut rest = told.as_str();
        let mut text = || {
            let (size, after) = rest.split_once('\n').expect("its size is told first");
            let (text, after) = after.split_at(size.parse().expect("a size is a number"));
            rest = after.strip_prefix('\n').expect("an end follows");
            text.to_owned()
        };
        entries.iter().map(|(_, path)| ((*path).to_owned(), text())).collect()
    }

    /// Lists every reference and what it names.
    pub fn refs(&self) -> String {
        self.run(&["for-each-ref", "--format=%(refname) %(objectname)"])
    }

    /// Makes a commit on top of a reference, or its first one, and returns its id.
    #[track_caller]
    pub fn commit(&self, reference: &str, message: &str, edits: &[Edit<'_>]) -> String {
        let tip = self.tip(reference);
        let mut stream = String::new();
        write_commit(&mut stream, reference, message, tip.as_deref(), edits);
        self.fast_import(&stream);
        self.tip(reference).expect("fast-import has written the reference")
    }

    /// Feeds `git fast-import`.
    #[track_caller]
    pub fn fast_import(&self, stream: &str) {
        self.input(&["fast-import", "--quiet"], stream.as_bytes());
    }

    /// Lists the commits of a range, oldest first.
    pub fn log(&self, range: &str) -> Vec<LogEntry> {
        let ids = self.run(&["rev-list", "--reverse", range]);
        ids.lines().map(|id| self.log_entry(id)).collect()
    }

    fn log_entry(&self, id: &str) -> LogEntry {
        let message = self.run(&["show", "--no-patch", "--format=%B", id]);
        let trailers = self.input(&["interpret-trailers", "--parse"], message.as_bytes());
        LogEntry {
            id: id.to_owned(),
            subject: message.lines().next().unwrap_or_default().to_owned(),
            trailers: trailers
                .lines()
                .filter_map(|line| line.split_once(": "))
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
        }
    }

    /// Lists the words that a range of commits took away from a file and those that it put there.
    pub fn changed_words(&self, from: &str, to: &str, path: &str) -> (Vec<String>, Vec<String>) {
        let words = "--word-diff-regex=[^[:space:]\"']+";
        let diff = self.run(&["diff", "--word-diff=porcelain", words, "--unified=0", from, to, "--", path]);
        let is_word = |line: &&str| !line.starts_with("---") && !line.starts_with("+++");
        let of = |sign: char| {
            diff.lines().filter(is_word).filter_map(|line| line.strip_prefix(sign)).map(str::to_owned).collect()
        };
        (of('-'), of('+'))
    }

    /// Adds a hook, and returns where it is.
    pub fn hook(&self, name: &str, script: &str) -> PathBuf {
        let path = self.folder.join("hooks").join(name);
        std::fs::create_dir_all(self.folder.join("hooks")).expect("the folder can be made");
        std::fs::write(&path, script).expect("the hook can be written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
            .expect("the hook can be made executable");
        path
    }

    /// Fails unless every object is there and sound.
    #[track_caller]
    pub fn assert_sound(&self) {
        let finished = self.finished(&["fsck", "--full", "--strict", "--no-dangling"], b"").succeeded("git fsck");
        let complaints: Vec<_> =
            finished.stderr.lines().filter(|line| line.starts_with("error") || line.starts_with("warning")).collect();
        assert_eq!(complaints, Vec::<&str>::new());
    }
}

/// Writes a commit in the language of fast-import.
pub(super) fn write_commit(
    stream: &mut String,
    reference: &str,
    message: &str,
    parent: Option<&str>,
    edits: &[Edit<'_>],
) {
    let _ = write!(
        stream,
        "commit {reference}\ncommitter A Person <person@example.com> 1700000000 +0000\ndata {}\n{message}\n",
        message.len()
    );
    if let Some(parent) = parent {
        let _ = writeln!(stream, "from {parent}");
    }
    for Edit { path, text } in edits {
        let _ = write!(stream, "M 100644 inline {path}\ndata {}\n{text}\n", text.len());
    }
    stream.push('\n');
}
