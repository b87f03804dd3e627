//! Commits and trees, read and written.

use std::io::Write;

use gix_hash::ObjectId;
use gix_object::commit::ref_iter::Token;
use gix_object::tree::Entry;
use gix_object::{CommitRef, CommitRefIter, Kind, TreeRef, WriteTo};

use crate::store::{Object, StoreError};

/// The hash of all that is read and written.
pub(crate) const HASH: gix_hash::Kind = gix_hash::Kind::Sha1;

/// What is read of a commit.
#[derive(Debug, Clone)]
pub(crate) struct Commit {
    pub(crate) tree: ObjectId,
    pub(crate) parents: Vec<ObjectId>,
    pub(crate) author: String,
    /// Of the commit, in seconds since 1970-01-01T00:00:00Z.
    pub(crate) seconds: i64,
    pub(crate) message: String,
}

/// Reads a commit.
pub(crate) fn commit(data: &[u8]) -> Result<Commit, StoreError> {
    let malformed = || StoreError::Malformed("a commit cannot be read".into());
    let commit = CommitRef::from_bytes(data, HASH).map_err(|_| malformed())?;
    Ok(Commit {
        tree: commit.tree(),
        parents: commit.parents().collect(),
        author: commit.author().map_err(|_| malformed())?.name.to_string(),
        seconds: commit.time().map_err(|_| malformed())?.seconds,
        message: commit.message.to_string(),
    })
}

/// Reads the tree and the first parent of a commit.
pub(crate) fn links(data: &[u8]) -> Result<(ObjectId, Option<ObjectId>), StoreError> {
    let malformed = || StoreError::Malformed("a commit cannot be read".into());
    let mut commit = CommitRefIter::from_bytes(data, HASH);
    let tree = commit.tree_id().map_err(|_| malformed())?;
    match commit.next() {
        Some(Ok(Token::Parent { id })) => Ok((tree, Some(id))),
        Some(Ok(_)) => Ok((tree, None)),
        // One that cannot be read is not the first of all.
        Some(Err(_)) | None => Err(malformed()),
    }
}

/// Lists what hangs on an object: the tree of a commit, and what a tree holds.
pub(crate) fn below(object: &Object) -> Vec<ObjectId> {
    match object.kind {
        Kind::Commit => links(&object.data).map(|(tree, _)| tree).into_iter().collect(),
        Kind::Tree => tree(&object.data).into_iter().flatten().map(|entry| entry.oid).collect(),
        Kind::Blob | Kind::Tag => Vec::new(),
    }
}

/// Who made a commit, or its change, and when.
#[derive(Debug, Clone)]
pub(crate) struct Signature<'a> {
    pub(crate) name: &'a str,
    pub(crate) email: &'a str,
    /// Since 1970-01-01T00:00:00Z.
    pub(crate) seconds: i64,
}

/// Writes a commit, in the format of [`git commit-tree`](https://git-scm.com/docs/git-commit-tree).
pub(crate) fn new_commit(
    tree: ObjectId,
    parent: Option<ObjectId>,
    author: &Signature<'_>,
    committer: &Signature<'_>,
    message: &str,
) -> Object {
    let clean = |text: &str| text.replace(['<', '>', '\n', '\0'], " ").trim().to_owned();
    let line = |who: &Signature<'_>| format!("{} <{}> {} +0000", clean(who.name), clean(who.email), who.seconds);
    let (author, committer) = (line(author), line(committer));
    let parent = parent.map(|parent| format!("parent {parent}\n")).unwrap_or_default();
    let message = message.trim_end().replace('\0', " ");
    let text = format!("tree {tree}\n{parent}author {author}\ncommitter {committer}\n\n{message}\n");
    Object { kind: Kind::Commit, data: text.into_bytes() }
}

/// Adds a [signature](https://git-scm.com/docs/gitformat-signature) to a commit, in the header `gpgsig`; `None` where it
/// is none of SSH.
pub(crate) fn signed(commit: &Object, armor: &str) -> Option<Object> {
    let armor = armor.trim();
    if !armor.starts_with("-----BEGIN SSH SIGNATURE-----") || !armor.ends_with("-----END SSH SIGNATURE-----") {
        return None;
    }
    let end = commit.data.windows(2).position(|pair| pair == b"\n\n")? + 1;
    let (headers, message) = commit.data.split_at(end);
    // A line that begins with a space goes on with the header before.
    let lines = armor.lines().map(str::trim_end).collect::<Vec<_>>().join("\n ");
    let data = [headers, b"gpgsig ", lines.as_bytes(), b"\n", message].concat();
    Some(Object { kind: commit.kind, data })
}

