//! Claims, proofs, and what may be deployed.

use crate::checks::CheckRecord;
use crate::deployment::{Deployment, Status};
use crate::git_record::GitRecord;
use crate::image::Image;
use crate::lane::Lane;
use crate::name::Target;
use crate::pipeline::{Component, Environment, Pipeline, TagKind};
use crate::record::{Kind, Record, Waiver};
use crate::refusal::Refusal;
use crate::timestamp::Timestamp;
use crate::values_file::NamedImage;
use crate::verification::VerifiedImage;

/// What may be written into a values file.
///
/// For an environment that promotes from another there is one way here, [`prove`], and it starts from evidence.
///
/// ```compile_fail
/// use embark_core::{Deployable, Image};
///
/// fn forge(image: Image) -> Deployable {
///     Deployable { image } // private fields
/// }
/// ```
///
/// ```compile_fail
/// use embark_core::{Claim, Deployable};
///
/// fn believe(claim: Claim) -> Deployable {
///     claim.into() // a claim is no evidence
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployable {
    record: Record,
    verified: Option<VerifiedImage>,
}

impl Deployable {
    /// Returns the deployment's record.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Returns the image.
    pub fn image(&self) -> &Image {
        &self.record.image
    }

    /// Returns the environment and component.
    pub fn target(&self) -> &Target {
        &self.record.target
    }

    /// Returns, for a promotion, what the source environment verified.
    pub fn verified(&self) -> Option<&VerifiedImage> {
        self.verified.as_ref()
    }
}

/// What a deployment says of itself. Whoever may create deployments may have written it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    record: Record,
}

/// What the platform was found to hold about a claim.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The deployment that the claim names as its source, if there is one.
    pub source: Option<&'a Deployment>,
    /// What git records of it.
    pub git: &'a GitRecord,
    /// What was reported of the checks of its commit.
    pub checks: &'a CheckRecord,
    /// What the environment's own values file named before embark's first deployment there, where a person asks.
    pub named_before: Option<&'a NamedImage>,
    /// The lane of the source environment.
    pub source_lane: &'a Lane,
    /// The lane of the deployment's own environment.
    pub lane: &'a Lane,
}

impl Claim {
    /// Takes a deployment for a claim, if its names are the pipeline's.
    ///
    /// # Errors
    /// [`Refusal`] if the configuration does not have its target, or names it by other images and tags.
    pub fn of(deployment: &Deployment, pipeline: &Pipeline) -> Result<Self, Refusal> {
        let record = &deployment.record;
        let target = &record.target;
        let Some((environment, component)) = pipeline.find(target) else {
            return Err(Refusal::NotConfigured { target: target.clone() });
        };
        let expected = component.repository(&environment.name);
        if &record.image.repository != expected {
            let (found, expected) = (record.image.repository.clone(), expected.clone());
            return Err(Refusal::ForeignImage { target: target.clone(), found, expected });
        }
        if !tag_fits(record, environment, pipeline) {
            return Err(Refusal::ForeignTag { target: target.clone(), tag: record.image.tag.clone() });
        }
        Ok(Self { record: record.clone() })
    }

    /// Returns what is claimed.
    pub fn record(&self) -> &Record {
        &self.record
    }
}

/// A rollback may go to whatever was named before embark came; its proof is that it ran.
fn tag_fits(record: &Record, environment: &Environment, pipeline: &Pipeline) -> bool {
    let tag = &record.image.tag;
    match (record.kind, environment.tag) {
        (Kind::Rollback, _) => true,
        (_, TagKind::Commit) => record.commit.as_ref().is_some_and(|commit| commit.as_str() == tag.as_str()),
        (_, TagKind::Version) => record
            .version
            .as_ref()
            .and_then(|version| pipeline.version_format().tag(version).ok())
            .is_some_and(|expected| &expected == tag),
    }
}

