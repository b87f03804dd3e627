//! The port, over whatever kind of repository is named.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use embark_core::ports::{FreeTag, ImageRegistry, RegistryError};
use embark_core::{Digest, Manifest, Reference, Referrer, Repository, Tag};

use crate::client::Client;
use crate::copy::{Copy, Place};
use crate::credentials::Credentials;
use crate::kept::Kept;
use crate::layout::Layout;
use crate::local::Local;
use crate::remote::Remote;
use crate::subject::Referring;

/// All image registries: those over HTTP, and OCI image layouts on disk (`oci:PATH`).
pub struct Registries {
    client: Arc<Client>,
    folder: PathBuf,
    kept: Kept,
}

impl Registries {
    /// Reaches registries through `client`, with `credentials` where they are asked for.
    ///
    /// Relative paths of layouts start at `folder`. Timeouts, proxies and certificates are those of the client.
    pub fn new(client: reqwest::Client, credentials: Credentials, folder: &Path) -> Self {
        let uploads = client.clone();
        Self::with_uploads(client, uploads, credentials, folder)
    }

    /// The same, with a client of its own for layers that are copied to another registry.
    ///
    /// reqwest's read timeout begins with the request, and a large layer takes longer than any that is sensible for an
    /// answer: `uploads` should have none. A layer of which nothing goes through for 90 s is given up all the same, so
    /// is one that is slower than 4 KiB a second after two minutes, and so is a registry that has got it and says nothing
    /// for five minutes.
    pub fn with_uploads(
        client: reqwest::Client,
        uploads: reqwest::Client,
        credentials: Credentials,
        folder: &Path,
    ) -> Self {
        let client = Arc::new(Client::new(client, uploads, credentials));
        Self { client, folder: folder.to_owned(), kept: Kept::default() }
    }

    fn place(&self, repository: &Repository) -> Result<Place, RegistryError> {
        match repository.layout_path() {
            Some(path) => Ok(Place::Local(Local::new(Layout::open(&self.folder.join(path)), repository))),
            None => Remote::new(Arc::clone(&self.client), repository).map(Place::Remote),
        }
    }
}

#[async_trait]
impl ImageRegistry for Registries {
    async fn resolve(&self, repository: &Repository, reference: &Reference) -> Result<Digest, RegistryError> {
        match self.place(repository)? {
            Place::Local(local) => local.resolve(reference).await,
            Place::Remote(remote) => Box::pin(remote.resolve(reference)).await,
        }
    }

    async fn manifest(&self, repository: &Repository, reference: &Reference) -> Result<Manifest, RegistryError> {
        let remote = match self.place(repository)? {
            Place::Local(local) => return local.manifest(reference).await,
            Place::Remote(remote) => remote,
        };
        if let Reference::Digest(digest) = reference
            && let Some(kept) = self.kept.get(repository, digest)
        {
            return Ok(kept);
        }
        let manifest = Box::pin(remote.manifest(reference)).await?;
        self.kept.keep(repository, &manifest);
        Ok(manifest)
    }

    async fn tag(&self, source: &Repository, manifest: &Manifest, free: &FreeTag) -> Result<(), RegistryError> {
        let target = self.place(free.repository())?;
        tracing::info!(repository = %free.repository(), tag = %free.tag(), "tagging");
        if let Place::Local(local) = &target {
            local.prepare().await?;
        }
        if source != free.repository() {
            let source = self.place(source)?;
            let is_same =
                matches!((&source, &target), (Place::Remote(one), Place::Remote(other)) if one.is_same(other));
            if !is_same {
                tracing::info!(from = %source.repository(), to = %target.repository(), "copying");
                Box::pin(Copy::new(&source, &target).content(manifest)).await?;
            }
        }
        Box::pin(target.tag(free.tag(), manifest)).await
    }

    async fn tags(&self, repository: &Repository) -> Result<Vec<Tag>, RegistryError> {
        match self.place(repository)? {
            Place::Local(local) => local.tags().await,
            Place::Remote(remote) => Box::pin(remote.tags()).await,
        }
    }

    async fn referrers(&self, repository: &Repository, subject: &Digest) -> Result<Vec<Referrer>, RegistryError> {
        match self.place(repository)? {
            Place::Local(local) => local.referrers(subject).await,
            Place::Remote(remote) => Box::pin(remote.referrers(subject)).await,
        }
    }

    async fn copy_referrer(
        &self,
        source: &Repository,
        subject: &Digest,
        referrer: &Digest,
        target: &Repository,
    ) -> Result<(), RegistryError> {
        let manifest = self.manifest(source, &Reference::Digest(referrer.clone())).await?;
        let referring = Referring::to(&manifest, subject).ok_or_else(|| RegistryError::Malformed {
            repository: source.clone(),
            reason: format!("it lists {referrer} as what refers to {subject}, which it does not"),
        })?;
        let (source, target) = (self.place(source)?, self.place(target)?);
        if let Place::Local(local) = &target {
            local.prepare().await?;
        }
        tracing::info!(%referrer, from = %source.repository(), to = %target.repository(), "copying");
        Box::pin(Copy::new(&source, &target).content(&manifest)).await?;
        Box::pin(target.put_referrer(&referring, subject)).await
    }
}

impl fmt::Debug for Registries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registries").field("folder", &self.folder).finish_non_exhaustive()
    }
}
