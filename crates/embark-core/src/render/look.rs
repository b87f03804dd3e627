//! Looks, for each component in each environment, where an edit arrives. Nothing is written.

use super::nobody::Nobodys;
use super::{Edit, Judge, Reached};
use crate::error::Error;
use crate::name::Target;
use crate::pipeline::{Component, Environment};
use crate::refusal::Refusal;
use crate::systems::Systems;
use crate::values_file;

/// Where the edits of a component in an environment arrive.
#[derive(Debug)]
pub struct Reach {
    /// The component and the environment.
    pub target: Target,
    /// The images that change, or why they do not.
    pub result: Result<Reached, Unreached>,
}

/// Why an edit does not arrive.
#[derive(Debug)]
pub enum Unreached {
    /// It would not do what it is for.
    Refused(Box<Refusal>),
    /// It could not be found out.
    Failed(Box<Error>),
}

/// Edits the values file of each environment for each component, with an image that does not exist, and tells what
/// changes of what is rendered. Nothing is written.
///
/// # Errors
/// [`Error`] if nothing can be rendered at all; what is wrong with one environment stands in its [`Reach`].
pub async fn reach(systems: &Systems<'_>) -> Result<Vec<Reach>, Error> {
    let Some(renderer) = systems.renderer else { return Ok(Vec::new()) };
    let environments = systems.pipeline.environments();
    let files = environments.iter().map(|environment| environment.values_file.clone());
    let snapshot = systems.repository.read(files.collect()).await?;
    let mut judge = Judge::new(renderer, systems.pipeline, snapshot.tip.clone());
    let mut all = Vec::new();
    for environment in environments {
        for component in systems.pipeline.components() {
            let target = Target::new(&environment.name, &component.name);
            let bytes = snapshot.file(&environment.values_file);
            let result = one(systems, &mut judge, environment, component, bytes).await?;
            all.push(Reach { target, result });
        }
    }
    Ok(all)
}

async fn one(
    systems: &Systems<'_>,
    judge: &mut Judge<'_>,
    environment: &Environment,
    component: &Component,
    bytes: Option<&[u8]>,
) -> Result<Result<Reached, Unreached>, Error> {
    let failed = |error: Error| Ok(Err(Unreached::Failed(Box::new(error))));
    let file = &environment.values_file;
    let image = Nobodys::Next.image(systems.pipeline, environment, component)?;
    let edited =
        values_file::text(file, bytes).and_then(|text| Ok((text, values_file::name(file, text, component, &image)?)));
    let (before, after) = match edited {
        Ok(edited) => edited,
        Err(error) => return failed(error.into()),
    };
    let edit = Edit { environment, component, image: &image, before, after: &after };
    match judge.of(&edit).await {
        Ok(Ok(reached)) => Ok(Ok(reached)),
        Ok(Err(reason)) => {
            let refusal = Refusal::Rendered { file: file.clone(), reason: Box::new(reason) };
            Ok(Err(Unreached::Refused(Box::new(refusal))))
        }
        Err(error) if error.is_of_chart() => failed(error.into()),
        Err(error) => Err(error.into()),
    }
}
