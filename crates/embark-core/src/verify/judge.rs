//! Whether the invariant holds for what was seen, and why.

use super::observe::{Observed, origin, recorded};
use super::{Check, EvidenceKind, Pair, Verdict, VerifyEvidence};
use crate::commit::Revision;
use crate::commit_message::Trailers;
use crate::deployment::{Deployment, State};
use crate::digest::Digest;
use crate::image::Image;
use crate::lane::Lane;
use crate::name::Target;
use crate::record::Waiver;
use crate::success::Success;
use crate::timestamp::Timestamp;
use crate::unsettled::Unsettled;
use crate::values_file::NamedImage;

/// Why the invariant is not known to hold.
enum Doubt {
    Broken(String),
    /// A person has waived it, and that is recorded.
    Waived(String),
}

impl From<String> for Doubt {
    fn from(reason: String) -> Self {
        Self::Broken(reason)
    }
}

impl Pair<'_> {
    pub(super) fn check(&self, observed: &Observed) -> Check {
        let empty = (Lane::default(), NamedImage::default());
        let lane = observed.lanes.get(&self.target()).unwrap_or(&empty.0);
        let source_lane = observed.lanes.get(&self.source()).unwrap_or(&empty.0);
        let named = observed.named.get(&self.target()).unwrap_or(&empty.1);
        let image = self.component.repository(&self.environment.name).clone();
        let tag = named.tag();
        let digest = tag.as_ref().and_then(|tag| observed.digests.get(&(image.clone(), tag.clone()))?.clone());
        let unsettled = observed.unsettled.get(&self.target());
        let recorded = unsettled.map(|unsettled| &unsettled.deployment).or_else(|| recorded(lane, named));
        let running = source_lane.running().map(|deployment| &deployment.record.image.digest);
        let (verdict, reason) = match recorded {
            None => match observed.unknown_to_platform.get(&self.target()) {
                Some((revision, trailers)) => (Verdict::Broken, gone(revision, trailers)),
                None => (Verdict::Unknown, format!("embark has not deployed {} yet", self.target())),
            },
            Some(recorded) => match self.judge(observed, recorded, lane, named, digest.as_ref()) {
                Ok(reason) => (Verdict::Holds, reason),
                Err(Doubt::Waived(reason)) => (Verdict::Unknown, reason),
                Err(Doubt::Broken(reason)) => (Verdict::Broken, reason),
            },
        };
        Check {
            component: self.component.name.clone(),
            environment: self.environment.name.clone(),
            from: self.from.clone(),
            recorded_digest: recorded.map(|deployment| deployment.record.image.digest.clone()),
            in_step: digest.as_ref().zip(running).map(|(digest, running)| digest == running),
            evidence: evidence(observed, &self.source(), recorded, digest.as_ref(), unsettled),
            hold: observed.holds.of(&self.target()).cloned(),
            image,
            tag,
            digest,
            verdict,
            reason,
            delivery: None,
        }
    }

    /// Judges one component; the reason why it holds, or why it does not.
    fn judge(
        &self,
        observed: &Observed,
        recorded: &Deployment,
        lane: &Lane,
        named: &NamedImage,
        digest: Option<&Digest>,
    ) -> Result<String, Doubt> {
        let image = &recorded.record.image;
        let file = &self.environment.values_file;
        observed.git.agrees(recorded)?;
        if !named.is(image) && !named.is_unpinned(image) {
            return Err(self.unrecorded(observed, image, named, digest).into());
        }
        match digest {
            None => return Err(format!("{}:{} does not exist", image.repository, image.tag).into()),
            Some(found) if *found != image.digest => {
                let Image { repository, tag, digest } = image;
                return Err(
                    format!("{repository}:{tag} has moved: it was recorded as {digest} and is {found} now").into()
                );
            }
            Some(_) => {}
        }
        if let Some(waived) = recorded.record.waived.as_ref().filter(|_| origin(lane, recorded).is_none()) {
            let reason = format!("{image} was never verified, which was waived: {}", waived.reason);
            return Err(Doubt::Waived(reason));
        }
        let verified_at = self.leads_back(observed, recorded, lane)?;
        let waived = recorded.record.waived.as_ref();
        let waived = waived.map(|waived| format!("; waived: {waived}")).unwrap_or_default();
        let waived =
            if named.is(image) { waived } else { format!("{waived}; {file} does not pin its digest any more") };
        let newest = lane.running().is_none_or(|running| running.record.image == *image);
        Ok(if !recorded.ran() {
            let open = match self.environment.success {
                Success::Committed => "its success is not reported yet".to_owned(),
                Success::Healthy => {
                    let state = recorded.state().map_or("not reported yet", State::as_str);
                    format!("it is not healthy: its state is {state}")
                }
            };
            format!("{} verified it at {verified_at}{waived}; {open}", self.from)
        } else if newest {
            format!("{} verified it at {verified_at}{waived}", self.from)
        } else {
            format!(
                "{file} was put back by hand to {}, which {} verified at {verified_at}{waived}",
                image.tag, self.from
            )
        })
    }

    /// Says what is known of an image that no deployment to this environment names.
    fn unrecorded(&self, observed: &Observed, recorded: &Image, named: &NamedImage, digest: Option<&Digest>) -> String {
        let file = &self.environment.values_file;
        // A digest that the file pins is what runs, whatever the tag names.
        let meant = named.digest().or_else(|| digest.cloned());
        let ran = |target: &Target| {
            let deployments = observed.lanes.get(target).map(Lane::deployments).unwrap_or_default().iter();
            deployments.filter(|other| other.ran()).find(|other| Some(&other.record.image.digest) == meant.as_ref())
        };
        let known = match (ran(&self.target()), ran(&self.source())) {
            (Some(promoted), _) => format!("whose digest was promoted as {}", promoted.record.image.tag),
            (None, Some(_)) => format!("which {} ran and nobody promoted", self.from),
            (None, None) => format!("which {} never ran", self.from),
        };
        format!("{file} names {named}, {known}; {} is recorded", recorded.tag)
    }

    /// Follows a deployment to the verified one of the environment before; returns when that succeeded.
    fn leads_back(&self, observed: &Observed, recorded: &Deployment, lane: &Lane) -> Result<Timestamp, String> {
        let Some(origin) = origin(lane, recorded) else {
            return Err(format!("{} was rolled back to what it never ran", self.target()));
        };
        let record = &origin.record;
        let Some(from) = &record.from else {
            return Err(format!("deployment {} names no source", record.id));
        };
        let Some(source) = observed.sources.get(&(self.source(), from.deployment)) else {
            return Err(format!("{} has no deployment {}", self.source(), from.deployment));
        };
        if source.record.image.digest != record.image.digest {
            let digest = &source.record.image.digest;
            return Err(format!("deployment {} of {} has {digest}", from.deployment, self.source()));
        }
        if source.record.waived.as_ref().is_some_and(|waived| waived.waives(Waiver::VERIFIED)) {
            return Err(format!("{} itself ran it without its having been verified", self.from));
        }
        match source.success() {
            Some(success) => observed.git.agrees(source).map(|()| success.at),
            None => Err(format!("deployment {} of {} never ran", from.deployment, self.source())),
        }
    }
}

