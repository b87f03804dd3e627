//! What is read of a layout's files, for tests.

use std::collections::BTreeMap;

use embark_core::{Digest, Manifest, MediaType, Tag};

use super::index::{self, Index};

/// Returns the media type of a manifest that tells it, or shows it by what it lists.
pub fn media_type_of(bytes: &[u8]) -> Option<MediaType> {
    index::media_type_of(bytes)
}

/// Reads an `index.json`: what each tag names, or why that cannot be told.
///
/// # Errors
/// What embark says where it is none.
pub fn tags_of_index(bytes: &[u8]) -> Result<BTreeMap<Tag, Result<Option<Digest>, String>>, String> {
    let index = Index::parse(bytes)?;
    let found = |tag: Tag| {
        let found = index.find(&tag).map(|entry| entry.map(|entry| entry.digest));
        (tag, found)
    };
    Ok(index.tags().into_iter().map(found).collect())
}

/// Names a manifest `tag` in an `index.json`; returns the new text, and whether anything was to be done.
///
/// # Errors
/// What embark says where it is none.
pub fn put_into_index(bytes: &[u8], tag: &Tag, manifest: &Manifest) -> Result<(Vec<u8>, bool), String> {
    let mut index = Index::parse(bytes)?;
    let is_new = index.set(tag, manifest);
    Ok((index.to_bytes(), is_new))
}
