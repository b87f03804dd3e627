//! Deployments, their states, and the statuses that are appended to them.

use std::fmt;
use std::str::FromStr;

use crate::commit::Revision;
use crate::name::Target;
use crate::record::Record;
use crate::text::{TextError, serde_as_text};
use crate::timestamp::Timestamp;

/// The id that embark gives a deployment: a [ULID](https://github.com/ulid/spec).
///
/// It names; it never orders. Which of two deployments is the newer is told by
/// [`Deployment::number`] and by the ancestry of their commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeploymentId(ulid::Ulid);

impl DeploymentId {
    /// Makes an id from the milliseconds since 1970-01-01T00:00:00Z and 80 random bits.
    pub fn new(unix_milliseconds: u64, random: u128) -> Self {
        Self(ulid::Ulid::from_parts(unix_milliseconds, random))
    }

    /// Returns when it was made, by the clock of who made it: for searching, and never for deciding.
    pub fn made_at(&self) -> Timestamp {
        Timestamp::from_unix(i64::try_from(self.0.timestamp_ms() / 1000).unwrap_or(i64::MAX))
    }
}

impl FromStr for DeploymentId {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        ulid::Ulid::from_string(text)
            .map(Self)
            .map_err(|_| TextError::new(text, "the id of a deployment", "a ULID of 26 letters and digits is needed"))
    }
}

impl fmt::Display for DeploymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

serde_as_text!(DeploymentId);

/// The state of a deployment, in GitHub's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Wished, and waiting: nobody has looked yet, or a hold is in the way.
    Queued,
    /// Wished, and waiting.
    Pending,
    /// Being carried out.
    InProgress,
    /// Carried out: the values file names it.
    Success,
    /// Refused: a rule says no.
    Failure,
    /// Could not be carried out; it is tried again.
    Error,
    /// Superseded, or no longer what runs.
    Inactive,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Queued, Self::Pending, Self::InProgress, Self::Success, Self::Failure, Self::Error, Self::Inactive];

    /// Returns GitHub's word for it, e.g. `in_progress`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Error => "error",
            Self::Inactive => "inactive",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for State {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| TextError::new(text, "the state of a deployment", "GitHub's words are meant, as in success"))
    }
}

serde_as_text!(State);

/// The longest description of a status that GitHub takes, in characters.
pub(crate) const MAX_DESCRIPTION: usize = 140;

/// A status that is to be appended to a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStatus {
    state: State,
    description: String,
}

impl NewStatus {
    /// Makes a status; a description of more than 140 characters is cut with an ellipsis.
    pub fn new(state: State, description: &str) -> Self {
        let description = description.split_whitespace().collect::<Vec<_>>().join(" ");
        let description = if description.chars().count() > MAX_DESCRIPTION {
            description.chars().take(MAX_DESCRIPTION - 1).chain(['…']).collect()
        } else {
            description
        };
        Self { state, description }
    }

    /// Makes the success that follows a commit: its description begins with the commit's id.
    pub fn success(revision: &Revision) -> Self {
        Self::new(State::Success, &format!("{revision} committed"))
    }

    /// Makes the status of a deployment that is committed and waits until it is healthy: its description begins with the
    /// commit's id, too.
    pub fn committed(revision: &Revision) -> Self {
        Self::new(State::InProgress, &format!("{revision} committed, and not healthy yet"))
    }

    /// Makes the success of a deployment whose values were in the file already, as of `tip`.
    pub(crate) fn already(tip: &Revision) -> Self {
        Self::new(State::Success, &format!("{tip} {ALREADY} names it"))
    }

    /// Returns the state.
    pub fn state(&self) -> State {
        self.state
    }

    /// Returns the description, at most 140 characters on one line.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Returns the commit of the deployment repo with which the description begins.
    pub fn revision(&self) -> Option<Revision> {
        revision(&self.description)
    }

    /// Tells whether it is the success of a deployment whose values were in the file already, so that no commit was made
    /// for it.
    pub fn is_without_commit(&self) -> bool {
        is_without_commit(self.state, &self.description)
    }
}

