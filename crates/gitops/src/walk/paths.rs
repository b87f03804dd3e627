//! What stands at some paths, from one tree to the next.

use embark_core::FilePath;
use gix_hash::ObjectId;
use gix_object::{Kind, TreeRefIter};

use super::Objects;
use crate::object;
use crate::store::StoreError;
use crate::tree::Node;

/// Some paths, and what stands there in the tree that was looked at last.
pub(super) struct Paths {
    root: Folder,
    nodes: Vec<Node>,
    /// What the object is read into that is looked at.
    data: Vec<u8>,
}

/// A folder that paths lead through.
#[derive(Default)]
struct Folder {
    /// The tree that was looked into last.
    seen: Option<ObjectId>,
    steps: Vec<Step>,
}

/// What paths name in a folder.
struct Step {
    name: String,
    /// The paths that end here.
    ends: Vec<usize>,
    below: Folder,
}

impl Paths {
    pub(super) fn new(paths: &[FilePath]) -> Self {
        let mut root = Folder::default();
        for (at, path) in paths.iter().enumerate() {
            root.add(path.as_str(), at);
        }
        Self { root, nodes: vec![Node::Absent; paths.len()], data: Vec::new() }
    }

    /// Returns what stands at each path.
    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Looks at the paths in another tree, or where there is none.
    pub(super) fn go_to(&mut self, objects: &mut dyn Objects, tree: Option<ObjectId>) -> Result<(), StoreError> {
        let node = tree.map_or(Node::Absent, Node::Folder);
        self.root.go_to(node, objects, &mut self.nodes, &mut self.data)
    }
}

impl Folder {
    fn add(&mut self, path: &str, end: usize) {
        let (name, rest) = path.split_once('/').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let at = self.steps.iter().position(|step| step.name == name).unwrap_or_else(|| {
            self.steps.push(Step { name: name.into(), ends: Vec::new(), below: Self::default() });
            self.steps.len() - 1
        });
        match rest {
            Some(rest) => self.steps[at].below.add(rest, end),
            None => self.steps[at].ends.push(end),
        }
    }

    /// Takes `node` for what stands here.
    fn go_to(
        &mut self,
        node: Node,
        objects: &mut dyn Objects,
        nodes: &mut [Node],
        data: &mut Vec<u8>,
    ) -> Result<(), StoreError> {
        let Node::Folder(tree) = node else {
            self.seen = None;
            return self.steps.iter_mut().try_for_each(|step| step.go_to(node.below(), objects, nodes, data));
        };
        if self.steps.is_empty() || self.seen == Some(tree) {
            return Ok(());
        }
        objects.read(tree, Kind::Tree, data)?;
        let found = self.find(data)?;
        self.seen = Some(tree);
        self.steps.iter_mut().zip(found).try_for_each(|(step, node)| step.go_to(node, objects, nodes, data))
    }

    /// Finds what the steps name in a tree, and looks no further than to the last of them.
    fn find(&self, tree: &[u8]) -> Result<Vec<Node>, StoreError> {
        let (mut found, mut missing) = (vec![Node::Absent; self.steps.len()], self.steps.len());
        for entry in TreeRefIter::from_bytes(tree, object::HASH) {
            let entry = entry.map_err(|_| object::no_tree())?;
            let at = self.steps.iter().position(|step| entry.filename == step.name);
            if let Some(at) = at.filter(|at| found[*at] == Node::Absent) {
                found[at] = Node::at(entry.mode.kind(), entry.oid.into());
                missing -= 1;
            }
            if missing == 0 {
                break;
            }
        }
        Ok(found)
    }
}

impl Step {
    fn go_to(
        &mut self,
        node: Node,
        objects: &mut dyn Objects,
        nodes: &mut [Node],
        data: &mut Vec<u8>,
    ) -> Result<(), StoreError> {
        for end in &self.ends {
            nodes[*end] = node;
        }
        self.below.go_to(node, objects, nodes, data)
    }
}
