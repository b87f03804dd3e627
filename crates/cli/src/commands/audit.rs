//! `audit`.

use std::path::PathBuf;

use embark_core::{AuditRequest, Audited, ComponentName, Since, Verdict};

use crate::error::Error;
use crate::exit_code::Exit;
use crate::output::{Outcome, Problem, Report, audit, json};
use crate::run::Run;
use crate::temporary::replace;
use crate::wiring::Wiring;

/// Check the whole history of the deployment repo: was each image that came to production verified before?
#[derive(Debug, clap::Args)]
pub(crate) struct Audit {
    /// Only what came after this commit of the deployment repo, as in 7edceb6 or HEAD~20, or since this day or time, as in
    /// 2026-05-03 or 2026-05-03T09:30:00Z
    #[arg(long, value_name = "REV|DATE")]
    since: Option<Since>,
    /// Only this component; may be given several times
    #[arg(long, value_name = "COMPONENT")]
    component: Vec<ComponentName>,
    /// Take what cannot be told for a violation, too
    #[arg(long)]
    strict: bool,
    /// Write a report in Markdown to this file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

pub(crate) async fn run(args: Audit, run: &Run) -> Result<Report, Error> {
    let wiring = Wiring::new(run).await?;
    let request = AuditRequest { since: args.since, components: args.component };
    let changes = embark_core::audit(&wiring.systems(), &request).await?;
    if let Some(path) = args.report.filter(|_| !run.global.dry_run) {
        replace(&path, audit::markdown(&wiring.config.application, &changes).as_bytes())
            .map_err(|source| Error::Write { path: path.display().to_string(), source })?;
    }
    Ok(report(&changes, args.strict))
}

fn report(changes: &[Audited], strict: bool) -> Report {
    let is_violation =
        |change: &&Audited| change.verdict == Verdict::Broken || strict && change.verdict == Verdict::Unknown;
    let violations: Vec<&Audited> = changes.iter().filter(is_violation).collect();
    let problem = |change: &&Audited| {
        let title = format!("{} of {} was not verified", change.component, change.environment);
        Problem { title, text: format!("commit {}: {}", change.commit, change.reason), place: None }
    };
    Report {
        outcome: if violations.is_empty() { Outcome::Unchanged } else { Outcome::Broken },
        exit: if violations.is_empty() { Exit::Success } else { Exit::Broken },
        json: json::Body { changes: Some(changes.iter().map(json::Audited::of).collect()), ..json::Body::default() },
        text: audit::text(changes),
        hints: hint(&violations).into_iter().collect(),
        problems: violations.iter().map(problem).collect(),
        ..Report::default()
    }
}

/// History is not mended: what can be done is to see what runs now, and to see to it that it does not happen again.
fn hint(violations: &[&Audited]) -> Option<String> {
    violations.first()?;
    Some(
        "see whether what runs now is verified with: embark verify; and protect the branch, so that nothing but embark \
         writes to it"
            .into(),
    )
}
