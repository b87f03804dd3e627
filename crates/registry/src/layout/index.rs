//! `index.json`, of which everything that is not ours stays as it is.

use std::collections::BTreeSet;

use embark_core::{Digest, Manifest, MediaType, Tag};
use serde_json::{Value, json};

const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The parsed file; its `manifests` is an array.
pub(super) struct Index(Value);

/// What an entry names.
pub(super) struct Entry {
    pub(super) digest: Digest,
    pub(super) media_type: MediaType,
}

impl Index {
    pub(super) fn empty() -> Self {
        Self(json!({ "schemaVersion": 2, "mediaType": MediaType::OciIndex.as_str(), "manifests": [] }))
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| format!("it is not JSON: {error}"))?;
        if value["manifests"].is_array() { Ok(Self(value)) } else { Err("it has no list of manifests".into()) }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.0.to_string().into_bytes()
    }

    fn entries(&self) -> &[Value] {
        self.0["manifests"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// Finds what `tag` names. A tag that stands twice is ambiguous unless both name the same.
    pub(super) fn find(&self, tag: &Tag) -> Result<Option<Entry>, String> {
        let mut found: Option<Entry> = None;
        for value in self.entries().iter().filter(|value| is_named(value, tag)) {
            let entry = entry(value).map_err(|reason| format!("its entry for {tag} {reason}"))?;
            if let Some(other) = found.filter(|other| other.digest != entry.digest) {
                return Err(format!("it names both {} and {} {tag}", other.digest, entry.digest));
            }
            found = Some(entry);
        }
        Ok(found)
    }

    pub(super) fn tags(&self) -> BTreeSet<Tag> {
        let names = self.entries().iter().filter_map(|value| value["annotations"][REF_NAME].as_str());
        names.filter_map(|name| name.parse().ok()).collect()
    }

    /// Returns what the entries name, as far as they name images.
    pub(super) fn named(&self) -> impl Iterator<Item = Entry> {
        self.entries().iter().filter_map(|value| entry(value).ok())
    }

    pub(super) fn find_digest(&self, digest: &Digest) -> Result<Option<Entry>, String> {
        let found = self.entries().iter().find(|value| value["digest"] == digest.as_str());
        found.map(entry).transpose().map_err(|reason| format!("its entry for {digest} {reason}"))
    }

    /// Adds a manifest without a name; tells whether that changed anything.
    pub(super) fn add(&mut self, manifest: &Manifest) -> bool {
        let Some(entries) = self.0["manifests"].as_array_mut() else { return false };
        let is_new = !entries.iter().any(|value| value["digest"] == manifest.digest().as_str());
        if is_new {
            entries.push(described(manifest));
        }
        is_new
    }

    /// Names a manifest `tag`, and nothing else by that name; tells whether that changed anything.
    pub(super) fn set(&mut self, tag: &Tag, manifest: &Manifest) -> bool {
        let Some(entries) = self.0["manifests"].as_array_mut() else { return false };
        let is_same = |value: &Value| {
            value["digest"] == manifest.digest().as_str() && value["mediaType"] == manifest.media_type().as_str()
        };
        let named: Vec<usize> = (0..entries.len()).filter(|at| is_named(&entries[*at], tag)).collect();
        if let [at] = named[..]
            && is_same(&entries[at])
        {
            return false;
        }
        let mut entry = described(manifest);
        entry["annotations"] = json!({ REF_NAME: tag.to_string() });
        match named.split_first() {
            Some((first, others)) => {
                entries[*first] = entry;
                others.iter().rev().for_each(|at| drop(entries.remove(*at)));
            }
            None => entries.push(entry),
        }
        true
    }
}

fn described(manifest: &Manifest) -> Value {
    json!({
        "mediaType": manifest.media_type().as_str(),
        "digest": manifest.digest().as_str(),
        "size": manifest.bytes().len(),
    })
}

fn is_named(value: &Value, tag: &Tag) -> bool {
    value["annotations"][REF_NAME].as_str() == Some(tag.as_str())
}

fn entry(value: &Value) -> Result<Entry, String> {
    let text = |field: &str| value[field].as_str().ok_or_else(|| format!("has no {field}"));
    let digest = text("digest")?.parse().map_err(|error| format!("names no digest: {error}"))?;
    let media_type = text("mediaType")?.parse().map_err(|error| format!("names no image: {error}"))?;
    Ok(Entry { digest, media_type })
}

/// Returns the media type of a manifest that tells it, or shows it by what it lists.
pub(super) fn media_type_of(bytes: &[u8]) -> Option<MediaType> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    match value["mediaType"].as_str() {
        Some(told) => told.parse().ok(),
        None if value["manifests"].is_array() => Some(MediaType::OciIndex),
        None if value["layers"].is_array() => Some(MediaType::OciManifest),
        None => None,
    }
}
