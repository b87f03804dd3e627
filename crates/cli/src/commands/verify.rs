//! `verify`.

use embark_core::ports::Clock as _;
use embark_core::{Check, EnvironmentName, Verdict};

use crate::clock::SystemClock;
use crate::error::Error;
use crate::exit_code::Exit;
use crate::output::{Outcome, Problem, Report, json, table};
use crate::run::Run;
use crate::wiring::Wiring;

/// Check that every environment runs what the environment before it has verified.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// Only this environment
    environment: Option<EnvironmentName>,
    /// Take what embark has not deployed yet for broken, too
    #[arg(long)]
    strict: bool,
}

pub(crate) async fn run(args: Verify, run: &Run) -> Result<Report, Error> {
    let wiring = Wiring::new(run).await?;
    let checks = embark_core::verify(&wiring.systems(), args.environment.as_ref()).await?;
    Ok(report(&checks, args.strict))
}

pub(super) fn report(checks: &[Check], strict: bool) -> Report {
    let broken = checks.iter().any(|check| is_broken(check, strict));
    Report {
        outcome: if broken { Outcome::Broken } else { Outcome::Unchanged },
        exit: if broken { Exit::Broken } else { Exit::Success },
        json: json::Body { checks: Some(checks.iter().map(json::VerifyCheck::of).collect()), ..json::Body::default() },
        text: if checks.is_empty() {
            "Nothing to verify: it promotes from no other environment.\n".into()
        } else {
            table::checks(checks, SystemClock.now())
        },
        hints: hints(checks, strict),
        problems: checks.iter().filter(|check| is_broken(check, strict)).map(problem).collect(),
        ..Report::default()
    }
}

fn is_broken(check: &Check, strict: bool) -> bool {
    check.verdict == Verdict::Broken || strict && check.verdict == Verdict::Unknown
}

fn problem(check: &Check) -> Problem {
    let title = format!("the invariant does not hold for {} in {}", check.component, check.environment);
    Problem { title, text: check.reason.clone(), place: None }
}

fn hints(checks: &[Check], strict: bool) -> Vec<String> {
    let mut hints = Vec::new();
    if checks.iter().any(|check| check.verdict == Verdict::Broken) {
        hints.push("put back what is recorded, in the values file or in the registry, and verify again".into());
    }
    let unknown = || checks.iter().filter(|check| check.verdict == Verdict::Unknown);
    if strict && unknown().any(|check| check.recorded_digest.is_none()) {
        hints.push(
            "let embark deploy once what it has not deployed yet, with: embark promote ENVIRONMENT --deploy".into(),
        );
    }
    if strict && unknown().any(|check| check.recorded_digest.is_some()) {
        hints.push("promote what is verified: what runs by a waiver proves nothing".into());
    }
    hints
}
