//! The ledger: deployments kept in the deployment repo itself, on a ref of their own.
//!
//! One file for each deployment, `deployments/<environment>/<component>/<ULID>.json`, with its statuses. Every write is a
//! commit on the ref, under compare-and-swap.

mod entry;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use embark_core::{
    Deployment, DeploymentId, DeploymentKey, EnvironmentName, NewDeployment, NewStatus, Target, Timestamp,
};

use self::entry::Entry;
use self::view::View;
use crate::session::{Question, Session};
use crate::signing::Committer;
use crate::store::{NewObject, RefUpdate, StoreError};
use crate::tree::Staged;

/// How often a write is tried when others write at the same time.
pub(crate) const ATTEMPTS: u32 = 16;

/// How many of a target's entries are read in one go.
const CHUNK: usize = 64;

/// Finds deployments by id.
pub(crate) fn get(session: &mut Session, ids: &[DeploymentId]) -> Result<Vec<Deployment>, StoreError> {
    session.ask(Question::Get);
    let view = View::open(session)?;
    let ids: BTreeSet<&DeploymentId> = ids.iter().collect();
    let files: Vec<_> = view.all().filter(|file| ids.contains(&file.id)).cloned().collect();
    Ok(view::read(session, &files)?.map(Entry::into_deployment).collect())
}

/// Lists what waits.
///
/// Older entries are looked at only until a chunk of closed ones has been found: what stands behind them has been
/// superseded.
pub(crate) fn pending(
    session: &mut Session,
    environments: &BTreeSet<EnvironmentName>,
) -> Result<Vec<Deployment>, StoreError> {
    session.ask(Question::Pending);
    let view = View::open(session)?;
    let is_asked_for = |target: &&Target| environments.contains(&target.environment);
    let targets: Vec<Target> = view.targets().filter(is_asked_for).cloned().collect();
    let entries = newest(session, &view, &targets, CHUNK, |entry| !entry.waits())?;
    Ok(entries.into_values().flatten().filter(Entry::waits).map(Entry::into_deployment).collect())
}

/// Lists the newest deployments of each target: those that ran, and those that wait above them.
pub(crate) fn recent(
    session: &mut Session,
    targets: &[Target],
    limit: usize,
) -> Result<BTreeMap<Target, Vec<Deployment>>, StoreError> {
    session.ask(Question::Recent);
    let view = View::open(session)?;
    let entries = newest(session, &view, targets, limit, Entry::ran)?;
    let deployments = |entries: Vec<Entry>| {
        let (mut ran, mut waiting) = (0, 0);
        let is_listed = |entry: &Entry| {
            let count = match (entry.ran(), entry.waits()) {
                (true, _) => &mut ran,
                (false, true) => &mut waiting,
                (false, false) => return false,
            };
            *count += 1;
            *count <= limit
        };
        entries.into_iter().filter(is_listed).map(Entry::into_deployment).collect()
    };
    Ok(entries.into_iter().map(|(target, entries)| (target, deployments(entries))).collect())
}

/// Reads the entries of each target from the greatest number down to the `limit`-th of those that count, or to the first
/// one; the greatest comes first.
///
/// Files are read newest id first, in chunks. An id's time is that of some machine's clock, so that is no more than a
/// good guess: a target is done when as many numbers have been found as there are above the entries that are not read.
fn newest(
    session: &mut Session,
    view: &View,
    targets: &[Target],
    limit: usize,
    counts: impl Fn(&Entry) -> bool,
) -> Result<BTreeMap<Target, Vec<Entry>>, StoreError> {
    let mut found: BTreeMap<Target, Vec<Entry>> = targets.iter().map(|target| (target.clone(), Vec::new())).collect();
    let mut open: Vec<&Target> = targets.iter().collect();
    open.sort();
    open.dedup();
    let last = |entries: &[Entry]| {
        // A whole ledger is not counted again with each chunk of it.
        if entries.len() < limit {
            return None;
        }
        entries.iter().filter(|entry| counts(entry)).nth(limit.saturating_sub(1)).map(|last| last.sequence)
    };
    for chunk in 0.. {
        let files: Vec<_> = open.iter().flat_map(|target| view.chunk(target, chunk)).cloned().collect();
        if files.is_empty() {
            break;
        }
        for entry in view::read(session, &files)? {
            found.entry(entry.target()).or_default().push(entry.read_only());
        }
        if chunk > 1 {
            // Who asks for that many does not ask for them again, nor write to them. The second lot is: it is read wherever one
            // of the first was superseded.
            view::forget(session, &files);
        }
        for entries in found.values_mut() {
            entries.sort_by_key(|entry| std::cmp::Reverse((entry.sequence, entry.id())));
        }
        open.retain(|target| {
            let count = view.count(target);
            let entries = found.get(*target).map(Vec::as_slice).unwrap_or_default();
            let complete = last(entries).is_some_and(|last| {
                let above = entries.iter().filter(|entry| entry.sequence >= last).count() as u64;
                last.saturating_add(above) > count
            });
            count > (CHUNK * (chunk + 1)) as u64 && !complete
        });
    }
    for entries in found.values_mut() {
        let floor = last(entries).unwrap_or_default();
        entries.retain(|entry| entry.sequence >= floor);
    }
    Ok(found)
}

