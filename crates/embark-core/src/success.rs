//! When a deployment is a success.

use crate::commit::Revision;
use crate::deployment::NewStatus;

/// When a deployment is a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Success {
    /// When its commit is on the branch.
    #[default]
    Committed,
    /// When it runs, too, and is healthy.
    Healthy,
}

impl Success {
    /// Returns the status of a deployment whose commit is on the branch.
    pub fn status(self, commit: &Revision) -> NewStatus {
        match self {
            Self::Committed => NewStatus::success(commit),
            Self::Healthy => NewStatus::committed(commit),
        }
    }
}
