//! What is done about each deployment: proven, superseded, held, committed or refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::observe::Observed;
use crate::commit::Revision;
use crate::commit_message;
use crate::deployment::{Deployment, DeploymentKey, State};
use crate::error::Error;
use crate::holds::{Hold, Holds, Scope};
use crate::item::{Item, ItemOutcome};
use crate::lane::Lane;
use crate::name::{FilePath, Target};
use crate::ports::{ApplicationError, CarriedOut, Change, RenderError};
use crate::promotion::{Claim, Deployable, Evidence, prove};
use crate::record::Kind;
use crate::refusal::Refusal;
use crate::render::Reached;
use crate::success::Success;
use crate::systems::Systems;
use crate::text::chain;
use crate::values_file;
use crate::verification::NotVerified;

/// What is to be done about one deployment.
pub(super) struct Decision {
    pub(super) deployment: Deployment,
    pub(super) step: Step,
    /// What the commit changes of what is rendered, where it was rendered.
    pub(super) rendered: Option<Reached>,
}

/// What was found against deployments that all else speaks for: they would not do what they are for.
pub(super) type Vetoes = BTreeMap<DeploymentKey, Veto>;

/// Why a deployment is not committed, by what is rendered.
#[derive(Debug, Clone)]
pub(super) enum Veto {
    Refused(Refusal),
    /// It could not be rendered.
    Failed(Arc<RenderError>),
}

pub(super) enum Step {
    /// Nothing: it was carried out, or closed.
    Nothing(String),
    /// A person asked for one that was refused before.
    ClosedBefore(Refusal),
    /// Say once more why it failed after its success, which was said again to be in progress.
    Withdraw(String),
    /// Leave it waiting: a person holds its component.
    Hold(String),
    /// Close it: another one is newer.
    Supersede(String),
    /// Close it: a rule says no.
    Refuse(Refusal),
    /// Report that it could not be done; it is tried again.
    Fail(Error),
    /// Report the success of a commit that is there.
    Report(Revision),
    /// Report a success without a commit: the file names it.
    AlreadyNamed,
    /// Wait until what a commit that is there has brought is healthy, or another one comes after it.
    Await(Revision),
    /// Wait until what the file names already is healthy.
    AwaitNamed,
    /// Commit.
    Commit(Change),
}

/// Decides about each deployment; each commit builds on the files as the one before leaves them.
pub(super) fn decide(systems: &Systems<'_>, observed: &Observed, vetoes: &Vetoes) -> Vec<Decision> {
    let mut files = observed.snapshot.files.clone();
    let proofs = Proofs::new(systems, observed);
    let deployments = observed.deployments.iter();
    deployments
        .map(|deployment| {
            let step =
                step(systems, observed, (&proofs, vetoes), &mut files, deployment).unwrap_or_else(|stop| match stop {
                    Stop::Refused(refusal) => Step::Refuse(refusal),
                    Stop::Failed(error) => Step::Fail(error),
                });
            Decision { deployment: deployment.clone(), step, rendered: None }
        })
        .collect()
}

