//! What a promotion looks at.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;

use super::choose::{self, Choice};
use super::decide::{Plan, all_there};
use super::{PromoteRequest, Scope};
use crate::checks::CheckRecord;
use crate::commit::Revision;
use crate::commit_message::Trailers;
use crate::deployment::{Deployment, DeploymentId, State};
use crate::error::Error;
use crate::git_record::GitRecord;
use crate::lane::{History, Lane};
use crate::name::{FilePath, Target};
use crate::pipeline::Component;
use crate::ports::{ImageRegistryExt as _, LogEntry, LogQuery, TagState};
use crate::refusal::Refusal;
use crate::success::Success;
use crate::systems::Systems;
use crate::values_file::{self, NamedImage};
use crate::verification::NotVerified;

/// What was seen before the decision.
pub(super) struct Observed {
    pub(super) tip: Revision,
    pub(super) components: Vec<Seen>,
    /// The environment's values file.
    pub(super) values: String,
    /// What git records of what was chosen, and of what runs.
    pub(super) git: GitRecord,
    /// What was reported of the checks of the chosen commits.
    pub(super) checks: CheckRecord,
}

/// What was seen of one component.
pub(super) struct Seen {
    pub(super) component: Component,
    pub(super) source: Target,
    pub(super) target: Target,
    pub(super) source_lane: Lane,
    pub(super) lane: Lane,
    pub(super) history: History,
    /// What the source environment's values file names.
    pub(super) source_named: NamedImage,
    /// What the environment's own values file names.
    pub(super) named: NamedImage,
    /// The tag that is to be written; `None` where the image keeps the one that it has, in its repository.
    pub(super) version_tag: Option<TagState>,
    /// What was chosen to be promoted, or why nothing can be.
    pub(super) choice: Result<Choice, Refusal>,
}

pub(super) async fn observe(
    systems: &Systems<'_>,
    request: &PromoteRequest,
    scope: &Scope<'_>,
) -> Result<Observed, Error> {
    let files = [&scope.source.values_file, &scope.environment.values_file];
    let snapshot = systems.repository.read(files.map(Clone::clone).to_vec()).await?;
    let [source_document, document] = files.map(|file| values_file::parse(file, snapshot.file(file)));
    let (source_document, document) = (source_document?, document?);
    let names = [&scope.source.name, &scope.environment.name];
    let targets = scope.components.iter().flat_map(|component| names.map(|name| Target::new(name, &component.name)));
    let lanes = systems.lanes(targets.collect()).await?;
    let tags = scope.components.iter().map(|component| async {
        match &scope.version_tag {
            Some(tag) => {
                let repository = component.repository(&scope.environment.name);
                Ok::<_, Error>(Some(systems.registry.look(repository, tag).await?))
            }
            None => Ok(None),
        }
    });
    let tags = try_join_all(tags).await?;
    let mut seen = Vec::new();
    for (component, version_tag) in scope.components.iter().zip(tags) {
        let [source, target] = names.map(|name| Target::new(name, &component.name));
        let lane = |target: &Target| lanes.get(target).cloned().unwrap_or_default();
        let refusal = Refusal::NothingToPromote { target: source.clone(), commit: request.commit.clone() };
        seen.push(Seen {
            component: (*component).clone(),
            source_lane: lane(&source),
            lane: lane(&target),
            history: History::default(),
            source_named: values_file::named(&scope.source.values_file, &source_document, component)?,
            named: values_file::named(&scope.environment.values_file, &document, component)?,
            version_tag,
            choice: Err(refusal),
            source,
            target,
        });
    }
    let version = scope.version_tag.as_ref();
    let commit = request.commit.clone().or_else(|| choose::begun_commit(&seen, version));
    for seen in &mut seen {
        let questions = seen.questions(commit.as_ref());
        seen.history.ask(systems.application, questions).await?;
    }
    let choices = choose::choose(systems, &seen, version, commit.as_ref()).await?;
    for (seen, choice) in seen.iter_mut().zip(choices) {
        seen.choice = choice;
    }
    look_elsewhere(systems, scope, &mut seen).await?;
    let mut lanes = seen.iter().map(|seen| (seen.source.clone(), seen.source_lane.clone())).collect();
    let chosen = seen.iter().filter_map(|seen| Some(&seen.choice.as_ref().ok()?.deployment));
    systems.read_back(&mut lanes, chosen.collect::<Vec<_>>()).await?;
    for seen in &mut seen {
        seen.source_lane = lanes.remove(&seen.source).unwrap_or_default();
    }
    let soaks = !scope.environment.requires.soak.is_zero();
    let chosen = seen.iter().filter_map(|seen| Some((seen, &seen.choice.as_ref().ok()?.deployment)));
    let chosen: Vec<&Deployment> = chosen
        .flat_map(|(seen, chosen)| {
            let runs = if soaks { seen.source_lane.runs(chosen) } else { Vec::new() };
            std::iter::once(chosen).chain(runs.into_iter().flat_map(|run| run.deployments))
        })
        .chain(seen.iter().filter_map(|seen| seen.lane.newest(&seen.history)).filter(|newest| newest.ran()))
        .collect();
    let git = GitRecord::read(systems, chosen).await?;
    let file = &scope.environment.values_file;
    let values = values_file::text(file, snapshot.file(file))?.to_owned();
    let observed = Observed { tip: snapshot.tip, components: seen, values, git, checks: CheckRecord::default() };
    if all_there(request, scope, &observed) {
        return Ok(observed);
    }
    let checks = ask_for_checks(systems, request, scope, &observed.components).await?;
    Ok(Observed { checks, ..observed })
}

