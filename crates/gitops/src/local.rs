//! A repository on disk, through gix: no git program is run, and none of its hooks.

mod packs;

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use gix::refs::Target;
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit};
use gix_hash::ObjectId;
use gix_object::{Find as _, Kind};

use self::packs::Packs;
use crate::object;
use crate::store::{BoxError, Extent, NewObject, Object, RefUpdate, Refs, SHA256, Store, StoreError};
use crate::turn::{self, Turn};
use crate::walk::{self, Objects, Passed, Walk};

/// How long to wait for others who are moving a ref.
const LOCK: gix::lock::acquire::Fail = gix::lock::acquire::Fail::AfterDurationWithBackoff(Duration::from_secs(5));

/// A repository on disk. It is opened for each call that needs gix: handles of it are bound to one thread. Its packs stay
/// open from one look at the refs to the next: to open one takes a time that grows with what is in it.
pub(crate) struct Local {
    name: String,
    path: PathBuf,
    objects: HashMap<ObjectId, Object>,
    packs: Option<Packs>,
}

impl Local {
    pub(crate) fn new(path: &Path) -> Self {
        Self { name: path.display().to_string(), path: path.to_owned(), objects: HashMap::new(), packs: None }
    }

    fn open(&self) -> Result<gix::Repository, StoreError> {
        open_existing(&self.path)
    }
}

fn open_existing(path: &Path) -> Result<gix::Repository, StoreError> {
    if !path.exists() {
        return Err(StoreError::NotFound("git repository".into()));
    }
    open(path).map_err(StoreError::Unavailable)
}

/// Opens a repository without any configuration but its own.
pub(crate) fn open(path: &Path) -> Result<gix::Repository, BoxError> {
    let options = gix::open::Options::isolated().with(gix_sec::Trust::Full);
    let repository = gix::open_opts(path, options).map_err(boxed)?;
    if repository.object_hash() != gix_hash::Kind::Sha1 {
        return Err(SHA256.into());
    }
    Ok(repository)
}

pub(crate) fn boxed(error: impl Into<BoxError>) -> BoxError {
    error.into()
}

fn other<E: Into<BoxError>>(operation: &'static str) -> impl FnOnce(E) -> StoreError {
    move |source| {
        let source: BoxError = source.into();
        if is_denied(&*source) {
            return StoreError::Rejected(format!("this user may not {operation} it"));
        }
        StoreError::Other { operation, source }
    }
}

fn is_denied(error: &(dyn std::error::Error + 'static)) -> bool {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    let mut causes = causes.filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    causes.any(|cause| cause.kind() == std::io::ErrorKind::PermissionDenied)
}

/// Reads one object after the other, and keeps none.
struct Reader<'a> {
    path: &'a Path,
    packs: &'a mut Packs,
    /// What reads the objects that the packs do not have, once there is one.
    repository: Option<gix::Repository>,
}

impl<'a> Reader<'a> {
    fn new(path: &'a Path, packs: &'a mut Option<Packs>) -> Result<Self, StoreError> {
        let mut repository = None;
        if packs.is_none() {
            let opened = open_existing(path)?;
            *packs = Some(Packs::open(&opened.common_dir().join("objects")));
            repository = Some(opened);
        }
        Ok(Self { path, packs: packs.get_or_insert_with(Packs::default), repository })
    }

    fn object(&mut self, id: ObjectId) -> Result<Object, StoreError> {
        let mut data = Vec::new();
        let kind = self.read_any(id, &mut data)?;
        Ok(Object { kind, data })
    }

    /// Reads an object in place of what is in `data`, checked against its id; returns its kind.
    fn read_any(&mut self, id: ObjectId, data: &mut Vec<u8>) -> Result<Kind, StoreError> {
        if id == ObjectId::empty_tree(object::HASH) {
            data.clear();
            return Ok(Kind::Tree);
        }
        if let Some(kind) = self.packs.read(id, data).filter(|kind| is(id, *kind, data)) {
            return Ok(kind);
        }
        data.clear();
        let repository = match &mut self.repository {
            Some(opened) => opened,
            closed => closed.insert(open_existing(self.path)?),
        };
        let found = repository.objects.try_find(&id, data).map_err(other("read"))?;
        let kind = found.ok_or_else(|| StoreError::NotFound(format!("object {id}")))?.kind;
        if is(id, kind, data) {
            return Ok(kind);
        }
        Err(StoreError::Malformed(format!("object {id} does not hash to its id")))
    }
}

/// Tells whether an object is what its id says.
fn is(id: ObjectId, kind: Kind, data: &[u8]) -> bool {
    gix_object::compute_hash(object::HASH, kind, data).is_ok_and(|computed| computed == id)
}

impl Objects for Reader<'_> {
    fn read(&mut self, id: ObjectId, kind: Kind, data: &mut Vec<u8>) -> Result<(), StoreError> {
        let found = self.read_any(id, data)?;
        if found == kind { Ok(()) } else { Err(StoreError::Malformed(format!("object {id} is no {kind}"))) }
    }
}