enum Stop {
    Refused(Refusal),
    Failed(Error),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Why a deployment is not proven.
#[derive(Clone)]
enum Unproven {
    Refused(Refusal),
    /// The checks that it needs could not be asked for.
    Unknown(Arc<ApplicationError>),
}

impl From<Unproven> for Stop {
    fn from(unproven: Unproven) -> Self {
        match unproven {
            Unproven::Refused(refusal) => Self::Refused(refusal),
            Unproven::Unknown(error) => Self::Failed(Error::Application(error)),
        }
    }
}

impl Unproven {
    /// A refusal for want of checks is none while they could not be asked for.
    fn of(refusal: Refusal, evidence: &Evidence<'_>) -> Self {
        let needs_checks = matches!(refusal, Refusal::NotVerified { reason: NotVerified::Checks { .. }, .. });
        let commit = evidence.source.and_then(|source| source.record.commit.as_ref());
        match evidence.checks.error(commit) {
            Some(error) if needs_checks => Self::Unknown(error.clone()),
            _ => Self::Refused(refusal),
        }
    }
}

fn step(
    systems: &Systems<'_>,
    observed: &Observed,
    (proofs, vetoes): (&Proofs, &Vetoes),
    files: &mut BTreeMap<FilePath, Option<Vec<u8>>>,
    deployment: &Deployment,
) -> Result<Step, Stop> {
    let record = &deployment.record;
    if !deployment.is_pending() {
        return Ok(closed_before(deployment));
    }
    // A process that had looked before says that it begins: that makes no success of what was found wrong meanwhile.
    if let Some(withdrawn) = deployment.withdrawn() {
        return Ok(Step::Withdraw(withdrawn.description.clone()));
    }
    if let Some(revision) = observed.commit_of(deployment) {
        return Ok(match success_of(systems, deployment) {
            Success::Committed => Step::Report(revision.clone()),
            Success::Healthy => Step::Await(revision.clone()),
        });
    }
    Claim::of(deployment, systems.pipeline)?;
    let newest = proofs.newest(observed, deployment).filter(|newest| newest.record.id != record.id);
    if let Some(newer) = newest.or_else(|| observed.failed_after(deployment).cloned()) {
        let superseded = format!("superseded by {} of {}", newer.record.id, newer.record.image.tag);
        let own = record.commit.as_ref().filter(|_| record.kind == Kind::Release);
        let unknown = own.and_then(|own| observed.history.by_number_alone(&newer, own));
        return Ok(Step::Supersede([superseded].into_iter().chain(unknown).collect::<Vec<_>>().join("; ")));
    }
    if let Some(hold) = observed.holds.of(&record.target).filter(|_| record.kind != Kind::Rollback) {
        let by = hold.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        return Ok(Step::Hold(format!("held{by}: {}", hold.reason)));
    }
    tag_is_recorded(observed, deployment)?;
    let deployable = proofs.of(deployment)?;
    match vetoes.get(&deployment.key()) {
        Some(Veto::Refused(refusal)) => return Err(refusal.clone().into()),
        Some(Veto::Failed(error)) => return Err(Stop::Failed(Error::Render(error.clone()))),
        None => {}
    }
    commit(systems, files, deployment, deployable)
}

/// Returns when a deployment is a success.
fn success_of(systems: &Systems<'_>, deployment: &Deployment) -> Success {
    systems.pipeline.find(&deployment.record.target).map(|(environment, _)| environment.success).unwrap_or_default()
}

/// What is proven of all that wait, each judged once.
struct Proofs {
    deployables: BTreeMap<DeploymentKey, Result<Deployable, Unproven>>,
    /// The newest of each target, of what ran and of what is proven.
    newest: BTreeMap<Target, Option<Deployment>>,
}

impl Proofs {
    fn new(systems: &Systems<'_>, observed: &Observed) -> Self {
        let in_lanes = observed.lanes.values().flat_map(Lane::deployments);
        let all = in_lanes.chain(&observed.deployments).filter(|deployment| deployment.is_pending());
        let mut proofs = Self { deployables: BTreeMap::new(), newest: BTreeMap::new() };
        for deployment in all {
            let judge = || {
                let claim = Claim::of(deployment, systems.pipeline).map_err(Unproven::Refused)?;
                let evidence = evidence(systems, observed, deployment);
                prove(claim, evidence, systems.pipeline, systems.clock.now())
                    .map_err(|refusal| Unproven::of(refusal, &evidence))
            };
            proofs.deployables.entry(deployment.key()).or_insert_with(judge);
        }
        let newest = observed.lanes.iter().map(|(target, lane)| {
            let lane = lane.filtered(|other| proofs.supersedes(observed, other));
            (target.clone(), lane.newest(&observed.history).cloned())
        });
        proofs.newest = newest.collect();
        proofs
    }

    fn of(&self, deployment: &Deployment) -> Result<&Deployable, Unproven> {
        match self.deployables.get(&deployment.key()) {
            Some(proof) => proof.as_ref().map_err(Clone::clone),
            None => Err(Unproven::Refused(Refusal::NotConfigured { target: deployment.record.target.clone() })),
        }
    }

    /// Whoever may create deployments may create one that nothing bears out: it supersedes nothing while it waits. What was
    /// carried out does, though it may wait for its report and automation may not carry it out itself.
    fn supersedes(&self, observed: &Observed, other: &Deployment) -> bool {
        other.ran() || observed.commit_of(other).is_some() || self.of(other).is_ok()
    }

