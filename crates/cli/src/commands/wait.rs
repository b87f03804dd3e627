//! `wait`.

use embark_core::{EnvironmentName, WaitState, Waited};

use super::patience::Patience;
use crate::error::Error;
use crate::exit_code::Exit;
use crate::output::{Outcome, Problem, Report, json, table};
use crate::run::Run;
use crate::wiring::Wiring;

/// Wait until Argo CD runs, in good health, what was deployed.
#[derive(Debug, clap::Args)]
pub(crate) struct Wait {
    /// The environment
    environment: EnvironmentName,
    #[command(flatten)]
    patience: Patience,
}

pub(crate) async fn run(args: Wait, run: &Run) -> Result<Report, Error> {
    let wiring = Wiring::new(run).await?;
    let systems = args.patience.systems(&wiring);
    let waited = Box::pin(embark_core::wait(&systems, &args.environment)).await?;
    Ok(report(&args.environment, &waited))
}

fn report(environment: &EnvironmentName, waited: &[Waited]) -> Report {
    let is_unhealthy = |one: &&Waited| matches!(one.state, WaitState::Degraded | WaitState::TimeUp);
    let unhealthy: Vec<&Waited> = waited.iter().filter(is_unhealthy).collect();
    Report {
        outcome: if unhealthy.is_empty() { Outcome::Unchanged } else { Outcome::Broken },
        exit: if unhealthy.is_empty() { Exit::Success } else { Exit::Unhealthy },
        text: if waited.is_empty() {
            format!("Nothing to wait for: embark has deployed nothing to {environment} yet.\n")
        } else {
            table::waited(waited)
        },
        json: json::Body { waited: Some(waited.iter().map(json::Waited::of).collect()), ..json::Body::default() },
        hints: hints(environment, &unhealthy),
        problems: unhealthy.into_iter().map(problem).collect(),
        ..Report::default()
    }
}

fn hints(environment: &EnvironmentName, unhealthy: &[&Waited]) -> Vec<String> {
    let has = |state| unhealthy.iter().any(|one| one.state == state);
    let mut hints = Vec::new();
    if has(WaitState::Degraded) {
        hints.push(format!("go back to what ran before with: embark rollback {environment}"));
    }
    if has(WaitState::TimeUp) {
        hints.push(format!("go on waiting with: embark wait {environment}"));
    }
    hints
}

fn problem(waited: &Waited) -> Problem {
    let title = format!("{} is not healthy", waited.target);
    Problem { title, text: waited.reason.clone(), place: None }
}
