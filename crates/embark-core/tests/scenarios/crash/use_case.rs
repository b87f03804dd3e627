//! Every use case, as whoever calls it runs it.

use embark_core::testing::{Fault, Faulty};
use embark_core::{
    AuditRequest, Error, Item, ItemOutcome, Notes, PromoteRequest, ReleaseRequest, RollbackRequest, Scope, Selection,
    Systems, notes, release_pr,
};

use super::prepared::built;
use super::scene::Scene;
use crate::proposing::{Proposal, versioned};
use crate::rolling_back::request;
use crate::world::{COMPONENTS, Process, World, environment, parse};

/// What writes.
#[derive(Clone, Copy, Debug)]
pub(super) enum UseCase {
    Release,
    /// The images have no version tag yet.
    ReleaseOfBuilds,
    ReleaseAndDeploy,
    /// To production, and to dev.
    Deploy,
    /// Each has an older one before it.
    DeploySuperseded,
    /// The tag of one has moved.
    DeployRefused,
    /// The server has refused the commit before.
    DeployTriedBefore,
    /// A person holds the environment.
    DeployHeld,
    /// A success is a healthy one.
    DeployHealthy,
    DeployDegraded,
    Promote,
    PromoteAndDeploy,
    /// Production has a repository of its own, to which signatures come along.
    PromoteElsewhere,
    Rollback,
    RollbackOfOne,
    RollbackUnverified,
    Hold,
    Resume,
    OpenReleasePr,
    UpdateReleasePr,
    CloseReleasePr,
    Notes,
}

/// What only reads.
pub(super) const READS: [&str; 5] = ["verify", "status", "audit", "wait", "look over"];

/// What came of a run that was not stopped.
pub(super) struct Ended {
    /// Whether something could not be done. What a rule refuses is no failure.
    pub(super) has_failures: bool,
}

impl Ended {
    const WELL: Self = Self { has_failures: false };

    fn of(items: &[Item]) -> Self {
        Self { has_failures: items.iter().any(|item| matches!(item.outcome, ItemOutcome::Failed(_))) }
    }
}

impl UseCase {
    pub(super) const ALL: [Self; 22] = [
        Self::Release,
        Self::ReleaseOfBuilds,
        Self::ReleaseAndDeploy,
        Self::Deploy,
        Self::DeploySuperseded,
        Self::DeployRefused,
        Self::DeployTriedBefore,
        Self::DeployHeld,
        Self::DeployHealthy,
        Self::DeployDegraded,
        Self::Promote,
        Self::PromoteAndDeploy,
        Self::PromoteElsewhere,
        Self::Rollback,
        Self::RollbackOfOne,
        Self::RollbackUnverified,
        Self::Hold,
        Self::Resume,
        Self::OpenReleasePr,
        Self::UpdateReleasePr,
        Self::CloseReleasePr,
        Self::Notes,
    ];

