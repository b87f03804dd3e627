//! `rollback`.

use std::str::FromStr;

use embark_core::{ComponentName, DeploymentId, EnvironmentName, RollbackRequest, RollbackTo, TextError};

use super::patience::Patience;
use crate::error::Error;
use crate::notify;
use crate::output::Report;
use crate::run::Run;
use crate::wiring::Wiring;

/// Go back to what ran before, and hold it.
#[derive(Debug, clap::Args)]
pub(crate) struct Rollback {
    /// The environment
    environment: EnvironmentName,
    /// The component [default: those of the newest run]
    component: Option<ComponentName>,
    /// To this version tag, or this deployment [default: what ran before]
    #[arg(long, value_name = "TAG|ID")]
    to: Option<To>,
    /// Why; the hold says so
    #[arg(long, value_name = "TEXT", value_parser = super::reason)]
    reason: Option<String>,
    /// Do not hold it: the next deployment replaces it
    #[arg(long)]
    no_hold: bool,
    /// Go back to what was never verified, too; it is recorded
    #[arg(long, requires = "reason")]
    unverified: bool,
    #[command(flatten)]
    patience: Patience,
}

#[derive(Debug, Clone)]
struct To(RollbackTo);

impl FromStr for To {
    type Err = TextError;

    /// What is no ULID is a tag; no commit and no version is one.
    fn from_str(text: &str) -> Result<Self, TextError> {
        match text.parse::<DeploymentId>() {
            Ok(id) => Ok(Self(RollbackTo::Deployment(id))),
            Err(_) => text.parse().map(|tag| Self(RollbackTo::Tag(tag))),
        }
    }
}

pub(crate) async fn run(args: Rollback, run: &Run) -> Result<Report, Error> {
    let wiring = Wiring::new(run).await?;
    let request = RollbackRequest {
        environment: args.environment,
        component: args.component,
        to: args.to.map(|To(to)| to),
        reason: args.reason,
        hold: !args.no_hold,
        unverified: args.unverified,
        dry_run: run.global.dry_run,
    };
    let ended = embark_core::rollback(&args.patience.systems(&wiring), &request).await;
    notify::tell(&wiring, run, "rollback", ended.map_err(Error::from)).await
}
