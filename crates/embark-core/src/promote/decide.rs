//! What a promotion does for each component, or why nothing.

use super::choose::Choice;
use super::observe::{Observed, Seen};
use super::{PromoteRequest, Scope};
use crate::deployment::{Deployment, DeploymentId};
use crate::image::{Image, Repository, Tag};
use crate::item::{Item, ItemOutcome};
use crate::manifest::Manifest;
use crate::name::{ComponentName, Target};
use crate::one_digest::{refuse_another_digest, refuse_clashes};
use crate::ports::{FreeTag, TagState};
use crate::record::Kind;
use crate::refusal::Refusal;
use crate::render::Reached;
use crate::systems::Systems;
use crate::verification::{NotVerified, VerifiedImage};

/// What is to be done for one component.
pub(super) struct Plan {
    pub(super) target: Target,
    /// The repository of the environment's images.
    repository: Repository,
    /// The version's tag; `None` where images keep the tag that they have.
    tag: Option<Tag>,
    pub(super) verdict: Result<Step, Refusal>,
}

pub(super) struct Step {
    pub(super) image: Image,
    /// What the source environment verified, and its bytes; `None` where the environment has the version already.
    pub(super) verified: Option<(VerifiedImage, Manifest)>,
    /// The version's tag, if it is still to be written.
    pub(super) free: Option<FreeTag>,
    /// The deployment that is there already, and why no other one is needed.
    pub(super) existing: Option<(Deployment, String)>,
    /// What the deployment will change of what is rendered, where it was rendered.
    pub(super) rendered: Option<Reached>,
    /// What could not be told, and was assumed.
    pub(super) assumed: Option<String>,
}

pub(super) fn decide(
    systems: &Systems<'_>,
    request: &PromoteRequest,
    scope: &Scope<'_>,
    observed: &Observed,
) -> Vec<Plan> {
    let plan = |seen: &Seen, verdict| Plan {
        target: seen.target.clone(),
        repository: seen.component.repository(&scope.environment.name).clone(),
        tag: scope.version_tag.clone(),
        verdict,
    };
    if let Some(had) = there(scope, observed) {
        let step = |seen: &Seen, (had, by_deployment): (Step, bool)| {
            if by_deployment || !request.all { had } else { had.aligned(step(systems, request, scope, observed, seen)) }
        };
        return observed.components.iter().zip(had).map(|(seen, had)| plan(seen, Ok(step(seen, had)))).collect();
    }
    let mut plans: Vec<Plan> =
        observed.components.iter().map(|seen| plan(seen, step(systems, request, scope, observed, seen))).collect();
    refuse_clashes(plans.iter_mut().map(|plan| &mut plan.verdict), |step| &step.image);
    plans
}

/// Tells whether the environment has the version already, so that nothing else need be asked.
pub(super) fn all_there(request: &PromoteRequest, scope: &Scope<'_>, observed: &Observed) -> bool {
    let there = there(scope, observed);
    there.is_some_and(|had| !request.all || had.iter().all(|(_, by_deployment)| *by_deployment))
}

/// Returns what there is of a version that the environment has already, and whether by a deployment, where all components
/// have it and one of them so.
fn there(scope: &Scope<'_>, observed: &Observed) -> Option<Vec<(Step, bool)>> {
    let tag = scope.version_tag.as_ref();
    let had = observed.components.iter().map(|seen| already_there(observed, seen, tag)).collect::<Option<Vec<_>>>()?;
    had.iter().any(|(_, by_deployment)| *by_deployment).then_some(had)
}

/// Tells whether a component has the version already, with its recorded digest: by a deployment (`true`), or by
/// its tag alone, since its image had not changed.
fn already_there(observed: &Observed, seen: &Seen, version_tag: Option<&Tag>) -> Option<(Step, bool)> {
    let Some(TagState::Taken(digest)) = &seen.version_tag else { return None };
    // One that waits may be anybody's.
    let live = || seen.lane.deployments().iter().filter(|deployment| deployment.ran() && deployment.is_live());
    let has_tag = |deployment: &&Deployment| {
        let image = &deployment.record.image;
        Some(&image.tag) == version_tag && &image.digest == digest
    };
    let by_deployment = live().find(has_tag);
    let newest = seen.lane.newest(&seen.history).filter(|newest| newest.ran() && newest.is_live());
    let is_gone = |deployment: &Deployment| {
        let is_newest = newest.is_some_and(|newest| newest.record.id == deployment.record.id);
        is_newest && !stands(observed, seen, deployment)
    };
    let by_tag = newest.filter(|newest| &newest.record.image.digest == digest);
    let deployment = by_deployment.or(by_tag).filter(|deployment| !is_gone(deployment))?;
    let reason = match by_deployment {
        Some(had) => match seen.lane.running().filter(|running| running.number > had.number) {
            Some(now) => format!("{} had this version, and runs {} now", seen.target.environment, now.record.image.tag),
            None => format!("{} has this version already", seen.target.environment),
        },
        None => "the image has not changed".into(),
    };
    let image = deployment.record.image.clone();
    let existing = Some((deployment.clone(), reason));
    let step = Step { image, verified: None, free: None, existing, rendered: None, assumed: None };
    Some((step, by_deployment.is_some()))
}

