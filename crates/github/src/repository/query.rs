//! The queries, and the shapes of their answers.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use embark_core::ports::LogEntry;
use embark_core::{FilePath, Revision, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::seen::{Entry, Mode, Node};
use crate::error::Error;
use crate::name::RepositoryName;

/// How many commits come with the tip: those that deployments name are mostly among them.
const NEWEST: usize = 50;

/// How many commits a page has; GitHub allows no more.
const PAGE: usize = 100;

/// What is told of a commit.
const COMMIT: &str = "\
fragment Commit on Commit {
  oid message committedDate author { name } tree { oid } parents(first: 1) { nodes { oid tree { oid } } }
}";

/// What is told of a file that is read.
const FILE: &str = "fragment File on TreeEntry { mode oid object { ... on Blob { text } } }";

/// A query and its variables.
pub(super) struct Query {
    pub(super) text: String,
    pub(super) variables: Value,
}

/// The variables of a query, with their types.
struct Variables {
    declared: String,
    values: Map<String, Value>,
}

impl Variables {
    fn of(repository: &RepositoryName) -> Self {
        let mut variables = Self { declared: String::new(), values: Map::new() };
        variables.add("owner", "String!", repository.owner());
        variables.add("name", "String!", repository.name());
        variables
    }

    fn add(&mut self, name: &str, kind: &str, value: &str) {
        let comma = if self.declared.is_empty() { "" } else { ", " };
        let _ = write!(self.declared, "{comma}${name}: {kind}");
        self.values.insert(name.to_owned(), value.into());
    }

    /// Selects what stands at paths, as `f0`, `f1` …
    fn files(&mut self, paths: &[FilePath], fields: &str) -> String {
        let mut selected = String::new();
        for (at, path) in paths.iter().enumerate() {
            self.add(&format!("p{at}"), "String!", path.as_str());
            let _ = write!(selected, " f{at}: file(path: $p{at}) {{ {fields} }}");
        }
        selected
    }

    fn query(self, selected: &str, fragments: &[&str]) -> Query {
        let Self { declared, values } = self;
        let fragments = fragments.join("\n");
        let text =
            format!("query({declared}) {{ repository(owner: $owner, name: $name) {{ {selected} }} }}\n{fragments}");
        Query { text, variables: values.into() }
    }
}

/// Asks for the tip of a branch, its files at `paths`, and the newest commits.
pub(super) fn tip(repository: &RepositoryName, branch: &str, paths: &[FilePath]) -> Query {
    let mut variables = Variables::of(repository);
    variables.add("ref", "String!", &format!("refs/heads/{branch}"));
    let files = variables.files(paths, "...File");
    let history = format!("history(first: {NEWEST}) {{ nodes {{ ...Commit }} }}");
    let selected = format!("ref(qualifiedName: $ref) {{ target {{ oid ... on Commit {{ {history}{files} }} }} }}");
    let fragments: &[&str] = if paths.is_empty() { &[COMMIT] } else { &[COMMIT, FILE] };
    variables.query(&selected, fragments)
}

/// Asks for a page of what leads to a commit, itself the first, and for the ids of what stands there at `paths`.
pub(super) fn page(repository: &RepositoryName, commit: &Revision, paths: &[FilePath]) -> Query {
    let mut variables = Variables::of(repository);
    variables.add("oid", "GitObjectID!", commit.as_str());
    let files = variables.files(paths, "mode oid");
    let history = format!("history(first: {PAGE}) {{ nodes {{ ...Commit{files} }} }}");
    variables.query(&format!("object(oid: $oid) {{ ... on Commit {{ {history} }} }}"), &[COMMIT])
}

/// Asks for files of commits, as `c0 { f0 }` and so on; a commit without any is looked for.
pub(super) fn places(repository: &RepositoryName, places: &[(Revision, Vec<FilePath>)]) -> Query {
    let mut variables = Variables::of(repository);
    let mut selected = String::new();
    let mut count = 0;
    for (at, (commit, paths)) in places.iter().enumerate() {
        variables.add(&format!("o{at}"), "GitObjectID!", commit.as_str());
        let _ = write!(selected, " c{at}: object(oid: $o{at}) {{ ... on Commit {{ oid");
        for (place, path) in paths.iter().enumerate() {
            variables.add(&format!("p{count}"), "String!", path.as_str());
            let _ = write!(selected, " f{place}: file(path: $p{count}) {{ ...File }}");
            count += 1;
        }
        selected.push_str(" } }");
    }
    variables.query(selected.trim_start(), if count == 0 { &[] } else { &[FILE] })
}

/// What is told of a repository.
#[derive(Deserialize)]
pub(super) struct Told<T> {
    pub(super) repository: Option<T>,
}

#[derive(Deserialize)]
pub(super) struct WithTip {
    pub(super) r#ref: Option<Ref>,
}

#[derive(Deserialize)]
pub(super) struct Ref {
    pub(super) target: Option<Target>,
}

#[derive(Deserialize)]
pub(super) struct Target {
    pub(super) oid: String,
    /// It is not there of a ref that names no commit.
    pub(super) history: Option<History>,
    #[serde(flatten)]
    pub(super) files: Files,
}

#[derive(Deserialize)]
pub(super) struct WithPage {
    pub(super) object: Option<Page>,
}

#[derive(Deserialize)]
pub(super) struct Page {
    pub(super) history: Option<History>,
}

#[derive(Deserialize)]
pub(super) struct History {
    pub(super) nodes: Vec<Option<CommitNode>>,
}

/// A commit of which files were asked for, or what is none.
#[derive(Deserialize)]
pub(super) struct Place {
    pub(super) oid: Option<String>,
    #[serde(flatten)]
    pub(super) files: Files,
}

/// What stands at the paths, by the names in the query.
pub(super) type Files = HashMap<String, Option<FileNode>>;

#[derive(Deserialize)]
pub(super) struct FileNode {
    mode: u32,
    oid: String,
    object: Option<Text>,
}

#[derive(Deserialize)]
struct Text {
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommitNode {
    oid: String,
    message: String,
    committed_date: Timestamp,
    author: Option<Author>,
    tree: Id,
    parents: Parents,
    #[serde(flatten)]
    pub(super) files: Files,
}

#[derive(Deserialize)]
struct Author {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Id {
    oid: String,
}

#[derive(Deserialize)]
struct Parents {
    nodes: Vec<Option<Parent>>,
}

#[derive(Deserialize)]
struct Parent {
    oid: String,
    tree: Id,
}

/// Reads the id of a commit.
pub(super) fn revision(oid: &str) -> Result<Revision, Error> {
    oid.parse().map_err(|_| Error::Malformed(format!("it names a commit {oid:?}")))
}

impl FileNode {
    /// Takes apart what stands there and its text, if that was asked for and GitHub has one.
    pub(super) fn into_parts(self) -> (Entry, Option<String>) {
        (Entry { mode: Mode(self.mode), oid: self.oid }, self.object.and_then(|object| object.text))
    }
}

impl CommitNode {
    pub(super) fn into_node(self) -> Result<(Arc<Node>, Files), Error> {
        let parent = self.parents.nodes.into_iter().flatten().next();
        let entry = LogEntry {
            revision: revision(&self.oid)?,
            parent: parent.as_ref().map(|parent| revision(&parent.oid)).transpose()?,
            message: self.message,
            author: self.author.and_then(|author| author.name).unwrap_or_default(),
            at: self.committed_date,
            changed: Vec::new(),
        };
        let is_empty = parent.is_some_and(|parent| parent.tree.oid == self.tree.oid);
        Ok((Arc::new(Node { entry, is_empty }), self.files))
    }
}
