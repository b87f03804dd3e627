//! Copies what a manifest refers to from one repository to another: children before their index, blobs before their
//! manifest, so that nothing is ever there without what it names.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use embark_core::ports::{BoxError, RegistryError};
use embark_core::{Digest, Manifest, MediaType, Reference, Repository, Tag};
use futures::future::BoxFuture;
use futures::stream::{BoxStream, TryStreamExt as _};
use oci_client::manifest::{OciDescriptor, OciImageIndex, OciImageManifest};
use tokio::sync::{OnceCell, Semaphore};

use crate::local::Local;
use crate::remote::Remote;
use crate::subject::Referring;

mod checked;

use checked::{Fault, Verdict};

/// The bytes of a blob as they come.
pub(crate) type BlobStream = BoxStream<'static, Result<Bytes, BoxError>>;

/// Indexes that list indexes are rare; deeper ones are mischief.
const DEPTH: usize = 4;
/// What of one manifest is copied at a time: children of an index, blobs of an image.
const AT_ONCE: usize = 4;
/// Blobs of a copy that are streamed at a time, however many images there are.
const STREAMS: usize = 4;

/// A repository, of whatever kind.
pub(crate) enum Place {
    Local(Local),
    Remote(Remote),
}

impl Place {
    pub(crate) fn repository(&self) -> &Repository {
        match self {
            Self::Local(local) => local.repository(),
            Self::Remote(remote) => remote.repository(),
        }
    }

    pub(crate) async fn tag(&self, tag: &Tag, manifest: &Manifest) -> Result<(), RegistryError> {
        match self {
            Self::Local(local) => local.tag(tag, manifest).await,
            Self::Remote(remote) => remote.tag(tag, manifest).await,
        }
    }

    pub(crate) async fn put_referrer(&self, referring: &Referring<'_>, subject: &Digest) -> Result<(), RegistryError> {
        match self {
            Self::Local(local) => local.put_referrer(referring.manifest()).await,
            Self::Remote(remote) => remote.put_referrer(referring, subject).await,
        }
    }

    async fn child(&self, digest: &Digest, media_type: MediaType) -> Result<Manifest, RegistryError> {
        match self {
            Self::Local(local) => local.child(digest, media_type).await,
            Self::Remote(remote) => remote.manifest(&Reference::Digest(digest.clone())).await,
        }
    }

    /// Tells whether a manifest is there with all that it names, as a registry makes sure.
    async fn is_complete(&self, digest: &Digest) -> Result<bool, RegistryError> {
        match self {
            Self::Local(_) => Ok(false),
            Self::Remote(remote) => remote.has_manifest(digest).await,
        }
    }

    async fn put_child(&self, manifest: &Manifest) -> Result<(), RegistryError> {
        match self {
            Self::Local(local) => local.put_child(manifest).await,
            Self::Remote(remote) => remote.put_child(manifest).await,
        }
    }

    async fn has_blob(&self, digest: &Digest) -> Result<bool, RegistryError> {
        match self {
            Self::Local(local) => local.has_blob(digest).await,
            Self::Remote(remote) => remote.has_blob(digest).await,
        }
    }

    async fn read_blob(&self, digest: &Digest) -> Result<BlobStream, RegistryError> {
        match self {
            Self::Local(local) => local.read_blob(digest).await,
            Self::Remote(remote) => remote.read_blob(digest).await,
        }
    }

    async fn write_blob(&self, digest: &Digest, size: u64, blob: BlobStream) -> Result<(), RegistryError> {
        match self {
            Self::Local(local) => local.write_blob(digest, blob).await,
            Self::Remote(remote) => remote.write_blob(digest, size, blob).await,
        }
    }
}

/// One copy of an image.
pub(crate) struct Copy<'a> {
    source: &'a Place,
    target: &'a Place,
    /// What is being copied, or has been: platforms share layers.
    begun: Mutex<BTreeMap<Digest, Arc<OnceCell<()>>>>,
    streams: Semaphore,
}

impl<'a> Copy<'a> {
    pub(crate) fn new(source: &'a Place, target: &'a Place) -> Self {
        Self { source, target, begun: Mutex::default(), streams: Semaphore::new(STREAMS) }
    }

    /// Copies all that `manifest` refers to, and not yet the manifest itself.
    pub(crate) async fn content(&self, manifest: &Manifest) -> Result<(), RegistryError> {
        self.content_at(manifest, 0).await
    }

