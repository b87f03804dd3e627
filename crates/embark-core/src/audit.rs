//! *audit*: was what each commit brought to an environment verified in the environment before, at that time?

mod case;
mod history;
mod judge;
mod platform;
mod since;
mod source;
mod tags;
mod versions;

use crate::commit::Revision;
use crate::digest::Digest;
use crate::error::Error;
use crate::image::{Repository, Tag};
use crate::name::{ComponentName, EnvironmentName, Target};
use crate::pipeline::{Component, Environment};
use crate::systems::Systems;
use crate::timestamp::Timestamp;
use crate::verify::{Verdict, VerifyEvidence};

use self::case::Cases;
use self::history::History;
use self::platform::Platform;
pub use self::since::Since;

/// What is audited.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditRequest {
    /// Only what came after this; evidence is looked for before it, too.
    pub since: Option<Since>,
    /// Only these components; all of them if none is named.
    pub components: Vec<ComponentName>,
}

/// One change of the image that an environment names, and what bears it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// The commit of the deployment repo that made it.
    pub commit: Revision,
    /// When that was committed.
    pub at: Timestamp,
    /// The name of its author.
    pub author: String,
    /// The environment.
    pub environment: EnvironmentName,
    /// The component.
    pub component: ComponentName,
    /// The environment before.
    pub from: EnvironmentName,
    /// The repository of the environment's images.
    pub image: Repository,
    /// The tag that the values file names.
    pub tag: Option<Tag>,
    /// The digest that is recorded or pinned; else what the tag names now.
    pub digest: Option<Digest>,
    /// Whether the environment before had verified it by then.
    pub verdict: Verdict,
    /// What bears it out.
    pub evidence: Option<VerifyEvidence>,
    /// Why it is so.
    pub reason: String,
}

/// Audits every change of the images that the environments with a source name, newest first.
///
/// The history of the branch is read once, in stretches, and no further back than the oldest evidence. A change with
/// embark's trailers is borne out by git, and by the platform as far back as that goes. One without them is borne out by
/// what the platform recorded, and else by what tags name now.
///
/// # Errors
/// [`Error`] if a system failed; a violation is an [`Audited`].
pub async fn audit(systems: &Systems<'_>, request: &AuditRequest) -> Result<Vec<Audited>, Error> {
    let components = systems.components(&request.components)?;
    let lines: Vec<Line<'_>> = systems
        .pipeline
        .environments()
        .iter()
        .filter_map(|environment| {
            let from = environment.promotes_from.as_ref()?;
            Some((environment, systems.pipeline.environment(from)?))
        })
        .flat_map(|(environment, from)| components.iter().map(move |component| Line { environment, from, component }))
        .collect();
    let end = match &request.since {
        Some(since) => Some(since.find(systems).await?),
        None => None,
    };
    let platform = Platform::read(systems, &lines).await?;
    let mut history = History::new(systems, &lines, end).await?;
    let mut cases = Cases::new(systems, &lines, platform);
    while let Some(stretch) = history.next(&cases).await? {
        cases.go_back(stretch).await?;
    }
    cases.close().await
}

/// A component of an environment with a source.
#[derive(Clone, Copy)]
struct Line<'a> {
    environment: &'a Environment,
    from: &'a Environment,
    component: &'a Component,
}

impl Line<'_> {
    fn target(&self) -> Target {
        Target::new(&self.environment.name, &self.component.name)
    }

    fn source(&self) -> Target {
        Target::new(&self.from.name, &self.component.name)
    }

    fn repository(&self) -> &Repository {
        self.component.repository(&self.environment.name)
    }
}
