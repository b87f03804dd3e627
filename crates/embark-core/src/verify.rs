//! *verify*: does the invariant hold now, by record, by the values files and by the registry?

mod judge;
mod observe;

use futures::future::join;

use crate::commit::Revision;
use crate::delivered::Delivered;
use crate::deployment::DeploymentId;
use crate::digest::Digest;
use crate::error::Error;
use crate::holds::Hold;
use crate::image::{Repository, Tag};
use crate::name::{ComponentName, EnvironmentName, Target};
use crate::pipeline::{Component, Environment};
use crate::seen;
use crate::systems::Systems;
use crate::timestamp::Timestamp;

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
    /// Whether it holds.
    pub verdict: Verdict,
    /// Whether the environment before runs the same digest now.
    pub in_step: Option<bool>,
    /// What bears it out.
    pub evidence: Option<VerifyEvidence>,
    /// Why automation leaves the component alone, if it does.
    pub hold: Option<Hold>,
    /// Why it is so.
    pub reason: String,
    /// What Argo CD has brought to the environment, or why that cannot be seen; `None` where it is not observed. It has no
    /// part in the verdict: what the environment is to run is verified, and this is how far it has come.
    pub delivery: Option<Result<Delivered, String>>,
}

/// Whether the invariant holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not.
    Broken,
    /// embark has deployed nothing there yet, or what runs there was waived.
    Unknown,
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
    /// The platform's deployment alone, or a digest that the values file pins.
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
/// The work is constant for each component: newest deployment, its source, its success, its commit. What an environment has
/// in fact is told beside it. That this cannot be seen is no error.
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
    let mut verified: Vec<&Environment> = pairs.iter().map(|pair| pair.environment).collect();
    verified.dedup_by(|one, other| one.name == other.name);
    let (observed, seen) = join(observe::observe(systems, &pairs), seen::observe(systems, &verified)).await;
    let observed = observed?;
    let check =
        |pair: &Pair<'_>| Check { delivery: seen.get(&pair.environment.name).cloned(), ..pair.check(&observed) };
    Ok(pairs.iter().map(check).collect())
}

/// A component of an environment, and the environment before.
struct Pair<'a> {
    environment: &'a Environment,
    from: &'a EnvironmentName,
    component: &'a Component,
}

impl Pair<'_> {
    fn target(&self) -> Target {
        Target::new(&self.environment.name, &self.component.name)
    }

    fn source(&self) -> Target {
        Target::new(self.from, &self.component.name)
    }
}
