//! Which deployment of the source environment a promotion is of.

use futures::future::try_join_all;

use super::observe::Seen;
use crate::commit::Commit;
use crate::deployment::Deployment;
use crate::digest::Digest;
use crate::error::Error;
use crate::image::{Reference, Tag};
use crate::manifest::Manifest;
use crate::ports::{Ancestry, ImageRegistryExt as _, TagState};
use crate::refusal::Refusal;
use crate::systems::Systems;

/// The deployment of the source environment that is to be promoted.
pub(super) struct Choice {
    pub(super) deployment: Deployment,
    /// Whether the promotion of exactly this has begun.
    pub(super) begun: bool,
    /// What could not be told, and was assumed.
    pub(super) assumed: Option<String>,
    /// What its tag names now; `None` if the tag is gone.
    pub(super) manifest: Option<Manifest>,
}

impl Choice {
    fn new(deployment: Deployment, begun: bool) -> Self {
        Self { deployment, begun, assumed: None, manifest: None }
    }
}

/// Chooses for each component, and asks what the tags of what was chosen name now.
pub(super) async fn choose(
    systems: &Systems<'_>,
    seen: &[Seen],
    version: Option<&Tag>,
    commit: Option<&Commit>,
) -> Result<Vec<Result<Choice, Refusal>>, Error> {
    let choices = seen
        .iter()
        .zip(choose_all(seen, version, commit))
        .map(|(seen, choice)| async { with_manifest(systems, built_from(systems, seen, choice).await?).await });
    try_join_all(choices).await
}

/// Returns the commit of a promotion that has begun: that of what its version tag names.
pub(super) fn begun_commit(seen: &[Seen], version: Option<&Tag>) -> Option<Commit> {
    let is_shared = is_shared(seen, version);
    seen.iter().find_map(|seen| {
        let ran = seen.source_lane.deployments().iter().filter(|deployment| deployment.ran());
        let mut begun = ran.filter(|deployment| seen.has_begun(version, is_shared, deployment));
        begun.find_map(|deployment| deployment.record.commit.clone())
    })
}

/// Tells whether the source has the version by the very tag that is to be written. That of one component says so for all:
/// another one, whose image had not changed, has the tag and no deployment by it.
fn is_shared(seen: &[Seen], version: Option<&Tag>) -> bool {
    seen.iter().any(|seen| {
        let repository = seen.component.repository(&seen.target.environment);
        let mut ran = seen.source_lane.deployments().iter().filter(|one| one.ran()).map(|one| &one.record.image);
        ran.any(|image| Some(&image.tag) == version && &image.repository == repository)
    })
}

impl Seen {
    pub(super) fn questions(&self, commit: Option<&Commit>) -> Vec<(Commit, Commit)> {
        let deployments = self.source_lane.deployments().iter().filter(|deployment| deployment.ran());
        let commits = deployments.filter_map(|deployment| deployment.record.commit.clone());
        // Only where a component has none of the release's commit is it asked what else belongs to it.
        match commit {
            Some(commit) if self.of_commit(commit).is_none() => {
                commits.take(MAX_ANCESTORS).map(|ancestor| (ancestor, commit.clone())).collect()
            }
            _ => Vec::new(),
        }
    }

    fn of_commit(&self, commit: &Commit) -> Option<&Deployment> {
        let mut deployments = self.source_lane.deployments().iter();
        deployments.find(|deployment| deployment.record.commit.as_ref() == Some(commit))
    }

    /// Tells whether the promotion of exactly this has begun: the version's tag names it. A tag that is shared with the
    /// source says nothing; then a deployment must.
    fn has_begun(&self, version: Option<&Tag>, is_shared: bool, source: &Deployment) -> bool {
        if self.version_digest() != Some(&source.record.image.digest) {
            return false;
        }
        let is_promotion = |one: &Deployment| {
            let from = one.record.from.as_ref().map(|from| from.deployment);
            Some(&one.record.image.tag) == version && from == Some(source.record.id)
        };
        !is_shared || self.lane.deployments().iter().any(is_promotion)
    }

    /// Tells whether the environment has had what its source ran later: nobody who finishes what has begun goes back.
    pub(super) fn has_gone_on(&self, from: &Deployment) -> bool {
        let number = |id| self.source_lane.deployments().iter().find(|one| one.record.id == id).map(|one| one.number);
        let ran = self.lane.deployments().iter().filter(|one| one.ran());
        let mut sources = ran.filter_map(|one| number(one.record.from.as_ref()?.deployment));
        sources.any(|source| source > from.number)
    }