/// Makes of a claim what may be deployed, if the evidence bears it out.
///
/// To an environment that promotes from another: the source deployment exists, is of that environment and that
/// component, has the same digest, and is verified now; or it is a rollback to what this environment ran.
///
/// # Errors
/// [`Refusal`] says what does not fit.
pub fn prove(claim: Claim, evidence: Evidence<'_>, pipeline: &Pipeline, now: Timestamp) -> Result<Deployable, Refusal> {
    let record = claim.record;
    let Some((environment, component)) = pipeline.find(&record.target) else {
        return Err(Refusal::NotConfigured { target: record.target });
    };
    match (record.kind, &environment.promotes_from) {
        (Kind::Rollback, from) => prove_rollback(record, evidence, from.is_none()),
        (_, None) => Ok(Deployable { record, verified: None }),
        (Kind::Release, Some(from)) => Err(Refusal::NotAPromotion {
            environment: environment.name.clone(),
            from: from.clone(),
            deployment: record.id,
            kind: record.kind,
        }),
        (Kind::Promotion, Some(_)) => prove_promotion(record, evidence, environment, component, now),
    }
}

/// A rollback goes to what ran here by the record of git; or to what the values file named before, where nothing need be
/// verified or that is waived.
fn prove_rollback(record: Record, evidence: Evidence<'_>, is_free: bool) -> Result<Deployable, Refusal> {
    let ran = |other: &&Deployment| is_earlier_run(&record, other) && evidence.git.bears(other);
    let is_recorded = evidence.lane.deployments().iter().filter(ran).any(|other| evidence.git.agrees(other).is_ok());
    let is_waived = record.waived.as_ref().is_some_and(|waived| waived.waives(Waiver::VERIFIED));
    // What the file named by a tag that has moved since is not known.
    let has_moved = evidence.lane.another_digest(&record.image).is_some();
    let may_be_anything = (is_free || is_waived) && !has_moved;
    let may_be = |named: &NamedImage| record.commit.is_none() && named.may_be(&record.image);
    let was_named = may_be_anything && evidence.named_before.is_some_and(may_be);
    if is_recorded || was_named {
        Ok(Deployable { record, verified: None })
    } else {
        Err(Refusal::NeverRan { target: record.target, image: record.image })
    }
}

/// Tells whether `other` brought, before the rollback `record`, the image that it goes back to. What ran by the waiver
/// of a person is no proof for what comes later.
pub(crate) fn is_earlier_run(record: &Record, other: &Deployment) -> bool {
    let is_waived = other.record.waived.as_ref().is_some_and(|waived| waived.waives(Waiver::VERIFIED));
    let same = other.record.image == record.image && other.record.commit == record.commit;
    other.ran() && !is_waived && same && other.record.id != record.id
}

fn prove_promotion(
    record: Record,
    evidence: Evidence<'_>,
    environment: &Environment,
    component: &Component,
    now: Timestamp,
) -> Result<Deployable, Refusal> {
    let Some(from) = &environment.promotes_from else {
        return Err(Refusal::NotConfigured { target: record.target });
    };
    let unproven =
        |reason: String| Refusal::NotProven { deployment: record.id, source_environment: from.clone(), reason };
    let claimed = record.from.as_ref().ok_or_else(|| unproven("it names no source deployment".into()))?;
    if claimed.environment != *from {
        return Err(unproven(format!("it names a deployment of {}", claimed.environment)));
    }
    let source = evidence
        .source
        .filter(|source| source.record.id == claimed.deployment)
        .ok_or_else(|| unproven(format!("deployment {} does not exist", claimed.deployment)))?;
    let target = &source.record.target;
    if &target.environment != from || target.component != component.name {
        return Err(unproven(format!("deployment {} is of {target}", claimed.deployment)));
    }
    if source.record.image.digest != record.image.digest {
        let digest = &source.record.image.digest;
        return Err(unproven(format!("deployment {} has {digest}, not {}", claimed.deployment, record.image.digest)));
    }
    // Checks are asked of it, by whoever promotes from here.
    if source.record.commit != record.commit {
        return Err(unproven(format!("deployment {} was built from another commit", claimed.deployment)));
    }
    let carried_out = source.success().and_then(Status::revision);
    if claimed.commit.is_some() && claimed.commit != carried_out {
        return Err(unproven(format!("another commit carried out deployment {}", claimed.deployment)));
    }
    let requires = environment.requires.without(record.waived.as_ref());
    let verified = VerifiedImage::judge(source, evidence.source_lane, evidence.git, evidence.checks, &requires, now)
        .map_err(|reason| Refusal::NotVerified { deployment: source.record.id, target: target.clone(), reason })?;
    Ok(Deployable { record, verified: Some(verified) })
}