/// A status that stands on a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The state.
    pub state: State,
    /// Why, in one line.
    pub description: String,
    /// When the platform took it.
    pub at: Timestamp,
}

impl Status {
    /// Returns the commit of the deployment repo with which the description begins, as that of a success does.
    pub fn revision(&self) -> Option<Revision> {
        revision(&self.description)
    }

    /// Tells whether it is the success of a deployment whose values were in the file already.
    pub(crate) fn is_without_commit(&self) -> bool {
        is_without_commit(self.state, &self.description)
    }
}

/// The word after the tip, in a success of which there is no commit.
const ALREADY: &str = "already";

fn is_without_commit(state: State, description: &str) -> bool {
    state == State::Success && description.split_whitespace().nth(1) == Some(ALREADY)
}

fn revision(description: &str) -> Option<Revision> {
    description.split_whitespace().next()?.parse().ok()
}

/// What a platform needs to find a deployment again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeploymentKey {
    /// Environment and component.
    pub target: Target,
    /// embark's id.
    pub id: DeploymentId,
    /// The platform's own number.
    pub number: u64,
}

/// A deployment as a platform holds it: the recorded wish "component C at version V in environment E", and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// What was wished. Whoever may create deployments may have written it: a claim, never evidence.
    pub record: Record,
    /// The platform's own number, which grows with every deployment of a target.
    pub number: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// The statuses, oldest first.
    pub statuses: Vec<Status>,
}

/// How many times a deployment that could not be carried out is tried in all.
pub(crate) const MAX_ERRORS: usize = 5;

impl Deployment {
    /// Returns what the platform needs to find it again.
    pub fn key(&self) -> DeploymentKey {
        DeploymentKey { target: self.record.target.clone(), id: self.record.id, number: self.number }
    }

    /// Returns the newest state, `None` where nobody has looked yet.
    pub fn state(&self) -> Option<State> {
        self.statuses.last().map(|status| status.state)
    }

    /// Tells whether it *ran*: its history has a success.
    pub fn ran(&self) -> bool {
        self.success().is_some()
    }

    /// Returns its first success.
    pub fn success(&self) -> Option<&Status> {
        self.statuses.iter().find(|status| status.state == State::Success)
    }

    /// Returns the commit of the deployment repo that carried it out: that of its success, or with which it is in progress.
    pub fn commit(&self) -> Option<Revision> {
        let in_progress = self.statuses.iter().rev().filter(|status| status.state == State::InProgress);
        self.success().and_then(Status::revision).or_else(|| in_progress.clone().find_map(Status::revision))
    }

    /// Returns its *result*: the newest status that is not `inactive`.
    pub fn result(&self) -> Option<&Status> {
        self.statuses.iter().rev().find(|status| status.state != State::Inactive)
    }

    /// Returns the failure that has withdrawn its success, where nothing was said since but that somebody carries it out, or
    /// could not: who says that had looked before.
    pub(crate) fn withdrawn(&self) -> Option<&Status> {
        let is_tried = |status: &&Status| matches!(status.state, State::InProgress | State::Queued | State::Error);
        let newest = self.statuses.iter().rev().find(|status| !is_tried(status));
        newest.filter(|newest| newest.state == State::Failure && self.ran())
    }

    /// Tells whether it waits to be carried out: no status, `queued`, `pending`, `in_progress`, or a few `error`s.
    pub fn is_pending(&self) -> bool {
        match self.state() {
            None | Some(State::Queued | State::Pending | State::InProgress) => true,
            Some(State::Error) => self.errors() < MAX_ERRORS,
            Some(State::Success | State::Failure | State::Inactive) => false,
        }
    }

    /// Tells whether it is what its target has or will have: it ran and was not found wrong, or it waits.
    pub fn is_live(&self) -> bool {
        self.is_pending() || self.result().is_some_and(|status| status.state == State::Success)
    }

    fn errors(&self) -> usize {
        self.statuses.iter().filter(|status| status.state == State::Error).count()
    }
}
