//! Where a rollback goes back to, or why it does not.

use super::observe::{Seen, earlier};
use super::{RollbackRequest, RollbackTo};
use crate::deployment::{Deployment, DeploymentId};
use crate::image::Image;
use crate::item::{Item, ItemOutcome};
use crate::name::{ComponentName, Target};
use crate::record::{Kind, Waiver};
use crate::refusal::Refusal;

/// What is to be done for one component.
pub(super) struct Plan {
    pub(super) target: Target,
    pub(super) verdict: Result<Step, Refusal>,
}

pub(super) enum Step {
    /// Create a deployment and carry it out.
    Roll(Wish),
    /// Carry out this one, which an earlier run has created.
    Finish(Deployment),
    /// It is done.
    Done(Deployment, String),
}

/// A rollback that is wished.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) image: Image,
    /// What the image was built from, and is called, as its own deployment records it.
    pub(crate) origin: Option<Deployment>,
    pub(crate) replaces: DeploymentId,
    pub(crate) hold: Option<String>,
    pub(crate) waived: Option<Waiver>,
}

pub(super) fn decide(request: &RollbackRequest, seen: &Seen) -> Plan {
    Plan { target: seen.target.clone(), verdict: step(request, seen) }
}

fn step(request: &RollbackRequest, seen: &Seen) -> Result<Step, Refusal> {
    let wanted = request.to.as_ref().map(|to| match to {
        RollbackTo::Tag(tag) => tag.to_string(),
        RollbackTo::Deployment(id) => format!("deployment {id}"),
    });
    let nothing = || match &wanted {
        Some(wanted) => Refusal::NeverRanThere { target: seen.target.clone(), wanted: wanted.clone() },
        None => Refusal::NothingToRollBack { target: seen.target.clone() },
    };
    let is_rollback = |deployment: &&Deployment| deployment.record.kind == Kind::Rollback;
    let begun = seen.lane.deployments().first().filter(is_rollback).filter(|first| first.is_pending());
    // One that began before what is gone away from would be superseded by that.
    let is_newer = |begun: &&Deployment| seen.unsettled.as_ref().is_none_or(|failed| failed.number <= begun.number);
    if let Some(begun) = begun.filter(is_newer).filter(|begun| is_asked_for(request, seen, begun)) {
        return Ok(Step::Finish(begun.clone()));
    }
    let running = seen.lane.running().ok_or_else(nothing)?;
    let stands = seen.named.is(&running.record.image);
    if request.to.is_none() && is_rollback(&running) && stands && went_back(seen, running) {
        let reason = format!("it was rolled back to {} already", running.record.image.tag);
        return Ok(Step::Done(running.clone(), reason));
    }
    let away_from = seen.unsettled.as_ref().unwrap_or(running);
    let hold = request.hold.then(|| {
        let from = &away_from.record.image.tag;
        request.reason.clone().unwrap_or_else(|| format!("rolled back from {from}"))
    });
    let ran = |deployment: &&Deployment| deployment.ran();
    let mut all = seen.lane.deployments().iter().filter(ran);
    let to = match &request.to {
        // What is not healthy never ran: what ran last is what was before it.
        None if seen.unsettled.is_some() => Some(running),
        None => earlier(&seen.lane),
        Some(RollbackTo::Tag(tag)) => all.find(|other| &other.record.image.tag == tag),
        Some(RollbackTo::Deployment(id)) => all.find(|other| &other.record.id == id),
    };
    if let Some(to) = to {
        if to.record.image == running.record.image && stands {
            return Ok(Step::Done(running.clone(), format!("it runs {} already", to.record.image.tag)));
        }
        needs_no_waiver(request, to)?;
        let wish = Wish {
            image: to.record.image.clone(),
            origin: Some(to.clone()),
            replaces: away_from.record.id,
            hold,
            waived: waived_anew(request, to),
        };
        return Ok(Step::Roll(wish));
    }
    before_embark(request, seen, running, hold).ok_or_else(nothing)?
}

/// Tells whether a rollback that waits is the one that is wished now. Another one is superseded by what is.
fn is_asked_for(request: &RollbackRequest, seen: &Seen, begun: &Deployment) -> bool {
    let image = &begun.record.image;
    let is_meant = match &request.to {
        None => true,
        Some(RollbackTo::Tag(tag)) => image.tag == *tag,
        Some(RollbackTo::Deployment(id)) => {
            seen.lane.deployments().iter().any(|other| other.record.id == *id && other.record.image == *image)
        }
    };
    // One that claims another commit than what ran was built from is nobody's who uses embark.
    let commit = &begun.record.commit;
    let brought = |other: &Deployment| other.ran() && other.record.image == *image && other.record.commit == *commit;
    let is_borne_out = commit.is_none() || seen.lane.deployments().iter().any(brought);
    is_meant && is_borne_out && needs_no_waiver(request, begun).is_ok()
}

