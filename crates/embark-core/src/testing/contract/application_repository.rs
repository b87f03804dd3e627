//! The contract of [`ApplicationRepository`].
//!
//! A case about history gets a [`History`]. A case about checks gets the commit on which [`reported`] was reported,
//! each as the newest, or else a commit that the repository does not have.

use crate::checks::CheckKind::{CheckRun, Status};
use crate::checks::{CheckKind, CheckName, CheckReport, CheckResult, Checks};
use crate::commit::Commit;
use crate::ports::{Ancestry, ApplicationError, ApplicationRepository};

/// Commits: `root`, its child, two children of that, and one that the repository does not have.
#[derive(Debug, Clone)]
pub struct History {
    /// The first commit.
    pub root: Commit,
    /// Its child.
    pub child: Commit,
    /// The children of that, of which neither is an ancestor of the other.
    pub tips: [Commit; 2],
    /// A commit of nobody's.
    pub absent: Commit,
}

/// What is reported on a commit, in this order.
pub fn reported() -> Vec<(&'static str, CheckKind, CheckResult)> {
    let failed = |word: &str| CheckResult::Failed(word.into());
    vec![
        ("unit", CheckRun, CheckResult::Passed),
        ("lint", CheckRun, failed("timed_out")),
        ("slow", CheckRun, CheckResult::Running),
        ("test (ubuntu-latest, 20)", CheckRun, CheckResult::Passed),
        ("e2e", CheckRun, failed("failure")),
        ("e2e", CheckRun, CheckResult::Passed),
        ("both", CheckRun, CheckResult::Passed),
        ("both", Status, failed("error")),
        ("deploy/preview", Status, CheckResult::Running),
        ("deploy/preview", Status, CheckResult::Passed),
        ("review", Status, CheckResult::Running),
    ]
}

fn names(names: &[&str]) -> Vec<CheckName> {
    names.iter().map(|name| name.parse().expect("a name")).collect()
}

async fn known(repository: &dyn ApplicationRepository, commit: &Commit, asked: &[&str]) -> Vec<CheckReport> {
    match repository.checks(commit, names(asked)).await.expect("asked") {
        Checks::Known(reports) => reports,
        Checks::Unknown => panic!("the checks of {commit} are unknown"),
    }
}

/// Returns the newest report of a name and kind.
fn newest(reports: &[CheckReport], name: &str, kind: CheckKind) -> Option<CheckResult> {
    let of_name = reports.iter().filter(|report| report.name.as_str() == name && report.kind == kind);
    of_name.max_by_key(|report| report.number).map(|report| report.result.clone())
}

/// A commit is an ancestor of what descends from it, and of itself.
pub async fn tells_an_ancestor(repository: &dyn ApplicationRepository, history: &History) {
    let History { root, child, tips, .. } = history;
    for (ancestor, descendant) in [(root, child), (child, &tips[0]), (root, &tips[1]), (child, child)] {
        let answer = repository.is_ancestor(ancestor, descendant).await.expect("asked");
        assert_eq!(answer, Ancestry::Yes, "{ancestor} of {descendant}");
    }
}

/// A commit is no ancestor of what it descends from, nor of a sibling.
pub async fn tells_what_is_no_ancestor(repository: &dyn ApplicationRepository, history: &History) {
    let History { root, child, tips, .. } = history;
    for (ancestor, descendant) in [(child, root), (&tips[0], root), (&tips[0], &tips[1]), (&tips[1], &tips[0])] {
        let answer = repository.is_ancestor(ancestor, descendant).await.expect("asked");
        assert_eq!(answer, Ancestry::No, "{ancestor} of {descendant}");
    }
}

/// Of a commit that is not there nothing is known, whichever of the two it is.
pub async fn knows_no_ancestry_of_an_absent_commit(repository: &dyn ApplicationRepository, history: &History) {
    let History { root, absent, .. } = history;
    for (ancestor, descendant) in [(root, absent), (absent, root)] {
        let answer = repository.is_ancestor(ancestor, descendant).await.expect("asked");
        assert_eq!(answer, Ancestry::Unknown, "{ancestor} of {descendant}");
    }
}

