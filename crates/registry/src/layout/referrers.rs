//! What refers to a manifest of a layout: an entry of `index.json`, with or without a tag, whose `subject` it is.

use embark_core::{Digest, Manifest, Referrer};

use super::{Layout, LayoutError, files};
use crate::subject::Referring;

impl Layout {
    /// Lists what refers to `subject`.
    pub(crate) fn referrers(&self, subject: &Digest) -> Result<Vec<Referrer>, LayoutError> {
        self.must_exist()?;
        let mut referrers: Vec<Referrer> = Vec::new();
        for entry in self.index()?.named() {
            if referrers.iter().any(|known| *known.digest() == entry.digest) {
                continue;
            }
            let manifest = self.read_manifest(&entry.digest, entry.media_type)?;
            let referring = manifest.as_ref().and_then(|manifest| Referring::to(manifest, subject));
            referrers.extend(referring.map(Referring::describe));
        }
        Ok(referrers)
    }

    /// Writes a manifest that refers to another one, without a tag.
    pub(crate) fn put_referrer(&self, manifest: &Manifest) -> Result<(), LayoutError> {
        self.must_exist()?;
        let _lock = self.lock()?;
        let mut index = self.index()?;
        self.write_blob(manifest.digest(), manifest.bytes())?;
        if index.add(manifest) {
            files::replace(&self.index_path(), &self.folder, &index.to_bytes())?;
        }
        Ok(())
    }
}
