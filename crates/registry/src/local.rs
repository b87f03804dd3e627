//! An OCI image layout as a repository: the blocking calls of [`Layout`], off the runtime.

use bytes::Bytes;
use embark_core::ports::RegistryError;
use embark_core::{Digest, Manifest, MediaType, Reference, Referrer, Repository, Tag};
use futures::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::copy::BlobStream;
use crate::layout::{Layout, LayoutError, files};

/// How much of a blob is read at a time.
const CHUNK: usize = 64 << 10;

pub(crate) struct Local {
    layout: Layout,
    repository: Repository,
}

impl Local {
    pub(crate) fn new(layout: Layout, repository: &Repository) -> Self {
        Self { layout, repository: repository.clone() }
    }

    pub(crate) fn repository(&self) -> &Repository {
        &self.repository
    }

    pub(crate) async fn resolve(&self, reference: &Reference) -> Result<Digest, RegistryError> {
        let reference = reference.clone();
        self.run(move |layout| layout.resolve(&reference)).await
    }

    pub(crate) async fn manifest(&self, reference: &Reference) -> Result<Manifest, RegistryError> {
        let reference = reference.clone();
        self.run(move |layout| layout.manifest(&reference)).await
    }

    pub(crate) async fn tags(&self) -> Result<Vec<Tag>, RegistryError> {
        self.run(Layout::tags).await
    }

    pub(crate) async fn referrers(&self, subject: &Digest) -> Result<Vec<Referrer>, RegistryError> {
        let subject = subject.clone();
        self.run(move |layout| layout.referrers(&subject)).await
    }

    pub(crate) async fn put_referrer(&self, manifest: &Manifest) -> Result<(), RegistryError> {
        let manifest = manifest.clone();
        self.run(move |layout| layout.put_referrer(&manifest)).await
    }

    /// Makes the layout if there is nothing at its path, as a registry makes a repository with its first push.
    pub(crate) async fn prepare(&self) -> Result<(), RegistryError> {
        self.run(Layout::prepare).await
    }

    pub(crate) async fn tag(&self, tag: &Tag, manifest: &Manifest) -> Result<(), RegistryError> {
        let (name, wanted) = (tag.clone(), manifest.clone());
        let read_again = move |layout: &Layout| {
            layout.tag(&name, &wanted)?;
            layout.resolve(&Reference::Tag(name))
        };
        let found = self.run(read_again).await?;
        if found == *manifest.digest() {
            return Ok(());
        }
        let (repository, wrote) = (self.repository.clone(), manifest.digest().clone());
        Err(RegistryError::WroteOther { repository, tag: tag.clone(), wrote, found })
    }

    /// Reads a child of an index, whose entry there tells the media type.
    pub(crate) async fn child(&self, digest: &Digest, media_type: MediaType) -> Result<Manifest, RegistryError> {
        let wanted = digest.clone();
        let found = self.run(move |layout| layout.read_manifest(&wanted, media_type)).await?;
        found.ok_or_else(|| self.not_found(digest))
    }

    /// Writes a child of an index, which needs no entry of its own.
    pub(crate) async fn put_child(&self, manifest: &Manifest) -> Result<(), RegistryError> {
        let manifest = manifest.clone();
        self.run(move |layout| layout.write_blob(manifest.digest(), manifest.bytes())).await
    }

    pub(crate) async fn has_blob(&self, digest: &Digest) -> Result<bool, RegistryError> {
        let digest = digest.clone();
        self.run(move |layout| {
            layout.must_exist()?;
            Ok(layout.blob_path(&digest).is_file())
        })
        .await
    }

    /// Reads a blob, whose bytes are not checked yet.
    pub(crate) async fn read_blob(&self, digest: &Digest) -> Result<BlobStream, RegistryError> {
        let path = self.layout.blob_path(digest);
        let file = match tokio::fs::File::open(&path).await {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(self.not_found(digest)),
            opened => opened.map_err(files::error("read", &path)).map_err(|error| error.of(&self.repository))?,
        };
        let chunks = futures::stream::try_unfold(file, |mut file| async move {
            let mut chunk = vec![0; CHUNK];
            let read = file.read(&mut chunk).await?;
            chunk.truncate(read);
            Ok((read > 0).then(|| (Bytes::from(chunk), file)))
        });
        Ok(chunks.boxed())
    }

    /// Writes a blob whose bytes the stream checks: it fails before its end if they are wrong.
    pub(crate) async fn write_blob(&self, digest: &Digest, mut blob: BlobStream) -> Result<(), RegistryError> {
        let digest = digest.clone();
        let (path, temporary) = self
            .run(move |layout| {
                let path = layout.new_blob_path(&digest)?;
                let temporary = files::temporary(&layout.blobs()).map_err(files::error("write", &path))?;
                Ok((path, temporary))
            })
            .await?;
        let failed = |source| files::error("write", &path)(source).of(&self.repository);
        let mut file = tokio::fs::File::from_std(temporary.reopen().map_err(failed)?);
        while let Some(bytes) = blob.next().await {
            let bytes = bytes.map_err(|source| RegistryError::Other {
                operation: "copy a blob to",
                repository: self.repository.clone(),
                source,
            })?;
            file.write_all(&bytes).await.map_err(failed)?;
        }
        file.flush().await.map_err(failed)?;
        self.run(move |_| files::persist(temporary, &path)).await
    }

    fn not_found(&self, digest: &Digest) -> RegistryError {
        RegistryError::NotFound { repository: self.repository.clone(), reference: Reference::Digest(digest.clone()) }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Layout) -> Result<T, LayoutError> + Send + 'static,
    ) -> Result<T, RegistryError> {
        let layout = self.layout.clone();
        let done = tokio::task::spawn_blocking(move || work(&layout)).await;
        match done {
            Ok(result) => result.map_err(|error| error.of(&self.repository)),
            Err(error) => Err(RegistryError::Other {
                operation: "use",
                repository: self.repository.clone(),
                source: error.into(),
            }),
        }
    }
}
