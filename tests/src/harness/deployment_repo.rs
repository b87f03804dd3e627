//! The deployment repo: a bare repository with values files, a chart, and in the end a ledger.

use std::fmt::Write as _;
use std::path::Path;

use super::git::{Edit, Git, LogEntry, write_commit};
use super::ledger::{Entry, LEDGER};
use super::values::Values;

/// The branch that is deployed from.
const BRANCH: &str = "refs/heads/main";

/// The deployment repo of a test.
pub struct DeploymentRepo {
    /// The bare repository.
    pub git: Git,
    prefix: &'static str,
    base: String,
}

impl DeploymentRepo {
    /// Makes the repo with one commit; the values files lie in the folder `prefix`.
    pub fn create(folder: &Path, prefix: &'static str) -> Self {
        let git = Git::init_bare(folder);
        let before = Values::before_embark();
        let files = ["dev", "staging", "production"].map(|name| (path(prefix, name), before.text(name)));
        let chart = ("Chart.yaml".to_owned(), "apiVersion: v2\nname: backstage\nversion: 0.1.0\n".to_owned());
        let edits: Vec<_> = files.iter().chain([&chart]).map(|(path, text)| Edit { path, text }).collect();
        let base = git.commit(BRANCH, "Begin", &edits);
        Self { git, prefix, base }
    }

    /// Takes a copy of it that lies elsewhere.
    pub(super) fn copied(&self, folder: &Path) -> Self {
        Self { git: Git::at(folder), prefix: self.prefix, base: self.base.clone() }
    }

    /// Adds so many files, 50 in a folder two folders deep, and so many commits.
    pub fn grow(&mut self, files: usize, commits: usize) {
        let mut stream = String::new();
        let paths: Vec<String> =
            (0..files).map(|n| format!("top{:02}/sub{:02}/file{n:05}.yaml", n / 1000, n / 50 % 20)).collect();
        let texts: Vec<String> = (0..files).map(|n| format!("name: file{n}\nreplicas: {}\n", n % 7)).collect();
        let edits: Vec<_> = paths.iter().zip(&texts).map(|(path, text)| Edit { path, text }).collect();
        write_commit(&mut stream, BRANCH, "Add many files", Some(&self.base), &edits);
        for n in 1..commits {
            let text = format!("name: file{n}\nreplicas: {n}\n");
            let edit = Edit { path: &paths[n * 9 % files], text: &text };
            write_commit(&mut stream, BRANCH, &format!("Change {n}"), None, &[edit]);
        }
        self.git.fast_import(&stream);
        self.base = self.tip();
    }

    /// Adds so many files to the folder of the values files.
    pub fn crowd(&mut self, files: usize) {
        let mut stream = String::new();
        let paths: Vec<String> = (0..files).map(|n| format!("{}other-{n:05}.yaml", self.prefix)).collect();
        let texts: Vec<String> = (0..files).map(|n| format!("name: file{n}\n")).collect();
        let edits: Vec<_> = paths.iter().zip(&texts).map(|(path, text)| Edit { path, text }).collect();
        write_commit(&mut stream, BRANCH, "Add many files", Some(&self.tip()), &edits);
        self.git.fast_import(&stream);
        self.base = self.tip();
    }

    /// Puts so many older entries before the one that a target has: copies of it, each with an id and a number of its own.
    #[track_caller]
    pub fn lengthen_ledger(&self, environment: &str, component: &str, entries: u64) {
        let of = self.ledger_of(environment, component);
        let [entry] = of.as_slice() else { panic!("{component} has one deployment in {environment}") };
        let ids = (1..=entries).map(|number| format!("01{number:024}")).chain([entry.id.clone()]);
        let files: Vec<(String, String)> = (1..)
            .zip(ids)
            .map(|(number, id)| {
                let mut json = entry.json.clone();
                json["sequence"] = number.into();
                let path = Entry { id: id.clone(), ..entry.clone() }.path();
                (path, format!("{json:#}\n").replace(&entry.id, &id))
            })
            .collect();
        let edits: Vec<_> = files.iter().map(|(path, text)| Edit { path, text }).collect();
        self.git.commit(LEDGER, "Lengthen", &edits);
    }

    /// Returns the path of an environment's values file.
    pub fn values_path(&self, environment: &str) -> String {
        path(self.prefix, environment)
    }

    /// Returns the folder of the values files, empty or with a slash at its end.
    pub fn prefix(&self) -> &'static str {
        self.prefix
    }

    /// Returns the text of an environment's values file at the tip.
    #[track_caller]
    pub fn values(&self, environment: &str) -> String {
        self.git.file(BRANCH, &self.values_path(environment)).expect("the values file is there")
    }

    /// Returns the tip of the branch.
    pub fn tip(&self) -> String {
        self.git.tip(BRANCH).expect("the branch is there")
    }

    /// Lists what was committed since the repo was made, oldest first.
    pub fn commits(&self) -> Vec<LogEntry> {
        self.commits_since(&self.base)
    }

    /// Lists what was committed after a commit, oldest first.
    pub fn commits_since(&self, base: &str) -> Vec<LogEntry> {
        self.git.log(&format!("{base}..{BRANCH}"))
    }

    /// Edits a values file as a person would, and returns the commit.
    #[track_caller]
    pub fn edit_by_hand(&self, environment: &str, change: impl FnOnce(&str) -> String) -> String {
        let before = self.values(environment);
        let after = change(&before);
        assert_ne!(before, after, "the edit changes something");
        let path = self.values_path(environment);
        self.git.commit(BRANCH, &format!("Edit {environment} by hand"), &[Edit { path: &path, text: &after }])
    }

    /// Reads the ledger, in the order of its paths.
    pub fn ledger(&self) -> Vec<Entry> {
        if self.git.tip(LEDGER).is_none() {
            return Vec::new();
        }
        let files = self.git.files(LEDGER);
        let entries = files.iter().filter(|(path, _)| path.starts_with("deployments/"));
        entries.map(|(path, text)| Entry::parse(path, text)).collect()
    }

    /// Reads the ledger's entries of one environment and component.
    pub fn ledger_of(&self, environment: &str, component: &str) -> Vec<Entry> {
        let is_of = |entry: &Entry| entry.environment == environment && entry.component == component;
        self.ledger().into_iter().filter(is_of).collect()
    }

    /// Returns the commit of the ledger's reference.
    pub fn ledger_tip(&self) -> Option<String> {
        self.git.tip(LEDGER)
    }

    /// Commits a file to any reference, as somebody can who may push there, and returns the commit.
    pub fn commit_elsewhere(&self, reference: &str, message: &str, path: &str, text: &str) -> String {
        self.git.commit(reference, message, &[Edit { path, text }])
    }

    /// Writes an entry straight into the ledger, with plain git.
    pub fn forge(&self, entry: &Entry) {
        let mut sequence = String::new();
        let _ = writeln!(sequence, "{:#}", entry.json);
        self.git.commit(LEDGER, "Forge a deployment", &[Edit { path: &entry.path(), text: &sequence }]);
    }
}

fn path(prefix: &str, environment: &str) -> String {
    let name = if environment == "production" { "prod" } else { environment };
    format!("{prefix}{name}.yaml")
}