    /// Returns the newest of what is proven, and of this one.
    fn newest(&self, observed: &Observed, deployment: &Deployment) -> Option<Deployment> {
        let target = &deployment.record.target;
        if self.supersedes(observed, deployment) {
            return self.newest.get(target).cloned().flatten();
        }
        let is_meant = |other: &Deployment| other.record.id == deployment.record.id || self.supersedes(observed, other);
        let lane = observed.lanes.get(target)?.filtered(is_meant);
        lane.newest(&observed.history).cloned()
    }
}

fn closed_before(deployment: &Deployment) -> Step {
    let reason = deployment.statuses.last().map(|status| status.description.clone()).unwrap_or_default();
    match deployment.state() {
        Some(State::Failure | State::Error) => {
            Step::ClosedBefore(Refusal::Closed { deployment: deployment.record.id, reason })
        }
        _ => Step::Nothing(reason),
    }
}

/// The tag still names what was recorded.
fn tag_is_recorded(observed: &Observed, deployment: &Deployment) -> Result<(), Stop> {
    let image = &deployment.record.image;
    match observed.digests.get(image) {
        Some(Ok(Some(found))) if *found == image.digest => Ok(()),
        Some(Ok(Some(found))) => Err(Refusal::TagMoved {
            repository: image.repository.clone(),
            tag: image.tag.clone(),
            recorded: image.digest.clone(),
            found: found.clone(),
        }
        .into()),
        Some(Err(error)) => Err(Stop::Failed(Error::Registry(error.clone()))),
        Some(Ok(None)) | None => Err(Refusal::ImageMissing(image.by_tag()).into()),
    }
}

fn evidence<'a>(systems: &Systems<'_>, observed: &'a Observed, deployment: &Deployment) -> Evidence<'a> {
    static NONE: Lane = Lane::none();
    let record = &deployment.record;
    let lane = |target: &Target| observed.lanes.get(target).unwrap_or(&NONE);
    let found = systems.pipeline.find(&record.target);
    let before = found
        .and_then(|(environment, component)| Some(Target::new(environment.promotes_from.as_ref()?, &component.name)));
    let source = before.as_ref().zip(record.from.as_ref()).and_then(|(before, from)| {
        // One of the same id elsewhere is no source, and is named when it is refused.
        let elsewhere = || observed.sources.iter().find(|((_, id), _)| *id == from.deployment).map(|(_, other)| other);
        observed.sources.get(&(before.clone(), from.deployment)).or_else(elsewhere)
    });
    Evidence {
        source,
        git: &observed.git,
        checks: &observed.checks,
        named_before: observed.named_before.get(&deployment.key()).and_then(Option::as_ref),
        source_lane: before.as_ref().map_or(&NONE, lane),
        lane: lane(&record.target),
    }
}

fn commit(
    systems: &Systems<'_>,
    files: &mut BTreeMap<FilePath, Option<Vec<u8>>>,
    deployment: &Deployment,
    deployable: &Deployable,
) -> Result<Step, Stop> {
    let target = deployable.target();
    let Some((environment, component)) = systems.pipeline.find(target) else {
        return Err(Refusal::NotConfigured { target: target.clone() }.into());
    };
    let file = &environment.values_file;
    let before = files.get(file).and_then(Option::as_deref);
    let text = values_file::text(file, before)?;
    let edited = values_file::name(file, text, component, deployable.image())?;
    let mut changed = BTreeMap::new();
    if edited != text {
        changed.insert(file.clone(), edited.into_bytes());
    }
    if let Some(reason) = &deployable.record().hold {
        let path = Holds::path();
        let mut holds = Holds::parse(files.get(&path).and_then(Option::as_deref))?;
        if holds.of(target).is_none() {
            let (by, since) = (deployable.record().actor.clone(), Some(systems.clock.now()));
            holds.set(Scope::from(target), Hold { reason: reason.clone(), by, since });
            changed.insert(path, holds.to_bytes());
        }
    }
    let pins = || {
        let document = values_file::parse(file, Some(text.as_bytes())).ok()?;
        values_file::named(file, &document, component).ok()?.digest()
    };
    // A digest that the file does not pin is recorded by the commit alone: then there is one without a change.
    if changed.is_empty() && pins().is_some() {
        return Ok(match environment.success {
            Success::Committed => Step::AlreadyNamed,
            Success::Healthy => Step::AwaitNamed,
        });
    }
    files.extend(changed.iter().map(|(path, bytes)| (path.clone(), Some(bytes.clone()))));
    Ok(Step::Commit(Change {
        files: changed,
        message: commit_message::message(deployable, systems.pipeline.commit_subject()),
        deployment: Some(CarriedOut { deployment: deployment.key(), success: environment.success }),
    }))
}

impl Decision {
    /// Makes the item of a dry run.
    pub(super) fn into_planned_item(self) -> Item {
        let item = |outcome| Item { rendered: self.rendered.clone(), ..Item::of(&self.deployment, outcome) };
        match self.step {
            Step::Nothing(reason) | Step::Hold(reason) => item(ItemOutcome::Unchanged).because(reason),
            Step::Withdraw(reason) => {
                let deployment = self.deployment.record.id;
                item(ItemOutcome::Refused(Box::new(Refusal::Closed { deployment, reason: reason.clone() })))
                    .because(reason)
            }
            Step::ClosedBefore(refusal) | Step::Refuse(refusal) => {
                let reason = refusal.to_string();
                item(ItemOutcome::Refused(Box::new(refusal))).because(reason)
            }
            Step::Supersede(reason) => item(ItemOutcome::Planned).because(reason),
            Step::Fail(error) => {
                let reason = chain(&error);
                item(ItemOutcome::Failed(Box::new(error))).because(reason)
            }
            Step::Report(_) | Step::AlreadyNamed | Step::Await(_) | Step::AwaitNamed | Step::Commit(_) => {
                item(ItemOutcome::Planned)
            }
        }
    }
}
