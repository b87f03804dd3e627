//! Writes what refers to a manifest, and sees to it that it is listed.

use embark_core::ports::RegistryError;
use embark_core::{Digest, Manifest, MediaType, Reference};
use serde_json::{Value, json};

use super::Remote;
use crate::subject::Referring;

/// How often a list is written at most that others write at the same time.
const TRIES: usize = 5;

impl Remote {
    /// Writes a referrer of `subject`. A registry that lists it by itself should say so, and is asked where it does not.
    /// One that has no list has a tag in its place, which is kept by those who write: read, merged, written and read
    /// again, for there is no compare-and-swap.
    pub(crate) async fn put_referrer(&self, referring: &Referring<'_>, subject: &Digest) -> Result<(), RegistryError> {
        let manifest = referring.manifest();
        let written = self.put(&Reference::Digest(manifest.digest().clone()), manifest).await?;
        if let Some(found) = written.other? {
            return Err(self.mismatch(manifest.digest(), &found));
        }
        if written.lists_subject {
            return Ok(());
        }
        if let Some(listed) = self.listed(subject).await? {
            if listed.iter().any(|referrer| referrer.digest() == manifest.digest()) {
                return Ok(());
            }
            let digest = manifest.digest();
            return Err(self.malformed(format!("it took {digest}, and does not list it as what refers to {subject}")));
        }
        let tag = self.fallback_tag(subject)?;
        let mut failure = None;
        for tries in 0..=TRIES {
            let merged = match self.fallback(subject).await {
                Ok(index) => self.merged(index.as_ref(), referring)?,
                // What went wrong first says more.
                Err(error) => return Err(failure.unwrap_or(error)),
            };
            let Some(merged) = merged else { return Ok(()) };
            // A write that failed is not sent again. Only its answer may have been lost: then it is in the list.
            if let Some(failure) = failure {
                return Err(failure);
            }
            if tries == TRIES {
                break;
            }
            failure = self.put(&Reference::Tag(tag.clone()), &merged).await.err();
        }
        Err(RegistryError::Other {
            operation: "list a referrer in",
            repository: self.repository().clone(),
            source: format!("others write its tag {tag} at the same time; try again").into(),
        })
    }

    /// Adds an entry to a list; `None` if it is there already.
    fn merged(&self, index: Option<&Manifest>, referring: &Referring<'_>) -> Result<Option<Manifest>, RegistryError> {
        let mut list = match index {
            Some(index) => serde_json::from_slice(index.bytes())
                .map_err(|error| self.malformed(format!("its list cannot be read: {error}")))?,
            None => json!({ "schemaVersion": 2, "mediaType": MediaType::OciIndex.as_str() }),
        };
        let mut entries = match list["manifests"].take() {
            Value::Array(entries) => entries,
            Value::Null => Vec::new(),
            _ => return Err(self.malformed("its list of referrers has no list of manifests".into())),
        };
        if entries.iter().any(|entry| entry["digest"] == referring.manifest().digest().as_str()) {
            return Ok(None);
        }
        entries.push(referring.entry());
        list["manifests"] = entries.into();
        Ok(Some(Manifest::new(MediaType::OciIndex, list.to_string().into_bytes())))
    }
}
