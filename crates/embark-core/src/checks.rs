//! Checks of the application's commits: what was reported of them, and whether that is a pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use futures::stream::{self, StreamExt as _};

use crate::commit::Commit;
use crate::ports::{ApplicationError, ApplicationRepository};
use crate::text::text_type;

text_type! {
    /// The name of a check: that of a check run, or the context of a commit status.
    ///
    /// ```
    /// use embark_core::CheckName;
    ///
    /// assert!("test (ubuntu-latest, 20)".parse::<CheckName>().is_ok());
    /// assert!(" e2e".parse::<CheckName>().is_err());
    /// ```
    CheckName, "the name of a check", check_name
}

fn check_name(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || text.len() > 255 {
        Err("1 to 255 bytes are needed")
    } else if text.trim() != text || text.chars().any(char::is_control) {
        Err("it is one line, and neither begins nor ends with a space")
    } else {
        Ok(())
    }
}

/// What was reported of one check on one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// Its name.
    pub name: CheckName,
    /// What it is.
    pub kind: CheckKind,
    /// The platform's own number: of two of one name and kind, the one with the greater number is the newer.
    pub number: u64,
    /// What came of it.
    pub result: CheckResult,
}

/// The two ways to report a check, each with names and numbers of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckKind {
    /// A check run, e.g. a job of a workflow.
    CheckRun,
    /// A commit status.
    Status,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckResult {
    /// It passed.
    Passed,
    /// It has not ended.
    Running,
    /// It ended otherwise, with this word of the platform's, e.g. `timed_out`.
    Failed(String),
}

/// What an application repository knows of the checks of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checks {
    /// It does not have the commit, or knows nothing of checks.
    Unknown,
    /// These were reported; a check that is not among them was not.
    Known(Vec<CheckReport>),
}

/// A required check that is not known to have passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingCheck {
    /// Its name.
    pub name: CheckName,
    /// What is known of it.
    pub reason: NotPassed,
}

/// Why a check does not count as passed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPassed {
    /// Nothing that was asked has the commit, or none is on record.
    #[error("cannot be asked for, since no commit that the application's repository has is on record")]
    Unknown,
    /// It was never reported.
    #[error("is not there")]
    Absent,
    /// It has not ended.
    #[error("is still running")]
    Running,
    /// It failed.
    #[error("failed{}", if .0 == "failure" { String::new() } else { format!(" ({})", .0) })]
    Failed(String),
}

impl fmt::Display for MissingCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.reason)
    }
}

impl Checks {
    /// Names those of the `required` checks that are not known to have passed.
    ///
    /// Of several of one name and kind the newest counts; where a check run and a status share a name, both must pass.
    pub(crate) fn missing(&self, required: &[CheckName]) -> Vec<MissingCheck> {
        let missing = |name: &CheckName| Some(MissingCheck { name: name.clone(), reason: self.not_passed(name)? });
        required.iter().filter_map(missing).collect()
    }

    fn not_passed(&self, name: &CheckName) -> Option<NotPassed> {
        let Self::Known(reports) = self else { return Some(NotPassed::Unknown) };
        let mut newest = BTreeMap::<CheckKind, &CheckReport>::new();
        for report in reports.iter().filter(|report| &report.name == name) {
            let known = newest.entry(report.kind).or_insert(report);
            if report.number > known.number {
                *known = report;
            }
        }
        if newest.is_empty() {
            return Some(NotPassed::Absent);
        }
        let failed = newest.values().find_map(|report| match &report.result {
            CheckResult::Failed(word) => Some(NotPassed::Failed(word.clone())),
            _ => None,
        });
        let is_running = || newest.values().any(|report| report.result == CheckResult::Running);
        failed.or_else(|| is_running().then_some(NotPassed::Running))
    }
}

/// How many commits are asked about at a time: platforms mind who asks for too much at once.
const AT_ONCE: usize = 8;

/// What was found out about the checks of commits. What nobody asked for is unknown, and never passed.
#[derive(Debug, Clone, Default)]
pub struct CheckRecord(BTreeMap<Commit, Result<Checks, Arc<ApplicationError>>>);

impl CheckRecord {
    /// Asks for the checks of commits, each commit once and all at a time.
    pub(crate) async fn ask(
        application: Option<&dyn ApplicationRepository>,
        wanted: BTreeMap<Commit, BTreeSet<CheckName>>,
    ) -> Self {
        let Some(application) = application else { return Self::default() };
        let answers = wanted.into_iter().map(|(commit, names)| async move {
            let checks = application.checks(&commit, names.into_iter().collect()).await.map_err(Arc::new);
            (commit, checks)
        });
        Self(stream::iter(answers).buffer_unordered(AT_ONCE).collect().await)
    }

    /// Returns what is known of a commit's checks.
    pub(crate) fn of(&self, commit: Option<&Commit>) -> &Checks {
        match commit.and_then(|commit| self.0.get(commit)) {
            Some(Ok(checks)) => checks,
            _ => &Checks::Unknown,
        }
    }

    /// Returns why a commit's checks could not be asked for.
    pub(crate) fn error(&self, commit: Option<&Commit>) -> Option<&Arc<ApplicationError>> {
        self.0.get(commit?)?.as_ref().err()
    }

    /// Returns the first reason why some commit's checks could not be asked for.
    pub(crate) fn first_error(&self) -> Option<&Arc<ApplicationError>> {
        self.0.values().find_map(|answer| answer.as_ref().err())
    }
}

#[cfg(test)]
mod tests {
    use super::CheckKind::{CheckRun, Status};
    use super::*;

    fn report(kind: CheckKind, number: u64, result: CheckResult) -> CheckReport {
        CheckReport { name: "e2e".parse().unwrap(), kind, number, result }
    }

    fn failed(word: &str) -> CheckResult {
        CheckResult::Failed(word.into())
    }

    fn said(checks: &Checks) -> String {
        let missing = checks.missing(&["e2e".parse().unwrap()]);
        missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_newest_counts_in_whatever_order_they_are_told() {
        let older = report(CheckRun, 1, failed("failure"));
        let newer = report(CheckRun, 2, CheckResult::Passed);
        assert_eq!(said(&Checks::Known(vec![older.clone(), newer.clone()])), "");
        assert_eq!(said(&Checks::Known(vec![newer, older])), "");
        let turned = [report(CheckRun, 3, failed("timed_out")), report(CheckRun, 2, CheckResult::Passed)];
        assert_eq!(said(&Checks::Known(turned.into())), "e2e failed (timed_out)");
    }

    #[test]
    fn a_check_run_and_a_status_of_one_name_must_both_pass() {
        let both = |run, status| Checks::Known(vec![report(CheckRun, 9, run), report(Status, 1, status)]);
        assert_eq!(said(&both(CheckResult::Passed, CheckResult::Passed)), "");
        assert_eq!(said(&both(CheckResult::Passed, CheckResult::Running)), "e2e is still running");
        assert_eq!(said(&both(failed("failure"), CheckResult::Passed)), "e2e failed");
        assert_eq!(said(&both(CheckResult::Running, failed("error"))), "e2e failed (error)");
    }

    #[test]
    fn what_is_not_known_has_not_passed() {
        assert_eq!(said(&Checks::Known(Vec::new())), "e2e is not there");
        assert!(said(&Checks::Unknown).starts_with("e2e cannot be asked for"));
        assert!(said(CheckRecord::default().of(None)).starts_with("e2e cannot be asked for"));
    }
}
