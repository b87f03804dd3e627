//! The files of a commit, and which commits added them.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use gix_hash::ObjectId;
use gix_object::tree::EntryKind;

use crate::local::boxed;
use crate::store::BoxError;

/// Reads the files of a commit whose paths are wanted; `None` where the commit is not there.
pub(super) fn read(
    repository: &gix::Repository,
    commit: ObjectId,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<Option<BTreeMap<String, Vec<u8>>>, BoxError> {
    let Some(commit) = find(repository, commit)? else { return Ok(None) };
    let mut files = BTreeMap::new();
    for (path, id) in list(repository, commit.tree_id().map_err(boxed)?.detach(), "")? {
        if is_wanted(&path) {
            files.insert(path, std::mem::take(&mut repository.find_object(id).map_err(boxed)?.data));
        }
    }
    Ok(Some(files))
}

/// Finds a commit.
pub(super) fn find(repository: &gix::Repository, id: ObjectId) -> Result<Option<gix::Commit<'_>>, BoxError> {
    let found = repository.try_find_object(id).map_err(boxed)?;
    Ok(found.and_then(|found| found.try_into_commit().ok()))
}

/// Lists the regular files below a tree.
fn list(repository: &gix::Repository, root: ObjectId, folder: &str) -> Result<Vec<(String, ObjectId)>, BoxError> {
    let mut files = Vec::new();
    let mut open = vec![(folder.to_owned(), root)];
    while let Some((folder, id)) = open.pop() {
        for entry in repository.find_tree(id).map_err(boxed)?.iter() {
            let entry = entry.map_err(boxed)?;
            // No file that matters has a name that is no text.
            let Ok(name) = std::str::from_utf8(entry.filename()) else { continue };
            match entry.mode().kind() {
                EntryKind::Tree => open.push((format!("{folder}{name}/"), entry.object_id())),
                EntryKind::Blob | EntryKind::BlobExecutable => {
                    files.push((format!("{folder}{name}"), entry.object_id()));
                }
                EntryKind::Link | EntryKind::Commit => {}
            }
        }
    }
    Ok(files)
}

/// Tells which commit added each file of a folder of `head`, as `git log --diff-filter=A --follow` does where a file was
/// moved as it is. What was added before the history begins is left out.
pub(super) fn added_by(
    repository: &gix::Repository,
    head: ObjectId,
    folder: &str,
) -> Result<BTreeMap<String, ObjectId>, BoxError> {
    let mut added = BTreeMap::new();
    let Some(head) = find(repository, head)? else { return Ok(added) };
    // By its path in the commits that come next, and the one that it has in `head`.
    let mut open: Vec<(String, String)> =
        files_of(repository, &head, folder)?.into_keys().map(|path| (path.clone(), path)).collect();
    let cut: BTreeSet<ObjectId> =
        repository.shallow_commits().map_err(boxed)?.iter().flat_map(|all| all.iter().copied()).collect();
    let mut seen = BTreeSet::from([head.id]);
    let mut next = BinaryHeap::from([(head.time().map_err(boxed)?.seconds, head.id)]);
    while let Some((_, id)) = next.pop() {
        if open.is_empty() {
            break;
        }
        if cut.contains(&id) {
            continue;
        }
        let Some(commit) = find(repository, id)? else { continue };
        let parents: Vec<ObjectId> = commit.parent_ids().map(gix::Id::detach).collect();
        // A merge adds nothing that one of its sides did not.
        if parents.len() < 2 {
            let parent = parents.first().map(|parent| find(repository, *parent)).transpose()?.flatten();
            settle(repository, &commit, parent.as_ref(), folder, &mut open, &mut added)?;
        }
        for parent in parents {
            if seen.insert(parent)
                && let Some(parent) = find(repository, parent)?
            {
                next.push((parent.time().map_err(boxed)?.seconds, parent.id));
            }
        }
    }
    Ok(added)
}

/// Closes what a commit added, and follows what it moved.
fn settle(
    repository: &gix::Repository,
    commit: &gix::Commit<'_>,
    parent: Option<&gix::Commit<'_>>,
    folder: &str,
    open: &mut Vec<(String, String)>,
    added: &mut BTreeMap<String, ObjectId>,
) -> Result<(), BoxError> {
    let there = |commit: &gix::Commit<'_>| tree_of(commit, folder);
    if parent.map(there).transpose()?.flatten() == there(commit)? {
        return Ok(());
    }
    let now = files_of(repository, commit, folder)?;
    let before = parent.map(|parent| files_of(repository, parent, folder)).transpose()?.unwrap_or_default();
    let mut still = Vec::new();
    for (path, name) in open.drain(..) {
        let Some(id) = now.get(&path).filter(|_| !before.contains_key(&path)) else {
            still.push((path, name));
            continue;
        };
        match before.iter().find(|(old, blob)| *blob == id && !now.contains_key(*old)) {
            Some((old, _)) => still.push((old.clone(), name)),
            None => _ = added.insert(name, commit.id),
        }
    }
    *open = still;
    Ok(())
}

