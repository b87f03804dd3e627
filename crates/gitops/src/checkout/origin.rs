//! Where a file of a commit came from: what git calls a rename.
//!
//! The rules are those of git's `diffcore-rename.c` and `diffcore-delta.c` with `--follow`, which looks for copies as well.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use gix_hash::ObjectId;
use gix_object::tree::EntryKind;

use crate::local::boxed;
use crate::store::BoxError;

/// What two texts score that are the same.
const WHOLE: usize = 60_000;

/// What a file scores at least against the one that it came from.
const HALF: usize = WHOLE / 2;

/// How many of the most similar files git looks at.
const CANDIDATES: usize = 4;

/// Returns the path that a file which is new in a commit had before; `None` where it was written, or copied from a file
/// that is still there. The files of its folder before the commit are those that it can be a copy of.
pub(super) fn origin(
    repository: &gix::Repository,
    commit: &gix::Commit<'_>,
    parent: &gix::Commit<'_>,
    before: &BTreeMap<String, ObjectId>,
    (path, id): (&str, ObjectId),
) -> Result<Option<String>, BoxError> {
    let mut gone = BTreeMap::new();
    let roots = (parent.tree_id().map_err(boxed)?.detach(), commit.tree_id().map_err(boxed)?.detach());
    deleted(repository, Some(roots.0), Some(roots.1), "", &mut gone)?;
    if gone.is_empty() {
        return Ok(None);
    }
    let mut sources = before.clone();
    sources.extend(gone.clone());
    let is_gone = |source: &String| gone.contains_key(source);
    let has_its_name = |source: &String| source.rsplit('/').next() == path.rsplit('/').next();
    let same = sources.iter().filter(|(_, source)| **source == id).map(|(source, _)| source);
    if let Some(same) = same.max_by_key(|source| (is_gone(source), has_its_name(source))) {
        return Ok(Some(same.clone()).filter(is_gone));
    }
    let text = repository.find_object(id).map_err(boxed)?.data.clone();
    let mut scored = Vec::new();
    for (source, blob) in sources {
        let score = score(&repository.find_object(blob).map_err(boxed)?.data, &text);
        scored.push((score, has_its_name(&source), source));
    }
    scored.sort_by_key(|(score, has_its_name, _)| Reverse((*score, *has_its_name)));
    let mut nearest = scored.into_iter().take(CANDIDATES);
    Ok(nearest.find(|(score, _, source)| *score >= HALF && is_gone(source)).map(|(_, _, source)| source))
}

/// Collects the regular files that are in the first tree and not in the second one.
fn deleted(
    repository: &gix::Repository,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    folder: &str,
    gone: &mut BTreeMap<String, ObjectId>,
) -> Result<(), BoxError> {
    if old == new {
        return Ok(());
    }
    let there = entries(repository, new)?;
    for (name, (kind, id)) in entries(repository, old)? {
        let path = format!("{folder}{name}");
        let now = there.get(&name);
        match kind {
            EntryKind::Tree => {
                let below = now.filter(|(kind, _)| *kind == EntryKind::Tree).map(|(_, id)| *id);
                deleted(repository, Some(id), below, &format!("{path}/"), gone)?;
            }
            EntryKind::Blob | EntryKind::BlobExecutable if now.is_none_or(|(kind, _)| *kind == EntryKind::Tree) => {
                gone.insert(path, id);
            }
            _ => {}
        }
    }
    Ok(())
}

type Entries = BTreeMap<String, (EntryKind, ObjectId)>;

fn entries(repository: &gix::Repository, tree: Option<ObjectId>) -> Result<Entries, BoxError> {
    let Some(tree) = tree else { return Ok(Entries::new()) };
    let mut all = Entries::new();
    for entry in repository.find_tree(tree).map_err(boxed)?.iter() {
        let entry = entry.map_err(boxed)?;
        if let Ok(name) = std::str::from_utf8(entry.filename()) {
            all.insert(name.into(), (entry.mode().kind(), entry.object_id()));
        }
    }
    Ok(all)
}

/// Tells how much of the longer one of two texts is in both, chunk by chunk.
fn score(old: &[u8], new: &[u8]) -> usize {
    let longer = old.len().max(new.len());
    // They have too little in common, however alike they are.
    if old.is_empty() || new.is_empty() || old.len().min(new.len()) * WHOLE < longer * (WHOLE - HALF) {
        return 0;
    }
    let new = chunks(new);
    let both: usize =
        chunks(old).iter().map(|(chunk, count)| new.get(chunk).map_or(0, |other| *count.min(other))).sum();
    both * WHOLE / longer
}

/// Counts the bytes of equal chunks: lines, or 64 bytes of one. A carriage return at the end of a line does not count.
fn chunks(text: &[u8]) -> BTreeMap<Vec<u8>, usize> {
    const LONGEST: usize = 64;
    let is_binary = text.iter().take(8_000).any(|byte| *byte == 0);
    let (mut counts, mut chunk) = (BTreeMap::new(), Vec::new());
    let mut close = |chunk: &mut Vec<u8>| {
        let length = chunk.len();
        *counts.entry(std::mem::take(chunk)).or_default() += length;
    };
    for (at, byte) in text.iter().enumerate() {
        if !is_binary && *byte == b'\r' && text.get(at + 1) == Some(&b'\n') {
            continue;
        }
        chunk.push(*byte);
        if *byte == b'\n' || chunk.len() == LONGEST {
            close(&mut chunk);
        }
    }
    if !chunk.is_empty() {
        close(&mut chunk);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_score_what_git_says_of_them() {
        assert_eq!(score(b"a\nb\n", b"a\nb\n"), WHOLE);
        assert_eq!(score(b"a\nb\n", b"a\nc\n"), HALF);
        assert_eq!(score(b"a\r\nb\r\n", b"a\nb\n"), 4 * WHOLE / 6);
        assert_eq!(score(b"a\n", b"a\nbcd\n"), 0);
        assert_eq!(score(b"", b"a\n"), 0);
        let long = [b'x'; 100];
        assert_eq!(score(&long, &[&long[..], b"y"].concat()), 64 * WHOLE / 101);
    }
}
