//! What would be rendered once a promotion is carried out: what does not do what it is for is refused before any write.

use super::Scope;
use super::decide::Plan;
use super::observe::Observed;
use crate::error::Error;
use crate::pipeline::Pipeline;
use crate::ports::Renderer;
use crate::refusal::Refusal;
use crate::render::{Edit, Judge};
use crate::values_file;

/// Makes the edits that the new deployments will make, one on top of the other, and judges each.
pub(super) async fn look(
    renderer: &dyn Renderer,
    pipeline: &Pipeline,
    scope: &Scope<'_>,
    observed: &Observed,
    plans: &mut [Plan],
) -> Result<(), Error> {
    let environment = scope.environment;
    let file = &environment.values_file;
    let mut judge = Judge::new(renderer, pipeline, observed.tip.clone());
    let mut text = observed.values.clone();
    for (plan, component) in plans.iter_mut().zip(&scope.components) {
        let Ok(step) = &mut plan.verdict else { continue };
        if step.existing.is_some() {
            continue;
        }
        let edited = values_file::name(file, &text, component, &step.image)?;
        if edited == text {
            continue;
        }
        let edit = Edit { environment, component, image: &step.image, before: &text, after: &edited };
        match judge.of(&edit).await? {
            Ok(reached) => {
                step.rendered = Some(reached);
                text = edited;
            }
            Err(reason) => {
                plan.verdict = Err(Refusal::Rendered { file: file.clone(), reason: Box::new(reason) });
            }
        }
    }
    Ok(())
}
