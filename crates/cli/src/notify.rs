//! Notices: at the end of a run that deployed something, the pull requests and the webhook are told.
//!
//! A notice that fails is a warning: what was deployed is deployed.

mod page;
mod webhook;

use embark_core::ports::Clock as _;
use embark_core::{Commit, Item};
use embark_github::Notice;

use crate::clock::SystemClock;
use crate::error::{Error, chain};
use crate::exit_code::Exit;
use crate::output::{Report, json, of_items};
use crate::run::Run;
use crate::wiring::Wiring;

#[cfg(test)]
pub(crate) use webhook::WebhookError;
pub(crate) use webhook::address_in;

/// So many commits are told at most, of each one its pull request: the last ones.
const MOST_COMMITS: usize = 20;

/// Makes the report of what came of deployments, and tells whom the configuration names.
///
/// Something was carried out, or failed: what is unchanged, and a dry run, is told to nobody.
pub(crate) async fn tell(
    wiring: &Wiring,
    run: &Run,
    command: &'static str,
    ended: Result<Vec<Item>, Error>,
) -> Result<Report, Error> {
    let ended = ended.map(|items| (of_items(&items, &run.queue()), items));
    if run.global.dry_run {
        return ended.map(|(report, _)| report);
    }
    match &ended {
        Ok((report, items)) if items.iter().any(Item::is_news) => {
            tell_pull_requests(wiring, run, items).await;
            tell_webhook(wiring, run, &json::report(command, report.outcome, &report.json)).await;
        }
        // What was not asked for rightly is known to who asked.
        Err(error) if error.exit() != Exit::Arguments => {
            let told = json::Error::of(error, &run.queue());
            tell_webhook(wiring, run, &json::failure(command, error.outcome(), told)).await;
        }
        _ => {}
    }
    ended.map(|(report, _)| report)
}

async fn tell_webhook(wiring: &Wiring, run: &Run, body: &str) {
    let Some(variable) = &wiring.config.notify.webhook else { return };
    match webhook::post(&run.env, variable, body).await {
        Ok(()) => tracing::info!(variable, "the webhook is told"),
        Err(error) => run.ui.note(&format!("warning: the webhook is not told: {}", chain(&error))),
    }
}

async fn tell_pull_requests(wiring: &Wiring, run: &Run, items: &[Item]) {
    let Some(pull_requests) = &wiring.pull_requests else { return };
    let page = page::of_repository(&wiring.config.git.url, run.env.github_server(), &run.env.github_host());
    let mut commits = notices(items, page.as_deref());
    let too_many = commits.len().saturating_sub(MOST_COMMITS);
    if too_many > 0 {
        run.ui.note(&format!("warning: the pull requests of the first {too_many} commits are not told"));
    }
    for (commit, notices) in commits.drain(too_many..) {
        match pull_requests.tell(&commit, &notices).await {
            Ok(Some(number)) => tracing::info!(%commit, number, "the pull request is told"),
            Ok(None) => tracing::info!(%commit, "no merged pull request brought it"),
            Err(error) => {
                let why = chain(&error);
                run.ui.note(&format!("warning: the pull request of {commit} is not told: {why}"));
            }
        }
    }
}

/// Returns what there is to tell of each of the application's commits, in the order of their last items.
fn notices(items: &[Item], page: Option<&str>) -> Vec<(Commit, Vec<Notice>)> {
    let at = SystemClock.now();
    let mut commits: Vec<(Commit, Vec<Notice>)> = Vec::new();
    for item in items.iter().filter(|item| item.is_news()) {
        let told = item.built_from.clone().zip(item.tag.clone()).zip(item.digest.clone()).zip(item.state);
        let Some((((built_from, tag), digest), state)) = told else { continue };
        let notice = Notice {
            environment: item.target.environment.clone(),
            component: item.target.component.clone(),
            tag,
            digest,
            state,
            page: page.zip(item.commit.as_ref()).map(|(page, commit)| format!("{page}/commit/{commit}")),
            commit: item.commit.clone(),
            at,
        };
        let before = commits.iter().position(|(commit, _)| *commit == built_from);
        let mut of_commit = before.map_or_else(|| (built_from, Vec::new()), |at| commits.remove(at));
        of_commit.1.push(notice);
        commits.push(of_commit);
    }
    commits
}