fn step(
    systems: &Systems<'_>,
    request: &PromoteRequest,
    scope: &Scope<'_>,
    observed: &Observed,
    seen: &Seen,
) -> Result<Step, Refusal> {
    let choice = seen.choice.as_ref().map_err(Clone::clone)?;
    let source = &choice.deployment;
    let requires = &scope.environment.requires.without(request.waived.as_ref());
    let verified =
        VerifiedImage::judge(source, &seen.source_lane, &observed.git, &observed.checks, requires, systems.clock.now())
            .map_err(|reason| {
                let (deployment, target) = (source.record.id, seen.source.clone());
                let is_soaking = matches!(reason, NotVerified::Soak { .. });
                let refusal = Refusal::NotVerified { deployment, target, reason };
                // What does not run any more would never have run for long enough.
                if is_soaking { source_is_in_step(scope, seen, choice).err().unwrap_or(refusal) } else { refusal }
            })?;
    source_is_in_step(scope, seen, choice)?;
    let manifest = tag_is_recorded(choice)?;
    let image = Image {
        repository: seen.component.repository(&scope.environment.name).clone(),
        tag: scope.version_tag.clone().unwrap_or_else(|| source.record.image.tag.clone()),
        digest: manifest.digest().clone(),
    };
    let free = match &seen.version_tag {
        Some(state) => {
            refuse_another_digest(&image, state, std::slice::from_ref(&seen.lane))?;
            match state {
                TagState::Free(free) => Some(free.clone()),
                TagState::Taken(_) => None,
            }
        }
        None => None,
    };
    let existing =
        existing(request, observed, seen, source.record.id, &image).map(|(deployment, reason)| match &free {
            Some(free) => (deployment, format!("{reason}; {} is a new tag of it", free.tag())),
            None => (deployment, reason),
        });
    let assumed = choice.assumed.clone();
    Ok(Step { image, verified: Some((verified, manifest.clone())), free, existing, rendered: None, assumed })
}

/// What is promoted is what the source environment runs now, by record and by its values file, unless the promotion
/// has begun.
fn source_is_in_step(scope: &Scope<'_>, seen: &Seen, choice: &Choice) -> Result<(), Refusal> {
    let source = &choice.deployment.record.image;
    let Some(running) = seen.source_lane.running() else { return Ok(()) };
    let running = &running.record.image;
    if running.digest != source.digest {
        return if choice.begun && !seen.has_gone_on(&choice.deployment) {
            Ok(())
        } else {
            let (running, wanted) = (running.clone(), source.clone());
            Err(Refusal::NotRunning { target: seen.source.clone(), running, wanted })
        };
    }
    if seen.source_named.is(running) {
        return Ok(());
    }
    Err(Refusal::EditedByHand {
        environment: scope.source.name.clone(),
        file: scope.source.values_file.clone(),
        component: seen.component.name.clone(),
        named: seen.source_named.to_string(),
        recorded: running.clone(),
        by: None,
    })
}

fn tag_is_recorded(choice: &Choice) -> Result<&Manifest, Refusal> {
    let recorded = &choice.deployment.record.image;
    match &choice.manifest {
        Some(manifest) if manifest.digest() == &recorded.digest => Ok(manifest),
        Some(manifest) => Err(Refusal::TagMoved {
            repository: recorded.repository.clone(),
            tag: recorded.tag.clone(),
            recorded: recorded.digest.clone(),
            found: manifest.digest().clone(),
        }),
        None => Err(Refusal::ImageMissing(recorded.by_tag())),
    }
}