/// Each check is told with what came of it; one that was never reported is not told.
pub async fn tells_what_came_of_checks(repository: &dyn ApplicationRepository, commit: &Commit) {
    let asked = ["unit", "lint", "slow", "test (ubuntu-latest, 20)", "review", "absent"];
    let reports = known(repository, commit, &asked).await;
    let run = |name| newest(&reports, name, CheckRun);
    assert_eq!(run("unit"), Some(CheckResult::Passed));
    assert_eq!(run("lint"), Some(CheckResult::Failed("timed_out".into())));
    assert_eq!(run("slow"), Some(CheckResult::Running));
    assert_eq!(run("test (ubuntu-latest, 20)"), Some(CheckResult::Passed));
    assert_eq!(newest(&reports, "review", Status), Some(CheckResult::Running));
    assert_eq!(reports.len(), 5, "{reports:?}");
}

/// One check that is asked for alone is told as among others.
pub async fn tells_one_check_alone(repository: &dyn ApplicationRepository, commit: &Commit) {
    let reports = known(repository, commit, &["test (ubuntu-latest, 20)"]).await;
    assert_eq!(newest(&reports, "test (ubuntu-latest, 20)", CheckRun), Some(CheckResult::Passed));
    assert_eq!(known(repository, commit, &["absent"]).await, []);
}

/// Of several reports of one name and kind the newest has the greatest number.
pub async fn numbers_the_newest_highest(repository: &dyn ApplicationRepository, commit: &Commit) {
    let reports = known(repository, commit, &["e2e", "deploy/preview"]).await;
    assert_eq!(newest(&reports, "e2e", CheckRun), Some(CheckResult::Passed));
    assert_eq!(newest(&reports, "deploy/preview", Status), Some(CheckResult::Passed));
}

/// A check run and a commit status of one name are told apart.
pub async fn tells_a_check_run_from_a_status(repository: &dyn ApplicationRepository, commit: &Commit) {
    let reports = known(repository, commit, &["both"]).await;
    assert_eq!(newest(&reports, "both", CheckRun), Some(CheckResult::Passed));
    assert_eq!(newest(&reports, "both", Status), Some(CheckResult::Failed("error".into())));
}

/// Of a commit that is not there, or by what has no notion of checks, none are known.
pub async fn knows_no_checks(repository: &dyn ApplicationRepository, commit: &Commit) {
    let checks = repository.checks(commit, names(&["unit", "e2e"])).await.expect("asked");
    assert_eq!(checks, Checks::Unknown);
}

/// What cannot be reached is told as such. The repository given cannot.
pub async fn tells_that_it_cannot_be_reached(repository: &dyn ApplicationRepository, history: &History) {
    let ancestry = repository.is_ancestor(&history.root, &history.child).await;
    assert!(matches!(ancestry, Err(ApplicationError::Unavailable { .. })), "{ancestry:?}");
    let checks = repository.checks(&history.root, names(&["unit"])).await;
    assert!(matches!(checks, Err(ApplicationError::Unavailable { .. })), "{checks:?}");
}

/// A repository that is not there is told as such, and not as one without the commit. The one given is not.
pub async fn tells_that_it_does_not_exist(repository: &dyn ApplicationRepository, commit: &Commit) {
    let checks = repository.checks(commit, names(&["unit"])).await;
    assert!(matches!(checks, Err(ApplicationError::NotFound { .. })), "{checks:?}");
}

/// Credentials that are missing or wrong are told as such. The repository given has none of use.
pub async fn tells_that_credentials_are_missing(repository: &dyn ApplicationRepository, commit: &Commit) {
    let checks = repository.checks(commit, names(&["unit"])).await;
    assert!(matches!(checks, Err(ApplicationError::Unauthorized { .. })), "{checks:?}");
}