    fn version_digest(&self) -> Option<&Digest> {
        match &self.version_tag {
            Some(TagState::Taken(digest)) => Some(digest),
            _ => None,
        }
    }
}

/// How many of the newest deployments are asked whether they belong to a promotion that has begun.
const MAX_ANCESTORS: usize = 8;

/// Chooses what is to be promoted: first what the commit names, which tells whether the promotion has begun.
fn choose_all(seen: &[Seen], version: Option<&Tag>, commit: Option<&Commit>) -> Vec<Result<Choice, Refusal>> {
    let named = |seen: &Seen| match commit {
        Some(commit) => seen.of_commit(commit).cloned(),
        None => seen.source_lane.running().cloned(),
    };
    let is_shared = is_shared(seen, version);
    let has_begun = |seen: &Seen| named(seen).is_some_and(|source| seen.has_begun(version, is_shared, &source));
    let begun = seen.iter().any(has_begun);
    let choose = |seen: &Seen| match named(seen) {
        Some(deployment) => Ok(Choice::new(deployment, begun)),
        None => choose_ancestor(seen, commit, begun),
    };
    seen.iter().map(choose).collect()
}

/// Chooses for a component that has no deployment of the release's commit: what runs, if it belongs to it.
fn choose_ancestor(seen: &Seen, commit: Option<&Commit>, begun: bool) -> Result<Choice, Refusal> {
    let nothing = || Refusal::NothingToPromote { target: seen.source.clone(), commit: commit.cloned() };
    let running = seen.source_lane.running().ok_or_else(nothing)?;
    let Some(commit) = commit else { return Ok(Choice::new(running.clone(), begun)) };
    let ancestry = |deployment: &Deployment| match &deployment.record.commit {
        Some(ancestor) => seen.history.is_ancestor(ancestor, commit),
        None => Ancestry::Unknown,
    };
    if begun {
        let ran = || seen.source_lane.deployments().iter().filter(|deployment| deployment.ran());
        let tagged = ran().find(|deployment| Some(&deployment.record.image.digest) == seen.version_digest());
        let ancestor = || ran().take(MAX_ANCESTORS).find(|deployment| ancestry(deployment) == Ancestry::Yes);
        if let Some(deployment) = tagged.or_else(ancestor) {
            return Ok(Choice::new(deployment.clone(), true));
        }
    }
    match ancestry(running) {
        Ancestry::Yes => Ok(Choice::new(running.clone(), begun)),
        Ancestry::Unknown => {
            let assumed = format!("no history at hand tells whether what {} runs belongs to {commit}", seen.source);
            Ok(Choice { assumed: Some(assumed), ..Choice::new(running.clone(), begun) })
        }
        Ancestry::No => Err(Refusal::NotAncestor {
            target: seen.source.clone(),
            running: running.record.image.clone(),
            commit: commit.clone(),
        }),
    }
}

/// Chooses what runs although its commit is no ancestor, if the registry says that the release's commit has the same image: a
/// release that was squashed, or proposed anew, leaves its old commit beside the history.
async fn built_from(
    systems: &Systems<'_>,
    seen: &Seen,
    choice: Result<Choice, Refusal>,
) -> Result<Result<Choice, Refusal>, Error> {
    let (Err(Refusal::NotAncestor { commit, .. }), Some(running)) = (&choice, seen.source_lane.running()) else {
        return Ok(choice);
    };
    let Ok(tag) = commit.as_str().parse() else { return Ok(choice) };
    let built = systems.registry.look(seen.component.repository(&seen.source.environment), &tag).await?;
    let is_same = matches!(built, TagState::Taken(digest) if digest == running.record.image.digest);
    Ok(if is_same { Ok(Choice::new(running.clone(), false)) } else { choice })
}

/// Asks what the chosen deployment's tag names now. Its bytes are what the version tag will be written from.
async fn with_manifest(
    systems: &Systems<'_>,
    choice: Result<Choice, Refusal>,
) -> Result<Result<Choice, Refusal>, Error> {
    let choice = match choice {
        Ok(choice) => choice,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let image = &choice.deployment.record.image;
    let manifest = match systems.registry.manifest(&image.repository, &Reference::Tag(image.tag.clone())).await {
        Ok(manifest) => Some(manifest),
        Err(error) if error.is_absent() => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Ok(Choice { manifest, ..choice }))
}
