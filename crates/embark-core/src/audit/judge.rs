//! What is known of a change by itself, and what must be found before it.

use super::Line;
use super::platform::{Known, Platform};
use super::tags::{Look, Tags};
use crate::commit::Revision;
use crate::commit_message::Trailers;
use crate::deployment::{DeploymentId, State};
use crate::digest::Digest;
use crate::image::{Image, Repository, Tag};
use crate::name::Target;
use crate::ports::LogEntry;
use crate::record::Waiver;
use crate::timestamp::Timestamp;
use crate::values_file::NamedImage;
use crate::verify::{EvidenceKind, Verdict, VerifyEvidence};

/// What came of a change.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    pub(super) evidence: Option<VerifyEvidence>,
    pub(super) reason: String,
}

impl Finding {
    pub(super) fn broken(reason: String) -> Self {
        Self { verdict: Verdict::Broken, evidence: None, reason }
    }

    pub(super) fn unknown(reason: String) -> Self {
        Self { verdict: Verdict::Unknown, evidence: None, reason }
    }
}

/// What must be found further back, for a change to hold.
#[derive(Debug, Clone)]
pub(super) enum Wish {
    /// The commit that its trailers name as the source's, and which names the image.
    Source {
        target: Target,
        revision: Revision,
        image: Image,
        trailers: Box<Trailers>,
        /// Whether a commit has been met that deployed the image to the source.
        is_met: bool,
    },
    /// A commit by which the environment before had the digest.
    Digest {
        digest: Digest,
        kind: EvidenceKind,
        /// How many tags of its source, below which it stands, could not be told.
        gone: usize,
        /// What there is for it, if nothing better is found.
        weak: Option<Finding>,
    },
    /// The change by which the environment itself had named it before: it was rolled back.
    Before(Image),
}

/// A change, as it is judged by itself.
pub(super) enum Judged {
    Settled(Finding),
    Open(Wish),
}

/// What the platform says of the deployment that a change's trailers name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Nothing: there are no trailers, or no other deployment of that time.
    Nothing,
    /// It has it.
    Known,
    /// It says that it goes not so far back.
    TooOld,
}

/// Tells what the platform says of the deployment that a commit names for a target.
pub(super) fn told(trailers: &Trailers, target: &Target, platform: &Platform) -> Told {
    match deployed(trailers, target).map(|(id, _)| platform.find(target, id)) {
        Some(Known::Deployment(_)) => Told::Known,
        Some(Known::TooOld) => Told::TooOld,
        Some(Known::Absent) | None => Told::Nothing,
    }
}

/// Judges a change, and tells the digest that it brought.
pub(super) fn judge(
    line: &Line<'_>,
    (entry, trailers): (&LogEntry, &Trailers),
    named: &NamedImage,
    platform: &Platform,
    tags: &Tags,
) -> (Option<Digest>, Judged) {
    match deployed(trailers, &line.target()).filter(|(_, image)| named.may_be(image)) {
        Some((id, image)) => {
            let (image, digest) = (image.clone(), Some(image.digest.clone()));
            (digest, by_trailers(line, entry, id, image, trailers.clone(), platform).unwrap_or_else(Judged::Settled))
        }
        None => by_hand(line, named, platform, tags),
    }
}

/// Returns the deployment and the image that trailers tell of a target.
pub(super) fn deployed<'a>(trailers: &'a Trailers, target: &Target) -> Option<(DeploymentId, &'a Image)> {
    let is_of = trailers.environment.as_ref() == Some(&target.environment)
        && trailers.component.as_ref() == Some(&target.component);
    Some((trailers.deployment?, trailers.image.as_ref()?)).filter(|_| is_of)
}

fn by_trailers(
    line: &Line<'_>,
    entry: &LogEntry,
    id: DeploymentId,
    image: Image,
    trailers: Trailers,
    platform: &Platform,
) -> Result<Judged, Finding> {
    match platform.find(&line.target(), id) {
        Known::Absent => {
            return Err(Finding::broken(format!("the commit records deployment {id}, and the platform has none")));
        }
        Known::Deployment(deployment) => {
            if !trailers.are_of(deployment) {
                let reason = format!("the commit and the platform differ in what deployment {id} is");
                return Err(Finding::broken(reason));
            }
            // What did not get healthy was verified all the same, and what was refused was not carried out.
            let is_unhealthy = !deployment.ran() && deployment.commit().as_ref() == Some(&entry.revision);
            let failure = deployment.result().filter(|status| status.state == State::Failure && !is_unhealthy);
            if let Some(status) = failure {
                return Err(Finding::broken(format!("deployment {id} failed: {}", status.description)));
            }
        }
        Known::TooOld => {}
    }
    if trailers.waived.iter().any(|rule| rule == Waiver::VERIFIED) {
        return Err(Finding::unknown(format!("{image} was never verified, which was waived")));
    }
    if let Some((environment, revision)) = &trailers.promoted_from {
        if *environment != line.from.name {
            let reason = format!("it was promoted from {environment}, and not from {}", line.from.name);
            return Err(Finding::unknown(reason));
        }
        let target = Target::new(environment, &line.component.name);
        let revision = revision.clone();
        return Ok(Judged::Open(Wish::Source { target, revision, image, trailers: Box::new(trailers), is_met: false }));
    }
    if trailers.verified.is_none() {
        return Ok(Judged::Open(Wish::Before(image)));
    }
    let proof = Proof { kind: EvidenceKind::Trailers, commit: &entry.revision, trailers: &trailers };
    Ok(match proof.by_deployment(&line.source(), &image.digest, platform)? {
        Some(finding) => Judged::Settled(finding),
        None => Judged::Open(Wish::Digest { digest: image.digest, kind: EvidenceKind::Trailers, gone: 0, weak: None }),
    })
}

