//! `hold` and `resume`.

use embark_core::ports::Clock as _;
use embark_core::{ComponentName, EnvironmentName, Held, Scope};

use crate::clock::SystemClock;
use crate::error::Error;
use crate::exit_code::Exit;
use crate::output::{Outcome, Report, json, refused, table};
use crate::run::Run;
use crate::wiring::Wiring;

/// Leave a component, or a whole environment, alone until `embark resume`.
#[derive(Debug, clap::Args)]
pub(crate) struct Hold {
    /// The environment
    environment: EnvironmentName,
    /// Only this component
    component: Option<ComponentName>,
    /// Why
    #[arg(long, value_name = "TEXT", value_parser = super::reason)]
    reason: String,
}

/// Lift a hold; it deploys nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Resume {
    /// The environment
    environment: EnvironmentName,
    /// Only this component
    component: Option<ComponentName>,
}

pub(crate) async fn hold(args: Hold, run: &Run) -> Result<Report, Error> {
    let wiring = Wiring::new(run).await?;
    let scope = Scope { environment: args.environment, component: args.component };
    let held = embark_core::hold(&wiring.systems(), &scope, &args.reason, run.global.dry_run).await?;
    Ok(report(&held, run.global.dry_run))
}

pub(crate) async fn resume(args: Resume, run: &Run) -> Result<Report, Error> {
    let wiring = Wiring::new(run).await?;
    let scope = Scope { environment: args.environment, component: args.component };
    match embark_core::resume(&wiring.systems(), &scope, run.global.dry_run).await? {
        Ok(held) => Ok(report(&held, run.global.dry_run)),
        Err(refusal) => Ok(refused(&refusal, &run.queue())),
    }
}

fn report(held: &Held, dry_run: bool) -> Report {
    let outcome = match (held.changes, dry_run) {
        (false, _) => Outcome::Unchanged,
        (true, true) => Outcome::Planned,
        (true, false) => Outcome::Done,
    };
    let state = match &held.hold {
        Some(hold) => table::held(hold, SystemClock.now()),
        None => "not held".into(),
    };
    let mut text = format!("{} is {state}\n", held.scope);
    if let Some(commit) = &held.commit {
        text.push_str(&format!("commit {}\n", commit.short()));
    }
    for next in &held.next {
        let record = &next.record;
        text.push_str(&format!(
            "embark deploy --pending {} will carry out {} of {} {}\n",
            record.target.environment, record.id, record.target.component, record.image.tag
        ));
    }
    Report {
        outcome,
        exit: Exit::Success,
        json: json::Body { held: Some(json::HeldScope::of(held)), ..json::Body::default() },
        text,
        ..Report::default()
    }
}
