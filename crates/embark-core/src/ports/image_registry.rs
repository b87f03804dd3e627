//! The port of image registries.

use std::time::Duration;

use async_trait::async_trait;

use super::{BoxError, wait};
use crate::digest::Digest;
use crate::image::{Reference, Repository, Tag};
use crate::manifest::Manifest;
use crate::referrer::Referrer;

/// A tag that was seen not to exist: the only thing that can be tagged.
///
/// It is made by [`ImageRegistryExt::look`] alone, so that no tag is written unseen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeTag {
    repository: Repository,
    tag: Tag,
}

impl FreeTag {
    /// Returns the repository.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Returns the tag.
    pub fn tag(&self) -> &Tag {
        &self.tag
    }
}

/// What a tag names now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagState {
    /// It names bytes of this digest.
    Taken(Digest),
    /// It does not exist.
    Free(FreeTag),
}

/// Registries of container images, or OCI image layouts on disk.
#[cfg_attr(feature = "test-support", mockall::automock)]
#[async_trait]
pub trait ImageRegistry: Send + Sync {
    /// Asks which digest `reference` names now.
    ///
    /// MUST ask for all four media types of [`MediaType`](crate::MediaType), so that the answer is the digest of the bytes that the
    /// tag names and never a child's. MUST answer [`RegistryError::NotFound`] where the reference does not exist, or
    /// [`RegistryError::NoRepository`] where it can tell that the repository does not, and any other error where it
    /// cannot tell.
    async fn resolve(&self, repository: &Repository, reference: &Reference) -> Result<Digest, RegistryError>;

    /// Fetches the manifest or index that `reference` names now.
    ///
    /// The bytes MUST be those of the answer. If `reference` is a digest, or the registry states one, and
    /// the bytes hash to another, it MUST answer [`RegistryError::Malformed`]. A manifest that has been fetched may
    /// be kept, by its digest.
    async fn manifest(&self, repository: &Repository, reference: &Reference) -> Result<Manifest, RegistryError>;

    /// Writes `manifest` under `free`; what it refers to is copied from `source` where that is another repository.
    ///
    /// The bytes and the media type MUST be put back unchanged. The registry's answer, and the tag when
    /// it is read again, MUST be compared with the manifest's digest: [`RegistryError::WroteOther`]. Where the
    /// registry can tell that the tag has been taken meanwhile by another digest, it MUST leave it alone and answer
    /// [`RegistryError::TagTaken`]; one that already names this digest is a success.
    async fn tag(&self, source: &Repository, manifest: &Manifest, free: &FreeTag) -> Result<(), RegistryError>;

    /// Lists the tags of a repository, in alphabetical order.
    ///
    /// The list MUST be whole, however many pages it has, or else be an error; names that are no tag are passed over.
    /// MUST answer [`RegistryError::NoRepository`] where the repository does not exist.
    async fn tags(&self, repository: &Repository) -> Result<Vec<Tag>, RegistryError>;

    /// Lists what refers to `subject` in its repository: manifests whose `subject` it is.
    ///
    /// The list MUST be whole, and each digest MUST stand in it once. It is empty where nothing refers to `subject`,
    /// also if that is not there. Where the registry does not let it be known, MUST answer an error, never an empty
    /// list.
    async fn referrers(&self, repository: &Repository, subject: &Digest) -> Result<Vec<Referrer>, RegistryError>;

    /// Copies `referrer`, which refers to `subject`, with what it names from `source` to `target`, where `subject` need
    /// not be yet.
    ///
    /// The bytes and the media type MUST be put unchanged. Afterwards it MUST be among the referrers of `subject` in
    /// `target`, and what was listed there MUST still be. Copying it again is a success. If it refers to something
    /// else, MUST answer [`RegistryError::Malformed`] and write nothing.
    async fn copy_referrer(
        &self,
        source: &Repository,
        subject: &Digest,
        referrer: &Digest,
        target: &Repository,
    ) -> Result<(), RegistryError>;
}

/// What follows from the [`ImageRegistry`] port.
#[async_trait]
pub trait ImageRegistryExt {
    /// Asks what `tag` names now. What it names is read off its bytes.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Malformed`] where the registry states another digest than its bytes have, or a tag that it then
    /// does not have.
    async fn look(&self, repository: &Repository, tag: &Tag) -> Result<TagState, RegistryError>;

    /// Asks which digest `tag` names now, where it should be `expected`.
    ///
    /// If the registry states `expected`, that is enough. Before another one is believed, the bytes are fetched.
    ///
    /// # Errors
    ///
    /// As those of [`resolve`](ImageRegistry::resolve), and [`RegistryError::Malformed`] where the registry states
    /// another digest than its bytes have.
    async fn resolve_expected(
        &self,
        repository: &Repository,
        tag: &Tag,
        expected: &Digest,
    ) -> Result<Digest, RegistryError>;
}

