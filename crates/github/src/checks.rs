//! The checks of a commit: [check runs](https://docs.github.com/en/rest/checks/runs) and
//! [commit statuses](https://docs.github.com/en/rest/commits/statuses).

use embark_core::{CheckKind, CheckName, CheckReport, CheckResult, Commit};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client::{Client, Permission};
use crate::error::Error;

/// How many of them a page has.
const PAGE: &str = "100";

/// No list is read further: a commit with so many checks has an error, and not some of its checks.
const PAGES: usize = 10;

#[derive(Deserialize)]
struct CheckRuns {
    check_runs: Vec<CheckRun>,
}

#[derive(Deserialize)]
struct CheckRun {
    id: u64,
    name: String,
    status: String,
    conclusion: Option<String>,
}

impl CheckRun {
    /// Success alone passes. GitHub's own
    /// [rule](https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/about-status-checks)
    /// also takes `neutral` and `skipped`; but a job is skipped where one that it needs has failed, and proves nothing.
    fn result(&self) -> CheckResult {
        match (self.status.as_str(), self.conclusion.as_deref()) {
            ("completed", Some("success")) => CheckResult::Passed,
            ("completed", conclusion) => failed(conclusion.unwrap_or_default()),
            _ => CheckResult::Running,
        }
    }
}

#[derive(Deserialize)]
struct CombinedStatus {
    statuses: Vec<Status>,
}

#[derive(Deserialize)]
struct Status {
    id: u64,
    context: String,
    state: String,
}

impl Status {
    fn result(&self) -> CheckResult {
        match self.state.as_str() {
            "success" => CheckResult::Passed,
            "pending" => CheckResult::Running,
            state => failed(state),
        }
    }
}

/// Takes the platform's word for what came of a check, if it is one.
fn failed(word: &str) -> CheckResult {
    let is_word = (1..=40).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    CheckResult::Failed(if is_word { word } else { "unknown" }.into())
}

/// Lists [the newest check runs of a commit](https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference);
/// `None` if it is not there.
pub(crate) async fn check_runs(
    client: &Client,
    commit: &Commit,
    names: &[CheckName],
) -> Result<Option<Vec<CheckReport>>, Error> {
    let mut url = client.url(&["commits", commit.as_str(), "check-runs"]);
    url.query_pairs_mut().append_pair("filter", "latest").append_pair("per_page", PAGE);
    if let [name] = names {
        url.query_pairs_mut().append_pair("check_name", name.as_str());
    }
    let pages: Option<Vec<CheckRuns>> = pages(client, url, Permission::Checks, "list of check runs").await?;
    let report = |run: CheckRun| {
        let name = wanted(names, &run.name)?;
        Some(CheckReport { name, kind: CheckKind::CheckRun, number: run.id, result: run.result() })
    };
    Ok(pages.map(|pages| pages.into_iter().flat_map(|page| page.check_runs).filter_map(report).collect()))
}

/// Lists [the newest status of each context](https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference)
/// of a commit; `None` if it is not there.
pub(crate) async fn statuses(
    client: &Client,
    commit: &Commit,
    names: &[CheckName],
) -> Result<Option<Vec<CheckReport>>, Error> {
    let mut url = client.url(&["commits", commit.as_str(), "status"]);
    url.query_pairs_mut().append_pair("per_page", PAGE);
    let pages: Option<Vec<CombinedStatus>> = pages(client, url, Permission::Statuses, "list of statuses").await?;
    let report = |status: Status| {
        let name = wanted(names, &status.context)?;
        Some(CheckReport { name, kind: CheckKind::Status, number: status.id, result: status.result() })
    };
    Ok(pages.map(|pages| pages.into_iter().flat_map(|page| page.statuses).filter_map(report).collect()))
}

fn wanted(names: &[CheckName], name: &str) -> Option<CheckName> {
    names.iter().find(|wanted| wanted.as_str() == name).cloned()
}

/// Reads a list to its end.
async fn pages<T: DeserializeOwned>(
    client: &Client,
    first: reqwest::Url,
    permission: Permission,
    what: &str,
) -> Result<Option<Vec<T>>, Error> {
    let mut pages = Vec::new();
    let mut next = Some(first);
    while let Some(url) = next {
        if pages.len() == PAGES {
            return Err(Error::Malformed(format!("its {what} has more than {PAGES} pages")));
        }
        let Some(answer) = client.get(url, permission).await? else { return Ok(None) };
        pages.push(answer.parse(what)?);
        next = client.next_page(&answer)?;
    }
    Ok(Some(pages))
}