/// Asks for the required checks of what was chosen. Without an answer nothing can be decided, nor written.
async fn ask_for_checks(
    systems: &Systems<'_>,
    request: &PromoteRequest,
    scope: &Scope<'_>,
    seen: &[Seen],
) -> Result<CheckRecord, Error> {
    let required: BTreeSet<_> =
        scope.environment.requires.without(request.waived.as_ref()).checks.into_iter().collect();
    let mut wanted = BTreeMap::new();
    if !required.is_empty() {
        let chosen = seen.iter().filter_map(|seen| seen.choice.as_ref().ok()?.deployment.record.commit.clone());
        wanted.extend(chosen.map(|commit| (commit, required.clone())));
    }
    let checks = CheckRecord::ask(systems.application, wanted).await;
    match checks.first_error() {
        Some(error) => Err(Error::Application(error.clone())),
        None => Ok(checks),
    }
}

/// Where images keep their tag and go to another repository, asks what the tag names there.
async fn look_elsewhere(systems: &Systems<'_>, scope: &Scope<'_>, seen: &mut [Seen]) -> Result<(), Error> {
    if scope.version_tag.is_some() {
        return Ok(());
    }
    for seen in seen {
        let Ok(choice) = &seen.choice else { continue };
        let (image, target) = (&choice.deployment.record.image, seen.component.repository(&scope.environment.name));
        if &image.repository != target {
            seen.version_tag = Some(systems.registry.look(target, &image.tag).await?);
        }
    }
    Ok(())
}

/// How many commits of a values file are searched for the one that was made by hand.
const SEARCHED: usize = 64;

/// Names the commits that edited a values file by hand. Only a refusal asks for it: it walks the history.
pub(super) async fn find_hand_edits(systems: &Systems<'_>, mut plans: Vec<Plan>) -> Result<Vec<Plan>, Error> {
    for plan in &mut plans {
        let Some(Refusal::EditedByHand { environment, file, component, by, .. }) = plan.refusal_mut() else { continue };
        let Some(component) = systems.pipeline.component(component) else { continue };
        let Some(entry) = find_edit(systems, file, component).await? else { continue };
        let (target, revision) = (Target::new(environment, &component.name), entry.revision);
        match Trailers::parse(&entry.message) {
            // embark's own, by a run that ended before it could say so.
            Trailers { deployment: Some(deployment), environment: Some(other), .. } if other == *environment => {
                plan.verdict = Err(match not_healthy(systems, &target, deployment).await? {
                    Some(state) => {
                        let reason = NotVerified::NotRun { state: Some(state) };
                        Refusal::NotVerified { deployment, target, reason }
                    }
                    None => Refusal::NotReported { target, deployment, revision },
                });
            }
            _ => *by = Some(revision),
        }
    }
    Ok(plans)
}

/// Returns the state of a deployment that was committed and is not a success since it is not healthy, or not yet.
async fn not_healthy(systems: &Systems<'_>, target: &Target, id: DeploymentId) -> Result<Option<State>, Error> {
    let environment = systems.pipeline.environment(&target.environment);
    if environment.is_none_or(|environment| environment.success == Success::Committed) {
        return Ok(None);
    }
    let found = systems.platform.get(vec![id]).await?;
    let state = found.iter().find(|one| one.record.target == *target).and_then(Deployment::state);
    Ok(state.filter(|state| matches!(state, State::InProgress | State::Failure)))
}

/// Finds the commit since which a file names what it names now.
async fn find_edit(systems: &Systems<'_>, file: &FilePath, component: &Component) -> Result<Option<LogEntry>, Error> {
    let query = LogQuery { from: None, until: None, paths: vec![file.clone()], limit: SEARCHED };
    let mut since = None;
    let mut now = None;
    for entry in systems.repository.log(query).await? {
        let place = (entry.revision.clone(), file.clone());
        let files = systems.repository.read_at(vec![place.clone()]).await?;
        let document = values_file::parse(file, files.get(&place).and_then(Option::as_deref));
        let named = document.and_then(|document| values_file::named(file, &document, component)).ok();
        if since.is_some() && named != now {
            break;
        }
        (since, now) = (Some(entry), named);
    }
    Ok(since)
}