/// Creates deployments; those that exist are handed back.
pub(crate) fn create(
    session: &mut Session,
    new: &[NewDeployment],
    committer: &Committer,
    now: Timestamp,
) -> Result<Vec<Deployment>, StoreError> {
    retry(session, |session| {
        let view = View::open(session)?;
        let ids: BTreeSet<DeploymentId> = new.iter().map(|new| new.record().id).collect();
        let files: Vec<_> = view.all().filter(|file| ids.contains(&file.id)).cloned().collect();
        let existing: Vec<Entry> = view::read(session, &files)?.collect();
        let targets: Vec<Target> = new.iter().map(|new| new.record().target.clone()).collect();
        let newest = newest(session, &view, &targets, 1, |_| true)?;
        let mut numbers: BTreeMap<Target, u64> = newest
            .iter()
            .map(|(target, entries)| {
                let greatest = entries.first().map_or(0, |entry| entry.sequence);
                (target.clone(), greatest.max(view.count(target)))
            })
            .collect();
        let (mut entries, mut files) = (Vec::new(), BTreeMap::new());
        for new in new {
            let record = new.record();
            // Whoever may create deployments may copy an id to another target: that is another deployment.
            let is_it = |entry: &&Entry| entry.id() == record.id && entry.target() == record.target;
            if let Some(entry) = existing.iter().find(is_it) {
                entries.push(entry.clone());
                continue;
            }
            // Of two that wish the same at the same time, one creates the deployment and the other finds it.
            let waiting = newest.get(&record.target).and_then(|entries| entries.first());
            if let Some(same) = waiting.filter(|waiting| waiting.is_waiting_for(record)) {
                entries.push(same.clone());
                continue;
            }
            let number = numbers.entry(record.target.clone()).or_default();
            *number = number.saturating_add(1);
            let entry = Entry::new(record, *number, now);
            files.insert(view::path(&record.target, record.id), entry.to_bytes());
            entries.push(entry);
        }
        if !files.is_empty() {
            let staged = write(session, files, "create", committer, now)?;
            session.push(staged.objects, &[staged.update])?;
        }
        Ok(entries.into_iter().map(Entry::into_deployment).collect())
    })
}

/// Appends statuses. An `in_progress` without a commit means nothing here: whoever reads the ledger sees the commit, and what
/// came of it, at once.
pub(crate) fn append(
    session: &mut Session,
    statuses: &[(DeploymentKey, NewStatus)],
    committer: &Committer,
    now: Timestamp,
) -> Result<(), StoreError> {
    retry(session, |session| match stage(session, statuses, committer, now)? {
        Some(staged) => session.push(staged.objects, &[staged.update]),
        None => Ok(()),
    })
}

/// A commit of the ledger that has not been pushed.
pub(crate) struct LedgerCommit {
    pub(crate) objects: Vec<NewObject>,
    pub(crate) update: RefUpdate,
}

/// Makes the commit that appends statuses; `None` if nothing would change.
pub(crate) fn stage(
    session: &mut Session,
    statuses: &[(DeploymentKey, NewStatus)],
    committer: &Committer,
    now: Timestamp,
) -> Result<Option<LedgerCommit>, StoreError> {
    let view = View::open(session)?;
    let wanted: Vec<_> = statuses.iter().map(|(key, _)| view::File::named(&view, key)).collect::<Result<_, _>>()?;
    // By path: whoever may write the ledger may have put one id in two places.
    let mut entries: BTreeMap<String, Entry> =
        view::read(session, &wanted)?.map(|entry| (view::path(&entry.target(), entry.id()), entry)).collect();
    let mut files = BTreeMap::new();
    for (key, status) in statuses {
        let path = view::path(&key.target, key.id);
        let entry = entries.get_mut(&path).ok_or_else(|| view::absent(key.id))?;
        if entry.append(status, now) {
            files.insert(path, entry.to_bytes());
        }
    }
    if files.is_empty() { Ok(None) } else { write(session, files, "update", committer, now).map(Some) }
}

fn write(
    session: &mut Session,
    files: BTreeMap<String, Vec<u8>>,
    verb: &str,
    committer: &Committer,
    now: Timestamp,
) -> Result<LedgerCommit, StoreError> {
    let old = session.ledger_tip()?;
    let root = old.map(|tip| view::root(&*session.store, tip)).transpose()?;
    let mut staged = Staged::new(&*session.store);
    let names: Vec<&str> = files.keys().map(|path| path.strip_prefix("deployments/").unwrap_or(path)).collect();
    let subject = match names.as_slice() {
        [name] => format!("{verb} {name}"),
        names => format!("{verb} {} deployments\n\n{}", names.len(), names.join("\n")),
    };
    let tree = staged.write(root, files)?;
    let new = staged.put(committer.commit(tree, old, now, &subject)?);
    let name = session.ledger.clone().ok_or_else(|| StoreError::NotFound("ref for it".into()))?;
    Ok(LedgerCommit { objects: staged.into_objects(), update: RefUpdate { name, old, new } })
}

/// Runs a write again when it has lost a race.
fn retry<T>(
    session: &mut Session,
    mut write: impl FnMut(&mut Session) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    for attempt in 1.. {
        match write(session) {
            Err(StoreError::Stale { .. }) if attempt < ATTEMPTS => pause(attempt),
            done => return done,
        }
    }
    unreachable!("the last attempt returns")
}

/// Waits before the next attempt, with jitter: whoever lost against each other must not meet again.
fn pause(attempt: u32) {
    use std::hash::{BuildHasher as _, RandomState};
    let ceiling = 10_u64 << attempt.min(6);
    let jitter = RandomState::new().hash_one(attempt) % ceiling;
    std::thread::sleep(std::time::Duration::from_millis(jitter));
}
