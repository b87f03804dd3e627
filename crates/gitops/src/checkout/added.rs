//! Which commits added the files of a folder.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use gix_hash::ObjectId;

use super::files::{find, list};
use super::origin::origin;
use crate::local::boxed;
use crate::store::BoxError;

/// A file on the way back through history.
struct Open {
    /// Its path in `head`.
    name: String,
    /// Its path in the commits that come next.
    path: String,
}

/// Tells which commit added each file of a folder of `head`, as `git log --diff-filter=AC --follow` does. What was added
/// before the history begins is left out.
pub(super) fn added_by(
    repository: &gix::Repository,
    head: ObjectId,
    folder: &str,
) -> Result<BTreeMap<String, ObjectId>, BoxError> {
    let mut added = BTreeMap::new();
    let Some(head) = find(repository, head)? else { return Ok(added) };
    let paths = files_of(repository, &head, folder)?.into_keys();
    let mut open: Vec<Open> = paths.map(|path| Open { name: path.clone(), path }).collect();
    let cut: BTreeSet<ObjectId> =
        repository.shallow_commits().map_err(boxed)?.iter().flat_map(|all| all.iter().copied()).collect();
    let mut seen = BTreeSet::from([head.id]);
    // The newest comes first, and of one time the one that was found first, as git has it.
    let mut next = BinaryHeap::from([(head.time().map_err(boxed)?.seconds, Reverse(0), head.id)]);
    while let Some((_, _, id)) = next.pop() {
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
                next.push((parent.time().map_err(boxed)?.seconds, Reverse(seen.len()), parent.id));
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
    open: &mut Vec<Open>,
    added: &mut BTreeMap<String, ObjectId>,
) -> Result<(), BoxError> {
    let tree = |commit: &gix::Commit<'_>| entry(commit, folder);
    let is_same = parent.map(tree).transpose()?.flatten() == tree(commit)?;
    let is_inside = |open: &Open| open.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    if is_same && open.iter().all(is_inside) {
        return Ok(());
    }
    let now = files_of(repository, commit, folder)?;
    let before = parent.map(|parent| files_of(repository, parent, folder)).transpose()?.unwrap_or_default();
    for mut file in std::mem::take(open) {
        // What was moved into the folder is followed out of it.
        let (new, old) = if is_inside(&file) {
            (now.get(&file.path).copied(), before.get(&file.path).copied())
        } else {
            (entry(commit, &file.path)?, parent.map(|parent| entry(parent, &file.path)).transpose()?.flatten())
        };
        let Some(id) = new.filter(|_| old.is_none()) else {
            open.push(file);
            continue;
        };
        let came = parent.map(|parent| origin(repository, commit, parent, &before, (&file.path, id))).transpose()?;
        match came.flatten() {
            Some(path) => {
                file.path = path;
                open.push(file);
            }
            None => _ = added.insert(file.name, commit.id),
        }
    }
    Ok(())
}

/// Returns what a path names in a commit.
fn entry(commit: &gix::Commit<'_>, path: &str) -> Result<Option<ObjectId>, BoxError> {
    let entry = commit.tree().map_err(boxed)?.lookup_entry_by_path(path).map_err(boxed)?;
    Ok(entry.map(|entry| entry.object_id()))
}

fn files_of(
    repository: &gix::Repository,
    commit: &gix::Commit<'_>,
    folder: &str,
) -> Result<BTreeMap<String, ObjectId>, BoxError> {
    let found = commit.tree().map_err(boxed)?.lookup_entry_by_path(folder).map_err(boxed)?;
    let Some(tree) = found.filter(|entry| entry.mode().is_tree()) else { return Ok(BTreeMap::new()) };
    Ok(list(repository, tree.object_id(), &format!("{folder}/"))?.into_iter().collect())
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
            let log = ["log", "--diff-filter=AC", "--follow", "-n", "1", "--format=%H", "--", path];
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
