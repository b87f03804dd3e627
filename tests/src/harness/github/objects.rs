//! A repository's commits and files in the double: those of a real repository, read and written by the git program.
//!
//! Rules that are known of GitHub are kept strictly: an
//! [addition](https://docs.github.com/en/graphql/reference/input-objects#fileaddition) is a file without a mode, a commit is
//! made on the expected tip alone, and [texts](https://docs.github.com/en/graphql/reference/objects#blob) are those of
//! UTF-8, without a byte order mark, and cut where they are long.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::answer::{example, refuse, tell, with};
use super::graph::{Document, Field, Node};
use super::proposals::Proposals;
use crate::harness::command::{Finished, program, run};
use crate::harness::git::{Edit, Git};
use crate::harness::http::{Request, Response, Sent};

/// No text is longer.
const TEXT: usize = 512_000;

/// A repository, and what goes wrong there.
pub(super) struct Objects {
    git: Git,
    /// The type of the error and its words, for every commit.
    pub(super) refusal: Option<(String, String)>,
    /// Of how many commits the answers are lost; and whether they were made.
    pub(super) lost: (usize, bool),
    /// Before which of the next commits somebody else's is made, of which file.
    pub(super) others: Option<(usize, String)>,
}

impl Objects {
    pub(super) fn of(git: Git) -> Self {
        Self { git, refusal: None, lost: (0, true), others: None }
    }

    /// Answers a query or the mutation.
    pub(super) fn graphql(&mut self, body: &Value) -> Response {
        let variables = &body["variables"];
        let document = Document::parse(body["query"].as_str().unwrap_or_default(), variables);
        if variables["input"].is_null() {
            return tell(&json!({ "data": document.tell(&At::query(&self.git)) }));
        }
        let is_lost = self.lost.0 > 0;
        self.lost.0 = self.lost.0.saturating_sub(1);
        let told = if is_lost && !self.lost.1 { Ok(String::new()) } else { self.commit(&variables["input"]) };
        let response = match told {
            Ok(commit) => tell(&json!({ "data": document.tell(&At::new(&self.git, What::Committed(commit))) })),
            Err((kind, message)) => {
                let error = json!({ "type": kind, "path": ["createCommitOnBranch"], "message": message });
                tell(&json!({ "data": { "createCommitOnBranch": null }, "errors": [error] }))
            }
        };
        if is_lost { Response { sent: Sent::Nothing, ..response } } else { response }
    }

    /// Answers by REST.
    pub(super) fn rest(&self, request: &Request, repository: &str, segments: &[&str]) -> Response {
        match segments {
            ["git", "blobs", oid] => match read(&self.git, &["cat-file", "blob", oid]) {
                // It is sent in lines.
                Some(bytes) => {
                    let text = STANDARD.encode(&bytes);
                    let lines: Vec<&str> =
                        text.as_bytes().chunks(60).filter_map(|line| str::from_utf8(line).ok()).collect();
                    let url = format!("https://api.github.com{}", request.path());
                    tell(&json!({
                        "content": lines.join("\n") + "\n", "encoding": "base64", "sha": oid, "size": bytes.len(),
                        "url": url, "node_id": format!("B_{oid}"),
                    }))
                }
                None => refuse(404, "Not Found"),
            },
            ["git", ..] => {
                let answered = Proposals::of(repository, self.git.clone()).answer(request, segments);
                answered.unwrap_or_else(|| refuse(404, "Not Found"))
            }
            ["compare", pair] => match pair.split_once("...") {
                Some((base, head)) => self.compare(base, head),
                None => refuse(404, "Not Found"),
            },
            _ => refuse(404, "Not Found"),
        }
    }

    fn compare(&self, base: &str, head: &str) -> Response {
        let leads = |from: &str, to: &str| ask(&self.git, &["merge-base", "--is-ancestor", from, to], b"").code;
        let status = match (leads(base, head), leads(head, base)) {
            (0, 0) => "identical",
            (0, 1) => "ahead",
            (1, 0) => "behind",
            (1, 1) => "diverged",
            _ => return refuse(404, "Not Found"),
        };
        tell(&with(example("commit-comparison"), &json!({ "status": status, "commits": [] })))
    }

