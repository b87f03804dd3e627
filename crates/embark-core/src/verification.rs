//! What *verified* means, and the evidence that something is.

use std::time::Duration;

use crate::checks::{CheckName, CheckRecord, MissingCheck};
use crate::commit::Commit;
use crate::deployment::{Deployment, DeploymentId, State};
use crate::git_record::GitRecord;
use crate::image::Image;
use crate::lane::{Lane, Unbroken};
use crate::name::Target;
use crate::pipeline::Requirements;
use crate::record::{Source, Waiver};
use crate::timestamp::Timestamp;

/// An image that its environment ran, and that is verified there now.
///
/// It comes from [`VerifiedImage::judge`] alone, out of a deployment and the lane in which it ran: there is no way
/// to it from a bare digest.
///
/// ```compile_fail
/// use embark_core::{Digest, VerifiedImage};
///
/// // Neither a constructor nor a field takes a digest.
/// let forged = VerifiedImage { digest: Digest::sha256(b"never on staging") };
/// ```
///
/// ```compile_fail
/// use embark_core::{Image, VerifiedImage};
///
/// let image: Image = "registry.test/app:1@sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
///     .parse()
///     .unwrap();
/// let forged: VerifiedImage = image.into();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedImage {
    target: Target,
    image: Image,
    commit: Option<Commit>,
    source: Source,
    succeeded_at: Timestamp,
    soaked: Duration,
    checks: Vec<CheckName>,
}

impl VerifiedImage {
    /// Judges whether `deployment` is verified: by the `lane` in which it ran, by what `git` records of it, by
    /// the `checks` of its commit, and by what is required.
    ///
    /// # Errors
    /// [`NotVerified`] says what is missing, and until when.
    pub fn judge(
        deployment: &Deployment,
        lane: &Lane,
        git: &GitRecord,
        checks: &CheckRecord,
        requires: &Requirements,
        now: Timestamp,
    ) -> Result<Self, NotVerified> {
        let success = match (deployment.success(), deployment.result()) {
            (Some(success), Some(result)) if result.state == State::Success => success,
            (Some(_), Some(result)) => return Err(NotVerified::Withdrawn { state: result.state }),
            _ => return Err(NotVerified::NotRun { state: deployment.state() }),
        };
        if let Some(waived) = deployment.record.waived.as_ref().filter(|waived| waived.waives(Waiver::VERIFIED)) {
            return Err(NotVerified::Waived { reason: waived.reason.clone() });
        }
        git.agrees(deployment).map_err(|reason| NotVerified::Disagreement { reason })?;
        if let Some(rollback) = lane.rolled_back(deployment) {
            return Err(NotVerified::RolledBack { by: rollback.record.id });
        }
        let runs = lane.runs(deployment);
        let soaked = runs.iter().map(|run| lasted(run, git, now)).max().unwrap_or_default();
        if let Some(left) = requires.soak.checked_sub(soaked).filter(|left| !left.is_zero()) {
            return Err(NotVerified::Soak { left });
        }
        // A commit that neither git nor the tag bears out is only claimed.
        let is_borne_out =
            |commit: &&Commit| !success.is_without_commit() || commit.as_str() == deployment.record.image.tag.as_str();
        let commit = deployment.record.commit.as_ref().filter(is_borne_out);
        let missing = checks.of(commit).missing(&requires.checks);
        if !missing.is_empty() {
            return Err(NotVerified::Checks { commit: commit.cloned(), missing });
        }
        Ok(Self {
            target: deployment.record.target.clone(),
            image: deployment.record.image.clone(),
            commit: deployment.record.commit.clone(),
            source: Source {
                environment: deployment.record.target.environment.clone(),
                deployment: deployment.record.id,
                commit: success.revision(),
            },
            succeeded_at: success.at,
            soaked,
            checks: requires.checks.clone(),
        })
    }

    /// Returns the environment and component that ran it.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Returns the image, as its environment names it.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// Returns the application's commit from which it was built.
    pub fn commit(&self) -> Option<&Commit> {
        self.commit.as_ref()
    }

    /// Returns where it was verified.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Returns when it first succeeded.
    pub fn succeeded_at(&self) -> Timestamp {
        self.succeeded_at
    }

    /// Returns how long it has run without a break.
    pub fn soaked(&self) -> Duration {
        self.soaked
    }

    /// Returns the checks that passed on its commit.
    pub fn checks(&self) -> &[CheckName] {
        &self.checks
    }
}

/// Returns how long a digest ran without a break: until another one came, or until now.
fn lasted(run: &Unbroken<'_>, git: &GitRecord, now: Timestamp) -> Duration {
    // What git does not record of the run proves no time.
    let borne_out = run.deployments.iter().filter(|one| git.agrees(one).is_ok());
    let first = borne_out.filter_map(|one| git.succeeded_at(one)).min();
    let end = run.next.and_then(Deployment::success).map_or(now, |next| next.at.min(now));
    first.map_or(Duration::ZERO, |first| end.since(first))
}

/// Tells why a deployment is not verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// It never succeeded.
    #[error("it has not run: its state is {}", state.map_or("not reported yet", State::as_str))]
    NotRun {
        /// Its newest state.
        state: Option<State>,
    },
    /// It succeeded, and was found wrong later.
    #[error("it succeeded, and its result is {state} now")]
    Withdrawn {
        /// Its result.
        state: State,
    },
    /// It was put there without having been verified.
    #[error("it was never verified, which was waived for its environment alone: {reason}")]
    Waived {
        /// Why it was waived.
        reason: String,
    },
    /// Git does not record what the platform says.
    #[error("{reason}")]
    Disagreement {
        /// What each of them says.
        reason: String,
    },
    /// Its environment was rolled back away from it.
    #[error("it was rolled back by {by}")]
    RolledBack {
        /// The rollback.
        by: DeploymentId,
    },
    /// It has not run for long enough.
    #[error("its soak time is not over for another {}", minutes(*left))]
    Soak {
        /// How long it must go on running.
        left: Duration,
    },
    /// Required checks are not known to have passed on its commit.
    #[error("its checks have not passed{}: {}", on(commit.as_ref()), list(missing))]
    Checks {
        /// The application's commit, where its record names one.
        commit: Option<Commit>,
        /// Which checks, and what is known of each.
        missing: Vec<MissingCheck>,
    },
}

fn on(commit: Option<&Commit>) -> String {
    commit.map(|commit| format!(" on {}", commit.short())).unwrap_or_default()
}

fn list(missing: &[MissingCheck]) -> String {
    missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn minutes(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds % 3600 / 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}