fn read_ref(repository: &gix::Repository, name: &str) -> Result<Option<ObjectId>, StoreError> {
    let found = repository.try_find_reference(name).map_err(other("read"))?;
    let Some(reference) = found.filter(|found| found.name().as_bstr() == name) else { return Ok(None) };
    let id = reference.into_fully_peeled_id().map_err(other("read"))?;
    Ok(Some(id.detach()))
}

impl Local {
    /// Writes objects that nothing points to yet.
    pub(crate) fn write(&self, objects: &[NewObject]) -> Result<(), StoreError> {
        let repository = self.open()?;
        for NewObject { id, object, .. } in objects {
            let written = repository.write_object(object::Raw(object)).map_err(other("write to"))?;
            if written != *id {
                return Err(StoreError::Malformed(format!("it took object {id} for {written}")));
            }
        }
        Ok(())
    }
}

impl Store for Local {
    fn name(&self) -> &str {
        &self.name
    }

    fn refs(&mut self, names: &[&str]) -> Result<Refs, StoreError> {
        // What they name now may be in packs that are new.
        self.packs = None;
        let repository = self.open()?;
        let mut refs = Refs::new();
        for name in names {
            if let Some(id) = read_ref(&repository, name)? {
                refs.insert((*name).into(), id);
            }
        }
        Ok(refs)
    }