    /// Makes a commit, and returns it.
    fn commit(&mut self, input: &Value) -> Result<String, (String, String)> {
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone());
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let branch = format!("refs/heads/{}", text(&input["branch"]["branchName"]));
        if let Some((count, path)) = self.others.take() {
            if count == 0 {
                self.git.commit(&branch, "By hand", &[Edit { path: &path, text: "by: hand\n" }]);
            } else {
                self.others = Some((count - 1, path));
            }
        }
        let Some(tip) = self.git.tip(&branch) else {
            return Err(("NOT_FOUND".into(), format!("Could not resolve to a ref with the name '{branch}'.")));
        };
        let expected = text(&input["expectedHeadOid"]);
        if tip != expected {
            let message = format!("Expected branch to point to \"{expected}\" but it did not. Pull and try again.");
            return Err(("STALE_DATA".into(), message));
        }
        let index = tempfile::tempdir().expect("there is room for a folder");
        let index = index.path().join("index");
        let with_index = |arguments: &[&str]| {
            let mut command = program("git");
            command.current_dir(self.git.folder()).env("GIT_INDEX_FILE", &index).args(arguments);
            run(&mut command, b"").succeeded(&format!("git {}", arguments.join(" "))).text().trim().to_owned()
        };
        with_index(&["read-tree", &tip]);
        for addition in input["fileChanges"]["additions"].as_array().into_iter().flatten() {
            let bytes = STANDARD.decode(text(&addition["contents"])).expect("contents are base64");
            let blob = self.git.input(&["hash-object", "-w", "--stdin"], &bytes);
            with_index(&[
                "update-index",
                "--add",
                "--cacheinfo",
                &format!("100644,{blob},{}", text(&addition["path"])),
            ]);
        }
        let tree = with_index(&["write-tree"]);
        let mut message = text(&input["message"]["headline"]);
        if let Some(body) = input["message"]["body"].as_str().filter(|body| !body.is_empty()) {
            message = format!("{message}\n\n{body}");
        }
        let mut command = program("git");
        command.current_dir(self.git.folder()).args(["commit-tree", &tree, "-p", &tip]);
        for (role, name, email) in
            [("AUTHOR", "octocat", "octocat@example.com"), ("COMMITTER", "GitHub", "noreply@github.com")]
        {
            command.env(format!("GIT_{role}_NAME"), name).env(format!("GIT_{role}_EMAIL"), email);
        }
        let commit = run(&mut command, message.as_bytes()).succeeded("git commit-tree").text().trim().to_owned();
        self.git.run(&["update-ref", &branch, &commit, &tip]);
        Ok(commit)
    }
}

fn ask(git: &Git, arguments: &[&str], input: &[u8]) -> Finished {
    run(program("git").current_dir(git.folder()).args(arguments), input)
}

/// Runs git, and returns what it writes if it succeeds.
fn read(git: &Git, arguments: &[&str]) -> Option<Vec<u8>> {
    let finished = ask(git, arguments, b"");
    (finished.code == 0).then_some(finished.stdout)
}

fn line(git: &Git, arguments: &[&str]) -> Option<String> {
    Some(String::from_utf8_lossy(&read(git, arguments)?).trim_end_matches('\n').to_owned())
}

/// A node of the graph of a repository, by the names of
/// [GitHub's schema](https://docs.github.com/en/graphql/overview/public-schema).
struct At<'a> {
    git: &'a Git,
    /// The commits that this query has met: git is asked for many at once.
    known: Rc<RefCell<HashMap<String, Rc<Commit>>>>,
    what: What,
}

/// A commit, as git tells it.
struct Commit {
    oid: String,
    tree: String,
    parents: Vec<String>,
    author: String,
    date: String,
    message: String,
}

enum What {
    Query,
    /// What the mutation has made.
    Committed(String),
    Payload(String),
    Repository,
    Ref(String),
    Commit(String),
    Tree(String),
    Blob(String),
    Entry {
        mode: String,
        oid: String,
    },
    Commits(Vec<String>),
    Author(String),
}

impl<'a> At<'a> {
    fn new(git: &'a Git, what: What) -> Self {
        Self { git, known: Rc::default(), what }
    }

    fn query(git: &'a Git) -> Self {
        Self::new(git, What::Query)
    }

    fn at(&self, what: What) -> Self {
        Self { git: self.git, known: Rc::clone(&self.known), what }
    }

    fn to(&self, what: What) -> Field<Self> {
        Field::One(Some(self.at(what)))
    }

    /// Finds the object of an id.
    fn object(&self, oid: &str) -> Field<Self> {
        let what = match line(self.git, &["cat-file", "-t", oid]).as_deref() {
            Some("commit") => What::Commit(oid.to_owned()),
            Some("tree") => What::Tree(oid.to_owned()),
            Some("blob") => What::Blob(oid.to_owned()),
            _ => return Field::One(None),
        };
        self.to(what)
    }

    /// Reads so many commits that lead to one, along all parents, by date.
    fn history(&self, oid: &str, count: &str) -> Vec<String> {
        let format = "--format=tformat:%H%n%T%n%P%n%an%n%cI%n%B";
        let log = read(self.git, &["log", "-z", "--max-count", count, format, oid]).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        let mut found = Vec::new();
        for text in log.split_terminator('\0') {
            let mut lines = text.splitn(6, '\n').map(str::to_owned);
            let mut next = || lines.next().expect("git tells six things of a commit");
            let (oid, tree, parents) = (next(), next(), next().split_whitespace().map(str::to_owned).collect());
            let commit = Commit { oid, tree, parents, author: next(), date: next(), message: next() };
            found.push(commit.oid.clone());
            self.known.borrow_mut().insert(commit.oid.clone(), Rc::new(commit));
        }
        found
    }