/// Checks that whoever runs this waives it anew, where the deployment was never verified: that its payload says so
/// proves no person.
fn needs_no_waiver(request: &RollbackRequest, deployment: &Deployment) -> Result<(), Refusal> {
    let record = &deployment.record;
    let waived = record.waived.as_ref().is_some_and(|waived| waived.waives(Waiver::VERIFIED));
    if waived && !(request.unverified && request.reason.is_some()) {
        return Err(Refusal::NeverVerified { target: record.target.clone(), image: record.image.clone() });
    }
    Ok(())
}

/// Returns what is waived for going back to a deployment: what was waived for it, for the reason that is given now.
fn waived_anew(request: &RollbackRequest, to: &Deployment) -> Option<Waiver> {
    let waived = to.record.waived.clone()?;
    match &request.reason {
        Some(reason) if waived.waives(Waiver::VERIFIED) => Some(Waiver { reason: reason.clone(), ..waived }),
        _ => Some(waived),
    }
}

/// Tells whether a rollback went back, and not forward again to what was rolled back before.
fn went_back(seen: &Seen, rollback: &Deployment) -> bool {
    let all = seen.lane.deployments();
    let first =
        |image: &Image| all.iter().rev().find(|one| one.ran() && one.record.image == *image).map(|one| one.number);
    let replaced = all.iter().find(|one| Some(one.record.id) == rollback.record.replaces);
    // What ran before embark came has no number of its own.
    let before = first(&rollback.record.image).filter(|number| *number < rollback.number);
    replaced.is_none_or(|replaced| before < first(&replaced.record.image))
}

/// Goes back to what ran before embark came, if that is what is meant.
fn before_embark(
    request: &RollbackRequest,
    seen: &Seen,
    running: &Deployment,
    hold: Option<String>,
) -> Option<Result<Step, Refusal>> {
    let before = seen.before_embark.as_ref()?;
    let is_meant = match &request.to {
        None => true,
        Some(RollbackTo::Tag(tag)) => before.named.tag().as_ref() == Some(tag),
        Some(RollbackTo::Deployment(_)) => false,
    };
    if !is_meant {
        return None;
    }
    let Some(image) = before.image.clone() else {
        return Some(Err(Refusal::BeforeEmbarkElsewhere {
            target: seen.target.clone(),
            named: before.named.to_string(),
        }));
    };
    if let Some(recorded) = seen.lane.another_digest(&image).cloned() {
        let Image { repository, tag, digest: found } = image;
        return Some(Err(Refusal::TagMoved { repository, tag, recorded, found }));
    }
    let waived = match (&request.reason, request.unverified, seen.needs_verification) {
        (_, _, false) => None,
        (Some(reason), true, true) => Some(Waiver { rules: vec![Waiver::VERIFIED.into()], reason: reason.clone() }),
        (_, _, true) => return Some(Err(Refusal::NeverVerified { target: seen.target.clone(), image })),
    };
    Some(Ok(Step::Roll(Wish { image, origin: None, replaces: running.record.id, hold, waived })))
}

impl Plan {
    pub(super) fn wish(&self) -> Option<&Wish> {
        match &self.verdict {
            Ok(Step::Roll(wish)) => Some(wish),
            _ => None,
        }
    }

    pub(super) fn begun(&self) -> Option<&Deployment> {
        match &self.verdict {
            Ok(Step::Finish(deployment)) => Some(deployment),
            _ => None,
        }
    }

    pub(super) fn into_item(self, outcome: ItemOutcome) -> Item {
        match self.verdict {
            Ok(Step::Roll(wish)) => Item::new(&self.target, outcome).image(&wish.image),
            Ok(Step::Finish(deployment)) => Item::of(&deployment, outcome),
            Ok(Step::Done(deployment, reason)) => Item::of(&deployment, ItemOutcome::Unchanged).because(reason),
            Err(refusal) => Item::refused(&self.target, refusal),
        }
    }

    pub(super) fn into_refused_item(self, sibling: &ComponentName) -> Item {
        match self.verdict {
            Ok(_) => Item::refused(&self.target, Refusal::Sibling(sibling.clone())),
            Err(refusal) => Item::refused(&self.target, refusal),
        }
    }
}