    fn load(&mut self, ids: &[ObjectId], extent: Extent) -> Result<(), StoreError> {
        let mut reader = Reader::new(&self.path, &mut self.packs)?;
        // In their order: of a file's history a pack tells the older ones by the newer ones.
        let mut wanted: Vec<ObjectId> = ids.iter().rev().copied().collect();
        while let Some(id) = wanted.pop() {
            let object = match self.objects.entry(id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert(reader.object(id)?),
            };
            match (extent, object.kind) {
                (Extent::Root | Extent::Trees, Kind::Commit) => wanted.push(object::commit(&object.data)?.tree),
                (Extent::Trees, Kind::Tree) => {
                    let entries = object::tree(&object.data)?;
                    wanted.extend(entries.iter().filter(|entry| entry.mode.is_tree()).map(|entry| entry.oid));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn forget(&mut self, ids: &[ObjectId]) {
        for id in ids {
            self.objects.remove(id);
        }
    }

    fn load_commits(&mut self, ids: &[ObjectId]) -> Result<(), StoreError> {
        let mut reader = Reader::new(&self.path, &mut self.packs)?;
        for id in ids.iter().filter(|id| !self.objects.contains_key(*id)).copied().collect::<Vec<_>>() {
            match reader.object(id) {
                Ok(object) => drop(self.objects.insert(id, object)),
                Err(StoreError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn get(&self, id: &ObjectId) -> Option<&Object> {
        self.objects.get(id)
    }

    fn chain(&mut self, from: ObjectId, until: Option<ObjectId>, limit: usize) -> Result<Vec<ObjectId>, StoreError> {
        let mut reader = Reader::new(&self.path, &mut self.packs)?;
        let mut chain = Vec::new();
        let mut next = Some(from);
        while let Some(id) = next.filter(|id| chain.len() < limit && Some(*id) != until) {
            let commit = match self.objects.get(&id) {
                Some(object) => object::commit(&object.data)?,
                None => {
                    let object = reader.object(id)?;
                    let commit = object::commit(&object.data)?;
                    self.objects.insert(id, object);
                    commit
                }
            };
            chain.push(id);
            next = commit.parents.first().copied();
        }
        Ok(chain)
    }

    fn walk(&mut self, walk: &Walk<'_>) -> Result<Vec<Passed>, StoreError> {
        if walk.goes_on {
            // Whoever walks far has taken what was there.
            self.objects = HashMap::new();
        }
        walk::walk(&mut Reader::new(&self.path, &mut self.packs)?, walk)
    }

    fn on_way(&mut self, tip: ObjectId, ids: &[ObjectId]) -> Result<BTreeSet<ObjectId>, StoreError> {
        let mut reader = Reader::new(&self.path, &mut self.packs)?;
        let (mut missing, mut on_way) = (ids.iter().copied().collect::<BTreeSet<_>>(), BTreeSet::new());
        let (mut next, mut data) = (Some(tip), Vec::new());
        while let Some(id) = next.filter(|_| !missing.is_empty()) {
            on_way.extend(missing.take(&id));
            reader.read(id, Kind::Commit, &mut data)?;
            (_, next) = object::links(&data)?;
        }
        Ok(on_way)
    }

    fn is_atomic(&mut self) -> Result<bool, StoreError> {
        // All refs are locked before the first one is moved. A crash between two moves leaves what the next run finds:
        // the branch goes first, and a commit without its success is looked for.
        Ok(true)
    }

    fn send(&mut self, objects: &[NewObject], updates: &[RefUpdate]) -> Result<(), StoreError> {
        let repository = self.open()?;
        refuse_checked_out(&repository, updates)?;
        self.write(objects)?;
        let edits: Vec<RefEdit> = updates.iter().map(edit).collect::<Result<_, _>>()?;
        let names: Vec<&str> = updates.iter().map(|update| update.name.as_str()).collect();
        let folder = repository.common_dir();
        let _turn = Turn::wait(folder, &names).map_err(other("write to"))?;
        let prepared = repository.refs.transaction().prepare(edits, LOCK, LOCK);
        let transaction = prepared.map_err(|error| {
            match names.iter().map(|name| turn::lock_of(folder, name)).find(|lock| lock.exists()) {
                Some(lock) => StoreError::Busy(lock.display().to_string()),
                None => other("move a ref of")(error),
            }
        })?;
        let committer = gix::actor::SignatureRef { name: "embark".into(), email: "".into(), time: "0 +0000" };
        transaction.commit(committer).map_err(other("move a ref of"))?;
        Ok(())
    }
}

fn edit(update: &RefUpdate) -> Result<RefEdit, StoreError> {
    let expected = match update.old {
        Some(old) => PreviousValue::MustExistAndMatch(Target::Object(old)),
        None => PreviousValue::MustNotExist,
    };
    let name = update.name.as_str().try_into().map_err(other("name a ref of"))?;
    let log = LogChange { message: "embark".into(), ..LogChange::default() };
    Ok(RefEdit { change: Change::Update { log, expected, new: Target::Object(update.new) }, name, deref: false })
}

/// A branch that a work tree has checked out is not pushed to, as git has it by default.
fn refuse_checked_out(repository: &gix::Repository, updates: &[RefUpdate]) -> Result<(), StoreError> {
    let Some(work_tree) = repository.workdir() else { return Ok(()) };
    let head = repository.head_name().map_err(other("read"))?;
    let moved: BTreeSet<&str> = updates.iter().map(|update| update.name.as_str()).collect();
    match head.filter(|head| moved.contains(head.to_string().as_str())) {
        Some(head) => Err(StoreError::Rejected(format!(
            "{head} is checked out in {}; name a bare repository, or another branch",
            work_tree.display()
        ))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::object::Signature;

    /// Commits a file, and has git put all there is into one pack.
    fn commit_and_pack(local: &mut Local, parent: Option<ObjectId>, text: &str) -> (ObjectId, ObjectId) {
        let blob = Object { kind: Kind::Blob, data: text.into() };
        let entry = gix_object::tree::Entry {
            mode: gix_object::tree::EntryKind::Blob.into(),
            filename: "a".into(),
            oid: blob.id(),
        };
        let tree = object::new_tree(vec![entry]).expect("a tree");
        let who = Signature { name: "Ada", email: "ada@example.com", seconds: 1_700_000_000 };
        let commit = object::new_commit(tree.id(), parent, &who, &who, text);
        let (file, tip) = (blob.id(), commit.id());
        let new = |object: Object| NewObject { id: object.id(), object, delta: None };
        let update = RefUpdate { name: "refs/heads/main".into(), old: parent, new: tip };
        local.send(&[new(blob), new(tree), new(commit)], &[update]).expect("it is written");
        let mut git = Command::new("git");
        git.args(["repack", "-a", "-d", "-q"]).current_dir(&local.path).env("GIT_CONFIG_GLOBAL", "/dev/null");
        assert!(git.status().expect("git runs").success());
        (tip, file)
    }

    #[test]
    fn what_git_packs_anew_while_packs_are_open_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        gix::init_bare(folder.path()).expect("it is made");
        let mut local = Local::new(folder.path());
        let (first, old) = commit_and_pack(&mut local, None, "one");
        let read = |local: &mut Local, id: ObjectId| {
            local.forget(&[id]);
            local.load(&[id], Extent::Alone).expect("it is read");
            local.get(&id).map(|object| object.data.clone()).expect("it is there")
        };
        assert_eq!(read(&mut local, old), b"one");
        assert!(local.packs.is_some(), "they are open");
        // The pack that is open is not there any more.
        let (_, new) = commit_and_pack(&mut local, Some(first), "two");
        assert_eq!((read(&mut local, old), read(&mut local, new)), (b"one".to_vec(), b"two".to_vec()));
        local.refs(&["refs/heads/main"]).expect("they are read");
        assert_eq!((read(&mut local, old), read(&mut local, new)), (b"one".to_vec(), b"two".to_vec()));
        std::fs::remove_dir_all(folder.path()).expect("it is removed");
        let missing = local.refs(&["refs/heads/main"]).expect_err("there is none");
        assert!(matches!(missing, StoreError::NotFound(_)), "{missing}");
    }
}