/// Returns the deployment that makes another one needless.
fn existing(
    request: &PromoteRequest,
    observed: &Observed,
    seen: &Seen,
    source: DeploymentId,
    image: &Image,
) -> Option<(Deployment, String)> {
    let newest = seen.lane.newest(&seen.history).filter(|newest| newest.is_live())?;
    // One that waits and names another source may be anybody's.
    let from = newest.record.from.as_ref().map(|from| from.deployment);
    if newest.is_pending() && from != Some(source) {
        return None;
    }
    if !stands(observed, seen, newest) {
        return None;
    }
    if newest.record.image == *image {
        return Some((newest.clone(), "it has this deployment already".into()));
    }
    let unchanged = newest.record.image.digest == image.digest && !request.all;
    unchanged.then(|| (newest.clone(), "the image has not changed".into()))
}

/// Tells whether the newest deployment waits, or is what runs. What ran and is no longer in the file was edited away by
/// hand, and what git no longer bears out was rewritten: a new deployment mends both.
fn stands(observed: &Observed, seen: &Seen, newest: &Deployment) -> bool {
    newest.is_pending() || seen.named.is(&newest.record.image) && observed.git.agrees(newest).is_ok()
}

impl Plan {
    pub(super) fn refusal(&self) -> Option<&Refusal> {
        self.verdict.as_ref().err()
    }

    pub(super) fn refusal_mut(&mut self) -> Option<&mut Refusal> {
        self.verdict.as_mut().err()
    }

    /// Returns what the values file is to name, where a deployment is to be created.
    pub(super) fn named(&self) -> Option<&Image> {
        let step = self.verdict.as_ref().ok()?;
        step.existing.is_none().then_some(&step.image)
    }

    /// Tells whether anything is to be written for it.
    pub(super) fn writes(&self) -> bool {
        self.verdict.as_ref().is_ok_and(Step::writes)
    }

    pub(super) fn into_planned_item(self) -> Item {
        match self.verdict {
            Ok(step) => {
                let outcome = if step.writes() { ItemOutcome::Planned } else { ItemOutcome::Unchanged };
                step.into_item(&self.target, outcome)
            }
            Err(refusal) => Item::refused(&self.target, refusal),
        }
    }

    /// Makes the item of a run that is refused, because of this component or of `sibling`.
    fn into_refused_item(self, sibling: &ComponentName) -> Item {
        match self.verdict {
            Ok(step) => Item::refused(&self.target, Refusal::Sibling(sibling.clone())).image(&step.image),
            Err(refusal) => {
                let item = Item::refused(&self.target, refusal);
                Item { repository: Some(self.repository), tag: self.tag, ..item }
            }
        }
    }
}

impl Step {
    /// Returns the deployment of this version that another run has created.
    pub(super) fn begun(&self) -> Option<&Deployment> {
        let (there, _) = self.existing.as_ref()?;
        Some(there).filter(|there| there.record.image == self.image && there.record.kind == Kind::Promotion)
    }

    /// Takes the step that makes a deployment of what is there by its tag alone; if that is refused, nothing is lost.
    fn aligned(mut self, wished: Result<Self, Refusal>) -> Self {
        let Err(refusal) = wished.as_ref() else { return wished.unwrap_or(self) };
        if let Some((_, reason)) = &mut self.existing {
            *reason = format!("{reason}; it gets no deployment: {refusal}");
        }
        self
    }

    fn writes(&self) -> bool {
        self.free.is_some() || self.existing.is_none()
    }

    pub(super) fn into_item(self, target: &Target, outcome: ItemOutcome) -> Item {
        match self.existing {
            Some((deployment, reason)) => {
                let reasons: Vec<String> = std::iter::once(reason).chain(self.assumed).collect();
                Item::of(&deployment, outcome).because(reasons.join("; "))
            }
            None => {
                let item = Item::new(target, outcome).image(&self.image);
                Item { reason: self.assumed, rendered: self.rendered, ..item }
            }
        }
    }
}

/// Makes the items of a run in which at least one component is refused.
pub(super) fn into_refused_items(plans: Vec<Plan>) -> Vec<Item> {
    let refused = plans.iter().find(|plan| plan.refusal().is_some());
    let Some(sibling) = refused.map(|plan| plan.target.component.clone()) else { return Vec::new() };
    plans.into_iter().map(|plan| plan.into_refused_item(&sibling)).collect()
}
