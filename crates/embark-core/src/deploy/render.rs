//! Decisions that stand up to what is rendered: an edit that does not do what it is for is not committed.

use super::decide::{self, Decision, Step, Veto, Vetoes};
use super::observe::Observed;
use crate::deployment::DeploymentKey;
use crate::error::Error;
use crate::ports::Renderer;
use crate::refusal::Refusal;
use crate::render::{Edit, Judge, Reached};
use crate::systems::Systems;
use crate::values_file;

/// Decides, and renders what each commit would edit, before and after it.
///
/// A commit builds on those before it. Where one falls, all are decided anew without it.
pub(super) async fn decide(
    systems: &Systems<'_>,
    observed: &Observed,
    renderer: &dyn Renderer,
) -> Result<Vec<Decision>, Error> {
    let mut judge = Judge::new(renderer, systems.pipeline, observed.snapshot.tip.clone());
    let mut vetoes = Vetoes::new();
    loop {
        let mut decisions = decide::decide(systems, observed, &vetoes);
        match look(systems, observed, &mut judge, &mut decisions).await? {
            Some((key, veto)) => _ = vetoes.insert(key, veto),
            None => return Ok(decisions),
        }
    }
}

/// Judges the commits in their order, up to the first that falls.
async fn look(
    systems: &Systems<'_>,
    observed: &Observed,
    judge: &mut Judge<'_>,
    decisions: &mut [Decision],
) -> Result<Option<(DeploymentKey, Veto)>, Error> {
    let mut files = observed.snapshot.files.clone();
    for decision in decisions {
        let Step::Commit(change) = &decision.step else { continue };
        let record = &decision.deployment.record;
        let Some((environment, component)) = systems.pipeline.find(&record.target) else { continue };
        let file = &environment.values_file;
        if let Some(edited) = change.files.get(file) {
            let before = values_file::text(file, files.get(file).and_then(Option::as_deref))?;
            let after = values_file::text(file, Some(edited))?;
            let edit = Edit { environment, component, image: &record.image, before, after };
            match judged(judge, &edit).await? {
                Ok(reached) => decision.rendered = Some(reached),
                Err(veto) => return Ok(Some((decision.deployment.key(), veto))),
            }
        }
        files.extend(change.files.iter().map(|(path, bytes)| (path.clone(), Some(bytes.clone()))));
    }
    Ok(None)
}

/// What the chart is to blame for stops one deployment; without a program there is no judging at all.
async fn judged(judge: &mut Judge<'_>, edit: &Edit<'_>) -> Result<Result<Reached, Veto>, Error> {
    Ok(match judge.of(edit).await {
        Ok(Ok(reached)) => Ok(reached),
        Ok(Err(reason)) => {
            let file = edit.environment.values_file.clone();
            Err(Veto::Refused(Refusal::Rendered { file, reason: Box::new(reason) }))
        }
        Err(error) if error.is_of_chart() => Err(Veto::Failed(error.into())),
        Err(error) => return Err(error.into()),
    })
}
