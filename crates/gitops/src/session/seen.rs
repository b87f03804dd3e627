//! What the last walk along the branch has met.

use std::collections::HashMap;

use embark_core::FilePath;
use gix_hash::ObjectId;

use crate::tree::Node;
use crate::walk::Passed;

/// What stands at some paths in the commits that the last walk has found, and in their first parents: the files are asked
/// for next, and no tree need be read for them again.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    paths: Vec<FilePath>,
    nodes: HashMap<ObjectId, Vec<Node>>,
}

impl Seen {
    pub(crate) fn of(passed: &[Passed], paths: &[FilePath]) -> Self {
        let mut nodes = HashMap::new();
        for one in passed {
            nodes.insert(one.id, one.after.clone());
            nodes.extend(one.commit.parents.first().map(|parent| (*parent, one.before.clone())));
        }
        Self { paths: paths.to_vec(), nodes }
    }

    /// Returns what stands at a place; `None` if the walk has not met it.
    pub(crate) fn get(&self, commit: ObjectId, path: &FilePath) -> Option<Node> {
        let nodes = self.nodes.get(&commit)?;
        let at = self.paths.iter().position(|other| other == path)?;
        nodes.get(at).copied()
    }
}
