//! What is to be carried out, in turns: one push takes a batch of it, so that what a run holds does not grow with what waits.

use super::Selection;
use super::carried_out::Found;
use crate::commit::Revision;
use crate::deployment::Deployment;
use crate::error::Error;
use crate::item::{Item, ItemOutcome};
use crate::ports::Snapshot;
use crate::systems::Systems;
use crate::text::chain;

/// How many bytes the values files of one push may have, all their versions together: each commit has a version of one.
const ROOM: usize = 64 << 20;

/// What has not been carried out yet.
pub(super) struct Queue<'s> {
    pub(super) selection: &'s Selection,
    /// What waits, once it has been read: in the order of the pipeline's environments and of the numbers.
    pub(super) waiting: Vec<Deployment>,
    /// What the batches before have found of all that waits; `None` before the first one is done.
    pub(super) searched: Option<Searched>,
}

/// How far the branch was searched for commits that carried deployments out.
pub(super) struct Searched {
    /// What comes after it has not been looked at.
    pub(super) tip: Revision,
    pub(super) found: Found,
}

impl<'s> Queue<'s> {
    pub(super) fn new(selection: &'s Selection) -> Self {
        Self { selection, waiting: Vec::new(), searched: None }
    }

    /// Tells whether nothing has been carried out so far.
    pub(super) fn is_whole(&self) -> bool {
        self.searched.is_none()
    }

    /// Returns how many of those that wait go out in the next push: one at least, if there is one.
    pub(super) fn batch(&self, systems: &Systems<'_>, snapshot: &Snapshot) -> usize {
        let length = |deployment: &Deployment| {
            let found = systems.pipeline.find(&deployment.record.target);
            found.and_then(|(environment, _)| snapshot.file(&environment.values_file)).map_or(0, <[u8]>::len)
        };
        fitting(self.waiting.iter().map(length), systems.batch, ROOM)
    }

    /// Takes away the first of those that wait, which have come to an end with the branch at `tip`.
    pub(super) fn go_on(&mut self, count: usize, tip: Revision, found: Found) {
        self.waiting.drain(..count.min(self.waiting.len()));
        self.searched = Some(Searched { tip, found });
    }

    /// Tells of what still waits that the run has ended of an error: it is the first one's, if no other has it already, and
    /// the others go on waiting.
    pub(super) fn left_by(self, mut error: Option<Error>) -> impl Iterator<Item = Item> {
        self.waiting.into_iter().map(move |deployment| match error.take() {
            Some(error) => not_done(&deployment, error),
            None => Item::of(&deployment, ItemOutcome::Unchanged).because("it waits: the run has ended before it"),
        })
    }

    /// Tells of all that still waits why it is not carried out.
    pub(super) fn left_for(self, why: impl Fn() -> Error) -> impl Iterator<Item = Item> {
        self.waiting.into_iter().map(move |deployment| not_done(&deployment, why()))
    }
}

fn not_done(deployment: &Deployment, error: Error) -> Item {
    let reason = chain(&error);
    Item::of(deployment, ItemOutcome::Failed(Box::new(error))).because(reason)
}

/// Returns how many files fit into the room, and are no more than `most`.
fn fitting(lengths: impl Iterator<Item = usize>, most: usize, room: usize) -> usize {
    let mut left = room;
    let fits = |(at, length): &(usize, usize)| {
        let fits = *at == 0 || *length <= left;
        left = left.saturating_sub(*length);
        fits
    };
    lengths.take(most.max(1)).enumerate().take_while(fits).count()
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn a_batch_has_one_and_no_more_than_there_is_room_for() {
        for (lengths, most, expected) in [
            (vec![], 10, 0),
            (vec![7], 10, 1),
            // One that is larger than all the room goes out by itself.
            (vec![101], 10, 1),
            (vec![101, 1], 10, 1),
            (vec![50, 50, 1], 10, 2),
            (vec![0, 60, 60], 10, 2),
            (vec![1; 11], 10, 10),
            (vec![1; 3], 0, 1),
        ] {
            assert_eq!(fitting(lengths.iter().copied(), most, 100), expected, "{lengths:?}, {most} at most");
        }
    }
}
