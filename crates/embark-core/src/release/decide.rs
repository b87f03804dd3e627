//! What a release does for each component, or why nothing.

use super::ReleaseRequest;
use super::observe::Seen;
use crate::commit::Commit;
use crate::deployment::{Deployment, State};
use crate::image::{Image, ImageReference, Repository, Tag};
use crate::item::{Item, ItemOutcome};
use crate::manifest::Manifest;
use crate::name::{ComponentName, Target};
use crate::one_digest::{refuse_another_digest, refuse_clashes};
use crate::ports::{Ancestry, FreeTag, TagState};
use crate::record::Kind;
use crate::refusal::Refusal;

/// What is to be done for one component.
pub(super) struct Plan {
    pub(super) target: Target,
    repository: Repository,
    pub(super) source: ImageReference,
    tag: Tag,
    pub(super) verdict: Result<Step, Refusal>,
}

pub(super) struct Step {
    pub(super) image: Image,
    pub(super) manifest: Manifest,
    /// The version tag, if it is still to be written.
    pub(super) free: Option<FreeTag>,
    pub(super) deployment: Wish,
}

/// The deployment of a component.
pub(super) enum Wish {
    /// Create one, and say what could not be told.
    Create(Option<String>),
    /// This one is it.
    Is(Box<Deployment>, String),
    /// The environment has a newer one.
    Superseded(Box<Deployment>),
}

pub(super) fn decide(request: &ReleaseRequest, seen: Vec<Seen>) -> Vec<Plan> {
    let plan = |seen: Seen| {
        let verdict = step(request, &seen);
        Plan { target: seen.target, repository: seen.repository, source: seen.source, tag: seen.tag, verdict }
    };
    let mut plans: Vec<Plan> = seen.into_iter().map(plan).collect();
    refuse_clashes(plans.iter_mut().map(|plan| &mut plan.verdict), |step| &step.image);
    plans
}

/// Makes the items of a run of which a component is refused: nothing is written for the others either.
pub(super) fn into_refused_items(plans: Vec<Plan>) -> Vec<Item> {
    let refused = plans.iter().find(|plan| plan.verdict.is_err()).map(|plan| plan.target.component.clone());
    plans.into_iter().map(|plan| plan.into_refused_item(refused.as_ref())).collect()
}

fn step(request: &ReleaseRequest, seen: &Seen) -> Result<Step, Refusal> {
    let manifest = seen.manifest.as_ref().ok_or_else(|| Refusal::ImageMissing(seen.source.clone()))?;
    let digest = manifest.digest().clone();
    let image = Image { repository: seen.repository.clone(), tag: seen.tag.clone(), digest };
    refuse_another_digest(&image, &seen.tag_state, &seen.lanes)?;
    let free = match &seen.tag_state {
        TagState::Free(free) => Some(free.clone()),
        TagState::Taken(_) => None,
    };
    let deployment = wish(request, seen, &image);
    Ok(Step { image, manifest: manifest.clone(), free, deployment })
}

fn wish(request: &ReleaseRequest, seen: &Seen, image: &Image) -> Wish {
    let Some(newest) = seen.lane.newest(&seen.history).filter(|newest| newest.is_live()) else {
        return Wish::Create(None);
    };
    let is_older = newest.record.commit.as_ref().is_some_and(|commit| {
        commit != &request.commit && seen.history.is_ancestor(&request.commit, commit) == Ancestry::Yes
    });
    if is_older && newest.record.kind == Kind::Release {
        return Wish::Superseded(Box::new(newest.clone()));
    }
    // What ran and is no longer in the file was edited away by hand, and what git no longer bears out was rewritten: a
    // new deployment mends both.
    let stands = newest.is_pending() || seen.named.is(&newest.record.image) && seen.is_borne_out;
    let same_image = newest.record.image == *image;
    let same_digest = newest.record.image.digest == image.digest;
    let unchanged = || match &seen.tag_state {
        TagState::Free(free) => format!("the image has not changed; {} is a new tag of it", free.tag()),
        TagState::Taken(_) => "the image has not changed".to_owned(),
    };
    match (stands, same_image, same_digest) {
        (true, true, _) => Wish::Is(Box::new(newest.clone()), "it has this deployment already".into()),
        (true, false, true) if !request.all => Wish::Is(Box::new(newest.clone()), unchanged()),
        _ => Wish::Create(seen.history.by_number_alone(newest, &request.commit)),
    }
}

impl Plan {
    /// Makes the item of a run that is refused, because of this component or of another one.
    fn into_refused_item(self, refused: Option<&ComponentName>) -> Item {
        match self.verdict {
            Err(refusal) => {
                let item = Item::refused(&self.target, refusal);
                Item { repository: Some(self.repository), tag: Some(self.tag), ..item }
            }
            Ok(step) => {
                let sibling = refused.unwrap_or(&self.target.component).clone();
                Item::refused(&self.target, Refusal::Sibling(sibling)).image(&step.image)
            }
        }
    }

    /// Returns what the values file is to name, where a deployment is to be created.
    pub(super) fn named(&self) -> Option<&Image> {
        let step = self.verdict.as_ref().ok()?;
        matches!(step.deployment, Wish::Create(_)).then_some(&step.image)
    }

    /// Tells whether anything is to be written for it.
    pub(super) fn writes(&self) -> bool {
        let writes = |step: &Step| step.free.is_some() || matches!(step.deployment, Wish::Create(_));
        self.verdict.as_ref().is_ok_and(writes)
    }

    pub(super) fn into_planned_item(self) -> Item {
        let outcome = if self.writes() { ItemOutcome::Planned } else { ItemOutcome::Unchanged };
        match self.verdict {
            Ok(step) => step.deployment.into_item(&self.target, &step.image, outcome),
            Err(_) => self.into_refused_item(None),
        }
    }
}

impl Step {
    /// Returns the deployment of this commit that another run has created.
    pub(super) fn begun(&self, commit: &Commit) -> Option<&Deployment> {
        let Wish::Is(there, _) = &self.deployment else { return None };
        let is_it = there.record.image == self.image && there.record.commit.as_ref() == Some(commit);
        Some(&**there).filter(|there| is_it && there.record.kind == Kind::Release)
    }
}

impl Wish {
    /// Makes the item of a component.
    pub(super) fn into_item(self, target: &Target, image: &Image, outcome: ItemOutcome) -> Item {
        match self {
            Self::Create(unknown) => Item { reason: unknown, ..Item::new(target, outcome).image(image) },
            Self::Is(deployment, reason) => Item::of(&deployment, outcome).because(reason),
            Self::Superseded(newer) => Item::new(target, outcome)
                .image(image)
                .in_state(State::Inactive)
                .because(format!("{} has {} of a newer commit", target.environment, newer.record.image.tag)),
        }
    }
}