/// Reads the entries of a tree.
pub(crate) fn tree(data: &[u8]) -> Result<Vec<Entry>, StoreError> {
    let tree = TreeRef::from_bytes(data, HASH).map_err(|_| no_tree())?;
    // gix takes a mode that is not there for 0; git cannot read such a tree.
    if tree.entries.iter().any(|entry| entry.mode.value() == 0) {
        return Err(no_tree());
    }
    Ok(gix_object::Tree::from(tree).entries)
}

/// Reads the entries of a tree that is to be written with other ones. It must be as [`new_tree`] writes it: modes in another
/// form and entries in another order would change beside what is meant.
pub(crate) fn tree_to_change(data: &[u8]) -> Result<Vec<Entry>, StoreError> {
    let entries = tree(data)?;
    if new_tree(entries.clone())?.data == data {
        return Ok(entries);
    }
    Err(StoreError::Malformed(
        "a tree is not as git writes it, and more of it would change: `git fsck` names it".into(),
    ))
}

pub(crate) fn no_tree() -> StoreError {
    StoreError::Malformed("a tree cannot be read".into())
}

/// Writes a tree; git's order of entries is made here.
pub(crate) fn new_tree(mut entries: Vec<Entry>) -> Result<Object, StoreError> {
    entries.sort();
    let mut data = Vec::new();
    let written = gix_object::Tree { entries }.write_to(&mut data);
    written.map_err(|error| StoreError::Malformed(format!("a tree cannot be written: {error}")))?;
    Ok(Object { kind: Kind::Tree, data })
}

/// An object whose bytes are written as they are.
pub(crate) struct Raw<'a>(pub(crate) &'a Object);

impl WriteTo for Raw<'_> {
    fn write_to(&self, out: &mut dyn Write) -> std::io::Result<()> {
        out.write_all(&self.0.data)
    }

    fn kind(&self) -> Kind {
        self.0.kind
    }

    fn size(&self) -> u64 {
        self.0.data.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_a_header_and_leaves_the_rest_as_it_was() {
        let who = Signature { name: "Ada", email: "ada@example.com", seconds: 1_700_000_000 };
        let tree = ObjectId::empty_tree(HASH);
        let plain = new_commit(tree, Some(ObjectId::null(HASH)), &who, &who, "Name v2\n\nEmbark-Component: web");
        let armor = "-----BEGIN SSH SIGNATURE-----\r\nAAAA\nBBBB\n-----END SSH SIGNATURE-----\n";
        let signed_commit = signed(&plain, armor).expect("a signature");
        let text = String::from_utf8(signed_commit.data.clone()).expect("text");
        let header = "gpgsig -----BEGIN SSH SIGNATURE-----\n AAAA\n BBBB\n -----END SSH SIGNATURE-----\n";
        assert_eq!(text.replacen(header, "", 1).into_bytes(), plain.data);
        assert!(text.contains(&format!("+0000\n{header}\nName v2\n")), "{text}");
        let read = commit(&signed_commit.data).expect("a commit");
        assert_eq!((read.tree, read.message.as_str()), (tree, "Name v2\n\nEmbark-Component: web\n"));
        for wrong in ["", "AAAA", "-----BEGIN SSH SIGNATURE-----\nAAAA\n", "-----BEGIN PGP SIGNATURE-----\n"] {
            assert_eq!(signed(&plain, wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_tree_is_changed_where_no_more_than_that_would_change() {
        let tree_of = |modes: [&str; 2]| {
            let entry = |mode: &str, name: &str| [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &[7; 20]].concat();
            [entry(modes[0], "a"), entry(modes[1], "b")].concat()
        };
        for modes in [["100644", "40000"], ["100664", "160000"], ["100755", "040000"], ["120000", "100644"]] {
            let data = tree_of(modes);
            let entries = tree_to_change(&data).expect("it is as git writes it");
            assert_eq!(new_tree(entries).expect("written").data, data, "{modes:?}");
        }
        for modes in [["644", "100644"], ["100644", "0100644"], ["", "100644"], ["100644", "0"], ["1006448", "40000"]] {
            assert!(tree_to_change(&tree_of(modes)).is_err(), "{modes:?}");
        }
        let data = tree_of(["100644", "100644"]);
        let (first, second) = data.split_at(data.len() / 2);
        assert!(tree_to_change(&[second, first].concat()).is_err(), "its order would change");
        assert!(tree(&tree_of(["", "100644"])).is_err(), "git cannot read it");
    }
}
