//! `config check --render`.

use embark_core::Unreached;

use crate::error::{Error, exit_of};
use crate::exit_code::Exit;
use crate::output::{Outcome, Report, json, rendered};
use crate::run::Run;
use crate::wiring::Wiring;

/// Adds where the edits of each component arrive, once they are rendered.
pub(super) async fn add(report: Report, wiring: &Wiring, run: &Run) -> Result<Report, Error> {
    let all = embark_core::reach(&wiring.systems()).await?;
    let exits = all.iter().map(|reach| match &reach.result {
        Ok(_) => Exit::Success,
        Err(Unreached::Refused(_)) => Exit::Refused,
        Err(Unreached::Failed(error)) => exit_of(error),
    });
    let exit = Exit::of_all(exits.chain([report.exit]));
    let told: Vec<_> = all.iter().map(|reach| json::Reaches::of(reach, &run.queue())).collect();
    let mut hints = report.hints;
    for hint in told.iter().filter_map(json::Reaches::hint) {
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    let outcome = match exit {
        Exit::Success => Outcome::Unchanged,
        Exit::Refused => Outcome::Refused,
        _ => Outcome::Failed,
    };
    Ok(Report {
        outcome,
        exit,
        text: format!("{}\n{}", report.text, rendered::reaches(&all)),
        json: json::Body { renders: Some(json::Renders(Some(told))), ..report.json },
        hints,
        ..report
    })
}