    /// Returns what the table calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::ReleaseOfBuilds => "release of images without a version tag",
            Self::ReleaseAndDeploy => "release, and deploy",
            Self::Deploy => "deploy what waits, to dev and production",
            Self::DeploySuperseded => "deploy what is superseded",
            Self::DeployRefused => "deploy what is refused",
            Self::DeployTriedBefore => "deploy what failed before",
            Self::DeployHeld => "deploy what is held",
            Self::DeployHealthy => "deploy what must be healthy",
            Self::DeployDegraded => "deploy what is degraded",
            Self::Promote => "promote",
            Self::PromoteAndDeploy => "promote, and deploy",
            Self::PromoteElsewhere => "promote to another registry, with signatures, and deploy",
            Self::Rollback => "roll back the newest run",
            Self::RollbackOfOne => "roll back one component",
            Self::RollbackUnverified => "roll back to what was never verified",
            Self::Hold => "hold",
            Self::Resume => "resume",
            Self::OpenReleasePr => "open a release PR",
            Self::UpdateReleasePr => "update a release PR",
            Self::CloseReleasePr => "close a release PR",
            Self::Notes => "publish a release",
        }
    }

    /// Runs it as one process.
    pub(super) async fn run(self, scene: &Scene, fault: &Fault, dry_run: bool) -> Result<Ended, Error> {
        let Scene { proposal, commit } = scene;
        let process = Process::new(&proposal.world, fault);
        let systems = process.systems();
        let releases = Faulty::new(&*proposal.releases, fault);
        let whole = Scope { environment: environment("staging"), component: None };
        let items = match self {
            Self::Release | Self::ReleaseOfBuilds | Self::ReleaseAndDeploy => {
                let mut request = ReleaseRequest { dry_run, ..World::release_request("staging", commit) };
                if matches!(self, Self::ReleaseOfBuilds) {
                    request.commit = crate::world::commit('c');
                    request.images = COMPONENTS.map(|name| (parse(name), built(name))).into();
                }
                embark_core::release(&systems, &request).await?
            }
            Self::Promote | Self::PromoteAndDeploy | Self::PromoteElsewhere => {
                let request = PromoteRequest { dry_run, ..World::promote_request("1.0.0", commit) };
                embark_core::promote(&systems, &request).await?
            }
            Self::Rollback => {
                let request = RollbackRequest { dry_run, ..request("production", None) };
                embark_core::rollback(&systems, &request).await?
            }
            Self::RollbackOfOne => {
                let request = RollbackRequest { dry_run, ..request("staging", Some("frontend")) };
                embark_core::rollback(&systems, &request).await?
            }
            Self::RollbackUnverified => {
                let reason = Some("it leaks".into());
                let to = request("production", None);
                let request = RollbackRequest { dry_run, reason, unverified: true, ..to };
                embark_core::rollback(&systems, &request).await?
            }
            Self::Hold => {
                embark_core::hold(&systems, &whole, "it leaks", dry_run).await?;
                return Ok(Ended::WELL);
            }
            Self::Resume => {
                embark_core::resume(&systems, &whole, dry_run).await?.expect("not refused");
                return Ok(Ended::WELL);
            }
            Self::OpenReleasePr | Self::UpdateReleasePr | Self::CloseReleasePr => {
                let versioned = match self {
                    Self::OpenReleasePr => Some(versioned("1.1.0", "- Sing.")),
                    Self::UpdateReleasePr => Some(versioned("2.0.0", "- Dance.")),
                    _ => None,
                };
                let mut request = Proposal::request(commit, versioned);
                request.dry_run = dry_run;
                release_pr(&systems, &releases, &request).await?;
                return Ok(Ended::WELL);
            }
            Self::Notes => {
                let mut request = Proposal::notes(commit, "1.1.0");
                request.dry_run = dry_run;
                let notes = notes(&systems, &releases, &request).await?;
                assert!(matches!(notes, Notes::Published { .. }), "{notes:?}");
                return Ok(Ended::WELL);
            }
            Self::Deploy
            | Self::DeploySuperseded
            | Self::DeployRefused
            | Self::DeployTriedBefore
            | Self::DeployHeld
            | Self::DeployHealthy
            | Self::DeployDegraded => embark_core::deploy(&systems, &Selection::Pending(None), dry_run).await?,
        };
        if dry_run || !matches!(self, Self::ReleaseAndDeploy | Self::PromoteAndDeploy | Self::PromoteElsewhere) {
            return Ok(Ended::of(&items));
        }
        // As the commands do with what they have created or found waiting.
        let ids: Vec<_> = items.iter().filter(|item| !item.is_news()).filter_map(|item| item.id).collect();
        let items = embark_core::deploy(&systems, &Selection::Ids(ids), false).await?;
        Ok(Ended::of(&items))
    }
}

/// Runs what only reads.
pub(super) async fn read(name: &str, systems: &Systems<'_>) {
    match name {
        "verify" => drop(embark_core::verify(systems, None).await.expect("verified")),
        "status" => drop(embark_core::status(systems, None).await.expect("looked at")),
        "audit" => drop(embark_core::audit(systems, &AuditRequest::default()).await.expect("audited")),
        "wait" => drop(embark_core::wait(systems, &environment("production")).await),
        "look over" => drop(embark_core::look_over(systems).await),
        other => panic!("{other} is none"),
    }
}
