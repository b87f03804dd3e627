//! What was done to the systems, in the order in which it was done.

use std::sync::{Mutex, PoisonError};

use embark_core::{Deployment, DeploymentId, Image, NewStatus, Repository, Revision, Tag, Target};

use super::steps::Cluster;

/// What one deployment is known by: whoever may create some may copy an id to another target.
pub(crate) type Key = (Target, DeploymentId);

pub(crate) fn key(deployment: &Deployment) -> Key {
    (deployment.record.target.clone(), deployment.record.id)
}

/// One thing that was done.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    /// The number of the process of embark's; `None` for somebody else.
    pub(crate) by: Option<usize>,
    /// How many events there were when the process last read the branch.
    pub(crate) read_at: usize,
    pub(crate) what: What,
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    /// An image got a tag.
    Tagged(Image),
    /// A tag was deleted.
    Untagged(Repository, Tag),
    /// Deployments were created.
    Created(Vec<Key>),
    /// Statuses were appended.
    Appended(Vec<(Key, NewStatus)>),
    /// A cluster got well, or did not.
    Turned(usize, Cluster),
    /// Commits came to the branch in one push.
    Committed(Vec<Revision>),
}

/// All that was done.
#[derive(Default)]
pub(crate) struct Log(Mutex<Vec<Event>>);

impl Log {
    pub(crate) fn push(&self, event: Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    /// Notes what somebody else has done.
    pub(crate) fn somebody(&self, what: What) {
        self.push(Event { by: None, read_at: 0, what });
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Returns the event of this number, if there is one yet.
    pub(crate) fn get(&self, number: usize) -> Option<Event> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(number).cloned()
    }
}
