//! The deployment branch: files at its tip, commits on top of it, and its history.

use std::collections::{BTreeMap, BTreeSet};

use embark_core::ports::{BranchCommit, Change, Committed, Folder, LogEntry, LogQuery, Snapshot};
use embark_core::{FilePath, Revision, Timestamp};
use gix_hash::ObjectId;
use gix_object::Kind;

use crate::error::{object_id, revision};
use crate::ledger;
use crate::object;
use crate::session::{Question, Seen, Session};
use crate::signing::Committer;
use crate::store::{Extent, RefUpdate, Store, StoreError};
use crate::tree::{self, Below, Node, Staged};
use crate::walk::{Passed, Walk};

/// Tells why files cannot be read.
pub(crate) enum ReadError {
    NotAFile { path: FilePath, what: &'static str },
    Store(StoreError),
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Reads files at the tip.
pub(crate) fn read(session: &mut Session, paths: &[FilePath]) -> Result<Snapshot, ReadError> {
    session.ask(Question::Files);
    let tip = session.tip()?;
    let places: Vec<(ObjectId, &FilePath)> = paths.iter().map(|path| (tip, path)).collect();
    let bytes = read_at(session, &places)?;
    Ok(Snapshot { tip: revision(tip)?, files: paths.iter().cloned().zip(bytes).collect() })
}

/// Lists the files at the tip, sorted.
pub(crate) fn files(session: &mut Session) -> Result<Vec<FilePath>, StoreError> {
    session.ask(Question::List);
    let tip = session.tip()?;
    session.store.load(&[tip], Extent::Trees)?;
    let root = loaded(&*session.store, tip)?.tree;
    let paths = tree::list(&*session.store, root)?;
    Ok(paths.iter().filter_map(|path| path.parse().ok()).collect())
}

/// Reads files as commits have them, one load for each level of all their trees.
pub(crate) fn read_at(
    session: &mut Session,
    places: &[(ObjectId, &FilePath)],
) -> Result<Vec<Option<Vec<u8>>>, ReadError> {
    session.open()?;
    let nodes = nodes(session, places)?;
    let mut blobs = Vec::new();
    for ((_, path), node) in places.iter().zip(&nodes) {
        match node {
            Node::File(id) => blobs.push(*id),
            Node::Absent | Node::Other("below a file") => {}
            Node::Folder(_) => return Err(ReadError::NotAFile { path: (*path).clone(), what: "a folder" }),
            Node::Other(what) => return Err(ReadError::NotAFile { path: (*path).clone(), what }),
        }
    }
    session.store.load(&blobs, Extent::Alone)?;
    let mut files = Vec::new();
    for ((_, path), node) in places.iter().zip(&nodes) {
        let object = if let Node::File(id) = node { session.store.get(id) } else { None };
        if object.is_some_and(|object| object.data.starts_with(LFS)) {
            return Err(ReadError::NotAFile { path: (*path).clone(), what: "a pointer of Git LFS" });
        }
        files.push(object.map(|object| object.data.clone()));
    }
    Ok(files)
}

/// Finds what stands at places, also of commits that were walked past.
fn nodes(session: &mut Session, places: &[(ObjectId, &FilePath)]) -> Result<Vec<Node>, StoreError> {
    let mut nodes: Vec<Option<Node>> = places.iter().map(|(commit, path)| session.seen.get(*commit, path)).collect();
    let open: Vec<usize> = (0..places.len()).filter(|at| nodes[*at].is_none()).collect();
    let commits: Vec<ObjectId> = open.iter().map(|at| places[*at].0).collect();
    session.store.load(&commits, Extent::Root)?;
    let mut roots = Vec::new();
    for at in &open {
        let (commit, path) = places[*at];
        roots.push((loaded(&*session.store, commit)?.tree, path.as_str()));
    }
    for (at, node) in open.into_iter().zip(tree::find(&mut *session.store, &roots)?) {
        nodes[at] = Some(node);
    }
    Ok(nodes.into_iter().map(|node| node.unwrap_or(Node::Absent)).collect())
}

/// Reads all that is below a folder as a commit has it, or below the root; `None` where no folder is.
pub(crate) fn read_folder(
    session: &mut Session,
    commit: ObjectId,
    folder: Option<&FilePath>,
) -> Result<Option<Folder>, StoreError> {
    session.open()?;
    let store = &mut *session.store;
    let root = root(store, commit)?;
    let top = match folder {
        Some(folder) => tree::find(store, &[(root, folder.as_str())])?.pop(),
        None => Some(Node::Folder(root)),
    };
    let Some(Node::Folder(top)) = top else { return Ok(None) };
    let Below { files, links, left_out } = tree::below(store, folder.map(FilePath::as_str), top)?;
    let blobs: Vec<ObjectId> = files.iter().chain(&links).map(|(_, id)| *id).collect();
    store.load(&blobs, Extent::Alone)?;
    let mut read = Folder { left_out, ..Folder::default() };
    let mut room = MOST_BYTES;
    for (name, id) in files {
        let Ok(path) = name.parse() else {
            read.left_out.insert(name, tree::UNNAMEABLE);
            continue;
        };
        let data = store.get(&id).map(|object| object.data.clone()).unwrap_or_default();
        let left = room.checked_sub(data.len());
        room = left.ok_or_else(|| StoreError::Malformed(format!("a folder has more than {MOST_BYTES} bytes")))?;
        read.files.insert(path, data);
    }
    for (name, id) in links {
        let target = store.get(&id).map(|object| String::from_utf8_lossy(&object.data).into_owned());
        match (name.parse(), target) {
            (Ok(path), Some(target)) => _ = read.links.insert(path, target),
            _ => _ = read.left_out.insert(name, tree::UNNAMEABLE),
        }
    }
    Ok(Some(read))
}

/// How much a folder may have that is read whole, in bytes. One object may stand there many times.
const MOST_BYTES: usize = 256 << 20;

/// How [a pointer](https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md) to a file that is kept elsewhere begins.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Loads a commit with its root tree and returns the id of that.
fn root(store: &mut dyn Store, commit: ObjectId) -> Result<ObjectId, StoreError> {
    store.load(&[commit], Extent::Root)?;
    Ok(loaded(store, commit)?.tree)
}

fn loaded(store: &dyn Store, commit: ObjectId) -> Result<object::Commit, StoreError> {
    let found = store.get(&commit).ok_or_else(|| StoreError::NotFound(format!("commit {commit}")))?;
    object::commit(&found.data)
}

/// Commits a stack of changes on `expected`, together with the statuses of their deployments.
pub(crate) fn commit(
    session: &mut Session,
    expected: &Revision,
    changes: Vec<Change>,
    committer: &Committer,
    now: Timestamp,
) -> Result<Committed, StoreError> {
    let old = object_id(expected)?;
    let tip = session.tip()?;
    if tip != old {
        session.forget();
        return Err(StoreError::Stale { name: session.branch.clone(), actual: Some(tip) });
    }
    let root = root(&mut *session.store, old)?;
    let paths: BTreeSet<&str> = changes.iter().flat_map(|change| change.files.keys()).map(FilePath::as_str).collect();
    let places: Vec<(ObjectId, &str)> = paths.into_iter().map(|path| (root, path)).collect();
    tree::find(&mut *session.store, &places)?;
    let records = changes.iter().any(|change| change.deployment.is_some()) && session.ledger.is_some();
    let recorded = records && session.store.is_atomic()?;

    let mut staged = Staged::new(&*session.store);
    let (mut parent, mut root) = (old, root);
    let (mut commits, mut done) = (Vec::new(), Vec::new());
    for Change { files, message, deployment } in changes {
        if !files.is_empty() {
            root =
                staged.write(Some(root), files.into_iter().map(|(path, bytes)| (path.to_string(), bytes)).collect())?;
        }
        parent = staged.put(committer.commit(root, Some(parent), now, &message)?);
        let commit = revision(parent)?;
        done.extend(deployment.map(|done| (done.deployment, done.success.status(&commit))));
        commits.push(commit);
    }
    let mut objects = staged.into_objects();
    let mut updates = vec![RefUpdate { name: session.branch.clone(), old: Some(old), new: parent }];
    if recorded && let Some(appended) = ledger::stage(session, &done, committer, now)? {
        objects.extend(appended.objects);
        updates.push(appended.update);
    }
    session.push(objects, &updates)?;
    Ok(Committed { commits, recorded })
}

/// Walks the branch along first parents, newest first.
pub(crate) fn log(session: &mut Session, query: &LogQuery) -> Result<Vec<LogEntry>, StoreError> {
    let from = match &query.from {
        Some(from) => {
            session.open()?;
            object_id(from)?
        }
        None => {
            session.ask(Question::Log);
            session.tip()?
        }
    };
    // What is no id of this repository is not met.
    let until = query.until.as_ref().and_then(|until| object_id(until).ok());
    if query.paths.is_empty() {
        let chain = session.store.chain(from, until, query.limit)?;
        return chain.into_iter().map(|id| entry(id, loaded(&*session.store, id)?)).collect();
    }
    let (paths, limit, goes_on) = (query.paths.as_slice(), query.limit, query.from.is_some());
    let passed = session.store.walk(&Walk { from, until, paths, limit, goes_on })?;
    session.seen = Seen::of(&passed, paths);
    let entry = |Passed { id, commit, after, before }: Passed| {
        let changed = paths.iter().zip(after.iter().zip(&before)).filter(|(_, (after, before))| after != before);
        let changed = changed.map(|(path, _)| path.clone()).collect();
        Ok(LogEntry { changed, ..entry(id, commit)? })
    };
    passed.into_iter().map(entry).collect()
}

/// Reads commits of the branch by their ids; those that are not on it are left out.
pub(crate) fn commits(session: &mut Session, ids: &[Revision]) -> Result<BTreeMap<Revision, BranchCommit>, StoreError> {
    session.open()?;
    let ids: Vec<ObjectId> = ids.iter().filter_map(|id| object_id(id).ok()).collect();
    session.store.load_commits(&ids)?;
    let parents = parents_of(&*session.store, &ids)?;
    session.store.load_commits(&parents)?;
    let mut found = Vec::new();
    for id in ids.iter().collect::<BTreeSet<_>>() {
        if session.store.get(id).is_some_and(|found| found.kind == Kind::Commit) {
            found.push((*id, loaded(&*session.store, *id)?));
        }
    }
    // From the oldest on: the way to it leads past the others.
    found.sort_by_key(|(_, commit)| commit.seconds);
    let tip = session.tip()?;
    let oldest_first: Vec<ObjectId> = found.iter().map(|(id, _)| *id).collect();
    let on_way = session.store.on_way(tip, &oldest_first)?;
    let mut entries = BTreeMap::new();
    for (id, commit) in found.into_iter().filter(|(id, _)| on_way.contains(id)) {
        let parent = commit.parents.first().filter(|parent| session.store.get(parent).is_some());
        let before = parent.map(|parent| loaded(&*session.store, *parent)).transpose()?;
        let is_empty = before.is_some_and(|before| before.tree == commit.tree);
        entries.insert(revision(id)?, BranchCommit { entry: entry(id, commit)?, is_empty });
    }
    Ok(entries)
}

fn parents_of(store: &dyn Store, ids: &[ObjectId]) -> Result<Vec<ObjectId>, StoreError> {
    let mut parents = BTreeSet::new();
    for id in ids.iter().filter(|id| store.get(id).is_some_and(|found| found.kind == Kind::Commit)) {
        parents.extend(loaded(store, *id)?.parents.first().copied());
    }
    Ok(parents.into_iter().collect())
}

fn entry(id: ObjectId, commit: object::Commit) -> Result<LogEntry, StoreError> {
    Ok(LogEntry {
        revision: revision(id)?,
        parent: commit.parents.first().copied().map(revision).transpose()?,
        message: commit.message,
        author: commit.author,
        at: Timestamp::from_unix(commit.seconds),
        changed: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::Local;
    use crate::object::Signature;
    use crate::store::{NewObject, Object};

    fn put(local: &mut Local, object: Object) -> ObjectId {
        let new = NewObject { id: object.id(), object, delta: None };
        local.write(std::slice::from_ref(&new)).expect("it is written");
        new.id
    }

    /// Writes a tree as nobody's git would.
    fn tree_of(local: &mut Local, entries: &[(&str, &str, ObjectId)]) -> ObjectId {
        let entry = |(mode, name, id): &(&str, &str, ObjectId)| {
            [mode.as_bytes(), b" ", name.as_bytes(), b"\0", id.as_slice()].concat()
        };
        put(local, Object { kind: Kind::Tree, data: entries.iter().flat_map(entry).collect() })
    }

    #[test]
    fn no_name_of_a_tree_leads_out_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        gix::init_bare(folder.path()).expect("it is made");
        let mut local = Local::new(folder.path());
        let file = put(&mut local, Object { kind: Kind::Blob, data: b"a: 1\n".to_vec() });
        let inner = tree_of(&mut local, &[("100644", "..", file), ("100644", "fine.yaml", file)]);
        let names = ["..", ".", ".git", "../../escaped", "/escaped", "a\nb", "a\\b", "a\u{1b}b", "", "a//b"];
        let mut entries: Vec<(&str, &str, ObjectId)> = Vec::new();
        for name in names {
            entries.extend([("100644", name, file), ("120000", name, file), ("40000", name, inner)]);
        }
        entries.extend([("100644", "fine.yaml", file), ("40000", "charts", inner)]);
        let root = tree_of(&mut local, &entries);
        let who = Signature { name: "x", email: "x@example.com", seconds: 1 };
        let commit = put(&mut local, object::new_commit(root, None, &who, &who, "Begin"));
        local
            .push(&[], &[RefUpdate { name: "refs/heads/main".into(), old: None, new: commit }])
            .expect("the branch is written");
        let mut session = Session::new(Box::new(local), "refs/heads/main".into(), None);
        let read = read_folder(&mut session, commit, None).expect("it is read").expect("it is a folder");
        let paths: Vec<&str> = read.files.keys().map(FilePath::as_str).collect();
        assert_eq!((paths, read.links.len()), (vec!["charts/fine.yaml", "fine.yaml"], 0));
        let listed = files(&mut session).expect("they are listed");
        assert_eq!(listed.iter().map(FilePath::as_str).collect::<Vec<_>>(), ["charts/fine.yaml", "fine.yaml"]);
    }
}
