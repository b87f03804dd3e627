//! *verify*: does the invariant hold now, by record, by the values files and by the registry?

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use crate::commit::Revision;
use crate::commit_message::Trailers;
use crate::deployment::{Deployment, DeploymentId};
use crate::digest::Digest;
use crate::git_record::GitRecord;
use crate::holds::{Hold, Holds};
use crate::image::{Image, Reference, Repository, Tag};
use crate::lane::Lane;
use crate::name::{ComponentName, EnvironmentName, Target};
use crate::pipeline::{Component, Environment};
use crate::ports::LogQuery;
use crate::record::{Kind, Waiver};
use crate::systems::{Error, Systems};
use crate::timestamp::Timestamp;
use crate::values_file::{self, NamedImage};

/// Whether the invariant holds for one component of one environment, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The component.
    pub component: ComponentName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The environment before.
    pub from: EnvironmentName,
    /// The repository of the environment's images.
    pub image: Repository,
    /// The tag that the values file names.
    pub tag: Option<Tag>,
    /// The digest that the registry has under it now.
    pub digest: Option<Digest>,
    /// The digest that is recorded.
    pub recorded_digest: Option<Digest>,
    /// Whether it holds; `None` where embark has deployed nothing yet.
    pub holds: Option<bool>,
    /// Whether the environment before runs the same digest now.
    pub in_step: Option<bool>,
    /// What bears it out.
    pub evidence: Option<VerifyEvidence>,
    /// Why automation leaves the component alone, if it does.
    pub hold: Option<Hold>,
    /// Why it is so.
    pub reason: String,
}

/// What bears a check out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyEvidence {
    /// Where it comes from.
    pub kind: EvidenceKind,
    /// The deployment to the environment.
    pub deployment: Option<DeploymentId>,
    /// The commit of the deployment repo that carried it out.
    pub commit: Option<Revision>,
    /// The deployment to the environment before.
    pub source_deployment: Option<DeploymentId>,
    /// The commit of the deployment repo that carried that one out.
    pub source_commit: Option<Revision>,
    /// When the environment before first reported its success.
    pub verified_at: Option<Timestamp>,
}

/// Where evidence comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvidenceKind {
    /// The trailers of a commit and the platform's deployment agree.
    Trailers,
    /// The platform's deployment alone.
    Deployment,
    /// What the tag names now, without a record.
    TagNow,
}

impl EvidenceKind {
    /// Returns its name in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trailers => "trailers",
            Self::Deployment => "deployment",
            Self::TagNow => "tag-now",
        }
    }
}

/// Verifies every component of every environment that promotes from another, or of `only` this one.
///
/// The work is constant for each component: newest deployment, its source, its success, its commit.
///
/// # Errors
/// [`Error`] if a system failed; a broken invariant is a [`Check`].
pub async fn verify(systems: &Systems<'_>, only: Option<&EnvironmentName>) -> Result<Vec<Check>, Error> {
    let environments: Vec<&Environment> = match only {
        Some(name) => vec![systems.environment(name)?],
        None => systems.pipeline.environments().iter().collect(),
    };
    let pairs: Vec<Pair<'_>> = environments
        .into_iter()
        .filter_map(|environment| Some((environment, environment.promotes_from.as_ref()?)))
        .flat_map(|(environment, from)| {
            let components = systems.pipeline.components().iter();
            components.map(move |component| Pair { environment, from, component })
        })
        .collect();
    let observed = observe(systems, &pairs).await?;
    Ok(pairs.iter().map(|pair| pair.check(&observed)).collect())
}

struct Pair<'a> {
    environment: &'a Environment,
    from: &'a EnvironmentName,
    component: &'a Component,
}

struct Observed {
    lanes: BTreeMap<Target, Lane>,
    named: BTreeMap<Target, NamedImage>,
    digests: BTreeMap<(Repository, Tag), Option<Digest>>,
    sources: BTreeMap<(Target, DeploymentId), Deployment>,
    git: GitRecord,
    holds: Holds,
    /// Of targets of which the platform has nothing: the newest commit that git records.
    unknown_to_platform: BTreeMap<Target, (Revision, Trailers)>,
}

async fn observe(systems: &Systems<'_>, pairs: &[Pair<'_>]) -> Result<Observed, Error> {
    let files: BTreeSet<_> = pairs.iter().map(|pair| &pair.environment.values_file).collect();
    let paths = files.iter().copied().cloned().chain([Holds::path()]);
    let snapshot = systems.repository.read(paths.collect()).await?;
    let holds = Holds::parse(snapshot.files.get(&Holds::path()).and_then(Option::as_deref))?;
    let mut named = BTreeMap::new();
    for file in files {
        let document = values_file::parse(file, snapshot.files.get(file).and_then(Option::as_deref))?;
        for pair in pairs.iter().filter(|pair| &pair.environment.values_file == file) {
            named.insert(pair.target(), values_file::named(file, &document, pair.component)?);
        }
    }
    let targets: BTreeSet<_> = pairs.iter().flat_map(|pair| [pair.target(), pair.source()]).collect();
    let lanes = systems.lanes(targets.into_iter().collect()).await?;
    let tags: BTreeSet<_> = pairs
        .iter()
        .filter_map(|pair| {
            let repository = pair.component.repository(&pair.environment.name).clone();
            Some((repository, named.get(&pair.target())?.tag()?))
        })
        .collect();
    let digests = tags.into_iter().map(|(repository, tag)| async {
        let answer = systems.registry.resolve(&repository, &Reference::Tag(tag.clone())).await;
        match answer {
            Ok(digest) => Ok(((repository, tag), Some(digest))),
            Err(error) if error.is_absent() => Ok(((repository, tag), None)),
            Err(error) => Err(Error::from(error)),
        }
    });
    let digests = join_all(digests).await.into_iter().collect::<Result<_, _>>()?;
    let recorded: Vec<&Deployment> =
        pairs.iter().filter_map(|pair| recorded(lanes.get(&pair.target())?, named.get(&pair.target())?)).collect();
    let origins = recorded.iter().filter_map(|deployment| origin(lanes.get(&deployment.record.target)?, deployment));
    let ids: BTreeSet<_> = origins.filter_map(|deployment| Some(deployment.record.from.as_ref()?.deployment)).collect();
    let found = if ids.is_empty() { Vec::new() } else { systems.platform.get(ids.into_iter().collect()).await? };
    let git = GitRecord::read(systems, recorded.into_iter().chain(&found)).await?;
    let sources = found.into_iter().map(|source| ((source.record.target.clone(), source.record.id), source)).collect();
    let is_empty = |pair: &&Pair<'_>| lanes.get(&pair.target()).is_none_or(|lane| lane.running().is_none());
    let unknown = pairs.iter().filter(is_empty).collect::<Vec<_>>();
    let unknown_to_platform = recorded_by_git_alone(systems, &unknown).await?;
    Ok(Observed { lanes, named, digests, sources, git, holds, unknown_to_platform })
}

