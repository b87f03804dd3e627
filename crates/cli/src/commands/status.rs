//! `status`.

use embark_core::EnvironmentName;
use embark_core::ports::Clock as _;

use crate::clock::SystemClock;
use crate::error::Error;
use crate::exit_code::Exit;
use crate::output::{Outcome, Report, json, table};
use crate::run::Run;
use crate::wiring::Wiring;

/// Show what each environment has.
#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    /// Only this environment
    environment: Option<EnvironmentName>,
}

pub(crate) async fn run(args: Status, run: &Run) -> Result<Report, Error> {
    let wiring = Wiring::new(run).await?;
    let environments = embark_core::status(&wiring.systems(), args.environment.as_ref()).await?;
    Ok(Report {
        outcome: Outcome::Unchanged,
        exit: Exit::Success,
        json: json::Body {
            environments: Some(environments.iter().map(json::Environment::of).collect()),
            ..json::Body::default()
        },
        text: table::environments(&environments, SystemClock.now()),
        ..Report::default()
    })
}
