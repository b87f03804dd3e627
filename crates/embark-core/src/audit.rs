//! *audit*: was what each commit brought to an environment verified in the environment before, at that time?

mod case;
mod history;
mod judge;
mod platform;
mod source;
mod tags;
mod versions;

use std::str::FromStr;

use crate::commit::Revision;
use crate::digest::Digest;
use crate::error::Error;
use crate::image::{Repository, Tag};
use crate::name::{ComponentName, EnvironmentName, Target};
use crate::pipeline::{Component, Environment};
use crate::systems::Systems;
use crate::text::TextError;
use crate::timestamp::Timestamp;
use crate::verify::{Verdict, VerifyEvidence};

use self::case::Cases;
use self::history::History;
use self::platform::Platform;

/// What is audited.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditRequest {
    /// Only what came after this; evidence is looked for before it, too.
    pub since: Option<Since>,
    /// Only these components; all of them if none is named.
    pub components: Vec<ComponentName>,
}

/// Where an audit ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// A commit of the deployment branch, which itself is left out.
    Revision(Revision),
    /// A point in time, by the committers' clocks.
    Time(Timestamp),
}

impl FromStr for Since {
    type Err = TextError;

    /// Reads a commit, a day (from its beginning in UTC on) or a point in time.
    fn from_str(text: &str) -> Result<Self, TextError> {
        if let Ok(revision) = text.parse() {
            return Ok(Self::Revision(revision));
        }
        let day = format!("{text}T00:00:00Z").parse();
        day.or_else(|_: TextError| text.parse()).map(Self::Time).map_err(|_: TextError| {
            let rule = "all digits of a commit are needed, or a date as in 2026-05-03";
            TextError::new(text, "a commit or a date", rule)
        })
    }
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
    if let Some(Since::Revision(revision)) = &request.since {
        demand_on_branch(systems, revision).await?;
    }
    let platform = Platform::read(systems, &lines).await?;
    let mut history = History::new(systems, &lines, request.since.as_ref()).await?;
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

async fn demand_on_branch(systems: &Systems<'_>, revision: &Revision) -> Result<(), Error> {
    let found = systems.repository.commits(vec![revision.clone()]).await?;
    if found.contains_key(revision) {
        return Ok(());
    }
    Err(Error::NotOnBranch(revision.clone()))
}