/// How many commits of a values file are searched for what the platform knows nothing of.
const SEARCHED: usize = 256;

/// Finds the newest commits that carried out what the platform knows nothing of: somebody has deleted its record.
async fn recorded_by_git_alone(
    systems: &Systems<'_>,
    pairs: &[&Pair<'_>],
) -> Result<BTreeMap<Target, (Revision, Trailers)>, Error> {
    let mut found = BTreeMap::new();
    let files: BTreeSet<_> = pairs.iter().map(|pair| &pair.environment.values_file).collect();
    for file in files {
        let query = LogQuery { from: None, until: None, paths: vec![file.clone()], limit: SEARCHED };
        for entry in systems.repository.log(query).await? {
            let trailers = Trailers::parse(&entry.message);
            let (Some(environment), Some(component)) = (&trailers.environment, &trailers.component) else { continue };
            let target = Target::new(environment, component);
            if trailers.deployment.is_some() && pairs.iter().any(|pair| pair.target() == target) {
                found.entry(target).or_insert((entry.revision, trailers));
            }
        }
    }
    Ok(found)
}

/// Returns the deployment that the values file should be of: the one that it names if that ran, else the newest that
/// ran.
fn recorded<'a>(lane: &'a Lane, named: &NamedImage) -> Option<&'a Deployment> {
    let ran = || lane.deployments().iter().filter(|deployment| deployment.ran());
    ran().find(|deployment| named.is(&deployment.record.image)).or_else(|| ran().next())
}

/// Returns the deployment that a rollback went back to, or the deployment itself.
fn origin<'a>(lane: &'a Lane, deployment: &'a Deployment) -> Option<&'a Deployment> {
    let record = &deployment.record;
    if record.kind != Kind::Rollback {
        return Some(deployment);
    }
    let earlier = |other: &&Deployment| other.ran() && other.number < deployment.number;
    lane.deployments()
        .iter()
        .filter(earlier)
        .find(|other| other.record.kind != Kind::Rollback && other.record.image == record.image)
}

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
    fn target(&self) -> Target {
        Target::new(&self.environment.name, &self.component.name)
    }

    fn source(&self) -> Target {
        Target::new(self.from, &self.component.name)
    }

    fn check(&self, observed: &Observed) -> Check {
        let empty = (Lane::default(), NamedImage::default());
        let lane = observed.lanes.get(&self.target()).unwrap_or(&empty.0);
        let source_lane = observed.lanes.get(&self.source()).unwrap_or(&empty.0);
        let named = observed.named.get(&self.target()).unwrap_or(&empty.1);
        let image = self.component.repository(&self.environment.name).clone();
        let tag = named.tag();
        let digest = tag.as_ref().and_then(|tag| observed.digests.get(&(image.clone(), tag.clone()))?.clone());
        let recorded = recorded(lane, named);
        let running = source_lane.running().map(|deployment| &deployment.record.image.digest);
        let (holds, reason) = match recorded {
            None => match observed.unknown_to_platform.get(&self.target()) {
                Some((revision, trailers)) => (Some(false), gone(revision, trailers)),
                None => (None, format!("embark has not deployed {} yet", self.target())),
            },
            Some(recorded) => match self.judge(observed, recorded, lane, named, digest.as_ref()) {
                Ok(reason) => (Some(true), reason),
                Err(Doubt::Waived(reason)) => (None, reason),
                Err(Doubt::Broken(reason)) => (Some(false), reason),
            },
        };
        Check {
            component: self.component.name.clone(),
            environment: self.environment.name.clone(),
            from: self.from.clone(),
            recorded_digest: recorded.map(|deployment| deployment.record.image.digest.clone()),
            in_step: digest.as_ref().zip(running).map(|(digest, running)| digest == running),
            evidence: evidence(observed, &self.source(), recorded, digest.as_ref()),
            hold: observed.holds.of(&self.target()).cloned(),
            image,
            tag,
            digest,
            holds,
            reason,
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
        if !named.is(image) {
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
        let newest = lane.running().is_none_or(|running| running.record.image == *image);
        Ok(if newest {
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
    let commit = deployment.success().and_then(crate::deployment::Status::revision);
    let has_trailers = observed.git.bears(deployment);
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