fn tree_of(commit: &gix::Commit<'_>, folder: &str) -> Result<Option<ObjectId>, BoxError> {
    let entry = commit.tree().map_err(boxed)?.lookup_entry_by_path(folder).map_err(boxed)?;
    Ok(entry.filter(|entry| entry.mode().is_tree()).map(|entry| entry.object_id()))
}

fn files_of(
    repository: &gix::Repository,
    commit: &gix::Commit<'_>,
    folder: &str,
) -> Result<BTreeMap<String, ObjectId>, BoxError> {
    let Some(tree) = tree_of(commit, folder)? else { return Ok(BTreeMap::new()) };
    Ok(list(repository, tree, &format!("{folder}/"))?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use crate::Checkout;

    /// Runs git as one person, at times that follow each other.
    fn git(folder: &Path, time: u32, words: &[&str]) -> String {
        let date = format!("{} +0000", 1_700_000_000 + time);
        let output = Command::new("git")
            .current_dir(folder)
            .args(["-c", "user.name=ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"])
            .args(words)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .output()
            .expect("git runs");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn commit(folder: &Path, time: u32, path: &str, text: &str) -> String {
        let file = folder.join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("it is made");
        std::fs::write(file, text).expect("it is written");
        git(folder, time, &["add", "-A"]);
        git(folder, time, &["commit", "-q", "-m", path]);
        git(folder, time, &["rev-parse", "HEAD"])
    }

    #[test]
    fn each_file_is_that_of_the_commit_that_git_log_tells() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path();
        git(at, 0, &["init", "-q", "-b", "main"]);
        commit(at, 1, "README.md", "shop\n");
        commit(at, 2, ".changeset/one.md", "one\n");
        git(at, 3, &["switch", "-q", "-c", "side"]);
        commit(at, 3, ".changeset/two.md", "two\n");
        git(at, 4, &["switch", "-q", "main"]);
        commit(at, 4, "main.js", "\n");
        git(at, 5, &["merge", "-q", "--no-ff", "-m", "Merge", "side"]);
        commit(at, 6, ".changeset/two.md", "two, mended\n");
        std::fs::create_dir(at.join(".changeset/pre")).expect("it is made");
        git(at, 7, &["mv", ".changeset/one.md", ".changeset/pre/one.md"]);
        git(at, 7, &["commit", "-q", "-m", "Move"]);
        commit(at, 8, ".changeset/three.md", "three\n");
        git(at, 9, &["rm", "-q", ".changeset/three.md"]);
        git(at, 9, &["commit", "-q", "-m", "Away"]);
        let head = commit(at, 10, ".changeset/three.md", "three again\n");

        let checkout = Checkout::discover(at).expect("it is one");
        let head = head.parse().expect("a commit");
        let files = checkout.files(&head, &|path| path.starts_with(".changeset/")).expect("they are read");
        let files = files.expect("the commit is there");
        assert_eq!(
            files.keys().collect::<Vec<_>>(),
            [".changeset/pre/one.md", ".changeset/three.md", ".changeset/two.md"]
        );
        assert_eq!(files[".changeset/two.md"], b"two, mended\n");
        let added = checkout.added_by(&head, ".changeset").expect("it is read");
        assert_eq!(added.len(), 3);
        for (path, commit) in &added {
            let log = ["log", "--diff-filter=A", "--follow", "-n", "1", "--format=%H", "--", path];
            assert_eq!(commit.to_string(), git(at, 0, &log), "{path}");
        }
        assert_eq!(
            checkout.parent(&head).expect("it is read").map(|id| id.to_string()),
            Some(git(at, 0, &["rev-parse", "HEAD^"]))
        );
    }

    #[test]
    fn what_came_before_a_shallow_history_is_not_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let (all, cut) = (folder.path().join("all"), folder.path().join("cut"));
        std::fs::create_dir(&all).expect("it is made");
        git(&all, 0, &["init", "-q", "-b", "main"]);
        commit(&all, 1, ".changeset/one.md", "one\n");
        commit(&all, 2, "main.js", "\n");
        let new = commit(&all, 3, ".changeset/two.md", "two\n");
        let url = format!("file://{}", all.display());
        git(folder.path(), 4, &["clone", "-q", "--depth", "2", &url, "cut"]);
        let checkout = Checkout::discover(&cut).expect("it is one");
        let added = checkout.added_by(&new.parse().expect("a commit"), ".changeset").expect("it is read");
        assert_eq!(
            added.into_iter().collect::<Vec<_>>(),
            [(".changeset/two.md".to_owned(), new.parse().expect("a commit"))]
        );
        let elsewhere = "0123456789012345678901234567890123456789".parse().expect("a commit");
        assert_eq!(checkout.files(&elsewhere, &|_| true).expect("it is read"), None);
    }
}
