//! One repository, versioned by both.

use std::fmt::Write as _;

use embark_changesets::{Error, Plan, Tree, plan};
use embark_gitops::Checkout;

use super::program::changeset;
use super::reason::Reason;
use super::repository::{Files, Repository};

/// What came of a comparison in which nothing differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// Both wrote the same.
    Equal,
    /// Both left all files alone.
    Nothing,
    /// Both refused, for the same reason.
    Refused(Reason),
}

/// Has embark make a plan of what is checked out, as the binary does.
pub(super) fn planned(repository: &Repository) -> Result<Plan, Error> {
    let checkout = Checkout::discover(repository.folder()).expect("it is a repository");
    let head = checkout.head().expect("it can be read").expect("there is a commit");
    let files = checkout.files(&head, &|path| Tree::needs("package.json", path)).expect("it can be read");
    let mut tree = Tree::new("application", "package.json");
    for (path, bytes) in files.expect("the commit is there") {
        tree.add(path, String::from_utf8(bytes).expect("it is text"));
    }
    for (path, commit) in checkout.added_by(&head, ".changeset").expect("it can be read") {
        tree.added_by(path, commit.to_string());
    }
    plan(&tree)
}

/// Does to files what a plan says.
pub(super) fn applied(mut files: Files, plan: &Plan) -> Files {
    for (path, text) in &plan.edits {
        match text {
            Some(text) => _ = files.insert(path.clone(), text.clone().into_bytes()),
            None => assert!(files.remove(path).is_some(), "{path} is deleted and was not there"),
        }
    }
    files
}

/// Versions a repository with both; the working folder is as the real one leaves it.
///
/// # Errors
/// What differs.
pub(super) fn version(repository: &Repository) -> Result<Outcome, String> {
    version_as(repository, None)
}

/// Versions a repository with both, where the real one is to have another configuration.
///
/// # Errors
/// What differs.
pub(super) fn version_as(repository: &Repository, config: Option<&str>) -> Result<Outcome, String> {
    const CONFIG: &str = ".changeset/config.json";
    let before = repository.files();
    let planned = planned(repository);
    if let Some(config) = config {
        repository.write(CONFIG, config);
    }
    let ran = changeset(repository.folder(), &["version"]);
    if config.is_some() {
        repository.write(CONFIG, std::str::from_utf8(&before[CONFIG]).expect("it is text"));
    }
    let after = repository.files();
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), ran.stderr);
    // Where in its code it failed is not of interest.
    let said = said.lines().filter(|line| !line.starts_with("    at ")).collect::<Vec<_>>().join("\n");
    match planned {
        Ok(plan) if ran.code == 0 => {
            let ours = applied(before.clone(), &plan);
            if ours != after {
                return Err(difference(&ours, &after));
            }
            Ok(if after == before { Outcome::Nothing } else { Outcome::Equal })
        }
        Ok(plan) if plan.is_empty() && said.contains("No unreleased changesets found") => Ok(Outcome::Nothing),
        Ok(_) => Err(format!("the real one alone refused: {said}")),
        Err(error) if ran.code == 0 => Err(format!("embark alone refused: {error}")),
        Err(error) => match (Reason::of(&error), Reason::of_said(&said)) {
            (Some(ours), Some(theirs)) if ours == theirs => Ok(Outcome::Refused(ours)),
            (ours, theirs) => Err(format!("refused for {ours:?} ({error}) and {theirs:?} ({said})")),
        },
    }
}

/// Tells the files that differ.
fn difference(ours: &Files, theirs: &Files) -> String {
    let mut told = String::new();
    let mut paths: Vec<&String> = ours.keys().chain(theirs.keys()).collect();
    paths.sort();
    paths.dedup();
    for path in paths.into_iter().filter(|path| ours.get(*path) != theirs.get(*path)) {
        let text = |files: &Files| files.get(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let _ = write!(told, "\n{path}\n embark: {:?}\n real:   {:?}", text(ours), text(theirs));
    }
    told
}