    fn content_at<'b>(&'b self, manifest: &'b Manifest, depth: usize) -> BoxFuture<'b, Result<(), RegistryError>> {
        Box::pin(async move {
            if manifest.media_type().is_index() {
                let index: OciImageIndex = self.parse(manifest)?;
                let children = futures::stream::iter(index.manifests.iter().map(Ok));
                return children
                    .try_for_each_concurrent(AT_ONCE, |child| self.child(&child.digest, &child.media_type, depth + 1))
                    .await;
            }
            let image: OciImageManifest = self.parse(manifest)?;
            let blobs = futures::stream::iter(image.layers.iter().chain([&image.config]).map(Ok));
            blobs.try_for_each_concurrent(AT_ONCE, |blob| self.blob(blob)).await
        })
    }

    async fn child(&self, digest: &str, media_type: &str, depth: usize) -> Result<(), RegistryError> {
        let digest = self.digest(digest)?;
        let unsupported = |reason| RegistryError::Unsupported { repository: self.source.repository().clone(), reason };
        let media_type =
            media_type.parse().map_err(|error| unsupported(format!("{digest} cannot be copied: {error}")))?;
        if depth > DEPTH {
            return Err(unsupported(format!("{digest} is an index in too many others")));
        }
        let cell = self.cell(&digest);
        let copy = cell.get_or_try_init(|| async {
            if self.target.is_complete(&digest).await? {
                return Ok(());
            }
            let child = self.source.child(&digest, media_type).await?;
            self.content_at(&child, depth).await?;
            self.target.put_child(&child).await
        });
        copy.await.copied()
    }

    async fn blob(&self, blob: &OciDescriptor) -> Result<(), RegistryError> {
        let digest = self.digest(&blob.digest)?;
        let size = u64::try_from(blob.size).map_err(|_| self.malformed(format!("{digest} has a negative size")))?;
        let cell = self.cell(&digest);
        let copy = cell.get_or_try_init(|| async {
            // A mount says as much as a look, and comes first: what is there already is mounted as well.
            if self.mount(&digest).await? || self.target.has_blob(&digest).await? {
                return Ok(());
            }
            self.stream(blob, &digest, size).await
        });
        copy.await.copied()
    }

    async fn stream(&self, blob: &OciDescriptor, digest: &Digest, size: u64) -> Result<(), RegistryError> {
        // It is never closed.
        let _permit = self.streams.acquire().await.ok();
        let bytes = match self.source.read_blob(digest).await {
            // Layers that may not be redistributed are somewhere else.
            Err(RegistryError::NotFound { .. }) if blob.urls.as_ref().is_some_and(|urls| !urls.is_empty()) => {
                return Ok(());
            }
            read => read?,
        };
        tracing::info!(%digest, bytes = size, "copying");
        let verdict = Verdict::default();
        let bytes = checked::checked(bytes, digest.clone(), size, verdict.clone());
        let written = self.target.write_blob(digest, size, bytes).await;
        // A write that failed because of the source is the source's fault.
        match verdict.take() {
            Some(Fault::Lies(reason)) => Err(self.malformed(reason)),
            Some(Fault::BreaksOff(source)) => {
                Err(RegistryError::Unavailable { repository: self.source.repository().clone(), source })
            }
            None => written,
        }
    }

    async fn mount(&self, digest: &Digest) -> Result<bool, RegistryError> {
        match (self.source, self.target) {
            (Place::Remote(source), Place::Remote(target)) => target.mount(digest, source).await,
            _ => Ok(false),
        }
    }

    /// Whoever comes second waits for the first: a manifest may be put only when all that it names is there.
    fn cell(&self, digest: &Digest) -> Arc<OnceCell<()>> {
        Arc::clone(self.begun.lock().unwrap_or_else(PoisonError::into_inner).entry(digest.clone()).or_default())
    }

    fn parse<T: serde::de::DeserializeOwned>(&self, manifest: &Manifest) -> Result<T, RegistryError> {
        serde_json::from_slice(manifest.bytes())
            .map_err(|error| self.malformed(format!("{} cannot be read: {error}", manifest.digest())))
    }

    fn digest(&self, text: &str) -> Result<Digest, RegistryError> {
        text.parse().map_err(|error| self.malformed(format!("a manifest names a digest, but {error}")))
    }

    fn malformed(&self, reason: String) -> RegistryError {
        RegistryError::Malformed { repository: self.source.repository().clone(), reason }
    }
}