    fn known(&self, oid: &str) -> Rc<Commit> {
        if !self.known.borrow().contains_key(oid) {
            self.history(oid, "1");
        }
        Rc::clone(&self.known.borrow()[oid])
    }

    fn commit(&self, oid: &str, name: &str, arguments: &HashMap<String, Value>) -> Field<Self> {
        let first = || arguments["first"].to_string();
        match name {
            "oid" => Field::Scalar(oid.into()),
            // As it is, with its last line break.
            "message" => Field::Scalar(self.known(oid).message.clone().into()),
            "committedDate" => Field::Scalar(self.known(oid).date.replace("+00:00", "Z").into()),
            "author" => self.to(What::Author(self.known(oid).author.clone())),
            "tree" => self.to(What::Tree(self.known(oid).tree.clone())),
            "parents" => {
                let count: usize = first().parse().expect("a number");
                self.to(What::Commits(self.known(oid).parents.iter().take(count).cloned().collect()))
            }
            "history" => self.to(What::Commits(self.history(oid, &first()))),
            "file" => {
                let path = arguments["path"].as_str().unwrap_or_default();
                let format = "--format=%(objectmode) %(objectname)";
                let found = line(self.git, &["--literal-pathspecs", "ls-tree", format, oid, path]);
                let found = found.filter(|found| !found.is_empty());
                Field::One(found.and_then(|found| {
                    let (mode, oid) = found.split_once(' ')?;
                    Some(self.at(What::Entry { mode: mode.to_owned(), oid: oid.to_owned() }))
                }))
            }
            _ => panic!("a commit has no {name} here"),
        }
    }

    fn blob(&self, oid: &str, name: &str) -> Value {
        let bytes = read(self.git, &["cat-file", "blob", oid]).unwrap_or_default();
        let is_binary = bytes.contains(&0);
        let cut = &bytes[..bytes.len().min(TEXT)];
        match name {
            "oid" => oid.into(),
            "byteSize" => bytes.len().into(),
            "isBinary" => is_binary.into(),
            "isTruncated" => (bytes.len() > TEXT).into(),
            "text" if is_binary => Value::Null,
            "text" => String::from_utf8_lossy(cut).trim_start_matches('\u{feff}').into(),
            _ => panic!("a blob has no {name} here"),
        }
    }
}

impl Node for At<'_> {
    fn kind(&self) -> &'static str {
        match self.what {
            What::Query => "Query",
            What::Committed(_) => "Mutation",
            What::Payload(_) => "CreateCommitOnBranchPayload",
            What::Repository => "Repository",
            What::Ref(_) => "Ref",
            What::Commit(_) => "Commit",
            What::Tree(_) => "Tree",
            What::Blob(_) => "Blob",
            What::Entry { .. } => "TreeEntry",
            What::Commits(_) => "CommitConnection",
            What::Author(_) => "GitActor",
        }
    }

    fn field(&self, name: &str, arguments: &HashMap<String, Value>) -> Field<Self> {
        match (&self.what, name) {
            (What::Query, "repository") => self.to(What::Repository),
            (What::Committed(oid), "createCommitOnBranch") => self.to(What::Payload(oid.clone())),
            (What::Payload(oid), "commit") | (What::Ref(oid), "target") | (What::Entry { oid, .. }, "object") => {
                self.object(oid)
            }
            (What::Repository, "ref") => {
                let tip = self.git.tip(arguments["qualifiedName"].as_str().unwrap_or_default());
                Field::One(tip.map(|tip| self.at(What::Ref(tip))))
            }
            (What::Repository, "object") => self.object(arguments["oid"].as_str().unwrap_or_default()),
            (What::Commit(oid), name) => self.commit(oid, name, arguments),
            (What::Blob(oid), name) => Field::Scalar(self.blob(oid, name)),
            (What::Entry { mode, .. }, "mode") => {
                Field::Scalar(u32::from_str_radix(mode, 8).expect("a mode is octal").into())
            }
            (What::Tree(oid) | What::Entry { oid, .. }, "oid") => Field::Scalar(oid.clone().into()),
            (What::Commits(all), "nodes") => {
                Field::Many(all.iter().map(|oid| self.at(What::Commit(oid.clone()))).collect())
            }
            (What::Author(author), "name") => Field::Scalar(author.clone().into()),
            _ => panic!("{} has no {name} here", self.kind()),
        }
    }
}