fn by_hand(line: &Line<'_>, named: &NamedImage, platform: &Platform, tags: &Tags) -> (Option<Digest>, Judged) {
    let looked = || tags.get(&reference(line, named)?);
    let unknown =
        |why: &str| (None, Judged::Settled(Finding::unknown(format!("nothing is recorded of {named}, {why}"))));
    let (digest, kind) = match digest(line, named, platform) {
        Some(digest) => (digest, EvidenceKind::Deployment),
        None => match looked() {
            Some(Look::Digest(digest)) => (digest.clone(), EvidenceKind::TagNow),
            Some(Look::Gone(why)) => return unknown(why),
            None => return unknown("which is no tag"),
        },
    };
    (Some(digest.clone()), Judged::Open(Wish::Digest { digest, kind, gone: 0, weak: None }))
}

/// Returns what a values file names, where it is more than a digest.
pub(super) fn reference(line: &Line<'_>, named: &NamedImage) -> Option<(Repository, Tag)> {
    Some((named.repository().unwrap_or_else(|| line.repository().clone()), named.tag()?))
}

/// Returns the digest that a values file pins, or that is recorded for its tag.
pub(super) fn digest(line: &Line<'_>, named: &NamedImage, platform: &Platform) -> Option<Digest> {
    named.digest().or_else(|| {
        let (repository, tag) = reference(line, named)?;
        platform.recorded(&line.target(), &repository, &tag).cloned()
    })
}

/// What bears a change with trailers out.
pub(super) struct Proof<'a> {
    pub(super) kind: EvidenceKind,
    pub(super) commit: &'a Revision,
    pub(super) trailers: &'a Trailers,
}

impl Proof<'_> {
    /// Asks the platform for the deployment that verified it; `None` where it goes not so far back.
    ///
    /// # Errors
    /// What the platform says against it.
    pub(super) fn by_deployment(
        &self,
        source: &Target,
        digest: &Digest,
        platform: &Platform,
    ) -> Result<Option<Finding>, Finding> {
        let Some((id, _)) = self.trailers.verified else { return Ok(None) };
        let deployment = match platform.find(source, id) {
            Known::Deployment(deployment) => deployment,
            Known::Absent => return Err(Finding::broken(format!("{source} has no deployment {id}"))),
            Known::TooOld => return Ok(None),
        };
        let record = &deployment.record;
        if record.image.digest != *digest {
            let reason = format!("deployment {id} of {source} has {}", record.image.digest);
            return Err(Finding::broken(reason));
        }
        if record.waived.as_ref().is_some_and(|waived| waived.waives(Waiver::VERIFIED)) {
            let reason = format!("{} itself ran it without its having been verified", source.environment);
            return Err(Finding::broken(reason));
        }
        let Some(success) = deployment.success() else {
            return Err(Finding::broken(format!("deployment {id} of {source} never ran")));
        };
        Ok(Some(self.holds(source, Some(success.at), success.revision())))
    }

    /// Makes the finding that the source verified it.
    pub(super) fn holds(&self, source: &Target, at: Option<Timestamp>, commit: Option<Revision>) -> Finding {
        let verified = self.trailers.verified;
        let at = at.or(verified.map(|(_, at)| at));
        let when = at.map(|at| format!(" at {at}")).unwrap_or_default();
        let waived = if self.trailers.waived.is_empty() {
            String::new()
        } else {
            format!("; waived: {}", self.trailers.waived.join(","))
        };
        Finding {
            verdict: Verdict::Holds,
            reason: format!("{} verified it{when}{waived}", source.environment),
            evidence: Some(VerifyEvidence {
                kind: self.kind,
                deployment: self.trailers.deployment,
                commit: Some(self.commit.clone()),
                source_deployment: verified.map(|(id, _)| id),
                source_commit: commit,
                verified_at: at,
            }),
        }
    }
}
