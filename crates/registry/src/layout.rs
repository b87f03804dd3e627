//! OCI image layouts. All calls block.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use embark_core::{Digest, Manifest, MediaType, Reference, Tag};

mod error;
pub(crate) mod files;
mod index;
mod referrers;
#[cfg(feature = "test-support")]
pub(crate) mod testing;

pub use error::LayoutError;
use index::Index;

/// No manifest may be larger; registries accept no larger one either.
pub(crate) const MANIFEST_LIMIT: u64 = 4 << 20;

/// An [OCI image layout](https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md) on disk: one repository.
///
/// A tag is an entry of `index.json` with the annotation `org.opencontainers.image.ref.name`. Files are replaced whole, so
/// that a reader sees the old one or the new one, and writers wait for each other at `.embark.lock`.
#[derive(Debug, Clone)]
pub struct Layout {
    folder: PathBuf,
}

impl Layout {
    /// Names a layout; nothing is read yet.
    pub fn open(path: &Path) -> Self {
        Self { folder: path.to_owned() }
    }

    /// Makes an empty layout, or takes the one that is there.
    ///
    /// # Errors
    ///
    /// [`LayoutError::Io`] if the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self, LayoutError> {
        let layout = Self::open(path);
        let blobs = path.join("blobs/sha256");
        fs::create_dir_all(&blobs).map_err(files::error("write", &blobs))?;
        let _lock = layout.lock()?;
        if !layout.marker().exists() {
            if !layout.index_path().exists() {
                files::replace(&layout.index_path(), path, &Index::empty().to_bytes())?;
            }
            // What makes it a layout comes last.
            files::replace(&layout.marker(), path, b"{\"imageLayoutVersion\":\"1.0.0\"}")?;
        }
        Ok(layout)
    }

    /// Writes a blob and returns its SHA-256 digest.
    pub fn push_blob(&self, bytes: &[u8]) -> Result<Digest, LayoutError> {
        self.must_exist()?;
        let digest = Digest::sha256(bytes);
        self.write_blob(&digest, bytes)?;
        Ok(digest)
    }

    /// Writes a manifest and names it `tag`; the tag moves if it is there already.
    ///
    /// What the manifest refers to should have been pushed before.
    pub fn push(&self, tag: &Tag, manifest: &Manifest) -> Result<(), LayoutError> {
        self.name(tag, manifest, true)
    }

    /// Writes a manifest and names it `tag`, unless the tag names another digest.
    ///
    /// # Errors
    ///
    /// [`LayoutError::TagTaken`] if it does; nothing has changed then.
    pub fn tag(&self, tag: &Tag, manifest: &Manifest) -> Result<(), LayoutError> {
        self.name(tag, manifest, false)
    }

    fn name(&self, tag: &Tag, manifest: &Manifest, may_move: bool) -> Result<(), LayoutError> {
        self.must_exist()?;
        let _lock = self.lock()?;
        let mut index = self.index()?;
        // A pusher may repair what is ambiguous; a retag may not.
        let existing = if may_move { None } else { index.find(tag).map_err(self.malformed_index())? };
        if let Some(existing) = existing.map(|entry| entry.digest).filter(|existing| existing != manifest.digest()) {
            let wanted = manifest.digest().clone();
            return Err(LayoutError::TagTaken { tag: tag.clone(), existing, wanted });
        }
        self.write_blob(manifest.digest(), manifest.bytes())?;
        if index.set(tag, manifest) {
            files::replace(&self.index_path(), &self.folder, &index.to_bytes())?;
        }
        Ok(())
    }

    /// Asks which digest `reference` names now; the manifest is read and hashed.
    ///
    /// # Errors
    ///
    /// As [`manifest`](Self::manifest).
    pub fn resolve(&self, reference: &Reference) -> Result<Digest, LayoutError> {
        self.manifest(reference).map(|manifest| manifest.digest().clone())
    }

    /// Reads the manifest that `reference` names now.
    ///
    /// # Errors
    ///
    /// [`LayoutError::NotFound`] if there is no such tag or manifest, [`LayoutError::Absent`] or
    /// [`LayoutError::NotALayout`] if there is no layout, and [`LayoutError::Malformed`] if its files are damaged or a tag stands twice with different digests.
    pub fn manifest(&self, reference: &Reference) -> Result<Manifest, LayoutError> {
        self.must_exist()?;
        let index = self.index()?;
        let found = match reference {
            Reference::Tag(tag) => index.find(tag),
            Reference::Digest(digest) => index.find_digest(digest),
        };
        match (found.map_err(self.malformed_index())?, reference) {
            (Some(entry), _) => self.read_manifest(&entry.digest, entry.media_type)?.ok_or_else(|| {
                let reason = format!("it names {}, which is not there", entry.digest);
                LayoutError::Malformed { path: self.index_path(), reason }
            }),
            // A child of an index has no entry of its own: it tells its media type itself.
            (None, Reference::Digest(digest)) => {
                let bytes = self.read_blob(digest)?.ok_or_else(|| self.not_found(reference))?;
                let media_type = index::media_type_of(&bytes).ok_or_else(|| self.not_found(reference))?;
                Ok(Manifest::with_algorithm(media_type, bytes, digest.algorithm()))
            }
            (None, Reference::Tag(_)) => Err(self.not_found(reference)),
        }
    }

    /// Lists the tags, in alphabetical order. Names that are no tag are passed over.
    pub(crate) fn tags(&self) -> Result<Vec<Tag>, LayoutError> {
        self.must_exist()?;
        Ok(self.index()?.tags().into_iter().collect())
    }

    /// Reads a manifest whose media type is known; `None` where it is not there.
    pub(crate) fn read_manifest(
        &self,
        digest: &Digest,
        media_type: MediaType,
    ) -> Result<Option<Manifest>, LayoutError> {
        let bytes = self.read_blob(digest)?;
        Ok(bytes.map(|bytes| Manifest::with_algorithm(media_type, bytes, digest.algorithm())))
    }

    /// Reads a small blob and compares its hash; `None` where it is not there.
    fn read_blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, LayoutError> {
        let path = self.blob_path(digest);
        let Some(bytes) = files::read(&path, MANIFEST_LIMIT)? else { return Ok(None) };
        let found = Digest::of(digest.algorithm(), &bytes);
        if found != *digest {
            let reason = format!("the bytes of {digest} hash to {found}");
            return Err(LayoutError::Malformed { path, reason });
        }
        Ok(Some(bytes))
    }

    pub(crate) fn write_blob(&self, digest: &Digest, bytes: &[u8]) -> Result<(), LayoutError> {
        let path = self.new_blob_path(digest)?;
        // One of that name with other bytes is damaged, and is repaired.
        if fs::read(&path).is_ok_and(|existing| existing == bytes) {
            return Ok(());
        }
        files::replace(&path, &self.blobs(), bytes)
    }

    /// Returns where a blob stands. A digest cannot lead out of the folder: its type allows hex digits only.
    pub(crate) fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.blobs().join(digest.algorithm().name()).join(digest.hex())
    }

    /// Returns the folder of all blobs. Files that are not whole yet are here, and stay here if the process is killed:
    /// one level down, other programs take every file for a blob.
    pub(crate) fn blobs(&self) -> PathBuf {
        self.folder.join("blobs")
    }

    /// Returns where a blob stands, and makes the folder for it.
    pub(crate) fn new_blob_path(&self, digest: &Digest) -> Result<PathBuf, LayoutError> {
        let folder = self.blobs().join(digest.algorithm().name());
        fs::create_dir_all(&folder).map_err(files::error("write", &folder))?;
        Ok(folder.join(digest.hex()))
    }

    pub(crate) fn must_exist(&self) -> Result<(), LayoutError> {
        if self.marker().is_file() {
            return Ok(());
        }
        let path = self.folder.clone();
        let is_empty = fs::read_dir(&path).map_or(!path.exists(), |mut entries| entries.next().is_none());
        Err(if is_empty { LayoutError::Absent { path } } else { LayoutError::NotALayout { path } })
    }

    /// Makes the layout if there is nothing at its path.
    pub(crate) fn prepare(&self) -> Result<(), LayoutError> {
        match self.must_exist() {
            Err(LayoutError::Absent { path }) => Self::create(&path).map(drop),
            other => other,
        }
    }

    fn marker(&self) -> PathBuf {
        self.folder.join("oci-layout")
    }

    fn index_path(&self) -> PathBuf {
        self.folder.join("index.json")
    }

    fn index(&self) -> Result<Index, LayoutError> {
        let bytes = files::read(&self.index_path(), u64::MAX)?.unwrap_or_default();
        Index::parse(&bytes).map_err(self.malformed_index())
    }

    fn malformed_index(&self) -> impl FnOnce(String) -> LayoutError {
        let path = self.index_path();
        move |reason| LayoutError::Malformed { path, reason }
    }

    fn not_found(&self, reference: &Reference) -> LayoutError {
        LayoutError::NotFound { path: self.folder.clone(), reference: reference.clone() }
    }

    /// Waits until no other process writes; the lock ends when the file is closed.
    fn lock(&self) -> Result<File, LayoutError> {
        let path = self.folder.join(".embark.lock");
        let open = File::options().create(true).truncate(false).write(true).open(&path);
        let file = open.map_err(files::error("write", &path))?;
        file.lock().map_err(files::error("lock", &path))?;
        Ok(file)
    }
}
