use std::collections::HashMap;

use gix_object::tree::{Entry, EntryKind};

use super::*;
use crate::object::{Signature, new_commit, new_tree};
use crate::store::Object;

/// Objects in memory that count how often they are read.
#[derive(Default)]
struct Counted {
    objects: HashMap<ObjectId, Object>,
    reads: HashMap<Kind, usize>,
}

impl Counted {
    fn put(&mut self, object: Object) -> ObjectId {
        let id = object.id();
        self.objects.insert(id, object);
        id
    }

    fn blob(&mut self, text: &str) -> ObjectId {
        self.put(Object { kind: Kind::Blob, data: text.into() })
    }

    fn tree(&mut self, entries: &[(&str, EntryKind, ObjectId)]) -> ObjectId {
        let entry = |(name, kind, oid): &(&str, EntryKind, ObjectId)| Entry {
            mode: (*kind).into(),
            filename: (*name).into(),
            oid: *oid,
        };
        let tree = new_tree(entries.iter().map(entry).collect()).expect("a tree");
        self.put(tree)
    }

    fn commit(&mut self, tree: ObjectId, parent: Option<ObjectId>, message: &str) -> ObjectId {
        let who = Signature { name: "Ada", email: "ada@example.com", seconds: 1_700_000_000 };
        self.put(new_commit(tree, parent, &who, &who, message))
    }

    fn reads(&mut self) -> (usize, usize, usize) {
        let reads = std::mem::take(&mut self.reads);
        let of = |kind| reads.get(&kind).copied().unwrap_or_default();
        (of(Kind::Commit), of(Kind::Tree), of(Kind::Blob))
    }
}

impl Objects for Counted {
    fn read(&mut self, id: ObjectId, kind: Kind, data: &mut Vec<u8>) -> Result<(), StoreError> {
        let object = self.objects.get(&id).ok_or_else(|| StoreError::NotFound(format!("object {id}")))?;
        assert_eq!(object.kind, kind, "{id}");
        *self.reads.entry(kind).or_default() += 1;
        data.clear();
        data.extend_from_slice(&object.data);
        Ok(())
    }
}

fn paths(paths: &[&str]) -> Vec<FilePath> {
    paths.iter().map(|path| path.parse().expect("a path")).collect()
}

fn of(from: ObjectId, paths: &[FilePath]) -> Walk<'_> {
    Walk { from, until: None, paths, limit: usize::MAX, goes_on: false }
}

#[test]
fn of_a_commit_that_changed_nothing_two_objects_are_read_and_never_a_file() {
    let mut objects = Counted::default();
    let mut tip = None;
    let commits = 1000;
    for at in 0..commits {
        // Every hundredth commit changes the file, and all change others: some beside the folder, some above it.
        let file = objects.blob(&format!("tag: {}\n", at / 100));
        let inner = objects.tree(&[("values.yaml", EntryKind::Blob, file)]);
        let beside = objects.blob(&format!("{}\n", at / 2));
        let shop = objects.tree(&[("other.yaml", EntryKind::Blob, beside), ("staging", EntryKind::Tree, inner)]);
        let above = objects.blob(&format!("{at}\n"));
        let root = objects.tree(&[("a.yaml", EntryKind::Blob, above), ("shop", EntryKind::Tree, shop)]);
        tip = Some(objects.commit(root, tip, &format!("commit {at}")));
    }
    let tip = tip.expect("commits");
    let values = paths(&["shop/staging/values.yaml"]);
    let found = walk(&mut objects, &of(tip, &values)).expect("walked");
    let subjects: Vec<&str> = found.iter().map(|one| one.commit.message.trim()).collect();
    let expected: Vec<String> = (0..10).rev().map(|at| format!("commit {}", at * 100)).collect();
    assert_eq!(subjects, expected);
    assert_eq!(found[9].before, [Node::Absent], "the first commit brought it");
    assert_eq!(found[0].before, found[1].after);
    // Each commit and its root; the folder of every other one, and that of the file where it changed.
    assert_eq!(objects.reads(), (commits, commits + commits / 2 + 10, 0));
    let few = walk(&mut objects, &Walk { limit: 2, ..of(tip, &values) }).expect("walked");
    assert_eq!(few.iter().map(|one| one.id).collect::<Vec<_>>(), [found[0].id, found[1].id]);
    assert_eq!(objects.reads(), (201, 201 + 101 + 3, 0), "no further than asked for");
    let none = walk(&mut objects, &Walk { until: Some(tip), ..of(tip, &values) }).expect("walked");
    assert!(none.is_empty() && objects.reads() == (0, 0, 0));
    let some = walk(&mut objects, &Walk { until: Some(found[2].id), ..of(tip, &values) }).expect("walked");
    assert_eq!(some.len(), 2, "the end is left out");
}

#[test]
fn what_is_no_file_on_the_way_is_told_apart_and_comes_and_goes() {
    let mut objects = Counted::default();
    let (file, other) = (objects.blob("a: 1\n"), objects.blob("b: 2\n"));
    let inner = objects.tree(&[("b", EntryKind::Blob, file)]);
    let roots = [
        vec![("a", EntryKind::Tree, inner), ("link", EntryKind::Link, other)],
        vec![("a", EntryKind::Blob, file)],
        vec![("a", EntryKind::Commit, file)],
        vec![("a", EntryKind::Link, file)],
        vec![],
        vec![("a", EntryKind::Tree, inner)],
    ];
    let mut tip = None;
    for root in &roots {
        let root = objects.tree(root);
        tip = Some(objects.commit(root, tip, "change"));
    }
    let asked = paths(&["a", "a/b", "a/b/c/d", "link"]);
    let found = walk(&mut objects, &of(tip.expect("commits"), &asked)).expect("walked");
    let seen: Vec<&[Node]> = found.iter().rev().map(|one| one.after.as_slice()).collect();
    let (link, below) = (Node::Other("a symbolic link"), Node::Other("below a file"));
    let expected: [&[Node]; 6] = [
        &[Node::Folder(inner), Node::File(file), below, link],
        &[Node::File(file), below, below, Node::Absent],
        &[Node::Other("a submodule"), Node::Other("below a submodule"), Node::Other("below a submodule"), Node::Absent],
        &[link, Node::Other("below a symbolic link"), Node::Other("below a symbolic link"), Node::Absent],
        &[Node::Absent; 4],
        &[Node::Folder(inner), Node::File(file), below, Node::Absent],
    ];
    assert_eq!(seen, expected);
}