/// Says what git records and the platform does not.
fn gone(revision: &Revision, trailers: &Trailers) -> String {
    let deployment = trailers.deployment.map(|id| id.to_string()).unwrap_or_default();
    let image = trailers.image.as_ref().map(|image| format!(" of {image}")).unwrap_or_default();
    format!("commit {revision} records deployment {deployment}{image}, and the platform has none")
}

fn evidence(
    observed: &Observed,
    from: &Target,
    recorded: Option<&Deployment>,
    digest: Option<&Digest>,
    unsettled: Option<&Unsettled>,
) -> Option<VerifyEvidence> {
    let Some(deployment) = recorded else {
        return digest.map(|_| VerifyEvidence {
            kind: EvidenceKind::TagNow,
            deployment: None,
            commit: None,
            source_deployment: None,
            source_commit: None,
            verified_at: None,
        });
    };
    let commit = unsettled.map(|unsettled| unsettled.commit.clone());
    let commit = commit.or_else(|| deployment.success().and_then(crate::deployment::Status::revision));
    // What is unsettled was found by its trailers.
    let has_trailers = unsettled.is_some() || observed.git.bears(deployment);
    let source = deployment.record.from.as_ref();
    let verified = source.and_then(|source| observed.sources.get(&(from.clone(), source.deployment)));
    Some(VerifyEvidence {
        kind: if has_trailers { EvidenceKind::Trailers } else { EvidenceKind::Deployment },
        deployment: Some(deployment.record.id),
        commit,
        source_deployment: source.map(|source| source.deployment),
        source_commit: source.and_then(|source| source.commit.clone()),
        verified_at: verified.and_then(Deployment::success).map(|status| status.at),
    })
}