#[async_trait]
impl<T: ImageRegistry + ?Sized> ImageRegistryExt for T {
    async fn look(&self, repository: &Repository, tag: &Tag) -> Result<TagState, RegistryError> {
        match self.resolve(repository, &Reference::Tag(tag.clone())).await {
            Ok(stated) => confirm(self, repository, tag, stated).await.map(TagState::Taken),
            Err(error) if error.is_absent() => {
                Ok(TagState::Free(FreeTag { repository: repository.clone(), tag: tag.clone() }))
            }
            Err(error) => Err(error),
        }
    }

    async fn resolve_expected(
        &self,
        repository: &Repository,
        tag: &Tag,
        expected: &Digest,
    ) -> Result<Digest, RegistryError> {
        match self.resolve(repository, &Reference::Tag(tag.clone())).await? {
            stated if stated == *expected => Ok(stated),
            stated => confirm(self, repository, tag, stated).await,
        }
    }
}

/// Holds the digest that a registry states for a tag against the bytes that it gives for it.
async fn confirm<T: ImageRegistry + ?Sized>(
    registry: &T,
    repository: &Repository,
    tag: &Tag,
    stated: Digest,
) -> Result<Digest, RegistryError> {
    let malformed = |reason| RegistryError::Malformed { repository: repository.clone(), reason };
    match registry.manifest(repository, &Reference::Tag(tag.clone())).await {
        Ok(manifest) => match Digest::of(stated.algorithm(), manifest.bytes()) {
            found if found == stated => Ok(stated),
            found => Err(malformed(format!("it states {stated} for {tag}, whose bytes are {found}"))),
        },
        Err(error) if error.is_absent() => {
            Err(malformed(format!("it states {stated} for {tag}, and then has no {tag}")))
        }
        Err(error) => Err(error),
    }
}

/// Tells why a registry did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The repository, tag or digest does not exist.
    #[error("{repository} has no {reference}")]
    NotFound {
        /// The repository.
        repository: Repository,
        /// The tag or digest.
        reference: Reference,
    },
    /// The repository is known not to exist. The first tag that is written makes it.
    #[error("there is no repository {repository}")]
    NoRepository {
        /// The repository.
        repository: Repository,
    },
    /// The credentials are missing or not accepted.
    #[error("{repository} does not accept the credentials: {reason}")]
    Unauthorized {
        /// The repository.
        repository: Repository,
        /// What is missing, or the registry's own words.
        reason: String,
    },
    /// The credentials do not allow it.
    #[error("{repository} does not allow it: {reason}")]
    Forbidden {
        /// The repository.
        repository: Repository,
        /// The registry's own words.
        reason: String,
    },
    /// The tag names another digest already.
    #[error("{repository}:{tag} is {existing} already and cannot become {wanted}")]
    TagTaken {
        /// The repository.
        repository: Repository,
        /// The tag.
        tag: Tag,
        /// What it names.
        existing: Digest,
        /// What it should have named.
        wanted: Digest,
    },
    /// After the write, the registry holds something else under the tag.
    #[error("{repository}:{tag} was written as {wrote}, and is {found}")]
    WroteOther {
        /// The repository.
        repository: Repository,
        /// The tag.
        tag: Tag,
        /// What was written.
        wrote: Digest,
        /// What is there now.
        found: Digest,
    },
    /// Too many requests.
    #[error("{repository} asks for fewer requests{}", wait(*retry_after))]
    RateLimited {
        /// The repository.
        repository: Repository,
        /// How long to wait, where it was told.
        retry_after: Option<Duration>,
    },
    /// The answer is wrong: bytes that do not hash to their digest, a manifest that is none.
    #[error("{repository} gave a wrong answer: {reason}")]
    Malformed {
        /// The repository.
        repository: Repository,
        /// What is wrong with it.
        reason: String,
    },
    /// The registry cannot be reached, or fails.
    #[error("cannot reach {repository}")]
    Unavailable {
        /// The repository.
        repository: Repository,
        /// Why.
        source: BoxError,
    },
    /// It cannot be done with these repositories.
    #[error("{repository}: {reason}")]
    Unsupported {
        /// The repository.
        repository: Repository,
        /// Why not.
        reason: String,
    },
    /// Anything else.
    #[error("cannot {operation} {repository}")]
    Other {
        /// What was tried, e.g. `write to`.
        operation: &'static str,
        /// The repository.
        repository: Repository,
        /// Why.
        source: BoxError,
    },
}

impl RegistryError {
    /// Tells whether what was asked for does not exist.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::NotFound { .. } | Self::NoRepository { .. })
    }
}
